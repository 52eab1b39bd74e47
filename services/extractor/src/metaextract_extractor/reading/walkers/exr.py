"""OpenEXR images: attributes with name, type and size in front of the pixels.

Source: "OpenEXR File Layout" and "Technical Introduction to OpenEXR", predefined and standard attributes.
"""

import re
import struct
from collections.abc import Callable, Mapping
from typing import Final

from metaextract_extractor.domain.result import Standard, Why
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.binary import (
    Prints,
    Section,
    Value,
    as_text,
    binary_text,
    bit_names,
    decoded,
    emit,
    number_text,
    rational,
)
from metaextract_extractor.reading.walkers.exr_chunks import announce_chunks
from metaextract_extractor.reading.walkers.nested import walk_nested

_ATTRIBUTES_MAX: Final = 1024
_HEAD_BYTES: Final = 8
_LONG_NAMES: Final = 0x400
_NAME_BYTES_MAX: Final = 255
_SHORT_NAME_BYTES_MAX: Final = 31
_VALUE_BYTES_MAX: Final = 64 * 1024
_CHANNELS_MAX: Final = 1024
_KEPT: Final = frozenset({(b"box2i", 16), (b"compression", 1), (b"tiledesc", 9)})
"""Kinds and lengths of the attributes that tell how large the picture is."""
_TERMINATED: Final = frozenset({"chlist", "string"})
_NEXT_WORD: Final = re.compile(r"([^a-zA-Z])([a-z])")
_NO_NAME: Final = re.compile(r"[^-_a-zA-Z0-9]")

_LAYOUTS: Final[Mapping[str, str]] = {
    "box2f": "4f", "box2i": "4i", "chromaticities": "8f", "compression": "B", "double": "d", "envmap": "B",
    "float": "f", "int": "i", "keycode": "7i", "lineOrder": "B", "m33f": "9f", "m44f": "16f",
    "timecode": "2I", "v2f": "2f", "v2i": "2i", "v3f": "3f", "v3i": "3i",
}  # fmt: skip
_COMPRESSIONS: Final = {
    0: "None", 1: "RLE", 2: "ZIPS", 3: "ZIP", 4: "PIZ", 5: "PXR24", 6: "B44", 7: "B44A", 8: "DWAA", 9: "DWAB",
}  # fmt: skip
_LINE_ORDERS: Final = {0: "Increasing Y", 1: "Decreasing Y", 2: "Random Y"}
_FLAGS: Final = bit_names({9: "Tiled", 10: "Long names", 11: "Deep data", 12: "Multipart"})
_PIXELS: Final = {0: "int8u", 1: "half", 2: "float"}
_LEVELS: Final = {0: "One Level", 1: "MIMAP Levels", 2: "RIPMAP Levels"}
_ROUNDINGS: Final = {0: "Round Down", 1: "Round Up"}

_NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "altitude": ("GPSAltitude", "Location"), "capDate": ("DateTimeOriginal", "Time"),
    "envmap": ("EnvironmentMap", ""), "expTime": ("ExposureTime", ""), "focus": ("FocusDistance", ""),
    "isoSpeed": ("ISO", ""), "latitude": ("GPSLatitude", "Location"),
    "longitude": ("GPSLongitude", "Location"), "owner": ("Owner", "Author"),
    "preview": ("Preview", "Preview"), "utcOffset": ("TimeZone", "Time"), "wrapmodes": ("WrapModes", ""),
    "xDensity": ("XResolution", ""),
}  # fmt: skip
_UNPRINTED: Final = frozenset({"altitude", "expTime", "latitude", "longitude", "utcOffset"})
"""Attributes whose printed form has its own rules; they are left to the engine that has them."""
_PRINTS: Final[Mapping[str, Prints]] = {
    "compression": _COMPRESSIONS,
    "lineOrder": _LINE_ORDERS,
    "envmap": {0: "Latitude/Longitude", 1: "Cube"},
    "aperture": lambda value: f"{value:.1f}",
    "focus": lambda value: f"{as_text(value)} m",
}


def walk_exr(view: View, walk: Walk, path: str) -> None:
    """Walk the first header of an OpenEXR file."""
    with walk.within("file", path, view):
        walk.format_name = "EXR"
        section = Section(path, "OpenEXR", category="Image")
        (flags,) = struct.unpack("<I", view.read(4, 4))
        walk.understood(view.part(0, _HEAD_BYTES))
        emit(walk, section, "EXRVersion", flags & 0xFF, view.part(4, 1), tag_id="_ver")
        emit(walk, section, "Flags", flags & 0xFFFFFF00, view.part(5, 3), tag_id="_flags", prints=_FLAGS)
        longest = _NAME_BYTES_MAX if flags & _LONG_NAMES else _SHORT_NAME_BYTES_MAX
        known: dict[str, View] = {}
        at = _walk_attributes(view, walk, section, longest, known)
        _emit_size(known.get("dataWindow") or known.get("displayWindow"), walk, path)
        walk.understood(view.part(at))
        if at < view.size_bytes:  # the null behind the attributes
            announce_chunks(view, walk, path, at + 1, flags, known)


