"""Extractions in SQLite. Rows in, domain values out; no row leaves this folder."""

import sqlite3
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import aiosqlite

from metaextract_common.storage import sqlite
from metaextract_extractor.adapters.storage import rows
from metaextract_extractor.adapters.storage.sqlite_batches import SqliteBatches
from metaextract_extractor.adapters.storage.sqlite_text import json_text, text
from metaextract_extractor.adapters.storage.stores import Stores
from metaextract_extractor.domain import errors
from metaextract_extractor.domain.batches import EXTRACTIONS_COUNT_MAX
from metaextract_extractor.domain.model import Extraction

MIGRATIONS: Final = Path(__file__).parent / "migrations" / "sqlite"

# One statement, and SQLite has one writer: nobody joins between the look at the batch and the insertion,
# which a trigger counts.
_INSERT: Final = (
    "INSERT INTO extractions "
    "(name, owner, request_id, state, create_time, last_sequence, batch, size_bytes, replica) "
    "SELECT ?1, ?2, ?3, ?4, ?5, 0, ?6, ?7, ?8 WHERE NOT EXISTS (SELECT 1 FROM batches WHERE name = ?6 "
    "AND (extractions_count >= ?9 OR cancel_time IS NOT NULL))"
)
_CANCELLED: Final = "SELECT 1 FROM batches WHERE name = ? AND cancel_time IS NOT NULL"
_SELECT: Final = f"SELECT {rows.WITH_RESULT} FROM extractions"  # noqa: S608 - constants
_UPDATE: Final = (
    "UPDATE extractions SET request_id = ?, state = ?, end_time = ?, expire_time = ?, result = ?, error = ?, "
    "last_sequence = ?, size_bytes = ? WHERE name = ? AND end_time IS NULL"
)
_RENEW: Final = (
    "INSERT INTO replicas (replica, expire_time) VALUES (?, ?) "
    "ON CONFLICT (replica) DO UPDATE SET expire_time = excluded.expire_time"
)
_ENDED: Final = (
    "SELECT name FROM extractions WHERE name IN (SELECT value FROM json_each(?)) AND end_time IS NOT NULL"
)
_ABANDONED: Final = (
    f"SELECT {rows.WITHOUT_RESULT} FROM extractions WHERE end_time IS NULL AND ("  # noqa: S608 - constants
    "NOT EXISTS (SELECT 1 FROM replicas WHERE replica = extractions.replica AND expire_time > ?1) "
    "OR replica = ?2 AND create_time < ?3 AND name NOT IN (SELECT value FROM json_each(?4)))"
)
_FORGET: Final = (
    "DELETE FROM extractions WHERE rowid IN "
    "(SELECT rowid FROM extractions WHERE expire_time <= ? ORDER BY expire_time LIMIT ?)"
)
_FORGET_REPLICAS: Final = "DELETE FROM replicas WHERE expire_time <= ?"
_FORGET_BATCHES: Final = (
    "DELETE FROM batches WHERE NOT EXISTS "
    "(SELECT 1 FROM extractions WHERE batch = batches.name AND batch <> '')"
)


@asynccontextmanager
async def opened(
    database: Path, replica: str, *, batch_count_max: int = EXTRACTIONS_COUNT_MAX
) -> AsyncIterator[Stores]:
    """Open the file of one process: whichever had it before does not live any more."""
    await sqlite.migrate(database, MIGRATIONS)
    async with sqlite.connected(database) as connection:
        await connection.execute("DELETE FROM replicas")
        extractions = SqliteExtractions(connection, replica, batch_count_max=batch_count_max)
        yield Stores(extractions, SqliteBatches(connection), shared=False)


class SqliteExtractions:
    """Implements `domain.ports.Extractions` on a connection in autocommit."""

    def __init__(
        self,
        connection: aiosqlite.Connection,
        replica: str = "",
        *,
        batch_count_max: int = EXTRACTIONS_COUNT_MAX,
    ) -> None:
        self._connection = connection
        self._replica = replica
        self._batch_count_max = batch_count_max

    async def add(self, extraction: Extraction) -> None:
        """Insert; the unique keys decide who of two was first."""
        values = (
            extraction.name,
            extraction.owner,
            extraction.request_id,
            extraction.state.value,
            text(extraction.create_time),
            extraction.batch,
            extraction.size_bytes,
            self._replica,
            self._batch_count_max,
        )
        try:
            async with self._connection.execute(_INSERT, values) as cursor:
                if cursor.rowcount:
                    return
        except sqlite3.IntegrityError as error:
            if "extractions.name" in str(error):
                raise errors.extraction_exists(extraction.name) from error
            raise errors.request_id_reused(extraction.request_id) from error
        async with self._connection.execute(_CANCELLED, (extraction.batch,)) as cursor:
            if await cursor.fetchone():
                raise errors.batch_cancelled(extraction.batch)
        raise errors.batch_full(extraction.batch, self._batch_count_max)

    async def update(self, extraction: Extraction) -> None:
        """Replace what can change."""
        values = (
            extraction.request_id,
            extraction.state.value,
            text(extraction.end_time),
            text(extraction.expire_time),
            await rows.packed(extraction.result),
            rows.error_text(extraction.error),
            extraction.last_sequence,
            extraction.size_bytes,
            extraction.name,
        )
        async with self._connection.execute(_UPDATE, values) as cursor:
            if cursor.rowcount:
                return
        found = await self.get(extraction.name)
        raise errors.illegal_state_transition(found.name, found.state)

    async def get(self, name: str) -> Extraction:
        """Select by name."""
        found = await self._select("WHERE name = ?", name)
        if found is None:
            raise errors.extraction_not_found(name)
        return found

    async def find_by_request(self, owner: str, request_id: str) -> Extraction | None:
        """Select by the unique key of request ids."""
        return await self._select(
            "WHERE owner = ? AND request_id = ? AND request_id <> ''", owner, request_id
        )

    async def forget_expired(self, now: datetime) -> int:
        """Delete in portions."""
        count, portion = 0, rows.EXPIRED_COUNT_MAX
        while portion == rows.EXPIRED_COUNT_MAX:
            async with self._connection.execute(_FORGET, (text(now), rows.EXPIRED_COUNT_MAX)) as cursor:
                portion = cursor.rowcount
            count += portion
        await self._connection.execute(_FORGET_REPLICAS, (text(now),))
        await self._connection.execute(_FORGET_BATCHES)
        return count

    async def renew(self, until: datetime, running: Collection[str]) -> list[str]:
        """Upsert; select what has ended."""
        await self._connection.execute(_RENEW, (self._replica, text(until)))
        found = await self._connection.execute_fetchall(_ENDED, (json_text(running),))
        return [row["name"] for row in found]

    async def abandoned(
        self, now: datetime, *, running: Collection[str], since: datetime
    ) -> list[Extraction]:
        """Select what has no end and nobody."""
        values = (text(now), self._replica, text(since), json_text(running))
        found = await self._connection.execute_fetchall(_ABANDONED, values)
        return [rows.without_result(row) for row in found]

    async def check(self) -> None:
        """Read something."""
        await self._connection.execute_fetchall("SELECT 1 FROM extractions LIMIT 1")

    async def _select(self, where: str, *values: str) -> Extraction | None:
        async with self._connection.execute(f"{_SELECT} {where}", values) as cursor:
            row = await cursor.fetchone()
        return await rows.to_extraction(row) if row else None
