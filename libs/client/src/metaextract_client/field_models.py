"""What a server says of fields as such. The contract is `proto/metaextract/extractor/v1/dictionary.proto`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from metaextract_client.models import Json
from metaextract_client.reading import reader_of


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A value that means something; `element` says which one of a list-valued field, from 0."""

    raw: str = ""
    text: str = ""
    element: int | None = None


@dataclass(frozen=True, slots=True)
class FieldDefinition:
    """What the engines know of a field, whether or not a file has it.

    `values` are the first 8 of `values_count` unless all were asked for; `descriptions` (by language) come
    with a single definition only.
    """

    name: str = ""
    field_name: str = ""
    standard: str = ""
    family: str = ""
    group: str = ""
    category: str = ""
    table: str = ""
    tag_id: str = ""
    tag_id_hex: str = ""
    variant: int | None = None
    type: str = ""
    count: int | None = None
    writable: bool = False
    flags: tuple[str, ...] = ()
    structure: str = ""
    unit: str = ""
    engine: str = ""
    description: str = ""
    language: str = ""
    values: tuple[FieldValue, ...] = ()
    values_count: int = 0
    descriptions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FieldsFound:
    """A page of field definitions, best first, of `total_size` found.

    `corrected_query` is what was searched instead when nothing was found as it was written.
    """

    fields: tuple[FieldDefinition, ...] = ()
    next_page_token: str = ""
    total_size: int = 0
    corrected_query: str = ""


@dataclass(frozen=True, slots=True)
class FieldGroup:
    """A group of fields: of family 0 (kind of information), 1 (place in the file) or 2 (subject)."""

    family: int = 0
    group: str = ""
    definitions_count: int = 0


@dataclass(frozen=True, slots=True)
class DictionaryLanguage:
    """A language of the field dictionary."""

    code: str = ""
    definitions_count: int = 0


@dataclass(frozen=True, slots=True)
class FieldDictionary:
    """What the field dictionary holds and what it was made from."""

    engine: str = ""
    engine_version: str = ""
    definitions_count: int = 0
    names_count: int = 0
    writable_names_count: int = 0
    tables_count: int = 0
    values_count: int = 0
    own_definitions_count: int = 0
    languages: tuple[DictionaryLanguage, ...] = ()


def field_definition_from_json(message: Json) -> FieldDefinition:
    """Read the contract's `FieldDefinition`. Raises ValueError when it is not one."""
    return reader_of(FieldDefinition).validate_python(message)


def fields_found_from_json(message: Json) -> FieldsFound:
    """Read the contract's `SearchFieldsResponse`. Raises ValueError when it is not one."""
    return reader_of(FieldsFound).validate_python(message)


def field_groups_from_json(message: Json) -> tuple[FieldGroup, ...]:
    """Read the contract's `ListFieldGroupsResponse`. Raises ValueError when it is not one."""
    return reader_of(tuple[FieldGroup, ...]).validate_python(message.get("groups", ()))


def field_dictionary_from_json(message: Json) -> FieldDictionary:
    """Read the contract's `GetDictionaryInfoResponse`. Raises ValueError when it is not one."""
    return reader_of(FieldDictionary).validate_python(message)
