"""Records of fixed layout: a table says where each value stands, one function reads them all.

The texts follow ExifTool's habits, so that a value read here equals the one read there: numbers with 15
significant digits, enumerations that are not in the table as `Unknown (n)`.
"""

import re
import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from metaextract_extractor.domain.result import Standard
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.scalars import latin, number, scalar, shown

Value = str | int | float | list[str]
"""A raw value: text, number, or a list of texts."""
Prints = Mapping[Any, str] | Callable[[Any], str]

_INTEGER_MAX: Final = 10**15
_LONG_DECIMAL: Final = re.compile(r"-?\d{1,15}\.\d{17,40}")


@dataclass(frozen=True, slots=True)
class Section:
    """What the fields of one record have in common."""

    path: str
    group: str
    standard: Standard = Standard.CONTAINER
    category: str = "Video"


@dataclass(frozen=True, slots=True)
class Entry:
    """One value of a record.

    `layout`: a `struct` format without byte order; several values become a text with blanks between.
    `mask`: only these bits count, shifted down. `convert` makes the raw value (None drops the field),
    `prints` the printed one. `tag_id` is the byte offset where it is not given.
    """

    at: int
    layout: str
    name: str
    tag_id: str = ""
    mask: int = 0
    convert: Callable[[Any], Any] | None = None
    prints: Prints | None = None
    category: str = ""


def number_text(value: int | float) -> str:
    """Write a number as ExifTool does: 15 significant digits, no trailing zeros."""
    return str(value) if isinstance(value, int) else number(value)


def plain(text: str) -> object:
    """Return what ExifTool's JSON holds for a text: a number where it reads like one, else the text."""
    return float(text) if _LONG_DECIMAL.fullmatch(text) else scalar(text)


def decoded(content: bytes) -> str:
    """Return the text in bytes of no declared character set: UTF-8, without nulls."""
    return latin(content)


def as_text(value: object) -> str:
    """Write a raw value as text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ", ".join(as_text(one) for one in value)
    return number_text(value) if isinstance(value, int | float) else str(value)


def as_raw(value: object) -> object:
    """Return a value as it stands in ExifTool's JSON."""
    return [as_raw(one) for one in value] if isinstance(value, list | tuple) else plain(as_text(value))


def printed_as(prints: Prints | None, value: object) -> str:
    """Return the printed form of a raw value."""
    if prints is None:
        return as_text(value)
    if isinstance(prints, Mapping):
        return prints[value] if value in prints else f"Unknown ({as_text(value)})"
    return prints(value)


def emit(  # noqa: PLR0913 - a field has that many sides
    walk: Walk,
    section: Section,
    name: str,
    value: object,
    at: View | None,
    *,
    tag_id: str = "",
    prints: Prints | None = None,
    category: str = "",
    stored_type: str = "",
) -> None:
    """Write down one field of a section."""
    printed = printed_as(prints, value)
    walk.value(
        section.path,
        section.standard,
        section.group,
        name,
        as_raw(value),
        shown(printed),
        tag_id=tag_id,
        category=category or section.category,
        stored_type=stored_type,
        at=at,
    )


def walk_record(
    view: View, walk: Walk, section: Section, entries: Iterable[Entry], order: str = ">"
) -> dict[str, Any]:
    """Read the entries of a record that lie within the view; return the values by name."""
    values: dict[str, Any] = {}
    for entry in entries:
        layout = struct.Struct(order + entry.layout)
        if not view.has(entry.at, layout.size):
            continue
        place = view.part(entry.at, layout.size)
        value = _value(entry, layout.unpack(place.read(0, layout.size)))
        if value is None:
            walk.understood(place)
            continue
        values[entry.name] = value
        emit(
            walk, section, entry.name, value, place,
            tag_id=entry.tag_id or str(entry.at), prints=entry.prints, category=entry.category,
        )  # fmt: skip
    return values


def _value(entry: Entry, parts: tuple[Any, ...]) -> object:
    value = parts[0] if len(parts) == 1 else " ".join(as_text(part) for part in parts)
    if entry.mask and isinstance(value, int):
        value = (value & entry.mask) >> ((entry.mask & -entry.mask).bit_length() - 1)
    if entry.convert is not None:
        return entry.convert(value)
    return decoded(value) if isinstance(value, bytes) else value


def bit_names(names: Mapping[int, str], bits: int = 32) -> Callable[[int], str]:
    """Return a printer of bit fields: the names of the bits that are set, in order."""

    def prints(value: int) -> str:
        found = [names.get(bit, f"[{bit}]") for bit in range(bits) if value >> bit & 1]
        return ", ".join(found) or "(none)"

    return prints


def fixed16(value: int) -> float | int:
    """Return a 16.16 fixed-point number, rounded to five decimals as ExifTool does."""
    number = int(value / 0x10000 * 1e5 + (0.5 if value > 0 else -0.5)) / 1e5
    return int(number) if number == int(number) else number


def rational(numerator: int, denominator: int, digits: int) -> float | int | str:
    """Return a quotient with so many significant digits; `inf` or `undef` for a zero denominator."""
    if denominator == 0:
        return "inf" if numerator else "undef"
    number = float(f"{numerator / denominator:.{digits}g}")
    return int(number) if number == int(number) and abs(number) < _INTEGER_MAX else number


def binary_text(size_bytes: int) -> str:
    """Describe a binary value that is not shown."""
    return f"(Binary data {size_bytes} bytes, use -b option to extract)"
