"""TIFF headers and directories (IFDs): bytes to entries, with the place of each value.

Sources: TIFF 6.0 section 2; BigTIFF (8-byte offsets, version 43); the heads of ORF (`IIRO`, `IIRS`, `MMOR`)
and RW2 (`IIU\\0`) as ExifTool and LibRaw document them.
"""

import struct
from dataclasses import dataclass
from typing import Final

from metaextract_extractor.domain.result import Why
from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.exif_values import TYPE_BYTES, TYPE_NAMES

HEADER_BYTES: Final = 8
HEADER_BYTES_BIG: Final = 16
VERSION: Final = 42
VERSION_BIG: Final = 43
VERSION_RW2: Final = 0x55
VERSIONS_ORF: Final = (0x4F52, 0x5352)
DAMAGED_ENTRIES_MAX: Final = 10
"""A directory with more impossible entries is none."""

TYPE_MAX: Final = 13
"""Last type of classic TIFF."""
TYPE_UTF8: Final = 129

_VALUE_BYTES_MAX: Final = 0x7FFF_FFFF


@dataclass(frozen=True, slots=True)
class Header:
    """How a TIFF structure counts: byte order (`<` or `>`), 8-byte offsets or not, first directory."""

    order: str
    version: int
    first_offset: int
    big: bool = False

    @property
    def inline_bytes(self) -> int:
        """Size of the value field of an entry."""
        return 8 if self.big else 4


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a directory. `at` views its value; None if that lies outside or cannot be."""

    tag: int
    type_name: str
    count: int
    size_bytes: int
    at: View | None
    offset: int
    """Where the value stands in the view."""


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory: its entries in order, and the offset of the next one (0 for none)."""

    entries: tuple[Entry, ...]
    next_offset: int


@dataclass(frozen=True, slots=True)
class Layout:
    """How the offsets of a directory count: from `base` in the view, or from each entry (`entry_based`).

    `types_foreign`: type codes that a maker uses beside the standard ones.
    """

    header: Header
    base: int = 0
    entry_based: bool = False
    types_foreign: frozenset[int] = frozenset()
    standard: bool = True
    """Whether the rules for standard directories hold: no offset into the header or into the table."""


def read_header(view: View) -> Header | None:
    """Read the head of a TIFF structure; None if it is none. Raises `MissingBytesError`."""
    head = view.read(0, HEADER_BYTES)
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None:
        return None
    version, offset = struct.unpack(order + "HI", head[2:])
    if version == VERSION_BIG:
        if struct.unpack(order + "HH", head[4:]) != (8, 0):
            return None
        (offset,) = struct.unpack(order + "Q", view.read(8, 8))
        return Header(order, version, offset, big=True) if offset >= HEADER_BYTES_BIG else None
    return Header(order, version, offset) if offset >= HEADER_BYTES else None


def table_bytes(view: View, offset: int, header: Header) -> int:
    """Return the length of the directory at `offset` with its count and next offset, as far as it fits."""
    (count,) = struct.unpack(
        header.order + ("Q" if header.big else "H"), view.read(offset, 8 if header.big else 2)
    )
    length: int = 8 + 20 * count + 8 if header.big else 2 + 12 * count + 4
    rest = view.size_bytes - offset
    if length <= rest:
        return length
    short = length - (8 if header.big else 4)
    return short if rest in (short, short + 2) and not header.big else 0


