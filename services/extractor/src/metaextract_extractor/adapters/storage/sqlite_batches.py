"""Extractions in SQLite by the batch they belong to."""

from datetime import datetime
from typing import Final

import aiosqlite

from metaextract_extractor.adapters.storage import rows
from metaextract_extractor.adapters.storage.sqlite_text import text
from metaextract_extractor.domain import errors
from metaextract_extractor.domain.batches import Batch, Position
from metaextract_extractor.domain.model import Extraction

_SUMS: Final = (
    f"SELECT {rows.SUMS}, (SELECT cancel_time FROM batches WHERE name = ?1) AS cancel_time "  # noqa: S608 - constants
    "FROM extractions WHERE batch = ?1 AND batch <> '' GROUP BY state"
)
_PAGE: Final = (
    f"SELECT {rows.WITHOUT_RESULT} FROM extractions WHERE batch = ? AND batch <> '' "  # noqa: S608 - constants
    "AND (create_time, name) > (?, ?) ORDER BY create_time, name LIMIT ?"
)
_UNFINISHED: Final = "SELECT name FROM extractions WHERE batch = ? AND batch <> '' AND end_time IS NULL"
_CANCEL: Final = (
    "INSERT INTO batches (name, extractions_count, cancel_time) VALUES (?, 0, ?) "
    "ON CONFLICT (name) DO UPDATE SET cancel_time = coalesce(cancel_time, excluded.cancel_time)"
)


class SqliteBatches:
    """Implements `domain.ports.Batches` on a connection in autocommit."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def get(self, name: str) -> Batch:
        """Count."""
        found = list(await self._connection.execute_fetchall(_SUMS, (name,)))
        if not found:
            raise errors.batch_not_found(name)
        return rows.to_batch(name, found, found[0]["cancel_time"])

    async def page(self, name: str, after: Position | None, count_max: int) -> list[Extraction]:
        """Select in the order of the index."""
        place = (text(after.create_time), after.name) if after else ("", "")
        found = await self._connection.execute_fetchall(_PAGE, (name, *place, count_max))
        return [rows.without_result(row) for row in found]

    async def unfinished(self, name: str) -> list[str]:
        """Select what has no end."""
        return [row["name"] for row in await self._connection.execute_fetchall(_UNFINISHED, (name,))]

    async def cancel(self, name: str, at: datetime) -> None:
        """Note the time, if there is none."""
        await self.get(name)
        await self._connection.execute(_CANCEL, (name, text(at)))
