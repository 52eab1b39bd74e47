"""What the fields state, by group and name, as the numbers and texts that insights are drawn from."""

import math
import re
from collections.abc import Iterable
from typing import Final

from metaextract_extractor.domain.result import Field
from metaextract_extractor.reading.evidence import Evidence

INTEGER_MAX: Final = 2**31 - 1
"""Largest count, size or code that the contract can tell (int32)."""

OFFSET_MAX: Final = 2**53
"""Largest place in a file that survives as a JSON number."""

_NUMBERS_MAX: Final = 64
_BINARY_LENGTH: Final = re.compile(r"\(Binary data (\d{1,15}) bytes")


class Stated:
    """An index over the fields of one file. Group is ExifTool's family 1."""

    def __init__(self, fields: Iterable[Field]) -> None:
        self._by_key: dict[tuple[str, str], list[Field]] = {}
        self._by_name: dict[str, list[Field]] = {}
        for field in fields:
            self._by_key.setdefault((field.group, field.name), []).append(field)
            self._by_name.setdefault(field.name, []).append(field)

    @classmethod
    def of(cls, evidence: Evidence) -> "Stated":
        """Index the merged fields."""
        return cls(evidence.fields)

    def first(self, group: str, name: str) -> Field | None:
        """Return the first field of this group and name."""
        found = self._by_key.get((group, name))
        return found[0] if found else None

    def every(self, group: str, name: str) -> list[Field]:
        """Return all fields of this group and name, in file order."""
        return self._by_key.get((group, name), [])

    def named(self, name: str) -> list[Field]:
        """Return all fields of this name, whatever their group."""
        return self._by_name.get(name, [])

    def text(self, group: str, name: str) -> str:
        """Return the raw value as text, without blanks around it; empty if there is none."""
        return text_of(self.first(group, name))

    def printed(self, group: str, name: str) -> str:
        """Return the printed value; empty if there is none."""
        field = self.first(group, name)
        return field.printed.strip() if field else ""

    def number(self, group: str, name: str) -> float | None:
        """Return the raw value as a finite number."""
        return number_of(self.first(group, name))

    def integer(self, group: str, name: str, most: int = INTEGER_MAX) -> int | None:
        """Return the raw value as an integer of at most `most`, either way."""
        return integer_of(self.number(group, name), most)

    def numbers(self, group: str, name: str) -> tuple[float, ...]:
        """Return the raw value as a list of finite numbers; empty if a part is none."""
        field = self.first(group, name)
        return numbers_of(field.raw) if field else ()

    def flag(self, group: str, name: str) -> bool | None:
        """Return a value that means yes or no, as XMP and makers write it."""
        text = self.text(group, name).lower()
        return text in ("true", "yes", "1") if text in ("true", "false", "yes", "no", "1", "0") else None


def text_of(field: Field | None) -> str:
    """Return a raw value as text; a number as it was printed, so that leading zeros stay."""
    if field is None:
        return ""
    if isinstance(field.raw, str):
        return field.raw.strip().strip("\x00").strip()
    return field.printed.strip()


def number_of(field: Field | None) -> float | None:
    """Return a raw value as a finite number, whether it came as number or as text (`+47.35`)."""
    if field is None:
        return None
    found = numbers_of(field.raw)
    return found[0] if len(found) == 1 else None


def integer_of(number: float | None, most: int = INTEGER_MAX) -> int | None:
    """Return a number that is whole and at most `most`, either way, as an integer."""
    if number is None or number != int(number) or abs(number) > most:
        return None
    return int(number)


def numbers_of(raw: object) -> tuple[float, ...]:
    """Return the numbers of a raw value: one, a list, or text with blanks between them."""
    if isinstance(raw, bool):
        return ()
    if isinstance(raw, int | float):
        return _finite((raw,))
    if isinstance(raw, str):
        parts: list[object] = list(raw.replace(",", " ").split())
    elif isinstance(raw, list | tuple):
        parts = list(raw)
    else:
        return ()
    return _finite(parts) if 0 < len(parts) <= _NUMBERS_MAX else ()


def binary_length(field: Field) -> int | None:
    """Return how long a binary value is that was described instead of included."""
    match = _BINARY_LENGTH.match(field.printed)
    return int(match[1]) if match else None


def _finite(parts: Iterable[object]) -> tuple[float, ...]:
    numbers: list[float] = []
    for part in parts:
        number = _number(part)
        if number is None:
            return ()
        numbers.append(number)
    return tuple(numbers)


def _number(part: object) -> float | None:
    if isinstance(part, bool) or not isinstance(part, int | float | str):
        return None
    try:
        number = float(part)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
