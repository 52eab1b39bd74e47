"""Writes TIFF structures: the frame of EXIF blocks, TIFF images and TIFF-like raw files.

Source: TIFF 6.0, section 2 ("TIFF Structure"); BigTIFF design, http://bigtiff.org.
All directories stand at the front, in the order given, and all pixel data behind them: a reader has the
metadata as soon as the first kilobytes have arrived.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import pairwise
from typing import Literal

ByteOrder = Literal["<", ">"]


class Kind(IntEnum):
    """Field types, by their number in the file."""

    BYTE = 1
    ASCII = 2
    SHORT = 3
    LONG = 4
    RATIONAL = 5
    UNDEFINED = 7
    SRATIONAL = 10
    LONG8 = 16


_STRUCT_CODES = {
    Kind.SHORT: "H",
    Kind.LONG: "I",
    Kind.RATIONAL: "I",
    Kind.SRATIONAL: "i",
    Kind.LONG8: "Q",
}
_NUMBERS_PER_VALUE = {Kind.RATIONAL: 2, Kind.SRATIONAL: 2}


@dataclass(frozen=True)
class Field:
    """One directory entry; ``name`` and ``printed`` are its truth, ``None`` where we claim none."""

    tag: int
    kind: Kind
    value: bytes | tuple[int, ...]
    name: str | None = None
    printed: str | None = None

    @property
    def count(self) -> int:
        """The count that stands in the entry: values, not numbers (a rational is two numbers)."""
        return len(self.value) // _NUMBERS_PER_VALUE.get(self.kind, 1)

    def packed(self, order: ByteOrder) -> bytes:
        """Return the value's bytes in this byte order."""
        if isinstance(self.value, bytes):
            return self.value
        return struct.pack(f"{order}{len(self.value)}{_STRUCT_CODES[self.kind]}", *self.value)


@dataclass(frozen=True)
class Data:
    """Bytes outside the directories (a strip, a thumbnail) and the tag that holds their offset."""

    offset_tag: int
    content: bytes


@dataclass(frozen=True)
class Directory:
    """An image file directory (IFD).

    Attributes:
        group: ExifTool's family 1 group of its tags, such as ``IFD0``.
        fields: entries in any order; the writer sorts them, as TIFF demands.
        children: directories reached from an entry of this one, by that entry's tag.
        data: bytes reached from an entry of this one.
    """

    group: str
    fields: tuple[Field, ...]
    children: Mapping[int, "Directory"] = field(default_factory=dict)
    data: Data | None = None

    def family(self) -> Iterator["Directory"]:
        """Yield this directory and everything below it, parents first."""
        yield self
        for child in self.children.values():
            yield from child.family()


@dataclass(frozen=True)
class TiffStructure:
    """The bytes of a TIFF structure and where its chained directories (IFD0, IFD1, …) start."""

    content: bytes
    directory_offsets: tuple[int, ...]
    tags: Mapping[str, str]


def ascii_field(tag: int, name: str, text: str, printed: str | None = None) -> Field:
    """Return a NUL-terminated text entry; UTF-8 outside ASCII, which is what most software writes."""
    return Field(tag, Kind.ASCII, text.encode() + b"\0", name, text if printed is None else printed)


def short_field(tag: int, name: str, *values: int, printed: str | None = None) -> Field:
    """Return an entry of 16-bit numbers, printed as they stand unless said otherwise."""
    return Field(tag, Kind.SHORT, values, name, " ".join(map(str, values)) if printed is None else printed)


def long_field(tag: int, name: str | None, *values: int, printed: str | None = None) -> Field:
    """Return an entry of 32-bit numbers, printed as they stand unless said otherwise."""
    return Field(tag, Kind.LONG, values, name, " ".join(map(str, values)) if printed is None else printed)


def rational_field(tag: int, name: str, *numbers: int, printed: str) -> Field:
    """Return an entry of unsigned fractions, given as numerator, denominator and so on."""
    return Field(tag, Kind.RATIONAL, numbers, name, printed)


