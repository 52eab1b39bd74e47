"""What a property path is called and how its value is written: the lookup in `xmp_names`."""

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from metaextract_extractor.reading.walkers.xmp_labels import LABELS
from metaextract_extractor.reading.walkers.xmp_names import (
    CATEGORIES,
    CONVERTED,
    GROUPS,
    NAMESPACES,
    SCHEMAS,
    STRUCTURES,
)

PREFIXES: Final = frozenset(NAMESPACES.values())
"""Prefixes that stand for one namespace only."""

_PROPERTY: Final = re.compile(
    r"(?P<id>[^=:@{~]+)(?:=(?P<name>[^:@{~]+))?(?::(?P<kinds>\w+))?(?:@(?P<category>\w))?"
    r"(?:\{(?P<structure>\w+))?(?P<prefix>~.*)?"
)
_SAME_AS: Final = {"crd": "crs"}
_PREFIX_OF_GROUP: Final = {group: prefix for prefix, group in GROUPS.items() if prefix != "prismusagerights"}


@dataclass(frozen=True, slots=True)
class Property:
    """One property: where it belongs, how its values are told. `known`: whether a schema names it."""

    group: str
    name: str
    tag_id: str
    category: str
    known: bool = True
    rational: bool = False
    date: bool = False
    language_alternatives: bool = False
    listed: bool = False
    unlisted: bool = False
    """Never a list, although it stands in a structure that is listed."""
    flattened: bool = False
    """A name that is set apart for a field of a structure."""
    labels: dict[str, str] | None = None
    more_values: bool = False
    """Whether values without a label are told in another way."""
    conversion: str = ""
    left_out: bool = False
    structure: str = ""
    prefix: str | None = None
    """What the names of the structure's fields begin with, if it is not the name."""

    @property
    def begins(self) -> str:
        """What the names of the structure's fields begin with."""
        return self.name if self.prefix is None else self.prefix


def group_of(prefix: str) -> str:
    """Return the group, without `XMP-`, of a namespace prefix."""
    return GROUPS.get(prefix, prefix)


def is_known(group: str) -> bool:
    """Whether a schema of that group is described."""
    return group in SCHEMAS or group in _SAME_AS


def is_named(group: str, identifier: str) -> bool:
    """Whether a schema names a property with exactly that identifier."""
    return is_known(group) and identifier in _schema(group)


def find(path: list[tuple[str, str]]) -> Property:
    """Return what a property is called. `path`: (prefix, identifier) from the outermost property inwards."""
    group = group_of(next((prefix for prefix, _ in path if prefix), ""))
    identifier = joined([name for _, name in path])
    if not is_known(group):
        prefix = _PREFIX_OF_GROUP.get(group, group)
        return Property(group, capital(identifier), f"{prefix}:{identifier}", "Unknown", known=False)
    schema = _schema(group)
    whole = schema.get(identifier)
    if whole is not None and not whole.flattened:
        return whole
    return _find_field(group, path, schema)


def _find_field(group: str, path: list[tuple[str, str]], schema: dict[str, Property]) -> Property:
    """Follow a path through structures: the name is that of the outer one and the field's."""
    names = [name for _, name in path]
    unknown = Property(group, capital(joined(names)), joined(names), _category_of(group), known=False)
    outer = schema.get(names[0])
    if outer is None:
        return unknown
    for index in range(1, len(names)):
        if not outer.structure:
            return replace(unknown, category=unknown.category)
        anything, _category, _text = STRUCTURES[outer.structure]
        found = _fields(outer.structure).get(capital(names[index]))
        identifier = joined(names[: index + 1])
        if found is None:
            rest = path[index:]
            if anything:
                return _of_any_schema(group, outer, rest, identifier=joined(names))
            return replace(unknown, name=outer.begins + joined([capital(one) for _, one in rest]))
        outer = _flattened(outer, found, identifier, schema.get(identifier))
    return outer


def _flattened(outer: Property, field: Property, identifier: str, apart: Property | None) -> Property:
    name = apart.name if apart else outer.begins + field.begins
    listed = (outer.listed or field.listed) and not field.unlisted and not (apart and apart.unlisted)
    return replace(
        field,
        group=outer.group,
        name=name,
        tag_id=identifier,
        category=field.category or outer.category,
        listed=listed,
        prefix=(field.prefix if apart.prefix is None else apart.prefix) if apart else name,
        labels=apart.labels if apart and apart.labels else field.labels,
        rational=field.rational or bool(apart and apart.rational),
        date=field.date or bool(apart and apart.date),
        language_alternatives=field.language_alternatives or bool(apart and apart.language_alternatives),
        left_out=field.left_out or bool(apart and apart.left_out),
    )


def _of_any_schema(group: str, outer: Property, rest: list[tuple[str, str]], identifier: str) -> Property:
    """Structures that take properties of any schema call them by the name that they have there."""
    inner = find(rest)
    own = rest[0][0] or group
    name = outer.begins + inner.name if inner.known else outer.begins + joined([capital(n) for _, n in rest])
    tag_id = identifier if group_of(own) == group else f"{own}:{identifier}"
    category = inner.category if inner.category == "Time" else _category_of(group)
    return replace(inner, group=group, name=name, tag_id=tag_id, category=category)


def _category_of(group: str) -> str:
    return SCHEMAS[_SAME_AS.get(group, group)][0]


@cache
def _schema(group: str) -> dict[str, Property]:
    category, text = SCHEMAS[_SAME_AS.get(group, group)]
    owner = _SAME_AS.get(group, group)
    found = (_property(one, group, category, owner) for one in text.split())
    return {one.tag_id: one for one in found}


@cache
def _fields(structure: str) -> dict[str, Property]:
    """Return the fields of a structure by their identifier with a capital."""
    _anything, category, text = STRUCTURES[structure]
    found = (_property(one, "", CATEGORIES.get(category, ""), structure) for one in text.split())
    return {capital(one.tag_id): one for one in found}


def _property(text: str, group: str, category: str, owner: str) -> Property:
    match = _PROPERTY.fullmatch(text)
    if match is None:  # the table is ours: a test reads all of it
        raise ValueError(text)
    identifier, kinds = match["id"], match["kinds"] or ""
    name = match["name"] or capital(identifier)
    converted = CONVERTED.get(owner, {}).get(identifier, "")
    labels = LABELS.get(owner, {}).get(identifier)
    return Property(
        group=group,
        name=name,
        tag_id=identifier,
        category=CATEGORIES[match["category"]] if match["category"] else category,
        rational="r" in kinds,
        date="d" in kinds,
        language_alternatives="a" in kinds,
        listed="L" in kinds,
        unlisted="l" in kinds,
        flattened="F" in kinds,
        labels=labels,
        more_values="o" in kinds,
        conversion=converted,
        left_out="x" in kinds or ("e" in kinds and labels is None),
        structure=match["structure"] or "",
        prefix=match["prefix"][1:] if match["prefix"] is not None else None,
    )


def capital(text: str) -> str:
    """Return a text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def joined(names: list[str]) -> str:
    """Return the identifier of a path: the names after one another, with capitals."""
    return names[0] + "".join(capital(name) for name in names[1:]) if names else ""
