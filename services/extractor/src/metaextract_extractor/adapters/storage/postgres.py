"""Extractions in PostgreSQL, for any number of replicas; each method is one round trip."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Final

import asyncpg

from metaextract_common.storage.postgres import Connections
from metaextract_extractor.adapters.storage import postgres_pool, rows
from metaextract_extractor.adapters.storage.postgres_batches import PostgresBatches
from metaextract_extractor.adapters.storage.postgres_schema import migrate
from metaextract_extractor.adapters.storage.stores import Stores
from metaextract_extractor.domain import errors
from metaextract_extractor.domain.batches import EXTRACTIONS_COUNT_MAX
from metaextract_extractor.domain.model import Extraction

# The row of the batch is locked from the count to the commit: of many that join at once, no more get in.
_INSERT: Final = """
WITH joined AS (
    INSERT INTO batches AS found (name, extractions_count) SELECT $6, 1 WHERE $6 <> ''
    ON CONFLICT (name) DO UPDATE SET extractions_count = found.extractions_count + 1
    WHERE found.extractions_count < $9 AND found.cancel_time IS NULL
    RETURNING name
)
INSERT INTO extractions
    (name, owner, request_id, state, create_time, last_sequence, batch, size_bytes, replica)
SELECT $1, $2, $3, $4, $5::timestamptz, 0, $6::text, $7::bigint, $8
WHERE $6 = '' OR EXISTS (SELECT 1 FROM joined)
"""
_CANCELLED: Final = "SELECT cancel_time FROM batches WHERE name = $1"
_SELECT: Final = f"SELECT {rows.WITH_RESULT} FROM extractions"  # noqa: S608 - constants
_STATE: Final = "SELECT state FROM extractions WHERE name = $1"
_UPDATE: Final = """
UPDATE extractions SET request_id = $2, state = $3, end_time = $4, expire_time = $5, result = $6, error = $7,
    last_sequence = $8, size_bytes = $9
