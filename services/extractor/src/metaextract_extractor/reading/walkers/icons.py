"""Windows icons and cursors, Apple icons.

Sources: Microsoft's ICONDIR and ICONDIRENTRY structures; Apple's icns container (four characters and a
length in front of each picture).
"""

import struct
from typing import Final

from metaextract_extractor.domain.result import Standard, Why
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.binary import Entry, Section, walk_record

_HEAD_BYTES: Final = 6
_ENTRY_BYTES: Final = 16
_IMAGES_MAX: Final = 1024
_CURSOR: Final = 2
_UNREADABLE_COUNT: Final = ord("0")
"""ExifTool refuses a file of 48 images, for a slip in its pattern."""


def _side(value: int) -> int:
    """A side of 256 pixels is written as 0."""
    return value or 256


_SIZES: Final = (
    Entry(0, "B", "ImageWidth", convert=_side),
    Entry(1, "B", "ImageHeight", convert=_side),
    Entry(2, "B", "NumColors"),
)
_ICON: Final = (Entry(4, "H", "ColorPlanes"), Entry(6, "H", "BitsPerPixel"))
_CURSOR_ENTRY: Final = (Entry(4, "H", "HotspotX"), Entry(6, "H", "HotspotY"))
_LENGTH: Final = (Entry(8, "I", "ImageLength"),)


def walk_icon(view: View, walk: Walk, path: str) -> None:
    """Walk an icon or cursor file."""
    with walk.within("file", path, view):
        kind, count = struct.unpack("<HH", view.read(2, 4))
        walk.format_name = "ICO"
        section = Section(path, "File", Standard.FILE, "Image")
        walk.understood(view.part(0, _HEAD_BYTES))
        if count & 0xFF == _UNREADABLE_COUNT:
            return
        walk_record(view, walk, section, (Entry(4, "H", "ImageCount"),), "<")
        inner = Section(f"{path}-IconDir", "File", Standard.FILE, "Image")
        fields = (*_SIZES, *(_CURSOR_ENTRY if kind == _CURSOR else _ICON), *_LENGTH)
        for number in range(min(count, _IMAGES_MAX)):
            at = _HEAD_BYTES + number * _ENTRY_BYTES
            if not view.has(at, _ENTRY_BYTES):
                walk.picture(path, view, at, _ENTRY_BYTES)
                return
            _walk_entry(view, view.part(at, _ENTRY_BYTES), walk, inner, fields)
        if count > _IMAGES_MAX:
            walk.exceeded("icon_images_max")


def _walk_entry(view: View, entry: View, walk: Walk, section: Section, fields: tuple[Entry, ...]) -> None:
    values = walk_record(entry, walk, section, fields, "<")
    walk.understood(entry)
    width, height = values["ImageWidth"], values["ImageHeight"]
    if walk.width_pixels is None:
        walk.width_pixels, walk.height_pixels = width, height
    length, offset = struct.unpack("<II", entry.read(8, 8))
    there = view.has(offset, length)
    walk.reference(resolved=there)
    walk.picture(section.path, view, offset, length)
    if there and length:
        walk.understood(view.part(offset, length))


_ICNS_HEAD_BYTES: Final = 8
_ICNS_SIDES: Final = {
    "ICON": 32, "ICN#": 32, "icm#": 16, "ics#": 16, "ics4": 16, "ics8": 16, "is32": 16, "s8mk": 16,
    "icl4": 32, "icl8": 32, "il32": 32, "l8mk": 32, "ich#": 48, "ich4": 48, "ich8": 48, "ih32": 48,
    "h8mk": 48, "it32": 128, "t8mk": 128, "icp4": 16, "icp5": 32, "icp6": 64, "ic04": 16, "ic05": 32,
    "ic07": 128, "ic08": 256, "ic09": 512, "ic10": 1024, "ic11": 32, "ic12": 64, "ic13": 256, "ic14": 512,
}  # fmt: skip
_ICNS_TABLES: Final = frozenset({b"TOC ", b"icnV"})
"""Table of contents and version."""


def walk_icns(view: View, walk: Walk, path: str) -> None:
    """Walk an Apple icon file: the largest picture is its size."""
    with walk.within("file", path, view):
        walk.format_name = "ICNS"
        walk.understood(view.part(0, _ICNS_HEAD_BYTES))
        walk.picture(path, view, 0, int.from_bytes(view.read(4, 4), "big"))
        at = _ICNS_HEAD_BYTES
        for _ in range(_IMAGES_MAX):
            if not view.has(at, _ICNS_HEAD_BYTES):
                return
            kind, size = struct.unpack(">4sI", view.read(at, _ICNS_HEAD_BYTES))
            if size < _ICNS_HEAD_BYTES or not view.has(at, size):
                walk.not_read(path, view.part(at), Why.DAMAGED)
                return
            side = _ICNS_SIDES.get(kind.decode("latin-1"), 0)
            if side > (walk.width_pixels or 0):
                walk.width_pixels = walk.height_pixels = side
            known = side > 0 or kind in _ICNS_TABLES
            walk.understood(view.part(at, size if known else _ICNS_HEAD_BYTES))
            if not known and size > _ICNS_HEAD_BYTES:
                body = view.part(at + _ICNS_HEAD_BYTES, size - _ICNS_HEAD_BYTES)
                walk.not_read(path, body, Why.UNKNOWN)
            at += size
