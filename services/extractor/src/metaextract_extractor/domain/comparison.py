"""Lays the fields of several files side by side, by normalised values."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from metaextract_extractor.domain.canonical import compare
from metaextract_extractor.domain.result import Field

FILES_COUNT_MAX: Final = 100

ABOUT_THE_TRANSFER: Final = frozenset({"System"})
"""Groups of fields that tell of the file on its way and not of the image."""


class Relation(StrEnum):
    """How the values of a field relate."""

    DIFFERENT = "different"
    MISSING = "missing"
    EQUAL = "equal"


@dataclass(frozen=True, slots=True)
class ComparedValue:
    """The value of a field in one file; None if it has no such field."""

    printed: str | None


@dataclass(frozen=True, slots=True)
class ComparedField:
    """One field of several files."""

    group: str
    name: str
    occurrence: int
    relation: Relation
    values: tuple[ComparedValue, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Several files side by side. `extractions` names them; the values of each field stand in this order."""

    extractions: tuple[str, ...]
    equal_count: int
    different_count: int
    missing_count: int
    fields: tuple[ComparedField, ...]


def comparison(files: Sequence[tuple[str, Sequence[Field]]]) -> Comparison:
    """Compare two or more files, each a name and its fields.

    Fields meet by group, name and occurrence. Binary values, of which only the length is told, are equal
    if their descriptions are.
    """
    tables = [
        {_key(one): one for one in fields if one.group not in ABOUT_THE_TRANSFER} for _, fields in files
    ]
    keys = dict.fromkeys(key for table in tables for key in table)
    compared = [_compared(key, [table.get(key) for table in tables]) for key in keys]
    order = list(Relation)
    compared.sort(key=lambda one: order.index(one.relation))
    count = [sum(one.relation is relation for one in compared) for relation in Relation]
    return Comparison(
        extractions=tuple(name for name, _ in files),
        different_count=count[0],
        missing_count=count[1],
        equal_count=count[2],
        fields=tuple(compared),
    )


def _key(field: Field) -> tuple[str, str, int]:
    return field.group, field.name, field.occurrence


def _compared(key: tuple[str, str, int], fields: Sequence[Field | None]) -> ComparedField:
    there = [one for one in fields if one is not None]
    if not all(_same(there[0], other) for other in there[1:]):
        relation = Relation.DIFFERENT
    else:
        relation = Relation.EQUAL if len(there) == len(fields) else Relation.MISSING
    values = tuple(ComparedValue(one.printed if one is not None else None) for one in fields)
    return ComparedField(*key, relation, values)


def _same(one: Field, other: Field) -> bool:
    found = compare(one, other)
    return one.printed == other.printed if found is None else found