WHERE name = $1 AND end_time IS NULL
"""
_RENEW: Final = """
WITH renewed AS (
    INSERT INTO replicas (replica, expire_time) VALUES ($1, $2)
    ON CONFLICT (replica) DO UPDATE SET expire_time = excluded.expire_time
)
SELECT name FROM extractions WHERE name = ANY ($3::text[]) AND end_time IS NOT NULL
"""
_ABANDONED: Final = f"""
SELECT {rows.WITHOUT_RESULT} FROM extractions WHERE end_time IS NULL AND (
    NOT EXISTS (SELECT 1 FROM replicas WHERE replica = extractions.replica AND replicas.expire_time > $1)
    OR replica = $2 AND create_time < $3 AND name <> ALL ($4::text[])
)
"""  # noqa: S608 - constants
# Portions, so that nobody waits for a sweep; those that another replica is at are left to it.
_FORGET: Final = """
DELETE FROM extractions WHERE name = ANY (ARRAY(
    SELECT name FROM extractions WHERE expire_time <= $1 ORDER BY expire_time LIMIT $2 FOR UPDATE SKIP LOCKED
))
"""
_FORGET_REPLICAS: Final = "DELETE FROM replicas WHERE expire_time <= $1"
_FORGET_BATCHES: Final = """
DELETE FROM batches WHERE NOT EXISTS (
    SELECT 1 FROM extractions WHERE batch = batches.name AND batch <> ''
)
"""


@asynccontextmanager
async def opened(
    url: str, replica: str, *, batch_count_max: int = EXTRACTIONS_COUNT_MAX
) -> AsyncIterator[Stores]:
    """Bring a database to the newest schema and connect to it. Raises MigrationError."""
    await migrate(url)
    async with connected(url, replica, batch_count_max=batch_count_max) as stores:
        yield stores


@asynccontextmanager
async def connected(
    url: str, replica: str, *, batch_count_max: int = EXTRACTIONS_COUNT_MAX
) -> AsyncIterator[Stores]:
    """Connect to a database that has the newest schema; at the end wait for what is under way."""
    async with postgres_pool.opened(url) as connections:
        extractions = PostgresExtractions(connections, replica, batch_count_max=batch_count_max)
        yield Stores(extractions, PostgresBatches(connections), shared=True)


class PostgresExtractions:
    """Implements `domain.ports.Extractions`. Borrows its connections."""

    def __init__(self, connections: Connections, replica: str, *, batch_count_max: int) -> None:
        self._connections = connections
        self._replica = replica
        self._batch_count_max = batch_count_max

    async def add(self, extraction: Extraction) -> None:
        """Insert; the unique keys decide who of two was first."""
        values = (
            extraction.name,
            extraction.owner,
            extraction.request_id,
            extraction.state.value,
            extraction.create_time,
            extraction.batch,
            extraction.size_bytes,
            self._replica,
            self._batch_count_max,
        )
        try:
            async with self._connections.one() as connection:
                if _count(await connection.execute(_INSERT, *values)):
                    return
                cancel_time = await connection.fetchval(_CANCELLED, extraction.batch)
        except asyncpg.UniqueViolationError as error:
            if error.constraint_name == "extractions_by_request":
                raise errors.request_id_reused(extraction.request_id) from error
            raise errors.extraction_exists(extraction.name) from error
        if cancel_time:
            raise errors.batch_cancelled(extraction.batch)
        raise errors.batch_full(extraction.batch, self._batch_count_max)

    async def update(self, extraction: Extraction) -> None:
        """Replace what can change."""
        values = (
            extraction.name,
            extraction.request_id,
            extraction.state.value,
            extraction.end_time,
            extraction.expire_time,
            await rows.packed(extraction.result),
            rows.error_text(extraction.error),
            extraction.last_sequence,
            extraction.size_bytes,
        )
        async with self._connections.one() as connection:
            if _count(await connection.execute(_UPDATE, *values)):
                return
            state = await connection.fetchval(_STATE, extraction.name)
        if state is None:
            raise errors.extraction_not_found(extraction.name)
        raise errors.illegal_state_transition(extraction.name, state)

    async def get(self, name: str) -> Extraction:
        """Select by name."""
        found = await self._select("WHERE name = $1", name)
        if found is None:
            raise errors.extraction_not_found(name)
        return found

    async def find_by_request(self, owner: str, request_id: str) -> Extraction | None:
        """Select by the unique key of request ids."""
        where = "WHERE owner = $1 AND request_id = $2 AND request_id <> ''"
        return await self._select(where, owner, request_id)

    async def forget_expired(self, now: datetime) -> int:
        """Delete in portions."""
        count, portion = 0, rows.EXPIRED_COUNT_MAX
        async with self._connections.one() as connection:
            while portion == rows.EXPIRED_COUNT_MAX:
                portion = _count(await connection.execute(_FORGET, now, rows.EXPIRED_COUNT_MAX))
                count += portion
            await connection.execute(_FORGET_REPLICAS, now)
            await connection.execute(_FORGET_BATCHES)
        return count

    async def renew(self, until: datetime, running: Collection[str]) -> list[str]:
        """Upsert, and select what has ended."""
        async with self._connections.one() as connection:
            found = await connection.fetch(_RENEW, self._replica, until, list(running))
        return [row["name"] for row in found]

    async def abandoned(
        self, now: datetime, *, running: Collection[str], since: datetime
    ) -> list[Extraction]:
        """Select what has no end and nobody."""
        async with self._connections.one() as connection:
            found = await connection.fetch(_ABANDONED, now, self._replica, since, list(running))
        return [rows.without_result(row) for row in found]

    async def check(self) -> None:
        """Write a row: a standby could be read."""
        async with self._connections.one() as connection:
            await connection.execute(_FORGET_REPLICAS, datetime.min.replace(tzinfo=UTC))

    async def _select(self, where: str, *values: str) -> Extraction | None:
        async with self._connections.one() as connection:
            row = await connection.fetchrow(f"{_SELECT} {where}", *values)
        return await rows.to_extraction(row) if row else None


def _count(status: str) -> int:
    """Return how many rows a statement wrote, by what PostgreSQL says of it."""
    return int(status.rpartition(" ")[2])
