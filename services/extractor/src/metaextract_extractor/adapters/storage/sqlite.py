"""Extractions in SQLite. Rows in, domain values out; no row leaves this file."""

import json
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Final

import aiosqlite
from pydantic import TypeAdapter

from metaextract_common.errors import Kind, ServiceError
from metaextract_extractor.domain import errors
from metaextract_extractor.domain.findings import ExtractionResult
from metaextract_extractor.domain.model import Extraction, State

MIGRATIONS: Final = Path(__file__).parent / "migrations" / "sqlite"

_RESULT: Final = TypeAdapter(ExtractionResult)
_COLUMNS: Final = (
    "name, owner, request_id, state, create_time, end_time, expire_time, result, error, last_sequence"
)
_INSERT: Final = f"INSERT INTO extractions ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - constants
_SELECT: Final = f"SELECT {_COLUMNS} FROM extractions"  # noqa: S608 - constants
_UPDATE: Final = (
    "UPDATE extractions SET request_id = ?, state = ?, end_time = ?, expire_time = ?, result = ?, error = ?, "
    "last_sequence = ? WHERE name = ?"
)


class SqliteExtractions:
    """Implements `domain.ports.Extractions` on a connection in autocommit."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def add(self, extraction: Extraction) -> None:
        """Insert; the unique keys decide who of two was first."""
        values = (
            extraction.name,
            extraction.owner,
            extraction.request_id,
            extraction.state.value,
            _text(extraction.create_time),
            *_ending(extraction),
        )
        try:
            await self._connection.execute(_INSERT, values)
        except sqlite3.IntegrityError as error:
            if "extractions.name" in str(error):
                raise errors.extraction_exists(extraction.name) from error
            raise errors.request_id_reused(extraction.request_id) from error

    async def update(self, extraction: Extraction) -> None:
        """Replace what can change."""
        values = (extraction.request_id, extraction.state.value, *_ending(extraction), extraction.name)
        async with self._connection.execute(_UPDATE, values) as cursor:
            if cursor.rowcount == 0:
                raise errors.extraction_not_found(extraction.name)

    async def get(self, name: str) -> Extraction:
        """Select by name."""
        found = await self._select("WHERE name = ?", name)
        if not found:
            raise errors.extraction_not_found(name)
        return found[0]

    async def find_by_request(self, owner: str, request_id: str) -> Extraction | None:
        """Select by the unique key of request ids."""
        found = await self._select(
            "WHERE owner = ? AND request_id = ? AND request_id <> ''", owner, request_id
        )
        return found[0] if found else None

    async def forget_expired(self, now: datetime) -> int:
        """Delete in one statement."""
        statement = "DELETE FROM extractions WHERE expire_time <= ?"
        async with self._connection.execute(statement, (_text(now),)) as cursor:
            return cursor.rowcount

    async def unfinished(self) -> list[Extraction]:
        """Select what has no end."""
        return await self._select("WHERE end_time IS NULL")

    async def check(self) -> None:
        """Read something."""
        await self._connection.execute_fetchall("SELECT 1 FROM extractions LIMIT 1")

    async def _select(self, where: str, *values: str) -> list[Extraction]:
        rows = await self._connection.execute_fetchall(f"{_SELECT} {where}", values)
        return [_extraction(row) for row in rows]


def _ending(extraction: Extraction) -> tuple[str | int | None, ...]:
    result = extraction.result
    return (
        _text(extraction.end_time),
        _text(extraction.expire_time),
        _RESULT.dump_json(result).decode() if result else None,
        _error_text(extraction.error) if extraction.error else None,
        extraction.last_sequence,
    )


def _extraction(row: aiosqlite.Row) -> Extraction:
    return Extraction(
        name=row["name"],
        owner=row["owner"],
        request_id=row["request_id"],
        state=State(row["state"]),
        create_time=datetime.fromisoformat(row["create_time"]),
        end_time=datetime.fromisoformat(row["end_time"]) if row["end_time"] else None,
        expire_time=datetime.fromisoformat(row["expire_time"]) if row["expire_time"] else None,
        result=_RESULT.validate_json(row["result"]) if row["result"] else None,
        error=_error(row["error"]) if row["error"] else None,
        last_sequence=row["last_sequence"],
    )


def _text(time: datetime | None) -> str | None:
    """All times are UTC with microseconds, so that text order is time order."""
    return time.isoformat(timespec="microseconds") if time else None


def _error_text(error: ServiceError) -> str:
    return json.dumps([error.kind, error.domain, error.reason, error.message, error.metadata])


def _error(text: str) -> ServiceError:
    kind, domain, reason, message, metadata = json.loads(text)
    return ServiceError(Kind(kind), domain, reason, message, metadata)