def tiff_structure(
    chain: Sequence[Directory],
    *,
    order: ByteOrder = "<",
    big: bool = False,
    reserved: bytes = b"",
    gap_bytes: int = 0,
) -> TiffStructure:
    """Serialise chained directories with everything they reach.

    Args:
        chain: IFD0, IFD1, … in order.
        order: ``<`` for II (little endian), ``>`` for MM.
        big: BigTIFF, with 64-bit offsets.
        reserved: bytes between the header and IFD0, such as the mark of a CR2 file.
        gap_bytes: room behind these, such as for a strip, which the caller puts into the returned content.

    Raises:
        struct.error: an offset does not fit in 32 bits and ``big`` is not set.
    """
    shape = _Shape(order, big)
    family = [member for directory in chain for member in directory.family()]
    positions: list[int] = []
    position = shape.header_bytes + len(reserved) + gap_bytes
    for member in family:
        positions.append(position)
        position += shape.directory_bytes(member)
    data_positions: list[int] = []
    for member in family:
        data_positions.append(position)
        position += _even(len(member.data.content)) if member.data else 0

    position_of = {id(member): start for member, start in zip(family, positions, strict=True)}
    following = {id(a): position_of[id(b)] for a, b in pairwise(chain)}
    parts = [shape.header(first_directory=positions[0]), reserved]
    for member, start, data_start in zip(family, positions, data_positions, strict=True):
        pointers = {tag: position_of[id(child)] for tag, child in member.children.items()}
        if member.data:
            pointers[member.data.offset_tag] = data_start
        parts.append(shape.directory(member, start, pointers, following.get(id(member), 0)))
    parts.extend(_padded(member.data.content) for member in family if member.data)
    return TiffStructure(
        b"".join(parts), tuple(position_of[id(directory)] for directory in chain), _tags_of(family)
    )


def _tags_of(family: Sequence[Directory]) -> dict[str, str]:
    return {
        f"{member.group}:{entry.name}": entry.printed
        for member in family
        for entry in member.fields
        if entry.name is not None and entry.printed is not None
    }


def _even(length: int) -> int:
    return length + length % 2


def _padded(content: bytes) -> bytes:
    """Values start on even offsets (TIFF 6.0, section 2, "Value/Offset")."""
    return content + b"\0" * (len(content) % 2)


@dataclass(frozen=True)
class _Shape:
    """The numbers in which TIFF and BigTIFF differ."""

    order: ByteOrder
    big: bool

    @property
    def header_bytes(self) -> int:
        return 16 if self.big else 8

    @property
    def _inline_bytes(self) -> int:
        return 8 if self.big else 4

    @property
    def _offset_code(self) -> str:
        return "Q" if self.big else "I"

    def header(self, *, first_directory: int) -> bytes:
        mark = b"II" if self.order == "<" else b"MM"
        if self.big:
            return mark + struct.pack(f"{self.order}HHHQ", 43, 8, 0, first_directory)
        return mark + struct.pack(f"{self.order}HI", 42, first_directory)

    def directory_bytes(self, directory: Directory) -> int:
        entry_count = len(directory.fields) + len(directory.children) + (directory.data is not None)
        outside = sum(
            _even(len(packed))
            for packed in (entry.packed(self.order) for entry in directory.fields)
            if len(packed) > self._inline_bytes
        )
        return self._table_bytes(entry_count) + outside

    def _table_bytes(self, entry_count: int) -> int:
        return 16 + 20 * entry_count if self.big else 6 + 12 * entry_count

    def directory(
        self, directory: Directory, start: int, pointers: Mapping[int, int], following: int
    ) -> bytes:
        pointer_kind = Kind.LONG8 if self.big else Kind.LONG
        entries = [*directory.fields, *(Field(tag, pointer_kind, (at,)) for tag, at in pointers.items())]
        entries.sort(key=lambda entry: entry.tag)
        outside_at = start + self._table_bytes(len(entries))
        table = [struct.pack(f"{self.order}{'Q' if self.big else 'H'}", len(entries))]
        outside: list[bytes] = []
        for entry in entries:
            packed = entry.packed(self.order)
            head = struct.pack(f"{self.order}HH{self._offset_code}", entry.tag, entry.kind, entry.count)
            if len(packed) <= self._inline_bytes:
                table.append(head + packed.ljust(self._inline_bytes, b"\0"))
            else:
                table.append(head + struct.pack(f"{self.order}{self._offset_code}", outside_at))
                outside.append(_padded(packed))
                outside_at += _even(len(packed))
        table.append(struct.pack(f"{self.order}{self._offset_code}", following))
        return b"".join(table + outside)
