"""JPEG quantisation tables and what they tell of the encoder.

ITU-T T.81 §B.2.4.1 (DQT) and annex K.1 (tables K.1 and K.2), K.3 (typical Huffman tables). The quality
scale is that of the Independent JPEG Group's library, which scales the tables of annex K.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from metaextract_extractor.domain.insights_picture import QuantisationTable
from metaextract_extractor.reading.insights.image_header import is_frame_header, jpeg_segments
from metaextract_extractor.reading.view import MissingBytesError, View

COEFFICIENTS: Final = 64
_TABLES_MAX: Final = 16
_DQT: Final = 0xDB
_DHT: Final = 0xC4
_DRI: Final = 0xDD
_APP14: Final = 0xEE
_BASELINE_VALUE_MAX: Final = 255

# Annex K.1, in zigzag order.
LUMINANCE: Final = (
    16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40,
    26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61, 60, 57, 51,
    56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87,
    95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
)  # fmt: skip
CHROMINANCE: Final = (
    17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66, 99, 99,
    *(99,) * 48,
)  # fmt: skip

# Annex K.3.3: how many codes of each length the typical tables have (DC luminance, DC chrominance,
# AC luminance, AC chrominance).
_TYPICAL_CODE_COUNTS: Final = frozenset(
    {
        bytes((0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0)),
        bytes((0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0)),
        bytes((0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7D)),
        bytes((0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77)),
    }
)

PROCESSES: Final = {
    0xC0: "baseline",
    0xC1: "extended sequential",
    0xC2: "progressive",
    0xC3: "lossless",
    0xC5: "differential sequential",
    0xC6: "differential progressive",
    0xC7: "differential lossless",
    0xC9: "extended sequential",
    0xCA: "progressive",
    0xCB: "lossless",
    0xCD: "differential sequential",
    0xCE: "differential progressive",
    0xCF: "differential lossless",
}
"""Marker code of the frame header -> coding process (table B.1)."""

_FIRST_ARITHMETIC: Final = 0xC8
_PROGRESSIVE: Final = (0xC2, 0xC6, 0xCA, 0xCE)


@dataclass(slots=True)
class JpegHead:
    """What stands before the first scan. `components`: (horizontal, vertical, table id) of each."""

    process: str = ""
    progressive: bool = False
    arithmetic: bool = False
    bits_per_sample: int | None = None
    components: list[tuple[int, int, int]] = field(default_factory=list)
    tables: dict[int, QuantisationTable] = field(default_factory=dict)
    code_counts: list[bytes] = field(default_factory=list)
    restart_interval_blocks: int = 0
    adobe_transform: int | None = None


def read_head(view: View) -> JpegHead:
    """Read the segments before the first scan; of a damaged file what comes before the damage."""
    head = JpegHead()
    try:
        for code, segment in jpeg_segments(view):
            _note(head, code, segment)
    except MissingBytesError:
        pass
    return head


def scaled(standard: Sequence[int], quality: int) -> tuple[int, ...]:
    """Return a standard table as the Independent JPEG Group's library scales it, for 8-bit samples."""
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality  # noqa: PLR2004 - where the scale turns
    return tuple(min(max((value * percent + 50) // 100, 1), _BASELINE_VALUE_MAX) for value in standard)


def quality_of(head: JpegHead) -> tuple[int | None, bool]:
    """Return the nearest quality from 1 to 100, and whether all tables are exactly those of that quality.

    Tables of others are as coarse as those of the standard at that quality, on the mean of all coefficients:
    Adobe's are coarse in low frequencies alone. None for other than 8 bits, which the scale is not for, and
    where a table is missing.
    """
    tables: list[tuple[tuple[int, ...], Sequence[int]]] = []
    for number, table_id in enumerate(dict.fromkeys(table for _, _, table in head.components)):
        table = head.tables.get(table_id)
        if table is None or head.bits_per_sample != 8:  # noqa: PLR2004
            return None, False
        tables.append((CHROMINANCE if number else LUMINANCE, table.values))
    if not tables:
        return None, False
    equal = np.all([np.all(_all_scaled(standard) == values, axis=1) for standard, values in tables], axis=0)
    if equal.any():  # of several the highest: at the low end they give the same table
        return 100 - int(np.argmax(equal[::-1])), True
    coarseness = float(np.mean([np.divide(values, standard) for standard, values in tables]))
    quality = 100 - 50 * coarseness if coarseness <= 1 else 50 / coarseness
    return min(max(round(quality), 1), 100), False


@lru_cache(maxsize=2)
def _all_scaled(standard: tuple[int, ...]) -> NDArray[np.int64]:
    """Return a standard table as it is for each quality from 1 to 100, in rows."""
    return np.array([scaled(standard, quality) for quality in range(1, 101)])


def subsampling_of(components: Sequence[tuple[int, int, int]]) -> str:
    """Return the chroma subsampling as `4:2:0`, or as factors where that notation has no word for it."""
    if len(components) == 1:
        return "4:0:0"
    if len(components) not in (3, 4):
        return ""
    luma, chroma = components[0][:2], {one[:2] for one in components[1:3]}
    known = {(1, 1): "4:4:4", (2, 1): "4:2:2", (2, 2): "4:2:0", (1, 2): "4:4:0", (4, 1): "4:1:1"}
    if chroma == {(1, 1)} and luma in known:
        return known[luma]
    if chroma == {luma}:
        return "4:4:4"
    return " ".join(f"{horizontal}x{vertical}" for horizontal, vertical, _ in components)


def huffman_is_standard(head: JpegHead) -> bool | None:
    """Whether only typical tables are defined before the first scan; None if none is."""
    if head.arithmetic or not head.code_counts:
        return None
    return all(counts in _TYPICAL_CODE_COUNTS for counts in head.code_counts)


def _note(head: JpegHead, code: int, segment: View) -> None:
    if is_frame_header(code) and not head.process:
        _frame(head, code, segment)
    elif code == _DQT:
        _tables(head, segment)
    elif code == _DHT:
        _huffman(head, segment)
    elif code == _DRI and segment.size_bytes >= 2:  # noqa: PLR2004 - one number
        head.restart_interval_blocks = int.from_bytes(segment.read(0, 2), "big")
    elif code == _APP14 and segment.size_bytes >= 12 and segment.read(0, 5) == b"Adobe":  # noqa: PLR2004
        head.adobe_transform = segment.read(11, 1)[0]


def _frame(head: JpegHead, code: int, segment: View) -> None:
    head.process = PROCESSES[code]
    head.progressive, head.arithmetic = code in _PROGRESSIVE, code > _FIRST_ARITHMETIC
    data = segment.read(0, 6)
    head.bits_per_sample = data[0]
    for at in range(6, min(6 + 3 * data[5], segment.size_bytes - 2), 3):
        _, factors, table = segment.read(at, 3)
        head.components.append((factors >> 4, factors & 15, table))


def _tables(head: JpegHead, segment: View) -> None:
    at = 0
    while at < segment.size_bytes and len(head.tables) < _TABLES_MAX:
        precision, table_id = divmod(segment.read(at, 1)[0], 16)
        width = 2 if precision else 1
        data = segment.read(at + 1, COEFFICIENTS * width)
        values = tuple(
            int.from_bytes(data[start : start + width], "big") for start in range(0, len(data), width)
        )
        head.tables[table_id] = QuantisationTable(table_id, 8 * width, values)
        at += 1 + len(data)


def _huffman(head: JpegHead, segment: View) -> None:
    at = 0
    while at < segment.size_bytes and len(head.code_counts) < _TABLES_MAX:
        counts = segment.read(at + 1, 16)
        head.code_counts.append(counts)
        at += 17 + sum(counts)
