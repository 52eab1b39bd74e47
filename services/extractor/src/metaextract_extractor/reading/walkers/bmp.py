"""Windows and OS/2 bitmaps.

Source: Microsoft's BITMAPINFOHEADER, BITMAPV4HEADER and BITMAPV5HEADER structures; the OS/2 1.x header.
"""

import struct
from collections.abc import Callable
from typing import Any, Final

from metaextract_extractor.domain.result import Standard, Why
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.binary import (
    Entry,
    Section,
    binary_text,
    decoded,
    emit,
    fixed16,
    walk_record,
)
from metaextract_extractor.reading.walkers.nested import walk_nested

_FILE_HEAD_BYTES: Final = 14
_OS2_SIZES: Final = (12, 16, 64)
_HEADER_MAX: Final = 1_000_000
_V5_BYTES: Final = 124
_EMBEDDED: Final = {4: "EmbeddedJPG", 5: "EmbeddedPNG"}
_PIXELS_AT: Final = 10
_UNPACKED: Final = (0, 3, 6)
"""Compressions that are none: plain, or with masks for the colours."""
_FRACTION: Final = 0x40000000
_CODES_MAX: Final = 256
"""Larger compressions are four characters, as in films."""

_COMPRESSIONS: Final = {
    0: "None", 1: "8-Bit RLE", 2: "4-Bit RLE", 3: "Bitfields", 4: "JPEG", 5: "PNG",
}  # fmt: skip
_OS2: Final = (
    Entry(0, "I", "BMPVersion", prints={12: "OS/2 V1", 64: "OS/2 V2"}),
    Entry(4, "H", "ImageWidth"),
    Entry(6, "H", "ImageHeight"),
    Entry(8, "H", "Planes"),
    Entry(10, "H", "BitDepth"),
)


def _or(text: str) -> Callable[[int], str]:
    return lambda value: str(value) if value else text


def _hex(value: int) -> str:
    return f"0x{value:08x}"


def _colour_space(value: bytes) -> int | str:
    return int.from_bytes(value, "little") if b"\0" in value else decoded(value[::-1])


_MAIN: Final = (
    Entry(0, "I", "BMPVersion", prints={
        40: "Windows V3", 68: "AVI BMP structure?", 108: "Windows V4", 124: "Windows V5"}),
    Entry(4, "I", "ImageWidth"),
    Entry(8, "i", "ImageHeight", convert=abs),
    Entry(12, "H", "Planes"),
    Entry(14, "H", "BitDepth"),
    Entry(16, "I", "Compression", convert=lambda value: value if value <= _CODES_MAX else None,
          prints=_COMPRESSIONS),
    Entry(20, "I", "ImageLength"),
    Entry(24, "I", "PixelsPerMeterX"),
    Entry(28, "I", "PixelsPerMeterY"),
    Entry(32, "I", "NumColors", prints=_or("Use BitDepth")),
    Entry(36, "I", "NumImportantColors", prints=_or("All")),
    Entry(40, "I", "RedMask", prints=_hex),
    Entry(44, "I", "GreenMask", prints=_hex),
    Entry(48, "I", "BlueMask", prints=_hex),
    Entry(52, "I", "AlphaMask", prints=_hex),
    Entry(56, "4s", "ColorSpace", convert=_colour_space, prints={
        0: "Calibrated RGB", 1: "Device RGB", 2: "Device CMYK", "LINK": "Linked Color Profile",
        "MBED": "Embedded Color Profile", "sRGB": "sRGB", "Win ": "Windows Color Space"}),
)  # fmt: skip


def _endpoint(text: str) -> str:
    return " ".join(f"{int(one) / _FRACTION:.15g}" for one in text.split())


def _six_decimals(text: str) -> str:
    return " ".join(f"{float(one):.6f}" for one in text.split())


