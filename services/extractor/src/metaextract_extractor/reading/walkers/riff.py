"""WebP in its RIFF container: flags, bitstream headers, animation, profiles and metadata.

Source: RFC 9649 sections 2 (WebP container) and 3.4 (VP8L), RFC 6386 section 9.1 (VP8), C2PA 2.1 section
A.3.8.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from metaextract_extractor.domain.result import Standard, Why
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.binary import (
    Entry,
    Section,
    binary_text,
    bit_names,
    emit,
    number_text,
    walk_record,
)
from metaextract_extractor.reading.walkers.nested import walk_nested

_HEADER_BYTES: Final = 12
_CHUNK_HEADER_BYTES: Final = 8
_KEY_FRAME: Final = b"\x9d\x01\x2a"
_LOSSLESS: Final = 0x2F
_EXIF_MARK: Final = b"Exif\0\0"
_TIFF_MARKS: Final = (b"II*\0", b"MM\0*")
_DURATION_MASK: Final = 0x0FFF
_SHORT_SECONDS: Final = 30
_FLAGS: Final = bit_names({1: "Animation", 2: "XMP", 3: "EXIF", 4: "Alpha", 5: "ICC Profile"})
_EXTENDED: Final = (Entry(0, "I", "WebP_Flags", prints=_FLAGS),)
_ANIMATION: Final = (
    Entry(0, "4B", "BackgroundColor"),
    Entry(4, "B", "AnimationLoopCount", prints=lambda value: str(value or "inf")),
)
_VERSIONS: Final = {
    0: "0 (bicubic reconstruction, normal loop)",
    1: "1 (bilinear reconstruction, simple loop)",
    2: "2 (bilinear reconstruction, no loop)",
    3: "3 (no reconstruction, no loop)",
}
_ALPHA: Final = (
    ("AlphaPreprocessing", "0", {0: "none", 1: "Level Reduction"}),
    ("AlphaFiltering", "0.1", {0: "none", 1: "Horizontal", 2: "Vertical", 3: "Gradient"}),
    ("AlphaCompression", "0.2", {0: "none", 1: "Lossless"}),
)
_NESTED: Final = {
    b"ICCP": ("icc", "ICC_Profile"),
    b"XMP ": ("xmp", "XMP"),
    b"XMP\0": ("xmp", "XMP"),
    b"C2PA": ("jumbf", "JUMBF"),
}


@dataclass(slots=True)
class _Image:
    view: View
    walk: Walk
    path: str
    duration_milliseconds: int | None = None
    """Of all frames so far; None if there was none."""
    chunks_count: int = 0

    def section(self, inner: str) -> Section:
        return Section(f"{self.path}-{inner}", "RIFF", Standard.CONTAINER, "Image")

    def size(self, width: int, height: int) -> None:
        if self.walk.width_pixels is None:
            self.walk.width_pixels, self.walk.height_pixels = width, height


def walk_riff(view: View, walk: Walk, path: str = "RIFF") -> None:
    """Walk a whole WebP file."""
    with walk.within("file", path, view):
        head = view.all(_HEADER_BYTES)
        if len(head) < _HEADER_BYTES or head[:4] != b"RIFF" or head[8:] != b"WEBP":
            walk.not_read(path, view, Why.DAMAGED)
            return
        walk.format_name = "WEBP"
        walk.understood(view.part(0, _HEADER_BYTES))
        image = _Image(view, walk, path)
        if _walk_chunks(image):
            _write_duration(image)


def _walk_chunks(image: _Image) -> bool:
    """Read chunk after chunk to the end of the file; whether that end was reached."""
    view, walk = image.view, image.walk
    at = _HEADER_BYTES
    while view.has(at, _CHUNK_HEADER_BYTES):
        kind, length = struct.unpack("<4sI", view.read(at, _CHUNK_HEADER_BYTES))
        start = at + _CHUNK_HEADER_BYTES
        inside = view.has(start, length)
        walk.reference(resolved=inside)
        if not inside or (length == 0 and kind == b"\0\0\0\0"):
            walk.not_read(image.path, view.part(at), Why.DAMAGED if inside else Why.MISSING)
            return False
        image.chunks_count += kind != b"ANMF"
        if image.chunks_count > walk.budgets.containers_max:
            walk.exceeded("containers_max")
            walk.not_read(image.path, view.part(at), Why.BUDGET)
            return False
        walk.understood(view.part(at, _CHUNK_HEADER_BYTES))
        view.part(start, length)
        if length:
            _walk_chunk(image, kind, view.part(start, length))
        at = start + length
        if length % 2 and view.has(at, 1):
            walk.understood(view.part(at, 1))
            at += 1
    return True


def _walk_chunk(image: _Image, kind: bytes, content: View) -> None:
    nested = _NESTED.get(kind)
    if nested is not None:
        name, inner = nested
        walk_nested(name, content, image.walk, f"{image.path}-{inner}")
    elif kind == b"EXIF":
        _walk_exif(image, content)
    elif kind in _CHUNKS:
        _CHUNKS[kind](image, content)
    else:
        with image.walk.within("vendor", image.path, content):
            image.walk.not_read(image.path, content, Why.UNKNOWN)


def _walk_exif(image: _Image, content: View) -> None:
    path = f"{image.path}-EXIF"
    head = content.all(len(_EXIF_MARK) + 4)
    start = len(_EXIF_MARK) if head.startswith(_EXIF_MARK) else 0
    if head[start : start + 4] in _TIFF_MARKS:
        image.walk.understood(content.part(0, start))
        walk_nested("exif", content.part(start), image.walk, path)
        return
    with image.walk.within("exif", path, content):
        section = Section(image.path, "RIFF", Standard.CONTAINER, "Unknown")
        emit(
            image.walk, section, "UnknownEXIF", binary_text(content.size_bytes), None,
            tag_id="EXIF", category="Other",
        )  # fmt: skip
        image.walk.not_read(path, content, Why.UNKNOWN)


def _extended(image: _Image, content: View) -> None:
    section = image.section("VP8X")
    with image.walk.within("image", section.path, content):
        image.walk.understood(content)
        walk_record(content, image.walk, section, _EXTENDED, "<")
        if not content.has(0, 10):
            return
        data = content.read(4, 6)
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (0, 3))
        emit(image.walk, section, "ImageWidth", width, content.part(4, 3), tag_id="4")
        emit(image.walk, section, "ImageHeight", height, content.part(7, 3), tag_id="6")
        image.size(width, height)


def _lossy(image: _Image, content: View) -> None:
    """Width and scale share their bytes, so neither has a place of its own."""
    head = content.all(10)
    if len(head) < 10 or head[3:6] != _KEY_FRAME:  # noqa: PLR2004 - the frame header
        image.walk.not_read(image.path, content.part(0, len(head)), Why.DAMAGED)
        return
    place = content.part(0, 10)
    section = image.section("VP8Bitstream")
    with image.walk.within("image", section.path, place):
        image.walk.understood(place)
        width, height = struct.unpack("<HH", head[6:])
        version = (head[0] & 0x0E) >> 1
        emit(image.walk, section, "VP8Version", version, None, tag_id="0", prints=_VERSIONS)
        emit(image.walk, section, "ImageWidth", width & 0x3FFF, None, tag_id="6")
        emit(image.walk, section, "HorizontalScale", width >> 14, None, tag_id="6.1")
        emit(image.walk, section, "ImageHeight", height & 0x3FFF, None, tag_id="8")
        emit(image.walk, section, "VerticalScale", height >> 14, None, tag_id="8.1")
        image.size(width & 0x3FFF, height & 0x3FFF)


def _lossless(image: _Image, content: View) -> None:
    head = content.all(6)
    if len(head) < 6 or head[0] != _LOSSLESS:  # noqa: PLR2004 - the header, and a byte that ExifTool reads
        image.walk.not_read(image.path, content.part(0, len(head)), Why.DAMAGED)
        return
    place = content.part(0, 5)
    section = image.section("VP8L")
    with image.walk.within("image", section.path, place):
        image.walk.understood(place)
        bits = int.from_bytes(head[1:5], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        emit(image.walk, section, "ImageWidth", width, None, tag_id="1")
        emit(image.walk, section, "ImageHeight", height, None, tag_id="2")
        alpha: dict[Any, str] = {0: "No", 1: "Yes"}
        emit(image.walk, section, "AlphaIsUsed", bits >> 28 & 1, None, tag_id="4", prints=alpha)
        image.size(width, height)


def _animation(image: _Image, content: View) -> None:
    image.walk.understood(content)
    walk_record(content, image.walk, image.section("ANIM"), _ANIMATION, "<")


def _frame(image: _Image, content: View) -> None:
    image.walk.frames_count = (image.walk.frames_count or 0) + 1
    if content.has(12, 4):
        duration = int.from_bytes(content.read(12, 4), "little") & _DURATION_MASK
        image.duration_milliseconds = (image.duration_milliseconds or 0) + duration


def _alpha(image: _Image, content: View) -> None:
    bits = content.read(0, 1)[0] & 3
    image.walk.understood(content.part(0, 1))
    for name, tag_id, prints in _ALPHA:
        emit(image.walk, image.section("ALPH"), name, bits, None, tag_id=tag_id, prints=prints)


def _write_duration(image: _Image) -> None:
    if image.duration_milliseconds is None:
        return
    seconds = image.duration_milliseconds / 1000
    raw: float | int = int(seconds) if number_text(seconds).isdecimal() else seconds
    emit(
        image.walk, image.section("ANMF"), "Duration", raw, None,
        tag_id="12", prints=lambda _value: duration_text(seconds),
    )  # fmt: skip


def duration_text(seconds: float) -> str:
    """Write a duration as `1.02 s` below half a minute, else as `0:01:30`, with days if need be."""
    if seconds == 0:
        return "0 s"
    if seconds < _SHORT_SECONDS:
        return f"{seconds:.2f} s"
    whole = int(seconds + 0.5)
    hours, rest = divmod(whole, 3600)
    days = ""
    if hours > 24:  # noqa: PLR2004 - a day
        days = f"{hours // 24} days "
        hours %= 24
    return f"{days}{hours}:{rest // 60:02d}:{rest % 60:02d}"


_CHUNKS: Final[dict[bytes, Callable[[_Image, View], None]]] = {
    b"VP8X": _extended,
    b"VP8 ": _lossy,
    b"VP8L": _lossless,
    b"ANIM": _animation,
    b"ANMF": _frame,
    b"ALPH": _alpha,
}
