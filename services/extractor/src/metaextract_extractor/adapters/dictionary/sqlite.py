"""The dictionary in its SQLite file: read only, one thread, a few indexed selects for each search."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from functools import cached_property, lru_cache
from itertools import chain
from pathlib import Path
from typing import Final

from metaextract_extractor.adapters.dictionary import schema
from metaextract_extractor.adapters.dictionary.definitions import Definitions
from metaextract_extractor.adapters.dictionary.spelling import Spelling
from metaextract_extractor.domain.dictionary import (
    ENGLISH,
    DictionaryInfo,
    FieldDefinition,
    FieldGroup,
    FieldSearch,
    Found,
    Language,
)
from metaextract_extractor.domain.dictionary_query import (
    FieldQuery,
    key,
    parsed,
    qualified,
    spaced,
    without_group,
)

_LAST_CHARACTER: Final = "\U0010ffff"
_GROUPS_CACHED_MAX: Final = 8


def fits(file: Path, engine_version: str) -> bool:
    """Whether `file` is a whole dictionary of this engine version, made by this code."""
    try:
        with closing(_opened(file)) as connection:
            (made_for,) = connection.execute("SELECT made_for FROM about").fetchone() or ("",)
            if made_for != schema.made_for(engine_version):
                return False
            return bool(connection.execute("PRAGMA quick_check").fetchone() == ("ok",))
    except sqlite3.Error:  # no such file, or no such database
        return False


def _opened(file: Path) -> sqlite3.Connection:
    # Files are only ever replaced as a whole, so no locks are needed, nor a folder that can be written.
    uri = f"{file.absolute().as_uri()}?mode=ro&immutable=1"
    return sqlite3.connect(uri, uri=True, check_same_thread=False)


class SqliteDictionary:
    """What `domain.dictionary.FieldDictionary` promises, without waiting; for one thread at a time."""

    def __init__(self, file: Path) -> None:
        self._connection = _opened(file)
        self._connection.row_factory = sqlite3.Row
        languages = self._all("SELECT code, definitions_count FROM languages ORDER BY code")
        self.languages: Final = {str(row["code"]): int(row["definitions_count"]) for row in languages}
        (self._count,) = self._column("SELECT count(*) FROM definitions")
        self._members = lru_cache(_GROUPS_CACHED_MAX)(self._read_members)
        self._definitions = Definitions(self._connection)
        self._spelling = Spelling(self._vocabulary)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def search(self, search: FieldSearch, offset: int, count: int) -> Found:
        """Search as the text stands; if that finds nothing, as it may have been meant."""
        text, members = self._scope(search)
        query, corrected = parsed(text), ""
        if not query.key:
            ids: Sequence[int] = range(1, self._count + 1) if members is None else sorted(members)
        else:
            ids = self._within(self._found(query, search.language), members)
            ids = ids or self._within(self._inside_words(query), members)
        if not ids and query.words:
            corrected, ids = self._corrected(query, search.language, members)
        shown = self._definitions.read(ids[offset : offset + count], search.language, search.values_max)
        return Found(shown, len(ids), corrected)

    def get(self, name: str, language: str) -> FieldDefinition | None:
        """Return one with all values and descriptions."""
        row = self._connection.execute("SELECT id FROM definitions WHERE name = ?", (name,)).fetchone()
        return self._definitions.read([row["id"]], language, None, whole=True)[0] if row else None

    def groups(self, family: int | None) -> tuple[FieldGroup, ...]:
        """Return the groups by family and name."""
        rows = self._all(
            "SELECT family, group_name, definitions_count FROM groups WHERE ?1 IS NULL OR family = ?1 "
            "ORDER BY family, group_name",
            family,
        )
        return tuple(FieldGroup(row["family"], row["group_name"], row["definitions_count"]) for row in rows)

    @cached_property
    def info(self) -> DictionaryInfo:
        """Counts, made once."""
        (counts,) = self._all(
            "SELECT engine, engine_version, (SELECT count(*) FROM field_values) AS values_count FROM about"
        )
        (sums,) = self._all(
            "SELECT count(*) AS definitions, count(DISTINCT lower(field_name)) AS names, "
            "count(DISTINCT CASE WHEN writable THEN lower(field_name) END) AS writable_names, "
            "count(DISTINCT table_name) AS tables, count(CASE WHEN engine <> ? THEN 1 END) AS own "
            "FROM definitions",
            counts["engine"],
        )
        return DictionaryInfo(
            engine=counts["engine"],
            engine_version=counts["engine_version"],
            definitions_count=sums["definitions"],
            names_count=sums["names"],
            writable_names_count=sums["writable_names"],
            tables_count=sums["tables"],
            values_count=counts["values_count"],
            own_definitions_count=sums["own"],
            languages=tuple(Language(code, count) for code, count in sorted(self.languages.items())),
        )

    def _scope(self, search: FieldSearch) -> tuple[str, frozenset[int] | None]:
        """Return the text without its groups, and what is in all of them; None for no limit."""
        text, group = without_group(search.text)
        members: frozenset[int] | None = None
        for name, family in ((search.group, search.family), (group, None)):
            if name:
                named = self._members(name.casefold(), family)
                members = named if members is None else members & named
        if parts := qualified(text):
            # `dc:creator` as people write it is `XMP-dc:Creator` here.
            named = self._members(parts[0].casefold(), None) or self._members(
                f"xmp-{parts[0].casefold()}", None
            )
            if named:
                return parts[1], named if members is None else members & named
        return text, members

    def _read_members(self, group: str, family: int | None) -> frozenset[int]:
        rows = self._connection.execute(
            "SELECT definition FROM memberships WHERE key = ?1 AND (?2 IS NULL OR family = ?2)",
            (group, family),
        )
        return frozenset(row[0] for row in rows)

    def _found(self, query: FieldQuery, language: str) -> Iterator[int]:
        """Yield row ids, surest way of finding first, then by row id; some of them several times."""
        yield from self._column("SELECT id FROM definitions WHERE key = ? ORDER BY id", query.key)
        by_tag_id = self._column(
            "SELECT definition FROM tag_ids WHERE key = ? ORDER BY definition", query.tag_id
        )
        if query.numeric:
            yield from by_tag_id
            if by_tag_id:
                return  # the digits of an id stand in many other places by chance
        labels = (
            "SELECT DISTINCT definition FROM labels WHERE language IN (?, ?) AND key = ? ORDER BY definition"
        )
        yield from self._column(labels, language, ENGLISH, query.key)
        beginning = "SELECT id FROM definitions WHERE key >= ? AND key < ?"
        yield from sorted(self._column(beginning, query.key, query.key + _LAST_CHARACTER))
        # Names and groups are the same in every language, and what English says is understood in all.
        both = sorted({language, ENGLISH})
        yield from self._by_words(query.words, "{name}", [ENGLISH])
        yield from self._by_words(query.words, "{name}", [ENGLISH], place=True)
        yield from self._by_words(query.words, "{name description}", both, place=True)
        yield from by_tag_id
        yield from self._by_words(query.words, "{name description meanings}", both, place=True)

    def _by_words(
        self, words: tuple[str, ...], columns: str, languages: list[str], *, place: bool = False
    ) -> Iterable[int]:
        """Full text: every word begins a word in one of the columns, or is one of the place."""
        terms = []
        for word in words:
            term = f'"{spaced(word).strip()}"'
            terms.append(
                f"({columns} : {term} * OR {{place}} : {term})" if place else f"{columns} : {term} *"
            )
        return self._matching(" AND ".join(terms), languages) if terms else ()

    def _inside_words(self, query: FieldQuery) -> Iterable[int]:
        """Full text: every word stands somewhere in a word of the name, as `itude` in `GPSLatitude`."""
        terms = []
        for word in query.words:
            holders = self._spelling.holders(word)
            if not holders:
                return ()
            terms.append("(" + " OR ".join(f'{{name}} : "{holder}" *' for holder in holders) + ")")
        return self._matching(" AND ".join(terms), [ENGLISH]) if terms else ()

    def _matching(self, match: str, languages: list[str]) -> Iterable[int]:
        found = [
            self._column(
                f"SELECT rowid FROM {table} WHERE {table} MATCH ? ORDER BY rowid",  # noqa: S608 - checked
                match,
            )
            for table in map(schema.words_table, languages)
        ]
        return found[0] if len(found) == 1 else sorted(set(chain.from_iterable(found)))

    def _within(self, found: Iterable[int], members: frozenset[int] | None) -> list[int]:
        return [one for one in dict.fromkeys(found) if members is None or one in members]

    def _corrected(
        self, query: FieldQuery, language: str, members: frozenset[int] | None
    ) -> tuple[str, list[int]]:
        for text in self._spelling.corrections(query, language):
            ids = self._within(self._found(parsed(text), language), members)
            if ids:
                (name,) = self._all("SELECT field_name, key FROM definitions WHERE id = ?", ids[0])
                return (name["field_name"] if name["key"] == key(text) else text), ids
        return "", []

    def _vocabulary(self, scope: str) -> list[str]:
        rows = self._all("SELECT term FROM vocabulary WHERE scope = ? ORDER BY term", scope)
        return [row["term"] for row in rows]

    def _all(self, statement: str, *values: object) -> list[sqlite3.Row]:
        return self._connection.execute(statement, values).fetchall()

    def _column(self, statement: str, *values: object) -> list[int]:
        return [row[0] for row in self._connection.execute(statement, values)]
