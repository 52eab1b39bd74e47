"""The field dictionary: what the engines know of every field that a file may have."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from metaextract_extractor.domain.result import Standard

ENGLISH: Final = "en"
"""The language in which every field is described."""

VALUES_SHOWN_MAX: Final = 8
"""Values of a definition in the basic view."""

FAMILIES: Final = (0, 1, 2)
"""Families of groups: 0 the kind of information, 1 the place in the file, 2 what it is about."""


class Flag(StrEnum):
    """A property of a field, mostly about writing it (ExifTool's TagNames documentation, introduction)."""

    ALT = "alt"
    AVOID = "avoid"
    BAG = "bag"
    BINARY = "binary"
    FLATTENED = "flattened"
    LIST = "list"
    MANDATORY = "mandatory"
    PERMANENT = "permanent"
    PROTECTED = "protected"
    SEQ = "seq"
    UNKNOWN = "unknown"
    UNSAFE = "unsafe"


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A value with a meaning. `element`: which element of a list-valued field it is for, from 0."""

    raw: str
    text: str
    element: int | None = None


@dataclass(frozen=True, slots=True)
class EntryValue:
    """A value with its meaning in each language."""

    raw: str
    texts: Mapping[str, str]
    element: int | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is said of a field without words. Shapes as in metaextract/extractor/v1/dictionary.proto."""

    field_name: str
    family: str
    group: str
    category: str
    table: str
    tag_id: str
    standard: Standard = Standard.CONTAINER
    tag_id_hex: str = ""
    variant: int | None = None
    type: str = ""
    count: int | None = None
    writable: bool = False
    flags: tuple[Flag, ...] = ()
    structure: str = ""
    unit: str = ""
    engine: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A field in all languages. Every mapping from languages has English."""

    facts: Facts
    descriptions: Mapping[str, str]
    values: tuple[EntryValue, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldDefinition(Facts):
    """A field as it is told, in one language."""

    name: str = ""
    description: str = ""
    language: str = ENGLISH
    values: tuple[FieldValue, ...] = ()
    values_count: int = 0
    descriptions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FieldSearch:
    """What to look for. `text` and `group` may be empty; `family` narrows what `group` may name.

    `values_max` bounds the values of each definition, None does not.
    """

    text: str = ""
    group: str = ""
    family: int | None = None
    language: str = ENGLISH
    values_max: int | None = VALUES_SHOWN_MAX


@dataclass(frozen=True, slots=True)
class Found:
    """A part of what a search found, best first, and how many it found.

    `corrected_text` is what was searched instead, when nothing was found as it was written.
    """

    definitions: tuple[FieldDefinition, ...]
    total_size: int
    corrected_text: str = ""


@dataclass(frozen=True, slots=True)
class FieldGroup:
    """A group of one family, and how many definitions are in it."""

    family: int
    group: str
    definitions_count: int


@dataclass(frozen=True, slots=True)
class Language:
    """A language, and how many fields are described in it."""

    code: str
    definitions_count: int


@dataclass(frozen=True, slots=True)
class DictionaryInfo:
    """What the dictionary holds and what it was made from."""

    engine: str
    engine_version: str
    definitions_count: int
    names_count: int
    writable_names_count: int
    tables_count: int
    values_count: int
    own_definitions_count: int
    languages: tuple[Language, ...]


class FieldDictionary(Protocol):
    """All definitions, in the order of `domain.field_ranking`.

    Every method raises FIELD_DICTIONARY_NOT_READY while the dictionary is being made.
    """

    async def search(self, search: FieldSearch, offset: int, count: int) -> Found:
        """Return `count` of what `search` finds, from `offset`; raises INVALID_REQUEST (language)."""
        ...

    async def get(self, name: str, language: str) -> FieldDefinition:
        """Return one with everything, or raise FIELD_DEFINITION_NOT_FOUND, INVALID_REQUEST (language)."""
        ...

    async def groups(self, family: int | None) -> tuple[FieldGroup, ...]:
        """Return the groups of a family, or of all, by family and name."""
        ...

    async def info(self) -> DictionaryInfo:
        """Say what it holds."""
        ...