def _walk_attributes(view: View, walk: Walk, section: Section, longest: int, known: dict[str, View]) -> int:
    at = _HEAD_BYTES
    for _ in range(_ATTRIBUTES_MAX):
        head = view.read(at, min(view.size_bytes - at, (longest + 1) * 2 + 4))
        if not head or head[0] == 0:
            return at
        name, _, rest = head.partition(b"\0")
        kind, _, size_bytes = rest.partition(b"\0")
        start = at + len(name) + len(kind) + 6
        if len(name) > longest or not 0 < len(kind) <= longest or len(size_bytes) < 4:  # noqa: PLR2004
            walk.not_read(section.path, view.part(at), Why.DAMAGED)
            return view.size_bytes
        size = int.from_bytes(size_bytes[:4], "little")
        if not view.has(start, size):
            walk.not_read(section.path, view.part(at), Why.DAMAGED)
            return view.size_bytes
        walk.understood(view.part(at, start - at))
        content = view.part(start, size)
        tag_id = decoded(name)
        if (kind, size) in _KEPT:
            known.setdefault(tag_id, content)
        _walk_attribute(tag_id, decoded(kind), content, walk, section)
        at = start + size
    walk.exceeded("exr_attributes_max")
    return view.size_bytes


def _walk_attribute(tag_id: str, kind: str, content: View, walk: Walk, section: Section) -> None:
    if tag_id == "xmp":
        walk_nested("xmp", content, walk, f"{section.path}-XMP")
        return
    if tag_id == "exif" and content.size_bytes > 4:  # noqa: PLR2004 - a length in front
        walk.understood(content.part(0, 4))
        walk_nested("exif", content.part(4), walk, f"{section.path}-EXIF")
        return
    if tag_id in _UNPRINTED:
        walk.locate(section.path, section.group, tag_id, content)
        walk.understood(content)
        return
    name, category = _NAMES.get(tag_id, ("", ""))
    value = _read(kind, content, walk)
    if value is None:
        walk.not_read(section.path, content, Why.UNKNOWN)
        return
    place = _place(kind, content)
    if tag_id == "preview":
        walk.image("preview", section.path, content)
    prints = _PRINTS.get(tag_id)
    emit(
        walk,
        section,
        name or _tag_name(tag_id),
        value,
        place,
        tag_id=tag_id,
        prints=prints,
        category=category,
    )


def _place(kind: str, content: View) -> View | None:
    """View the bytes that make the value: no null behind them, and none where only a size is told."""
    if kind not in _LAYOUTS and kind not in _READERS:
        return None
    length = content.size_bytes
    while kind in _TERMINATED and length and content.read(length - 1, 1) == b"\0":
        length -= 1
    return content.part(0, length) if length else None


def _tag_name(tag_id: str) -> str:
    name = _NEXT_WORD.sub(lambda found: found[1] + found[2].upper(), tag_id[:1].upper() + tag_id[1:])
    name = _NO_NAME.sub("", name)
    if len(name) > 1:
        return name
    return f"Tag{name}" if name else "Invalid"


def _read(kind: str, content: View, walk: Walk) -> Value | None:
    """Return a value as ExifTool shows it, None if it is cut off."""
    if kind in _LAYOUTS:
        layout = struct.Struct("<" + _LAYOUTS[kind])
        if content.size_bytes < layout.size:
            return None
        numbers = layout.unpack(content.read(0, layout.size))
        only: int | float = numbers[0]
        return only if len(numbers) == 1 else " ".join(number_text(one) for one in numbers)
    if kind in _READERS:
        if content.size_bytes > min(walk.budgets.value_bytes_max, _VALUE_BYTES_MAX):
            return None
        return _READERS[kind](content.all(_VALUE_BYTES_MAX))
    return binary_text(content.size_bytes)


def _read_rational(data: bytes) -> Value | None:
    if len(data) < 8:  # noqa: PLR2004 - two numbers
        return None
    numerator, denominator = struct.unpack("<ii", data[:8])
    return rational(numerator, denominator, 10)


def _read_tiles(data: bytes) -> str | None:
    if len(data) < 9:  # noqa: PLR2004 - two sizes and a mode
        return None
    width, height, mode = struct.unpack("<IIB", data[:9])
    level = _LEVELS.get(mode & 15, f"Unknown Levels ({mode & 15})")
    rounding = _ROUNDINGS.get(mode >> 4, f"Unknown Rounding ({mode >> 4})")
    return f"{width}x{height}; {level}; {rounding}"


def _read_channels(data: bytes) -> list[str]:
    found: list[str] = []
    at = 0
    while len(found) < _CHANNELS_MAX:
        end = data.find(b"\0", at)
        if end <= at or end + 17 > len(data):
            break
        pixel, linear, across, down = struct.unpack("<IB3xII", data[end + 1 : end + 17])
        kind = _PIXELS.get(pixel, f"unknown({pixel})")
        found.append(f"{decoded(data[at:end])} {kind}{' linear' if linear else ''} {across} {down}")
        at = end + 17
    return found


def _read_texts(data: bytes) -> list[str]:
    found: list[str] = []
    at = 0
    while at + 4 <= len(data):
        length = int.from_bytes(data[at : at + 4], "little")
        if at + 4 + length > len(data):
            break
        found.append(decoded(data[at + 4 : at + 4 + length]))
        at += 4 + length
    return found


_READERS: Final[Mapping[str, Callable[[bytes], Value | None]]] = {
    "string": lambda data: decoded(data.split(b"\0", 1)[0]),
    "rational": _read_rational,
    "tiledesc": _read_tiles,
    "chlist": _read_channels,
    "stringvector": _read_texts,
}


def _emit_size(window: View | None, walk: Walk, path: str) -> None:
    """The size follows from two corners, so it has no place of its own."""
    if window is None:
        return
    left, top, right, bottom = struct.unpack("<4i", window.read(0, 16))
    section = Section(path, "File", Standard.FILE, "Image")
    width, height = right - left + 1, bottom - top + 1
    emit(walk, section, "ImageWidth", width, None, tag_id="ImageWidth")
    emit(walk, section, "ImageHeight", height, None, tag_id="ImageHeight")
    if width > 0 and height > 0:
        walk.width_pixels, walk.height_pixels = width, height
