"""The chunks of PNG that hold plain values.

Source: PNG (Third Edition, W3C 2025) sections 11.2 and 11.3, ImageMagick's `vpAg`.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from metaextract_extractor.domain.result import Standard
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.binary import Entry, Section, binary_text, emit, walk_record
from metaextract_extractor.reading.walkers.icc_names import MATRICES, PRIMARIES, TRANSFERS
from metaextract_extractor.reading.walkers.scalars import western

_PALETTE: Final = 3
_COLOURS_TOLD_MAX: Final = 6
"""Longer lists of transparent colours are described."""
_PALETTE_TOLD_MAX: Final = 3
_CHROMATICITIES: Final = (
    "WhitePointX",
    "WhitePointY",
    "RedX",
    "RedY",
    "GreenX",
    "GreenY",
    "BlueX",
    "BlueY",
)
_INTENTS: Final = {0: "Perceptual", 1: "Relative Colorimetric", 2: "Saturation", 3: "Absolute Colorimetric"}

COLOR_TYPES: Final = {
    0: "Grayscale", 2: "RGB", 3: "Palette", 4: "Grayscale with Alpha", 6: "RGB with Alpha",
}  # fmt: skip
HEADER: Final = (
    Entry(0, "I", "ImageWidth"),
    Entry(4, "I", "ImageHeight"),
    Entry(8, "B", "BitDepth"),
    Entry(10, "B", "Compression", prints={0: "Deflate/Inflate"}),
    Entry(11, "B", "Filter", prints={0: "Adaptive"}),
    Entry(12, "B", "Interlace", prints={0: "Noninterlaced", 1: "Adam7 Interlace"}),
)


def _per_hundred_thousand(value: int) -> float:
    return value / 100000


RECORDS: Final[dict[bytes, tuple[str, str, tuple[Entry, ...]]]] = {
    b"cHRM": (
        "PrimaryChromaticities",
        "PNG",
        tuple(
            Entry(4 * index, "I", name, tag_id=str(index), convert=_per_hundred_thousand)
            for index, name in enumerate(_CHROMATICITIES)
        ),
    ),
    b"pHYs": (
        "PNG-pHYs",
        "PNG-pHYs",
        (
            Entry(0, "I", "PixelsPerUnitX"),
            Entry(4, "I", "PixelsPerUnitY"),
            Entry(8, "B", "PixelUnits", prints={0: "Unknown", 1: "meters"}),
        ),
    ),
    b"acTL": (
        "AnimationControl",
        "PNG",
        (
            Entry(0, "I", "AnimationFrames"),
            Entry(4, "I", "AnimationPlays", tag_id="1", prints=lambda value: str(value or "inf")),
        ),
    ),
    b"cICP": (
        "CICodePoints",
        "PNG-cICP",
        (
            Entry(0, "B", "ColorPrimaries", prints={**PRIMARIES, 10: "SMPTE 428 (CIE 1921 XYZ)"}),
            Entry(1, "B", "TransferCharacteristics", prints=TRANSFERS),
            Entry(2, "B", "MatrixCoefficients", prints=MATRICES),
            Entry(3, "B", "VideoFullRangeFlag"),
        ),
    ),
    b"vpAg": (
        "VirtualPage",
        "PNG",
        (
            Entry(0, "I", "VirtualImageWidth"),
            Entry(4, "I", "VirtualImageHeight", tag_id="1"),
            Entry(8, "B", "VirtualPageUnits", tag_id="2"),
        ),
    ),
    b"sTER": (
        "StereoImage",
        "PNG",
        (Entry(0, "B", "StereoMode", prints={0: "Cross-fuse Layout", 1: "Diverging-fuse Layout"}),),
    ),
}
"""Chunk -> part of the path, group, layout."""

DESCRIBED: Final = {
    b"dSIG": "DigitalSignature",
    b"fRAc": "FractalParameters",
    b"gIFg": "GIFGraphicControlExtension",
    b"gIFt": "GIFPlainTextExtension",
    b"gIFx": "GIFApplicationExtension",
    b"hIST": "PaletteHistogram",
    b"iDOT": "AppleDataOffsets",
    b"pCAL": "PixelCalibration",
}
"""Chunks of which only the length is told."""

UNDERSTOOD: Final = frozenset({b"fcTL", b"fdAT", b"cLLI", b"mDCV", b"mDCv", b"cLLi", b"IEND", b"CgBI"})
"""Chunks of known structure that ExifTool has no fields for."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk: its type, what it holds, and the colour type of the image."""

    kind: bytes
    content: View
    color_type: int
    walk: Walk
    path: str

    def emit(self, name: str, value: object, at: View | None, category: str = "Image") -> None:
        """Write down the one field of a chunk."""
        section = Section(self.path, "PNG", Standard.CONTAINER, category)
        emit(self.walk, section, name, value, at, tag_id=self.kind.decode("latin-1"))


