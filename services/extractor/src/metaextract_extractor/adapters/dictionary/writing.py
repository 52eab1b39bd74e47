"""Entries into the SQLite file, in their order and with everything that makes searching quick."""

import json
import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from metaextract_extractor.adapters.dictionary import schema
from metaextract_extractor.domain.dictionary import ENGLISH, Entry, Facts
from metaextract_extractor.domain.dictionary_query import endings, key, spaced, words
from metaextract_extractor.domain.field_ranking import ranking

# Records of IIM 4.2 (chapters 5 to 9), whose datasets people call by record and number: 2:25.
_RECORDS: Final = {
    "IPTC::EnvelopeRecord": 1,
    "IPTC::ApplicationRecord": 2,
    "IPTC::NewsPhoto": 3,
    "IPTC::PreObjectData": 7,
    "IPTC::ObjectData": 8,
    "IPTC::PostObjectData": 9,
}
_DEFINITION_COLUMNS: Final = (
    "id, name, key, field_name, family, group_name, category, table_name, tag_id, standard, tag_id_hex, "
    "variant, type, count, writable, flags, structure, unit, engine, values_count"
)
_INSERT: Final = f"INSERT INTO definitions ({_DEFINITION_COLUMNS}) VALUES ({', '.join('?' * 20)})"  # noqa: S608 - constants


def write(file: Path, entries: Iterable[Entry], *, engine: str, engine_version: str) -> None:
    """Write the file in one step: whoever opens it sees a whole one, or the one before.

    Raises OSError or sqlite3.Error if the folder has no room or cannot be written.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    named = sorted(_named(entries), key=lambda one: ranking(one[1].facts))
    new = file.with_name(f"{file.name}.{os.getpid()}.new")
    new.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(new, isolation_level=None)) as connection:
            _Writer(connection).write(named, engine, engine_version)
        with new.open("rb") as written:
            os.fsync(written.fileno())
        new.replace(file)
    finally:
        new.unlink(missing_ok=True)


def _named(entries: Iterable[Entry]) -> Iterator[tuple[str, Entry]]:
    """Name each by table and field; those that share both are numbered in the engine's order."""
    seen: Counter[str] = Counter()
    for entry in entries:
        name = f"{entry.facts.table.replace('::', '.')}.{entry.facts.field_name}"
        seen[name.lower()] += 1
        number = seen[name.lower()]
        yield (name if number == 1 else f"{name}.{number}"), entry