_CALIBRATED: Final = (
    Entry(60, "3I", "RedEndpoint", convert=_endpoint, prints=_six_decimals),
    Entry(72, "3I", "GreenEndpoint", convert=_endpoint, prints=_six_decimals),
    Entry(84, "3I", "BlueEndpoint", convert=_endpoint, prints=_six_decimals),
    Entry(96, "I", "GammaRed", convert=fixed16),
    Entry(100, "I", "GammaGreen", convert=fixed16),
    Entry(104, "I", "GammaBlue", convert=fixed16),
)
_INTENT: Final = (
    Entry(108, "I", "RenderingIntent", prints={
        1: "Graphic (LCS_GM_BUSINESS)", 2: "Proof (LCS_GM_GRAPHICS)", 4: "Picture (LCS_GM_IMAGES)",
        8: "Absolute Colorimetric (LCS_GM_ABS_COLORIMETRIC)"}),
)  # fmt: skip
_PROFILE: Final = (Entry(112, "I", "ProfileDataOffset"), Entry(116, "I", "ProfileSize"))


def walk_bmp(view: View, walk: Walk, path: str) -> None:
    """Walk a bitmap."""
    with walk.within("file", path, view):
        walk.format_name = "BMP"
        (size,) = struct.unpack("<I", view.read(_FILE_HEAD_BYTES, 4))
        walk.understood(view.part(0, _FILE_HEAD_BYTES))
        if not (size in _OS2_SIZES[:2] or 40 <= size < _HEADER_MAX) or not view.has(_FILE_HEAD_BYTES, size):  # noqa: PLR2004
            walk.not_read(path, view.part(_FILE_HEAD_BYTES), Why.DAMAGED)
            return
        header = view.part(_FILE_HEAD_BYTES, size)
        section = Section(f"{path}-File", "File", Standard.FILE, "Image")
        values = _walk_header(header, walk, section)
        walk.understood(header)
        walk.width_pixels, walk.height_pixels = values.get("ImageWidth"), values.get("ImageHeight")
        _walk_embedded(view, size, values, walk, Section(path, "File", Standard.FILE, "Preview"))
        _announce(view, size, values, walk, path)
        if size == _V5_BYTES:
            _walk_profile(view, values, walk, path)
        walk.understood(view.part(_FILE_HEAD_BYTES + size))


def _walk_header(header: View, walk: Walk, section: Section) -> dict[str, Any]:
    if header.size_bytes in _OS2_SIZES:
        return walk_record(header, walk, section, _OS2, "<")
    values = walk_record(header, walk, section, _MAIN, "<")
    space = values.get("ColorSpace")
    if space == 0:
        walk_record(header, walk, section, _CALIBRATED, "<")
    walk_record(header, walk, section, _INTENT, "<")
    if space in ("LINK", "MBED"):
        values |= walk_record(header, walk, section, _PROFILE, "<")
    return values


def _announce(view: View, size: int, values: dict[str, Any], walk: Walk, path: str) -> None:
    """Tell where the pixels end: after their size, for the length in the head of the file is often wrong."""
    start = int.from_bytes(view.read(_PIXELS_AT, 4), "little") or _FILE_HEAD_BYTES + size
    if values.get("Compression", 0) in _UNPACKED:
        row_bytes = -(-values["ImageWidth"] * values["BitDepth"] // 32) * 4
        length = row_bytes * abs(values["ImageHeight"])
    else:
        length = values.get("ImageLength", 0)
    walk.picture(path, view, start, length)


def _walk_embedded(view: View, size: int, values: dict[str, Any], walk: Walk, section: Section) -> None:
    name = _EMBEDDED.get(values.get("Compression", 0))
    length = values.get("ImageLength", 0)
    start = _FILE_HEAD_BYTES + size
    if name is None or not length or not view.has(start, length):
        return
    walk.image("preview", section.path, view.part(start, length))
    emit(walk, section, name, binary_text(length), None, tag_id=name)


def _walk_profile(view: View, values: dict[str, Any], walk: Walk, path: str) -> None:
    offset, size = values.get("ProfileDataOffset", 0), values.get("ProfileSize", 0)
    start = offset + _FILE_HEAD_BYTES
    if not offset or not size:
        return
    walk.reference(resolved=view.has(start, size))
    if not view.has(start, size):
        return
    profile = view.part(start, size)
    if values.get("ColorSpace") == "MBED":
        walk_nested("icc", profile, walk, f"{path}-ICC_Profile")
    else:
        walk.not_read(path, profile, Why.UNKNOWN)