def walk_value_chunk(chunk: Chunk) -> bool:
    """Read a chunk that holds plain values; False if it holds something else."""
    record = RECORDS.get(chunk.kind)
    if record is not None:
        inner, group, entries = record
        section = Section(f"{chunk.path}-{inner}", group, Standard.CONTAINER, "Image")
        walk_record(chunk.content, chunk.walk, section, entries)
    elif chunk.kind in DESCRIBED:
        chunk.emit(DESCRIBED[chunk.kind], binary_text(chunk.content.size_bytes), None)
    elif chunk.kind in _VALUES:
        if chunk.content.size_bytes <= chunk.walk.budgets.value_bytes_max:
            _VALUES[chunk.kind](chunk, chunk.content.read(0, chunk.content.size_bytes))
    elif chunk.kind not in UNDERSTOOD:
        return False
    chunk.walk.understood(chunk.content)
    return True


def _numbers(data: bytes, *, wide: bool) -> str:
    size = 2 if wide else 1
    values = (int.from_bytes(data[at : at + size], "big") for at in range(0, len(data) // size * size, size))
    return " ".join(map(str, values))


def _palette(chunk: Chunk, data: bytes) -> None:
    if len(data) > _PALETTE_TOLD_MAX:
        chunk.emit("Palette", binary_text(len(data)), None)
    else:
        chunk.emit("Palette", _numbers(data, wide=False), chunk.content)


def _transparency(chunk: Chunk, data: bytes) -> None:
    if len(data) > _COLOURS_TOLD_MAX:
        chunk.emit("Transparency", binary_text(len(data)), None)
    else:
        chunk.emit("Transparency", _numbers(data, wide=chunk.color_type != _PALETTE), chunk.content)


def _background(chunk: Chunk, data: bytes) -> None:
    chunk.emit("BackgroundColor", _numbers(data, wide=len(data) > 1), chunk.content)


def _significant(chunk: Chunk, data: bytes) -> None:
    chunk.emit("SignificantBits", _numbers(data, wide=False), chunk.content)


def _gamma(chunk: Chunk, data: bytes) -> None:
    value = int.from_bytes(data[:4], "big")
    if len(data) == 4 and value:  # noqa: PLR2004 - one integer
        exact = _gamma_of(value) != _gamma_of(value ^ 1)
        chunk.emit("Gamma", _gamma_of(value) / 1e4, chunk.content if exact else None)


def _gamma_of(value: int) -> int:
    """Return the exponent in ten-thousandths, rounded so that near values may give the same."""
    return int(1e9 / max(value, 1) + 0.5)


def _rendering(chunk: Chunk, data: bytes) -> None:
    if not data:
        return
    section = Section(chunk.path, "PNG", Standard.CONTAINER, "Image")
    at = chunk.content.part(0, 1)
    emit(chunk.walk, section, "SRGBRendering", data[0], at, tag_id="sRGB", prints=_INTENTS)


def _time(chunk: Chunk, data: bytes) -> None:
    if len(data) == 7:  # noqa: PLR2004 - year, month, day, hour, minute, second
        year, month, day, hour, minute, second = struct.unpack(">H5B", data)
        text = f"{year:04d}:{month:02d}:{day:02d} {hour:02d}:{minute:02d}:{second:02d}"
        chunk.emit("ModifyDate", text, chunk.content, "Time")


def _offset(chunk: Chunk, data: bytes) -> None:
    if len(data) == 9:  # noqa: PLR2004
        x, y, unit = struct.unpack(">IIB", data)
        chunk.emit("ImageOffset", f"{x}, {y} ({'microns' if unit else 'pixels'})", chunk.content)


def _scale(chunk: Chunk, data: bytes) -> None:
    """Unit, then width and height of a pixel as texts."""
    section = Section(f"{chunk.path}-SubjectScale", "PNG", Standard.CONTAINER, "Image")
    unit = Entry(0, "B", "SubjectUnits", prints={1: "meters", 2: "radians"})
    walk_record(chunk.content, chunk.walk, section, (unit,))
    width, null, height = data[1:].partition(b"\0")
    if not data or not null or not width or not height:
        return
    height = height.split(b"\0")[0]
    for name, text, at, tag_id in (
        ("SubjectPixelWidth", width, 1, "1"),
        ("SubjectPixelHeight", height, 2 + len(width), "2"),
    ):
        place = chunk.content.part(at, len(text)) if text else None
        emit(chunk.walk, section, name, western(text), place, tag_id=tag_id)


_VALUES: Final[dict[bytes, Callable[[Chunk, bytes], None]]] = {
    b"PLTE": _palette,
    b"tRNS": _transparency,
    b"bKGD": _background,
    b"sBIT": _significant,
    b"gAMA": _gamma,
    b"sRGB": _rendering,
    b"tIME": _time,
    b"oFFs": _offset,
    b"sCAL": _scale,
}
