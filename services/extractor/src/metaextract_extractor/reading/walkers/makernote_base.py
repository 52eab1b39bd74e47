"""Where the offsets in a maker note count from, when it was moved or its maker counts by entries.

The values of a note normally begin right behind its table. Where the smallest offset says otherwise, and
the kind of note is known to move, the difference is what the base is off. Canon writes the note's first
place into a footer. Facts: ExifTool's documentation of its base offset correction.
"""

import re
import struct
from dataclasses import dataclass
from typing import Final

from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walkers.exif_values import TYPE_BYTES, TYPE_NAMES
from metaextract_extractor.reading.walkers.makernote_kinds import VALUES_AFTER_TABLE, Camera, Kind

ENTRIES_MAX: Final = 1_000
_FOOTER_BYTES: Final = 8
_OFFSET_MIN: Final = 12
_PRINT_IM: Final = 0x0E00
_UNKNOWN_GAP_MAX: Final = 24


@dataclass(frozen=True, slots=True)
class Table:
    """The directory of a note: where it stands in the view, how many entries, its byte order."""

    offset: int
    count: int
    order: str

    @property
    def length(self) -> int:
        """Of count and entries."""
        return 2 + 12 * self.count


@dataclass(frozen=True, slots=True)
class Base:
    """What to add to an offset; `entry_based`: the entry's own place instead."""

    offset: int
    entry_based: bool = False


@dataclass(slots=True)
class _Blocks:
    """Stored offsets of values, with the longest value at each; the same corrected as counted by entries."""

    sizes: dict[int, int]
    by_entry_min: int = 0
    by_entry_max: int = 0
    print_im: int | None = None


def find_base(view: View, table: Table, note: tuple[int, int], kind: Kind, camera: Camera, base: int) -> Base:
    """Return the base of a note whose offsets count from `base`, corrected. `note`: its offset and length."""
    if isinstance(kind.base, int) or kind.pointer is not None:
        return Base(base)
    blocks = _blocks(view, table)
    if not blocks.sizes:
        return Base(base)
    shift = _by_footer(view, table, note, blocks, base) if camera.make.startswith("Canon") else None
    if shift is not None:
        return Base(base + shift)
    pointers = sorted(blocks.sizes)
    distances = _distances(camera)
    table_end = table.offset + table.length
    expected = table_end - base + (distances[0] if distances else 4)
    smallest, by_entry = _smallest(pointers, blocks, table, expected)
    if _counts_by_entry(by_entry, blocks, table, note):
        return Base(base, entry_based=True)
    gap = smallest + base - table_end
    right = gap in (0, 4, *distances) or (kind.fix > 1 and 0 <= gap <= _UNKNOWN_GAP_MAX)
    if right or not kind.fix or not distances or _print_im_stands(view, blocks, base):
        return Base(base)
    return Base(base + distances[0] - gap)


def _print_im_stands(view: View, blocks: _Blocks, base: int) -> bool:
    """Whether a PrintIM block stands where its offset says: then all offsets are right."""
    if blocks.print_im is None or not view.has(base + blocks.print_im, 8):
        return False
    return view.read(base + blocks.print_im, 8) == b"PrintIM\0"


def _distances(camera: Camera) -> tuple[int, ...]:
    for make, model, distances in VALUES_AFTER_TABLE:
        if re.match(make, camera.make) and (not model or re.search(model, camera.model)):
            return distances
    return (4,)


def _blocks(view: View, table: Table) -> _Blocks:
    blocks = _Blocks({})
    data = view.read(table.offset + 2, 12 * min(table.count, ENTRIES_MAX))
    first = True
    for index, (tag, code, count, offset) in enumerate(struct.iter_unpack(table.order + "HHII", data)):
        if code not in TYPE_NAMES:
            break
        size = count * TYPE_BYTES[TYPE_NAMES[code]]
        if size <= 4:  # noqa: PLR2004 - inline
            continue
        if tag == _PRINT_IM:
            blocks.print_im = offset
        blocks.sizes[offset] = max(size, blocks.sizes.get(offset, 0))
        corrected = offset + 12 * index
        if first or blocks.by_entry_min < _OFFSET_MIN or blocks.by_entry_min > corrected:
            blocks.by_entry_min = corrected
        if first or blocks.by_entry_max > corrected + size:
            blocks.by_entry_max = corrected + size
        first = False
    return blocks


def _by_footer(view: View, table: Table, note: tuple[int, int], blocks: _Blocks, base: int) -> int | None:
    """Return how far a Canon note was moved, if it has the footer that tells."""
    start, length = note
    if length <= _FOOTER_BYTES or not view.has(start + length - _FOOTER_BYTES, _FOOTER_BYTES):
        return None
    footer = view.read(start + length - _FOOTER_BYTES, _FOOTER_BYTES)
    if footer[:4] != (b"II*\0" if table.order == "<" else b"MM\0*"):
        return None
    (before,) = struct.unpack(table.order + "I", footer[4:])
    shift: int = table.offset - base - before
    last = max(blocks.sizes)
    rest = start + length - (last + blocks.sizes[last] + base) - _FOOTER_BYTES
    return 0 if rest in (0, 1) else shift


def _smallest(pointers: list[int], blocks: _Blocks, table: Table, expected: int) -> tuple[int, int]:
    """Return the smallest trustworthy offset, and how much more often values seem to count by entries."""
    smallest = pointers[0]
    by_entry = 0
    last: int | None = None
    for pointer in pointers:
        if last is not None:
            gap = pointer - last
            if gap in (0, 1):
                by_entry -= 1
            elif gap == -12:  # noqa: PLR2004 - one entry
                by_entry += 1
            elif gap >= table.length and abs(pointer - expected) <= 4:  # noqa: PLR2004 - some stand before the table
                smallest = pointer
            if smallest < _OFFSET_MIN:
                smallest = pointer
        last = pointer + blocks.sizes[pointer]
    return smallest, by_entry


def _counts_by_entry(by_entry: int, blocks: _Blocks, table: Table, note: tuple[int, int]) -> bool:
    length = table.length
    least = blocks.by_entry_min
    likely = (by_entry > 0 and least >= length - 2) or least in (length - 2, length + 2)
    return likely and blocks.by_entry_max <= note[0] + note[1] - table.offset - 2
