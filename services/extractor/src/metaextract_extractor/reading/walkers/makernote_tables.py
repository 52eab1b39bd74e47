"""Where the directory of a maker note begins, and in which byte order it is written."""

import struct
from typing import Final

from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walkers.makernote_base import ENTRIES_MAX, Table
from metaextract_extractor.reading.walkers.makernote_kinds import Kind

_SEARCH_BYTES: Final = 32
_ENTRY_BYTES_MIN: Final = 14


def stated_base(view: View, note: tuple[int, int], kind: Kind, outer: int) -> int:
    """Return where the offsets of a note at (offset, length) count from, as its kind has it."""
    if isinstance(kind.base, int):
        return note[0] + kind.base
    if kind.base == "file":
        start = view.places(0, 1)
        return -start[0].offset_bytes if start else 0
    return outer + (12 if kind.base == "outer+12" else 0)


def find_table(view: View, note: tuple[int, int], kind: Kind, order: str) -> tuple[Table, int | None] | None:
    """Find the directory of a note, and its base where a header inside tells it."""
    offset = note[0] + kind.start
    if kind.search:
        return _search(view, note, order)
    if kind.pointer is not None:
        (start,) = struct.unpack(kind.order + "I", view.read(note[0] + kind.pointer, 4))
        offset = note[0] + start
    if kind.patch:
        if not view.has(offset, 4):
            return None
        first, second = struct.unpack((kind.order or order) + "HH", view.read(offset, 4))
        count = first or second
        return fitting(view, Table(offset + 2, count, kind.order or order))
    if not view.has(offset, 2):
        return None
    data = view.read(offset, 2)
    order = kind.order or likely_order(data, order)
    return fitting(view, Table(offset, struct.unpack(order + "H", data)[0], order))


def likely_order(count: bytes, order: str) -> str:
    """A count above 255 whose other reading is smaller is one in the other byte order."""
    (number,) = struct.unpack(order + "H", count)
    if number & 0xFF00 and number >> 8 > number & 0xFF:
        return "<" if order == ">" else ">"
    return order


def fitting(view: View, table: Table) -> tuple[Table, int | None] | None:
    """Return the table if it has entries and lies within the view."""
    if not 0 < table.count <= ENTRIES_MAX or not view.has(table.offset, table.length):
        return None
    return table, None


def _search(view: View, note: tuple[int, int], order: str) -> tuple[Table, int | None] | None:
    """Look for a TIFF header or a directory within the first bytes of a note."""
    for skip in range(0, _SEARCH_BYTES + 2, 2):
        offset = note[0] + skip
        if skip + _ENTRY_BYTES_MIN > note[1]:
            return None
        data = view.read(offset, min(8, note[1] - skip))
        inner = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
        if inner and len(data) == 8:  # noqa: PLR2004 - a header
            (start,) = struct.unpack(inner + "I", data[4:])
            if start >= 8 and start + skip + _ENTRY_BYTES_MIN <= note[1]:  # noqa: PLR2004 - behind the header
                (count,) = struct.unpack(inner + "H", view.read(offset + start, 2))
                found = fitting(view, Table(offset + start, count, inner))
                return (found[0], offset) if found else None
        order = {b"II": "<", b"MM": ">"}.get(data[:2], order)
        (count,) = struct.unpack(order + "H", data[:2])
        reading = order
        if count and not count & 0xFF:
            reading = "<" if order == ">" else ">"
            count >>= 8
        table = Table(offset, count, reading)
        if 0 < count < 256 and _all_types_known(view, table):  # noqa: PLR2004 - a note has fewer
            return table, None
    return None


def _all_types_known(view: View, table: Table) -> bool:
    if not view.has(table.offset, table.length):
        return False
    data = view.read(table.offset + 2, 12 * table.count)
    for index, (_tag, code, count, _value) in enumerate(struct.iter_unpack(table.order + "HHII", data)):
        if code == 0 and count == 0 and index:
            continue
        if not 1 <= code <= 13 or count & 0xFF000000:  # noqa: PLR2004 - types of TIFF 6
            return False
    return True
