"""Compares what was told early with what is so in the end."""

from collections import defaultdict
from collections.abc import Iterable

from metaextract_extractor.domain.model import RevisedField
from metaextract_extractor.domain.result import Field


def revised_fields(provisional: Iterable[Field], final: Iterable[Field]) -> tuple[RevisedField, ...]:
    """Return the provisional fields that have another printed value in the end, or none.

    Fields meet by path, group and name: which of several comes first may change while a file arrives.
    """
    ends: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
    for one in final:
        ends[_key(one)].append(one.printed)
    return tuple(
        RevisedField(one.path, one.group, one.name, one.occurrence, one.printed, _latest(ends, one))
        for one in provisional
        if one.printed not in ends.get(_key(one), [])
    )


def _latest(ends: defaultdict[tuple[str, str, str], list[str]], field: Field) -> str | None:
    values = ends.get(_key(field))
    return values[-1] if values else None


def _key(field: Field) -> tuple[str, str, str]:
    return field.path, field.group, field.name
