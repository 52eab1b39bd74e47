"""Extractions in PostgreSQL by the batch they belong to."""

from datetime import UTC, datetime
from typing import Final

from metaextract_common.storage.postgres import Connections
from metaextract_extractor.adapters.storage import rows
from metaextract_extractor.domain import errors
from metaextract_extractor.domain.batches import Batch, Position
from metaextract_extractor.domain.model import Extraction

_SUMS: Final = f"""
SELECT {rows.SUMS}, (SELECT cancel_time FROM batches WHERE name = $1) AS cancel_time
FROM extractions WHERE batch = $1 AND batch <> '' GROUP BY state
"""  # noqa: S608 - constants
_PAGE: Final = f"""
SELECT {rows.WITHOUT_RESULT} FROM extractions
WHERE batch = $1 AND batch <> '' AND (create_time, name) > ($2, $3) ORDER BY create_time, name LIMIT $4
"""  # noqa: S608 - constants
_UNFINISHED: Final = "SELECT name FROM extractions WHERE batch = $1 AND batch <> '' AND end_time IS NULL"
_CANCEL: Final = """
INSERT INTO batches AS found (name, extractions_count, cancel_time) VALUES ($1, 0, $2)
ON CONFLICT (name) DO UPDATE SET cancel_time = coalesce(found.cancel_time, excluded.cancel_time)
"""
_START: Final = Position(datetime.min.replace(tzinfo=UTC), "")


class PostgresBatches:
    """Implements `domain.ports.Batches`. Borrows its connections."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def get(self, name: str) -> Batch:
        """Count."""
        async with self._connections.one() as connection:
            found = await connection.fetch(_SUMS, name)
        if not found:
            raise errors.batch_not_found(name)
        return rows.to_batch(name, found, found[0]["cancel_time"])

    async def page(self, name: str, after: Position | None, count_max: int) -> list[Extraction]:
        """Select in the order of the index."""
        async with self._connections.one() as connection:
            found = await connection.fetch(_PAGE, name, *(after or _START), count_max)
        return [rows.without_result(row) for row in found]

    async def unfinished(self, name: str) -> list[str]:
        """Select what has no end."""
        async with self._connections.one() as connection:
            return [row["name"] for row in await connection.fetch(_UNFINISHED, name)]

    async def cancel(self, name: str, at: datetime) -> None:
        """Note the time, if there is none."""
        await self.get(name)
        async with self._connections.one() as connection:
            await connection.execute(_CANCEL, name, at)
