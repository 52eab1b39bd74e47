"""Photoshop image resource blocks (`8BIM`), in JPEG, TIFF, PSD and others.

Source: Adobe Photoshop File Formats Specification (November 2019), "Image Resources".
"""

import struct
from typing import Final, cast

from metaextract_extractor.domain.result import Why
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.icc import walk_icc
from metaextract_extractor.reading.walkers.iptc import walk_iptc
from metaextract_extractor.reading.walkers.nested import Walker, walk_nested
from metaextract_extractor.reading.walkers.photoshop_resources import RESOURCES, THUMBNAILS, Resource
from metaextract_extractor.reading.walkers.xmp import walk_xmp

_OTHER_SIGNATURES: Final = frozenset({b"PHUT", b"DCSR", b"AgHg", b"MeSa"})
_HEADER_BYTES_MIN: Final = 9
_EXIF: Final = 0x0422
_NESTED: Final[dict[int, tuple[str, Walker]]] = {
    0x0404: ("IPTC", walk_iptc),
    0x040F: ("ICC_Profile", walk_icc),
    0x0424: ("XMP", walk_xmp),
}


def walk_irb(view: View, walk: Walk, path: str) -> None:
    """Read a run of resource blocks."""
    with walk.within("photoshop", path, view, keep=True):
        at = 0
        while view.has(at, _HEADER_BYTES_MIN):
            end = _walk_block(view, at, walk, path)
            if end is None:
                break
            at = end
        rest = view.part(at)
        if rest.size_bytes and rest.all(_HEADER_BYTES_MIN).strip(b"\0"):
            walk.not_read(path, rest, Why.DAMAGED)
        else:
            walk.understood(rest)


def _walk_block(view: View, at: int, walk: Walk, path: str) -> int | None:
    """Read one block; return where the next one begins, None if this is no block."""
    signature, number, name_length = cast("tuple[bytes, int, int]", struct.unpack(">4sHB", view.read(at, 7)))
    if signature != b"8BIM" and signature not in _OTHER_SIGNATURES:
        return None
    start = at + 7 + name_length + (1 - name_length % 2)
    if not view.has(start, 4):
        return None
    size = int.from_bytes(view.read(start, 4), "big")
    start += 4
    if not view.has(start, size):
        return None
    walk.understood(view.part(at, start - at))
    content = view.part(start, size)
    if signature != b"8BIM":
        walk.not_read(path, content, Why.UNKNOWN)
    else:
        _walk_resource(Resource(number, content, walk, path))
    if size % 2 and view.has(start + size, 1):
        walk.understood(view.part(start + size, 1))
        size += 1
    return start + size


def _walk_resource(one: Resource) -> None:
    nested = _NESTED.get(one.number)
    if nested is not None:
        name, walker = nested
        walker(one.content, one.walk, f"{one.path}-{name}")
        return
    if one.number == _EXIF:
        walk_nested("exif", one.content, one.walk, f"{one.path}-EXIFInfo")
        return
    read = RESOURCES.get(one.number)
    if read is None or (
        one.content.size_bytes > one.walk.budgets.value_bytes_max and one.number not in THUMBNAILS
    ):
        one.walk.not_read(one.path, one.content, Why.UNKNOWN if read is None else Why.BUDGET)
        return
    one.walk.understood(one.content)
    read(one)