class _Writer:
    """Fills one empty file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._languages: Counter[str] = Counter()
        self._groups: Counter[tuple[int, str]] = Counter()
        self._vocabulary: set[tuple[str, str]] = set()
        self._described_so: set[tuple[str, str]] = set()

    def write(self, named: list[tuple[str, Entry]], engine: str, engine_version: str) -> None:
        connection = self._connection
        connection.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536;"
            f"PRAGMA application_id = {schema.APPLICATION_ID}; BEGIN; {schema.TABLES}"
        )
        for number, (name, entry) in enumerate(named, 1):
            self._definition(number, name, entry)
            self._texts(number, entry)
            self._keys(number, entry.facts)
        self._sums()
        about = (engine, engine_version, schema.made_for(engine_version))
        connection.execute("INSERT INTO about (engine, engine_version, made_for) VALUES (?, ?, ?)", about)
        connection.execute(schema.INDEXES)
        connection.execute("COMMIT")

    def _definition(self, number: int, name: str, entry: Entry) -> None:
        facts = entry.facts
        row = (
            *(number, f"fieldDefinitions/{name}", key(facts.field_name), facts.field_name),
            *(facts.family, facts.group, facts.category, facts.table, facts.tag_id, facts.standard.value),
            *(facts.tag_id_hex, facts.variant, facts.type, facts.count, facts.writable),
            *(" ".join(facts.flags), facts.structure, facts.unit, facts.engine, len(entry.values)),
        )
        self._connection.execute(_INSERT, row)
        values = [
            (number, at, one.raw, one.element, one.texts[ENGLISH], _translations(one.texts))
            for at, one in enumerate(entry.values)
        ]
        self._connection.executemany(
            "INSERT INTO field_values (definition, position, raw, element, text, translations) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            values,
        )

    def _texts(self, number: int, entry: Entry) -> None:
        """Descriptions, and the full text of each language that says something of this field."""
        facts = entry.facts
        name = " ".join(dict.fromkeys(endings(facts.field_name)))
        place = " ".join(dict.fromkeys((facts.family, facts.group, facts.table)))
        spoken = {language for one in entry.values for language in one.texts}
        for language in sorted({*entry.descriptions, *spoken}):
            description = entry.descriptions.get(language, "")
            meanings = "\n".join(one.texts[language] for one in entry.values if language in one.texts)
            self._connection.execute(
                f"INSERT INTO {self._words(language)} (rowid, name, place, description, meanings) "  # noqa: S608 - checked
                "VALUES (?, ?, ?, ?, ?)",
                (number, name, place, spaced(description), spaced(meanings)),
            )
            if description:
                self._described(number, language, description)
        self._vocabulary.add((schema.NAMES_SCOPE, key(facts.field_name)))
        self._vocabulary.update(
            (schema.WORDS_SCOPE, term) for term in (*words(facts.field_name), *words(facts.group))
        )

    def _described(self, number: int, language: str, description: str) -> None:
        self._connection.execute(
            "INSERT INTO descriptions (definition, language, text) VALUES (?, ?, ?)",
            (number, language, description),
        )
        self._connection.execute(
            "INSERT INTO labels (language, key, definition) VALUES (?, ?, ?)",
            (language, key(description), number),
        )
        self._languages[language] += 1
        if (language, description) not in self._described_so:  # thousands of fields have the same words
            self._described_so.add((language, description))
            self._vocabulary.update((language, term) for term in words(spaced(description)))

    def _words(self, language: str) -> str:
        table = schema.words_table(language)
        if language not in self._languages:
            self._connection.execute(schema.WORDS.format(table=table))
            self._languages[language] = 0
        return table

    def _keys(self, number: int, facts: Facts) -> None:
        ids = {facts.tag_id.strip().casefold()}
        if facts.table in _RECORDS:
            ids.add(f"{_RECORDS[facts.table]}:{facts.tag_id}")
        self._connection.executemany(
            "INSERT INTO tag_ids (key, definition) VALUES (?, ?)",
            [(one, number) for one in sorted(ids) if one],
        )
        groups = (
            (0, facts.family),
            (1, facts.group),
            (2, facts.category),
            (schema.TABLE_FAMILY, facts.table),
        )
        self._connection.executemany(
            "INSERT INTO memberships (key, family, definition) VALUES (?, ?, ?)",
            [(group.casefold(), family, number) for family, group in groups],
        )
        self._groups.update(one for one in groups if one[0] != schema.TABLE_FAMILY)

    def _sums(self) -> None:
        insert = self._connection.executemany
        insert(
            "INSERT INTO groups (family, group_name, definitions_count) VALUES (?, ?, ?)",
            [(*group, count) for group, count in sorted(self._groups.items())],
        )
        insert(
            "INSERT INTO languages (code, definitions_count) VALUES (?, ?)", sorted(self._languages.items())
        )
        insert("INSERT INTO vocabulary (scope, term) VALUES (?, ?)", sorted(self._vocabulary))
        for language in self._languages:
            table = schema.words_table(language)
            self._connection.execute(f"INSERT INTO {table} ({table}) VALUES ('optimize')")  # noqa: S608 - checked


def _translations(texts: object) -> str:
    assert isinstance(texts, dict)  # noqa: S101 - as it was read
    others = {language: text for language, text in texts.items() if language != ENGLISH}
    return json.dumps(others, ensure_ascii=False, separators=(",", ":")) if others else ""
