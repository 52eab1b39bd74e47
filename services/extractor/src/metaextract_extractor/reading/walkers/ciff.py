"""CRW, the older raw format of Canon: heaps with their directory at the end (CIFF).

Source: "CIFF: Specification on Image Data File", version 1.0 revision 4, sections 3 (heap structure) and 5
(type codes); the meaning of the records as ExifTool and dcraw document them. Records that repeat Canon's
maker notes are named, not opened.
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from metaextract_extractor.domain.result import Standard, Why
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.binary import (
    Entry,
    Prints,
    Section,
    as_text,
    binary_text,
    decoded,
    emit,
    walk_record,
)
from metaextract_extractor.reading.walkers.bmff import guarded

_DEPTH_MAX: Final = 8
_ENTRIES_MAX: Final = 512
_ENTRY_BYTES: Final = 10
_HEAD_BYTES: Final = 14
_IN_DIRECTORY: Final = 0x4000
_RESERVED: Final = 0x8000
_TAG_MASK: Final = 0x3FFF
_TYPE_MASK: Final = 0x3800
_HEAPS: Final = (0x2800, 0x3000)
_TEXT, _SHORTS, _LONGS = 0x0800, 0x1000, 0x1800
_RAW, _JPEG, _THUMBNAIL, _MAKE_MODEL = 0x2005, 0x2007, 0x2008, 0x080A
_IMAGE_INFO: Final = 0x1810
_SERIAL: Final = 0x180B
_TEXT_0805: Final = 0x0805
_PICTURES: Final[Mapping[int, tuple[str, str]]] = {
    _RAW: ("RawData", ""), _JPEG: ("JpgFromRaw", "preview"), _THUMBNAIL: ("ThumbnailImage", "thumbnail"),
}  # fmt: skip
_HEAP_NAMES: Final[Mapping[int, str]] = {
    0x2804: "ImageDescription", 0x2807: "CameraObject", 0x3002: "ShootingRecord", 0x3003: "MeasuredInfo",
    0x3004: "CameraSpecification", 0x300A: "ImageProps", 0x300B: "ExifInformation",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Tag:
    name: str
    layout: str = ""
    """`f` for a number with decimals; by default what the type says."""
    convert: Callable[[Any], Any] | None = None
    prints: Prints | None = None
    category: str = ""


def _file_number(value: int) -> str:
    text = str(value)
    return f"{text[:-4]}-{text[-4:]}" if len(text) > 4 else text  # noqa: PLR2004


_TAGS: Final[Mapping[int, _Tag]] = {
    0x0805: _Tag("UserComment"),
    0x080B: _Tag("CanonFirmwareVersion"),
    0x080C: _Tag("ComponentVersion"),
    0x080D: _Tag("ROMOperationMode"),
    0x0810: _Tag("OwnerName"),
    0x0815: _Tag("CanonImageType"),
    0x0816: _Tag("OriginalFileName"),
    0x0817: _Tag("ThumbnailFileName"),
    0x100A: _Tag("TargetImageType", prints={0: "Real-world Subject", 1: "Written Document"}),
    0x1010: _Tag("ShutterReleaseMethod", prints={0: "Single Shot", 2: "Continuous Shooting"}),
    0x1011: _Tag("ShutterReleaseTiming", prints={0: "Priority on shutter", 1: "Priority on focus"}),
    0x1016: _Tag("ReleaseSetting"),
    0x101C: _Tag("BaseISO"),
    0x10AE: _Tag("ColorTemperature"),
    0x10B4: _Tag("ColorSpace", prints={1: "sRGB", 2: "Adobe RGB", 0xFFFF: "Uncalibrated"}),
    0x1804: _Tag("RecordID"),
    0x1806: _Tag("SelfTimerTime", convert=lambda value: value / 1000,
                 prints=lambda value: f"{as_text(value)} s"),
    0x1807: _Tag("TargetDistanceSetting", "f", prints=lambda value: f"{as_text(value)} mm"),
    0x180B: _Tag("SerialNumber", prints=lambda value: f"{value:010d}"),
    0x1814: _Tag("MeasuredEV", "f", convert=lambda value: value + 5),
    0x1817: _Tag("FileNumber", prints=_file_number, category="Image"),
    0x183B: _Tag("SerialNumberFormat", prints=lambda value: {
        0x90000000: "Format 1", 0xA0000000: "Format 2"}.get(value, f"Unknown (0x{value:x})")),
}  # fmt: skip


def _date(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y:%m:%d %H:%M:%S}" if seconds else "0000:00:00 00:00:00"


def _file_format(value: int) -> str:
    known = {
        0x00010000: "JPEG (lossy)", 0x00010002: "JPEG (non-quantization)",
        0x00010003: "JPEG (lossy/non-quantization toggled)", 0x00020001: "CRW",
    }  # fmt: skip
    return known.get(value, f"Unknown (0x{value:x})")


_RECORDS: Final[Mapping[int, tuple[str, str, tuple[Entry, ...]]]] = {
    0x1803: ("ImageFormat", "Image", (
        Entry(0, "I", "FileFormat", prints=_file_format),
        Entry(4, "f", "TargetCompressionRatio", "1"))),
    0x180E: ("TimeStamp", "Time", (
        Entry(0, "I", "DateTimeOriginal", convert=_date),
        Entry(4, "i", "TimeZoneCode", "1", convert=lambda value: value / 3600),
        Entry(8, "I", "TimeZoneInfo", "2"))),
    _IMAGE_INFO: ("ImageInfo", "Image", (
        Entry(0, "I", "ImageWidth"), Entry(4, "I", "ImageHeight", "1"),
        Entry(8, "f", "PixelAspectRatio", "2"), Entry(12, "i", "Rotation", "3"),
        Entry(16, "I", "ComponentBitDepth", "4"),
        Entry(20, "I", "ColorBitDepth", "5"), Entry(24, "I", "ColorBW", "6"))),
    0x1813: ("FlashInfo", "Image", (
        Entry(0, "f", "FlashGuideNumber"), Entry(4, "f", "FlashThreshold", "1"))),
    0x1835: ("DecoderTable", "Camera", (
        Entry(0, "I", "DecoderTableNumber"), Entry(8, "I", "CompressedDataOffset", "2"),
        Entry(12, "I", "CompressedDataLength", "3"))),
    0x10B5: ("RawJpgInfo", "Image", (
        Entry(2, "H", "RawJpgQuality", "1", prints={1: "Economy", 2: "Normal", 3: "Fine", 5: "Superfine"}),
        Entry(4, "H", "RawJpgSize", "2", prints={0: "Large", 1: "Medium", 2: "Small"}),
        Entry(6, "H", "RawJpgWidth", "3"), Entry(8, "H", "RawJpgHeight", "4"))),
}  # fmt: skip


@dataclass(slots=True)
class _Heaps:
    """What is remembered from heap to heap."""

    walk: Walk
    order: str
    model: str = ""
    visited: set[int] = field(default_factory=set)


def walk_ciff(view: View, walk: Walk, path: str) -> None:
    """Walk a CRW file."""
    with walk.within("file", path, view):
        walk.format_name = "CRW"
        order = "<" if view.read(0, 2) == b"II" else ">"
        (head,) = struct.unpack(order + "I", view.read(2, 4))
        if not _HEAD_BYTES <= head < view.size_bytes:
            walk.not_read(path, view, Why.DAMAGED)
            return
        walk.understood(view.part(0, head))
        _walk_heap(view.part(head), head, _Heaps(walk, order), path, 0)


def _walk_heap(heap: View, at: int, heaps: _Heaps, path: str, depth: int) -> None:
    """Read a heap: its last four bytes say where in it the directory lies. `at`: its place in the file."""
    walk = heaps.walk
    end = heap.size_bytes - 4
    if end < 2 or depth > _DEPTH_MAX:  # noqa: PLR2004 - a count of entries
        walk.not_read(path, heap, Why.DAMAGED)
        return
    (start,) = struct.unpack(heaps.order + "I", heap.read(end, 4))
    there = heap.has(start, 2)
    walk.reference(resolved=there)
    if not there and depth == 0:
        walk.picture_without_end(path)  # the directory stands last
    if not there or at + start in heaps.visited:
        walk.not_read(path, heap, Why.DAMAGED)
        return
    heaps.visited.add(at + start)
    walk.understood(heap.part(end, 4))
    (count,) = struct.unpack(heaps.order + "H", heap.read(start, 2))
    for number in range(min(count, _ENTRIES_MAX)):
        place = start + 2 + number * _ENTRY_BYTES
        if not heap.has(place, _ENTRY_BYTES):
            return
        entry = heap.part(place, _ENTRY_BYTES)
        walk.understood(entry.part(0, 2))
        with guarded(walk, path, entry):
            if not _walk_entry(entry, heap, at, heaps, path, depth):
                return
    walk.understood(heap.part(start, 2))


def _walk_entry(entry: View, heap: View, at: int, heaps: _Heaps, path: str, depth: int) -> bool:
    walk = heaps.walk
    kind, size, offset = struct.unpack(heaps.order + "HII", entry.read(0, _ENTRY_BYTES))
    if kind & _RESERVED:
        walk.not_read(path, entry, Why.DAMAGED)
        return False
    tag = kind & _TAG_MASK
    if kind & _IN_DIRECTORY:
        _walk_value(tag, entry.part(2), heaps, path, inline=True)
        return True
    there = heap.has(offset, size)
    walk.reference(resolved=there)
    walk.understood(entry)
    if not there:
        return True
    content = heap.part(offset, size)
    if kind & _TYPE_MASK in _HEAPS:
        name = _HEAP_NAMES.get(tag, f"CanonRaw_0x{kind:04x}")
        inner = f"{path}-{name}"
        with walk.within("makernote", inner, content):
            _walk_heap(content, at + offset, heaps, inner, depth + 1)
        return True
    _walk_value(tag, content, heaps, path, inline=False)
    return True


def _walk_value(tag: int, content: View, heaps: _Heaps, path: str, *, inline: bool) -> None:
    walk = heaps.walk
    section = Section(path, "CanonRaw", Standard.MAKERNOTE, "Camera")
    if tag in _PICTURES:
        _note_picture(tag, content, walk, section)
    elif tag in _RECORDS:
        name, category, entries = _RECORDS[tag]
        inner = Section(f"{path}-{name}", "CanonRaw", Standard.MAKERNOTE, category)
        values = walk_record(content, walk, inner, entries, heaps.order)
        walk.understood(content)
        if tag == _IMAGE_INFO and "ImageHeight" in values:
            walk.width_pixels, walk.height_pixels = values["ImageWidth"], values["ImageHeight"]
    elif tag == _MAKE_MODEL:
        _walk_make_model(content, heaps, path)
    elif tag in _TAGS and (tag != _SERIAL or ("EOS" in heaps.model and "EOS D30" not in heaps.model)):
        _walk_simple(tag, content, heaps, section, inline=inline)
    else:
        walk.locate(path, section.group, tag, content.part(0, 4) if inline else content)
        walk.not_read(path, content, Why.VENDOR)


def _note_picture(tag: int, content: View, walk: Walk, section: Section) -> None:
    name, role = _PICTURES[tag]
    walk.understood(content)
    if role:
        walk.image(role, section.path, content)
    category = "Preview" if role else section.category
    emit(walk, section, name, binary_text(content.size_bytes), None, tag_id=str(tag), category=category)


def _walk_make_model(content: View, heaps: _Heaps, path: str) -> None:
    walk = heaps.walk
    section = Section(f"{path}-CanonRawMakeModel", "CanonRaw", Standard.MAKERNOTE, "Camera")
    data = content.all(walk.budgets.value_bytes_max)
    walk.understood(content)
    for at, part, name in ((0, data[:6], "Make"), (6, data[6:], "Model")):
        text = part.split(b"\0", 1)[0]
        if part:
            place = content.part(at, len(text)) if text else None
            emit(walk, section, name, decoded(text), place, tag_id=str(at))
    heaps.model = decoded(data[6:].split(b"\0", 1)[0])


def _walk_simple(tag: int, content: View, heaps: _Heaps, section: Section, *, inline: bool) -> None:
    walk, known = heaps.walk, _TAGS[tag]
    name = known.name
    if tag == _TEXT_0805 and section.path.endswith("-ImageDescription"):
        name = "CanonFileDescription"
    kind = tag & _TYPE_MASK
    walk.understood(content)
    if kind == _TEXT:
        text = content.all(walk.budgets.value_bytes_max).split(b"\0", 1)[0]
        place = content.part(0, len(text)) if text else None
        emit(walk, section, name, decoded(text), place, tag_id=str(tag))
        return
    layout = struct.Struct(heaps.order + (known.layout or {_SHORTS: "H", _LONGS: "I"}.get(kind, "B")))
    if content.size_bytes < layout.size or (not inline and content.size_bytes >= layout.size * 2):
        return
    place = content.part(0, layout.size)
    (value,) = layout.unpack(place.read(0, layout.size))
    value = known.convert(value) if known.convert is not None else value
    emit(walk, section, name, value, place, tag_id=str(tag), prints=known.prints, category=known.category)
