"""The value of a TIFF entry: decoded as stored, or as its tag wants it, and converted."""

from typing import Final

from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers import ifd
from metaextract_extractor.reading.walkers.exif_conversions import Converted, convert
from metaextract_extractor.reading.walkers.exif_tags import Tag
from metaextract_extractor.reading.walkers.exif_values import (
    INTEGERS,
    INTEGERS_BIG,
    TYPE_BYTES,
    decode,
    integers,
)

ITEMS_MAX: Final = 100_000
"""Longer lists of numbers are data."""
LARGE_ARRAY_ITEMS: Final = 500
OFFSETS: Final = frozenset(
    {0x0111, 0x0120, 0x0144, 0x0201, 0x0207, 0x0208, 0x0209, 0x8781, 0xA010, 0xBCC0, 0xBCC2}
)
"""Values that count from the head of the structure; they are told as places in the file."""


def converted_value(
    entry: ifd.Entry, at: View, tag: Tag, header: ifd.Header, walk: Walk, base: int | None
) -> Converted | None:
    """Return raw and printed value as texts; None if it is too long, or left to the primary engine.

    `base`: where the structure stands in the file. Raises `MissingBytesError`.
    """
    too_long = entry.size_bytes > walk.budgets.value_bytes_max
    if tag.how == "unprinted" or too_long or not walk.may_read_value(entry.size_bytes):
        return None
    text = _text(entry, at, tag, header, base)
    return None if text is None else convert(tag, text, header.order)


def _text(entry: ifd.Entry, at: View, tag: Tag, header: ifd.Header, base: int | None) -> str | None:
    type_name = "int8u" if entry.type_name == "undef" and entry.count == 1 else entry.type_name
    type_name = tag.read_as or type_name
    count = entry.size_bytes // TYPE_BYTES[type_name]
    numeric = type_name not in ("undef", "string", "utf8")
    if count == 0:
        return ""
    if numeric and count > LARGE_ARRAY_ITEMS and tag.how == "long":
        return f"(large array of {count} {type_name} values)"
    data = at.read(0, count * TYPE_BYTES[type_name])
    if entry.tag not in OFFSETS or header.big:
        return decode(type_name, data, header.order)
    if type_name not in INTEGERS | INTEGERS_BIG or base is None:
        return None
    return " ".join(str(number + base) for number in integers(type_name, data, header.order))
