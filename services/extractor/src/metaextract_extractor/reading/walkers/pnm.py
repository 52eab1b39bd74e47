"""Netpbm images: a header of text in front of the pixels.

Source: netpbm's pbm(5), pgm(5) and ppm(5). Only the common forms are read: comments behind the kind, then
the numbers with blanks between.
"""

import re
from typing import Final

from metaextract_extractor.domain.result import Standard, Why
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.binary import Section, decoded, emit

_HEAD_BYTES_MAX: Final = 64 * 1024
_HEAD: Final = re.compile(
    rb"P(?P<kind>[1-6])\s+(?P<comment>(?:#[^\n\r]*[\n\r]+)*)\s*(?P<width>\d{1,10})\s+(?P<height>\d{1,10})\s+"
)
_LARGEST: Final = re.compile(rb"(?P<largest>\d{1,10})\s")
_COMMENT_LINE: Final = re.compile(rb"# ?([^\n\r]*)[\n\r]+")
_PLAIN_BITS: Final = 1
_PACKED_BITS: Final = 4
_ONE_BYTE_MAX: Final = 255
_KINDS: Final = ("PPM", "PBM", "PGM")


def walk_pnm(view: View, walk: Walk, path: str) -> None:
    """Walk a PBM, PGM or PPM image."""
    with walk.within("file", path, view):
        head = view.read(0, min(view.size_bytes, _HEAD_BYTES_MAX))
        found = _HEAD.match(head)
        if found is None:
            walk.not_read(path, view, Why.UNKNOWN)
            return
        kind = _KINDS[int(found["kind"]) % 3]
        walk.format_name = kind
        section = Section(path, "File", Standard.FILE, "Image")
        largest = _LARGEST.match(head, found.end()) if kind != "PBM" else None
        if kind != "PBM" and largest is None:
            walk.not_read(section.path, view, Why.UNKNOWN)
            return
        _emit_comment(view, found, walk, section)
        for name, group in (("ImageWidth", "width"), ("ImageHeight", "height")):
            _emit_number(view, found, group, walk, section, name)
        walk.width_pixels, walk.height_pixels = int(found["width"]), int(found["height"])
        if largest is not None:
            _emit_number(view, largest, "largest", walk, section, "MaxVal")
        walk.understood(view)
        _announce(view, found, largest, walk, path)


def _announce(
    view: View, found: re.Match[bytes], largest: re.Match[bytes] | None, walk: Walk, path: str
) -> None:
    """Tell where the pixels end; of those written as text where they end at the earliest."""
    kind = int(found["kind"])
    width, height = int(found["width"]), int(found["height"])
    samples = width * height * (3 if kind % 3 == 0 else 1)
    if kind == _PLAIN_BITS:
        length = samples
    elif kind < _PACKED_BITS:
        length = 2 * samples - 1  # a digit each, and blanks between
    elif kind == _PACKED_BITS:
        length = -(-width // 8) * height
    else:
        length = samples * (2 if largest and int(largest["largest"]) > _ONE_BYTE_MAX else 1)
    walk.picture(path, view, (largest or found).end(), length)


def _emit_comment(view: View, found: re.Match[bytes], walk: Walk, section: Section) -> None:
    block = found["comment"]
    lines = _COMMENT_LINE.findall(block)
    if not lines:
        return
    text = decoded(re.sub(rb"(?m)^# ?", b"", block).rstrip(b"\n\r"))
    place = None
    if len(lines) == 1 and lines[0]:
        start = found.start("comment") + (2 if block.startswith(b"# ") else 1)
        place = view.part(start, len(lines[0]))
    with walk.within("text", section.path, view.part(found.start("comment"), len(block))):
        emit(walk, section, "Comment", text, place, tag_id="Comment")


def _emit_number(
    view: View, found: re.Match[bytes], group: str, walk: Walk, section: Section, name: str
) -> None:
    place = view.part(found.start(group), len(found[group]))
    emit(walk, section, name, found[group].decode("ascii"), place, tag_id=name)
