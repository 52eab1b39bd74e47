"""Radiance RGBE images: lines of text, then the size, then pixels.

Source: Greg Ward, "Radiance file formats", section "Picture file format".
"""

import re
from collections.abc import Mapping
from typing import Final

from metaextract_extractor.domain.result import Standard
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.binary import Section, decoded, emit

_HEAD_BYTES_MAX: Final = 256 * 1024
_LINE_BYTES_MAX: Final = 4096
_VARIABLE: Final = re.compile(rb"(.*)=[^\S\n]*(.*)", re.DOTALL)
_SIZE: Final = re.compile(rb"([-+][XY])\s*(\d{1,10})\s*([-+][XY])\s*(\d{1,10})")
_NO_NAME: Final = re.compile(r"[^-_a-zA-Z0-9]")
_NAMES: Final[Mapping[str, str]] = {
    "software": "Software", "view": "View", "format": "Format", "exposure": "Exposure", "gamma": "Gamma",
    "colorcorr": "ColorCorrection", "pixaspect": "PixelAspectRatio", "primaries": "ColorPrimaries",
}  # fmt: skip
_ORIENTATIONS: Final[Mapping[str, str]] = {
    "-Y +X": "Horizontal (normal)", "-Y -X": "Mirror horizontal", "+Y -X": "Rotate 180",
    "+Y +X": "Mirror vertical", "+X -Y": "Mirror horizontal and rotate 270 CW", "+X +Y": "Rotate 90 CW",
    "-X +Y": "Mirror horizontal and rotate 90 CW", "-X -Y": "Rotate 270 CW",
}  # fmt: skip


def walk_radiance(view: View, walk: Walk, path: str) -> None:
    """Walk a Radiance image."""
    with walk.within("file", path, view):
        walk.format_name = "HDR"
        head = view.read(0, min(view.size_bytes, _HEAD_BYTES_MAX))
        section = Section(path, "Radiance", category="Image")
        at = head.find(b"\n") + 1
        while at:
            end = head.find(b"\n", at)
            if end < 0:
                return
            line = head[at:end]
            if not line or len(line) >= _LINE_BYTES_MAX - 1:
                _emit_size(view, head, end + 1, walk, section)
                break
            _emit_line(view, line, at, walk, section)
            at = end + 1
        walk.understood(view)


def _emit_line(view: View, line: bytes, at: int, walk: Walk, section: Section) -> None:
    comment = re.match(rb"#\s*", line)
    if comment is not None:
        _emit_text(view, line[comment.end() :], at + comment.end(), walk, section, "Comment", "_comment")
        return
    found = _VARIABLE.match(line)
    if found is None:
        _emit_text(view, line, at, walk, section, "Command", "_command")
        return
    tag_id = found[1].decode("latin-1").lower()
    name = _NAMES.get(tag_id, "")
    if not name:
        name = _NO_NAME.sub("", tag_id)
        name = name[:1].upper() + name[1:]
    if len(name) > 1:
        _emit_text(view, found[2], at + found.start(2), walk, section, name, tag_id, even_empty=True)


def _emit_text(
    view: View, content: bytes, at: int, walk: Walk, section: Section, name: str, tag_id: str,
    *, even_empty: bool = False,
) -> None:  # fmt: skip
    if not content and not even_empty:
        return
    place = view.part(at, len(content)) if content else None
    emit(walk, section, name, decoded(content), place, tag_id=tag_id)


def _emit_size(view: View, head: bytes, at: int, walk: Walk, section: Section) -> None:
    end = head.find(b"\n", at)
    found = _SIZE.search(head, at, end if end >= 0 else len(head))
    if found is None:
        return
    orientation = f"{found[1].decode()} {found[3].decode()}"
    emit(walk, section, "Orientation", orientation, None, tag_id="_orient", prints=_ORIENTATIONS)
    file = Section(section.path, "File", Standard.FILE, "Image")
    for name, group in (("ImageHeight", 2), ("ImageWidth", 4)):
        place = view.part(found.start(group), len(found[group]))
        emit(walk, file, name, int(found[group]), place, tag_id=name)
    walk.width_pixels, walk.height_pixels = int(found[4]), int(found[2])