def read_directory(view: View, offset: int, length: int, layout: Layout, walk: Walk, path: str) -> Directory:
    """Read the `length` bytes of directory at `offset`; its counts, tags and offsets are understood.

    Entries that cannot be are left out and noted as damaged, those that have not arrived as missing.
    Raises `MissingBytesError` if not even the first has arrived.
    """
    header = layout.header
    head, step = (8, 20) if header.big else (2, 12)
    table = _arrived(view, offset, length, head, step)
    if len(table) < length:
        walk.reference(resolved=False)
        walk.not_read(path, view.part(offset + len(table), length - len(table)), Why.MISSING)
        length = len(table)
    count = (length - head) // step
    reader = _Reader(view, offset, head + step * count, layout)
    entries: list[Entry] = []
    damaged = 0
    clear_from = offset
    for index in range(count):
        start = head + step * index
        entry = reader.entry(table[start : start + step], offset + start)
        if entry is None:
            if table[start + 2 : start + 4] == b"\0\0":
                continue  # padding
            walk.not_read(path, view.part(offset + start, step), Why.DAMAGED)
            walk.understood(view.part(clear_from, offset + start - clear_from))
            clear_from = offset + start + step
            damaged += 1
            if index == 0 or damaged > DAMAGED_ENTRIES_MAX:
                break
            continue
        if 0 < entry.size_bytes <= header.inline_bytes:  # whoever reads the value says what became of it
            walk.understood(view.part(clear_from, entry.offset - clear_from))
            clear_from = entry.offset + entry.size_bytes
        entries.append(entry)
    walk.understood(view.part(clear_from, offset + length - clear_from))
    return Directory(tuple(entries), reader.next_offset(table, head + step * count))


def _arrived(view: View, offset: int, length: int, head: int, step: int) -> bytes:
    """Return the table, or its first whole entries if not all of it has arrived."""
    try:
        return view.read(offset, length)
    except MissingBytesError:
        end = head + step
        view.read(offset, end)
    while True:
        try:
            view.read(offset + end, step)
        except MissingBytesError:
            return view.read(offset, end)
        end += step


class _Reader:
    """Reads the entries of one directory."""

    def __init__(self, view: View, offset: int, table_end: int, layout: Layout) -> None:
        self._view = view
        self._layout = layout
        self._start = offset
        self._end = offset + table_end
        big = layout.header.big
        self._entry = struct.Struct(layout.header.order + ("HHQ" if big else "HHI"))
        self._offset = struct.Struct(layout.header.order + ("Q" if big else "I"))

    def entry(self, data: bytes, position: int) -> Entry | None:
        tag, code, count = self._entry.unpack_from(data)
        layout = self._layout
        standard = code in TYPE_NAMES and (layout.header.big or code <= TYPE_MAX or code == TYPE_UTF8)
        if not standard and code not in layout.types_foreign:
            return None
        type_name = TYPE_NAMES.get(code, "undef")
        size = count * TYPE_BYTES[type_name]
        if size > _VALUE_BYTES_MAX:
            return None
        field = self._entry.size
        if size <= layout.header.inline_bytes:
            offset = position + field
        else:
            (stored,) = self._offset.unpack_from(data, field)
            offset = stored + (position if layout.entry_based else layout.base)
            if self._impossible(stored, offset, size):
                return Entry(tag, type_name, count, size, None, offset)
        at = self._view.part(offset, size) if self._view.has(offset, size) else None
        return Entry(tag, type_name, count, size, at, offset)

    def _impossible(self, stored: int, offset: int, size: int) -> bool:
        if offset < 0:
            return True
        overlaps = offset < self._end and offset + size > self._start
        return self._layout.standard and (stored < HEADER_BYTES or overlaps)

    def next_offset(self, table: bytes, at: int) -> int:
        if len(table) < at + self._offset.size:
            return 0
        offset: int = self._offset.unpack_from(table, at)[0]
        return offset


def looks_like_directory(view: View, offset: int, header: Header) -> bool:
    """Whether a directory seems to stand there: a count that fits, known types, tags in order."""
    length = table_bytes(view, offset, header) if view.has(offset, 8) else 0
    if length == 0:
        return False
    head, step = (8, 20) if header.big else (2, 12)
    count = (length - head) // step
    if not 0 < count <= 255:  # noqa: PLR2004 - more would be no directory of an image
        return False
    table = view.read(offset, head + step * count)
    before = -1
    for index in range(count):
        tag, code = struct.unpack_from(header.order + "HH", table, head + step * index)
        if code not in TYPE_NAMES or tag <= before:
            return False
        before = tag
    return True
