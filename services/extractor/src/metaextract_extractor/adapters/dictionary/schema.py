"""The SQLite file of the dictionary: tables, and what makes a file fit for use.

A row id of `definitions` is the place of the definition in the order of `domain.field_ranking`, so that
whatever is selected by row id comes best first, full text included, and nothing needs to be sorted.
"""

import hashlib
import re
from pathlib import Path
from typing import Final

from metaextract_extractor import domain

TABLES: Final = """
CREATE TABLE about (engine TEXT, engine_version TEXT, made_for TEXT);
CREATE TABLE definitions (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    key TEXT NOT NULL,
    field_name TEXT NOT NULL,
    family TEXT NOT NULL,
    group_name TEXT NOT NULL,
    category TEXT NOT NULL,
    table_name TEXT NOT NULL,
    tag_id TEXT NOT NULL,
    standard TEXT NOT NULL,
    tag_id_hex TEXT NOT NULL,
    variant INTEGER,
    type TEXT NOT NULL,
    count INTEGER,
    writable INTEGER NOT NULL,
    flags TEXT NOT NULL,
    structure TEXT NOT NULL,
    unit TEXT NOT NULL,
    engine TEXT NOT NULL,
    values_count INTEGER NOT NULL
);
CREATE TABLE descriptions (
    definition INTEGER NOT NULL,
    language TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (definition, language)
) WITHOUT ROWID;
CREATE TABLE field_values (
    definition INTEGER NOT NULL,
    position INTEGER NOT NULL,
    raw TEXT NOT NULL,
    element INTEGER,
    text TEXT NOT NULL,
    translations TEXT NOT NULL,
    PRIMARY KEY (definition, position)
) WITHOUT ROWID;
CREATE TABLE labels (
    language TEXT NOT NULL,
    key TEXT NOT NULL,
    definition INTEGER NOT NULL,
    PRIMARY KEY (language, key, definition)
) WITHOUT ROWID;
CREATE TABLE tag_ids (
    key TEXT NOT NULL, definition INTEGER NOT NULL, PRIMARY KEY (key, definition)
) WITHOUT ROWID;
CREATE TABLE memberships (
    key TEXT NOT NULL,
    family INTEGER NOT NULL,
    definition INTEGER NOT NULL,
    PRIMARY KEY (key, family, definition)
) WITHOUT ROWID;
CREATE TABLE groups (
    family INTEGER NOT NULL, group_name TEXT NOT NULL, definitions_count INTEGER NOT NULL
);
CREATE TABLE languages (code TEXT PRIMARY KEY, definitions_count INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE vocabulary (scope TEXT NOT NULL, term TEXT NOT NULL, PRIMARY KEY (scope, term)) WITHOUT ROWID;
"""
INDEXES: Final = "CREATE INDEX definitions_by_key ON definitions (key)"
# No content: the rows themselves stand in `definitions`. A table for each language keeps a search in one
# language from reading the others' postings.
WORDS: Final = """
CREATE VIRTUAL TABLE {table} USING fts5 (
    name, place, description, meanings,
    content = '', columnsize = 0, prefix = '1 2 3', tokenize = 'unicode61 remove_diacritics 2'
)
"""
APPLICATION_ID: Final = 0x4D584644
TABLE_FAMILY: Final = -1
"""In `memberships`: a table of the engine, which may be named like a group."""

NAMES_SCOPE: Final = "names"
"""In `vocabulary`: names in one piece."""

WORDS_SCOPE: Final = "words"
"""In `vocabulary`: words of names and groups. Every other scope is a language: words of descriptions."""


def words_table(language: str) -> str:
    """Return the name of the full-text table of a language; raises ValueError for what is no code."""
    if not re.fullmatch("[a-z]{2,3}(_[a-z]{2,4})?", language):
        raise ValueError(f"{language!r} is no language code")
    return f"words_{language}"


def made_for(engine_version: str) -> str:
    """Return the mark that a file carries: made from this engine, by exactly this code."""
    digest = hashlib.sha256()
    for source in _sources():
        digest.update(source.read_bytes())
    return f"{engine_version} {digest.hexdigest()[:16]}"


def _sources() -> list[Path]:
    """Return the files that decide what a dictionary holds."""
    folder = Path(domain.__path__[0])
    names = ("dictionary", "dictionary_query", "field_ranking", "field_units", "own_fields")
    here = Path(__file__).parent
    return [
        *(folder / f"{name}.py" for name in names),
        *(here / f"{name}.py" for name in ("listx", "schema", "writing")),
    ]
