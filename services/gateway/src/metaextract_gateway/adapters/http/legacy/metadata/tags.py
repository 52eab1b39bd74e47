"""The fields of a result, ready to be looked up and written as JSON."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Self, TypeAlias

from google.protobuf.struct_pb2 import Value

from metaextract.extractor.v1.result_pb2 import ExtractionResult, Field

_INTEGER_MAX: Final = 2**53
_EXIF_GROUPS: Final = ("IFD0", "ExifIFD", "SubIFD", "SubIFD1", "GPS", "InteropIFD")


JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"


@dataclass(frozen=True, slots=True)
class Tag:
    """One field: `standard` is a `Field.Standard`, `raw` what JSON can say of its value."""

    standard: Field.Standard
    group: str
    category: str
    name: str
    raw: JsonValue
    printed: str

    def texts(self) -> Iterator[str]:
        """Yield every text in which the value is written."""
        yield self.printed
        yield from _texts(self.raw)


class Tags:
    """Fields in file order. Of fields with equal group and name the first one counts."""

    def __init__(self, tags: Iterable[Tag]) -> None:
        self._tags = tuple(tags)
        self._first: dict[tuple[str, str], Tag] = {}
        for tag in self._tags:
            self._first.setdefault((tag.group, tag.name), tag)

    @classmethod
    def of_result(cls, result: ExtractionResult) -> Self:
        """Take all fields of a result."""
        return cls(
            Tag(one.standard, one.group, one.category, one.name, _json(one.raw), one.printed)
            for one in result.fields
        )

    def __iter__(self) -> Iterator[Tag]:
        return iter(self._tags)

    def of(self, standard: Field.Standard) -> Iterator[Tag]:
        """Yield the fields that this standard defines."""
        return (tag for tag in self._tags if tag.standard == standard)

    def where(self, keep: Callable[[Tag], bool]) -> "Tags":
        """Return the fields that `keep` says yes to."""
        return Tags(filter(keep, self._tags))

    def get(self, *keys: tuple[str, str]) -> Tag | None:
        """Return the first of these (group, name) pairs that is there."""
        return next((self._first[key] for key in keys if key in self._first), None)

    def raw(self, *keys: tuple[str, str]) -> JsonValue:
        """Return the value of the first of these (group, name) pairs, or None."""
        tag = self.get(*keys)
        return tag.raw if tag else None

    def exif(self, name: str) -> Tag | None:
        """Return the EXIF field of this name that describes the main image."""
        return self.get(*((group, name) for group in _EXIF_GROUPS))

    def integer(self, *keys: tuple[str, str]) -> int | None:
        """Return the first of these values that is a whole number."""
        found = (self.raw(key) for key in keys)
        return next((one for one in found if isinstance(one, int) and not isinstance(one, bool)), None)


def number(raw: object) -> float | int | None:
    """Return a raw value as a finite number; long decimals arrive as text."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        return None
    try:
        value = float(raw)
    except ValueError:
        return None
    return _number(value)


def _json(value: Value) -> JsonValue:
    match value.WhichOneof("kind"):
        case "number_value":
            return _number(value.number_value)
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case "list_value":
            return [_json(one) for one in value.list_value.values]
        case "struct_value":
            return {key: _json(one) for key, one in value.struct_value.fields.items()}
        case _:
            return None


def _number(value: float) -> float | int | None:
    """JSON has no NaN and no infinity; protobuf has no integers."""
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() and abs(value) <= _INTEGER_MAX else value


def _texts(raw: object) -> Iterator[str]:
    if isinstance(raw, list):
        for one in raw:
            yield from _texts(one)
    elif isinstance(raw, dict):
        for one in raw.values():
            yield from _texts(one)
    elif raw is not None:
        yield str(raw)
