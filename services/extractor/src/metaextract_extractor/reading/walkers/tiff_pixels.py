"""Where the pixels of a TIFF directory end: strips, tiles, and the JPEG of a preview.

Sources: TIFF 6.0 sections 3 and 8 (strips, uncompressed rows), 15 (tiles) and 22 (JPEGInterchangeFormat);
ExifTool's documentation of Panasonic raw tags. Of the tables the last part is read: data that stand furthest
behind are those of the last strips.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers import ifd
from metaextract_extractor.reading.walkers.exif_values import INTEGERS, INTEGERS_BIG, TYPE_BYTES, integers
from metaextract_extractor.reading.walkers.tiff_images import is_reduced
from metaextract_extractor.reading.walkers.tiff_names import (
    COMPRESSION,
    HEIGHT,
    JPEG_LENGTH,
    JPEG_OFFSET,
    STRIP_BYTE_COUNTS,
    STRIP_OFFSETS,
    WIDTH,
    Surroundings,
)

ITEMS_MAX: Final = 8192
"""Strips or tiles of one directory that are looked at."""

_BITS: Final = 0x0102
_SAMPLES: Final = 0x0115
_ROWS: Final = 0x0116
_PLANES: Final = 0x011C
_TILE_OFFSETS: Final = 0x0144
_TILE_BYTE_COUNTS: Final = 0x0145
_TABLES: Final = ((STRIP_OFFSETS, STRIP_BYTE_COUNTS), (_TILE_OFFSETS, _TILE_BYTE_COUNTS))
_RAW_OFFSET: Final = 0x0118
_ELSEWHERE: Final = 0xFFFF_FFFF
"""Panasonic's strip offset where another tag tells it."""
_UNCOMPRESSED: Final = 1
_APART: Final = 2
"""Each sample in a plane of its own."""


def announce(
    view: View,
    walk: Walk,
    entries: Mapping[int, ifd.Entry],
    path: str,
    name: str,
    header: ifd.Header,
    around: Surroundings,
) -> None:
    """Tell `walk` how far the pixels of a directory reach, as far as the tables have arrived.

    `view` ends with the file.
    """
    pixels = _Pixels(walk, entries, header)
    with suppress(MissingBytesError):
        reduced = is_reduced(entries, name, header, around)
        for offsets_tag, lengths_tag in _TABLES:
            walk.picture(path, view, *pixels.furthest(offsets_tag, lengths_tag), reduced=reduced)
        walk.picture(path, view, pixels.one(JPEG_OFFSET), pixels.one(JPEG_LENGTH), reduced=True)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a picture: bytes of one, rows in all and in a strip, and how many planes there are."""

    row_bytes: int
    rows: int
    rows_in_strip: int
    planes: int

    def needed(self, number: int) -> int | None:
        """Return the bytes of a strip without compression; None if the picture has no such strip."""
        strips_in_plane = -(-self.rows // self.rows_in_strip)
        if number >= strips_in_plane * self.planes:
            return None
        above = number % strips_in_plane * self.rows_in_strip
        return self.row_bytes * min(self.rows_in_strip, self.rows - above)


@dataclass(frozen=True, slots=True)
class _Pixels:
    """The entries of one directory that tell of pixels. Reading raises `MissingBytesError`."""

    walk: Walk
    entries: Mapping[int, ifd.Entry]
    header: ifd.Header

    def one(self, tag: int, usual: int = 0) -> int:
        """Return the first number of an entry."""
        numbers = self._numbers(tag, 0, 1)
        return numbers[0] if numbers else usual

    def furthest(self, offsets_tag: int, lengths_tag: int) -> tuple[int, int]:
        """Return offset and length of the part that ends last; (0, 0) without.

        A plain strip is no longer than its rows need: some writers round it up, or do not tell it.
        """
        counts = [self.entries[tag].count for tag in (offsets_tag, lengths_tag) if tag in self.entries]
        if offsets_tag not in self.entries:
            return 0, 0
        first, end = max(0, min(counts) - ITEMS_MAX), min(counts)
        offsets = self._numbers(offsets_tag, first, end)
        lengths = self._numbers(lengths_tag, first, end)
        if offsets == (_ELSEWHERE,):
            return self.one(_RAW_OFFSET), max((1, *lengths))
        plain = offsets_tag == STRIP_OFFSETS and self.one(COMPRESSION) == _UNCOMPRESSED
        rows = self._rows() if plain else None
        needed = [rows.needed(number) if rows else None for number in range(first, end)]
        if lengths_tag not in self.entries:
            lengths = tuple(one or 0 for one in needed)
        parts = [
            (offset, length if most is None else min(length, most))
            for offset, length, most in zip(offsets, lengths, needed, strict=False)
            if offset > 0  # 0: a part that is left out
        ]
        return max(parts, key=sum, default=(0, 0))

    def _rows(self) -> _Rows | None:
        width, height = self.one(WIDTH), self.one(HEIGHT)
        samples, apart = self.one(_SAMPLES, 1), self.one(_PLANES) == _APART
        rows_in_strip = min(self.one(_ROWS, height), height)
        bits = self.one(_BITS, 1) * (1 if apart else samples)
        if min(width, rows_in_strip, samples, bits) <= 0:
            return None
        return _Rows(-(-width * bits // 8), height, rows_in_strip, samples if apart else 1)

    def _numbers(self, tag: int, first: int, end: int) -> tuple[int, ...]:
        entry = self.entries.get(tag)
        if entry is None or entry.at is None or entry.type_name not in INTEGERS | INTEGERS_BIG:
            return ()
        width = TYPE_BYTES[entry.type_name]
        length = max(0, min(end, entry.count) - first) * width
        if not self.walk.may_read_table(length):
            return ()
        return integers(entry.type_name, entry.at.read(first * width, length), self.header.order)
