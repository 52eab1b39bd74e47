"""Makes one list of fields from what several readers found."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from metaextract_extractor.domain.canonical import agree
from metaextract_extractor.domain.result import ByteRange, Field
from metaextract_extractor.reading.evidence import Report
from metaextract_extractor.reading.walk import Walk

ADDING_GROUPS: Final = frozenset({"LibRaw", "HEIF"})
"""Groups of fields that only a witness knows, so that they are added to those of the primary engine."""


def merged(primary: Iterable[Field], walk: Walk, witnesses: Mapping[str, Report]) -> list[Field]:
    """Return the primary engine's fields with the places that our walkers found, then what others add."""
    fields = placed(primary, walk)
    known = {(one.group, one.name) for one in fields}
    fields += [one for one in walk.fields if _is_only_here(one, walk) and (one.group, one.name) not in known]
    for report in witnesses.values():
        fields += [
            one for one in report.fields if one.group in ADDING_GROUPS and (one.group, one.name) not in known
        ]
    return fields


def merged_without_primary(walk: Walk, witnesses: Mapping[str, Report]) -> list[Field]:
    """Return what our walkers found, then what witnesses found and they did not."""
    fields = list(walk.fields)
    for report in witnesses.values():
        known = {(one.group, one.name) for one in fields}
        fields += [one for one in report.fields if (one.group, one.name) not in known]
    return fields


def placed(fields: Iterable[Field], walk: Walk) -> list[Field]:
    """Return the fields with their place, where a walker read the same value under the same path and name."""
    unused: defaultdict[tuple[str, str, str], list[Field]] = defaultdict(list)
    for one in walk.fields:
        if one.location is not None:
            unused[one.path, one.group, one.name].append(one)
    places = _places_by_id(walk)
    return [_placed(one, unused, places) for one in fields]


def _is_only_here(field: Field, walk: Walk) -> bool:
    return any(field.path == path or field.path.startswith(f"{path}-") for path in walk.only_here)


def _placed(
    field: Field,
    unused: Mapping[tuple[str, str, str], list[Field]],
    places: Mapping[tuple[str, str, str], ByteRange],
) -> Field:
    same = unused.get((field.path, field.group, field.name), [])
    for index, candidate in enumerate(same):
        if agree(field, candidate):
            return replace(field, location=same.pop(index).location)
    place = places.get((field.path, field.group, field.tag_id)) if field.tag_id else None
    return replace(field, location=place) if place else field


def _places_by_id(walk: Walk) -> dict[tuple[str, str, str], ByteRange]:
    """Return the places of maker note entries, which have an id but no name, if the id stands there once."""
    found: defaultdict[tuple[str, str, str], list[ByteRange]] = defaultdict(list)
    for one in walk.located:
        found[one.path, one.group, one.tag_id].append(one.place)
    return {key: places[0] for key, places in found.items() if len(places) == 1}
