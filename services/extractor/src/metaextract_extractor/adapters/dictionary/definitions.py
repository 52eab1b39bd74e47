"""Rows of the dictionary's file as definitions, in one language."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Final

from metaextract_extractor.domain.dictionary import ENGLISH, FieldDefinition, FieldValue, Flag
from metaextract_extractor.domain.result import Standard

_COLUMNS: Final = (
    "id, name, field_name, family, group_name, category, table_name, tag_id, standard, tag_id_hex, variant, "
    "type, count, writable, flags, structure, unit, engine, values_count"
)


class Definitions:
    """Reads definitions by row id."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def read(
        self, ids: Sequence[int], language: str, values_max: int | None, *, whole: bool = False
    ) -> tuple[FieldDefinition, ...]:
        """Return definitions in the order of `ids`."""
        rows = self._all(
            f"SELECT {_COLUMNS} FROM definitions WHERE id IN ({_marks(ids)})",  # noqa: S608 - question marks
            *ids,
        )
        by_id = {row["id"]: row for row in rows}
        descriptions = self._descriptions(ids, None if whole else {language, ENGLISH})
        values = self._values(ids, language, values_max)
        return tuple(
            _definition(by_id[one], descriptions[one], values.get(one, []), language, whole=whole)
            for one in ids
        )

    def _descriptions(self, ids: Sequence[int], languages: set[str] | None) -> dict[int, dict[str, str]]:
        rows = self._all(
            f"SELECT definition, language, text FROM descriptions WHERE definition IN ({_marks(ids)})",  # noqa: S608 - question marks
            *ids,
        )
        found: dict[int, dict[str, str]] = {}
        for row in rows:
            if languages is None or row["language"] in languages:
                found.setdefault(row["definition"], {})[row["language"]] = row["text"]
        return found

    def _values(
        self, ids: Sequence[int], language: str, values_max: int | None
    ) -> dict[int, list[FieldValue]]:
        rows = self._all(
            "SELECT definition, raw, element, text, translations FROM field_values "  # noqa: S608 - question marks
            f"WHERE definition IN ({_marks(ids)}) AND (? IS NULL OR position < ?) "
            "ORDER BY definition, position",
            *(*ids, values_max, values_max),
        )
        found: dict[int, list[FieldValue]] = {}
        for row in rows:
            others = json.loads(row["translations"]) if row["translations"] and language != ENGLISH else {}
            value = FieldValue(row["raw"], others.get(language, row["text"]), row["element"])
            found.setdefault(row["definition"], []).append(value)
        return found

    def _all(self, statement: str, *values: object) -> list[sqlite3.Row]:
        return self._connection.execute(statement, values).fetchall()


def _marks(ids: Sequence[int]) -> str:
    return ", ".join("?" * len(ids))


def _definition(
    row: sqlite3.Row,
    descriptions: dict[str, str],
    values: list[FieldValue],
    language: str,
    *,
    whole: bool,
) -> FieldDefinition:
    spoken = language if language in descriptions else ENGLISH
    return FieldDefinition(
        field_name=row["field_name"],
        family=row["family"],
        group=row["group_name"],
        category=row["category"],
        table=row["table_name"],
        tag_id=row["tag_id"],
        standard=Standard(row["standard"]),
        tag_id_hex=row["tag_id_hex"],
        variant=row["variant"],
        type=row["type"],
        count=row["count"],
        writable=bool(row["writable"]),
        flags=tuple(Flag(one) for one in row["flags"].split()),
        structure=row["structure"],
        unit=row["unit"],
        engine=row["engine"],
        name=row["name"],
        description=descriptions[spoken],
        language=spoken,
        values=tuple(values),
        values_count=row["values_count"],
        descriptions=descriptions if whole else {},
    )
