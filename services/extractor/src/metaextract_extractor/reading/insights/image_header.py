"""Format and size of an embedded picture, read from its own header; no pixels are decoded.

Sources: ITU-T T.81 annex B (JPEG), PNG 3 §11.2.1 (IHDR), TIFF 6.0 §2, WebP container (RFC 9649),
ISO/IEC 14496-12 §4.3 (ftyp), GIF89a §18, BMP (BITMAPINFOHEADER).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from metaextract_extractor.reading.view import MissingBytesError, View

SEGMENTS_MAX: Final = 2_000
PIXELS_MAX: Final = 2**31 - 1
"""Largest width and height that the contract can tell (int32)."""

_SOF: Final = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
SOS: Final = 0xDA
EOI: Final = 0xD9
_FILL: Final = 0xFF
_SOF_BYTES: Final = 6


@dataclass(frozen=True, slots=True)
class Header:
    """What a picture's first bytes say. `format` is empty if they are of no format known here."""

    format: str
    width_pixels: int | None = None
    height_pixels: int | None = None


def read_header(view: View) -> Header:
    """Recognise a picture and read its size; damaged ones keep the format without a size."""
    try:
        head = view.read(0, min(32, view.size_bytes))
        return _read(view, head)
    except MissingBytesError:
        return Header("")


def jpeg_segments(view: View) -> Iterator[tuple[int, View]]:
    """Yield marker code and parameters of the segments up to and with the first start of scan.

    Raises `MissingBytesError` where the picture ends too early.
    """
    at = 2
    for _ in range(SEGMENTS_MAX):
        byte, code = view.read(at, 2)
        if byte != _FILL:
            return
        if code == _FILL:  # fill byte
            at += 1
            continue
        at += 2
        if code in _ALONE:
            continue
        if code == EOI:
            return
        length = int.from_bytes(view.read(at, 2), "big")
        if length < 2:  # noqa: PLR2004 - the length counts itself
            return
        yield code, view.part(at + 2, length - 2)
        if code == SOS:
            return
        at += length


def is_frame_header(code: int) -> bool:
    """Whether a marker is a start of frame (SOF)."""
    return code in _SOF


def _read(view: View, head: bytes) -> Header:
    if head.startswith(b"\xff\xd8\xff"):
        return Header("JPEG", *_jpeg_size(view))
    if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR":
        return Header("PNG", *_two(head[16:24], 4, "big"))
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return Header("GIF", *_two(head[6:10], 2, "little"))
    if head[:2] == b"BM" and len(head) >= 26:  # noqa: PLR2004 - up to its height
        return Header("BMP", *_two(head[18:26], 4, "little"))
    without_size = (
        ("WebP", head[:4] == b"RIFF" and head[8:12] == b"WEBP"),
        ("TIFF", head[:4] in (b"II*\x00", b"MM\x00*")),
        ("ISO-BMFF", head[4:8] == b"ftyp"),
    )
    return Header(next((name for name, fits in without_size if fits), ""))


def _jpeg_size(view: View) -> tuple[int | None, int | None]:
    try:
        for code, segment in jpeg_segments(view):
            if is_frame_header(code) and segment.size_bytes >= _SOF_BYTES:
                height, width = _two(segment.read(1, 4), 2, "big")
                return width, height
    except MissingBytesError:
        pass
    return None, None


def _two(data: bytes, size: int, order: str) -> tuple[int | None, int | None]:
    if len(data) < 2 * size:
        return None, None
    parts = [data[start : start + size] for start in (0, size)]
    first, second = (int.from_bytes(part, "big" if order == "big" else "little") for part in parts)
    return (first, second) if max(first, second) <= PIXELS_MAX else (None, None)
