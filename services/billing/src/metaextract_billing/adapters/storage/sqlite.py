"""The store in one SQLite file: one writer, write-ahead log, every commit synced to the disk."""

import sys
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from metaextract_billing.adapters.storage import carrying_over, reading, sqlite_file, sqlite_work
from metaextract_billing.adapters.storage import sqlite_statements as sql
from metaextract_billing.adapters.storage.purchase_rows import to_payment
from metaextract_billing.adapters.storage.row_values import from_time
from metaextract_billing.adapters.storage.rows import writes
from metaextract_billing.adapters.storage.sqlite_file import LOCK_WAIT_SECONDS_MAX, SqliteFile
from metaextract_billing.adapters.storage.users_sql import SqlUsers
from metaextract_billing.adapters.storage.users_sqlite import SqliteEngine
from metaextract_billing.domain.accounts import Account
from metaextract_billing.domain.chain import Transfer
from metaextract_billing.domain.holds import Resolved
from metaextract_billing.domain.ports import Due, Figures, Waiting
from metaextract_billing.domain.purchases import Payment
from metaextract_billing.domain.records import Changes, Key, Record
from metaextract_common.storage.sqlite import migrate

MIGRATIONS: Final = Path(__file__).parent / "migrations" / "sqlite"

PAGE_COUNT_MAX: Final = 1000
"""Rows that are read at once where all are wanted."""


@asynccontextmanager
async def opened(
    database: Path, lock_wait_seconds_max: float = LOCK_WAIT_SECONDS_MAX
) -> AsyncIterator["SqliteStore"]:
    """Bring the file to the newest schema and open it; at the end wait for work that is under way."""
    await migrate(database, MIGRATIONS)
    async with sqlite_file.opened(database, lock_wait_seconds_max) as file:
        await carrying_over.carry_over(file)
        yield SqliteStore(file, database)


class SqliteStore:
    """Implements `domain.ports.Store`. Borrows its file."""

    def __init__(self, file: SqliteFile, path: Path) -> None:
        self._file = file
        self._path = path

    @property
    def users(self) -> SqlUsers:
        """The store of users in the same file."""
        return SqlUsers(SqliteEngine(self._file))

    async def load(self, keys: Collection[Key[Record]]) -> Mapping[Key[Record], Record]:
        """Look everything up."""
        asked = reading.asked(keys)
        rows = await self._file.reading(lambda: sqlite_work.found(self._file, asked))
        return reading.records(rows, keys)

    async def commit(self, changes: Changes) -> None:
        """Write everything."""
        rows = writes(changes)
        await self._file.writing(lambda: sqlite_work.write(self._file, rows))

    async def due(self, now: datetime, count_max: int) -> Due:
        """Look at the open holds, and at the lots with something left, whose time ends first."""
        limits = {"now": from_time(now), "count_max": count_max}

        def work() -> Due:
            holds = self._file.rows(sql.HOLDS_DUE, limits)
            owners = self._file.rows(sql.OWNERS_DUE, limits)
            return Due(tuple(row["id"] for row in holds), tuple(row["owner"] for row in owners))

        return await self._file.reading(work)

    async def waiting(self, count_max: int) -> Sequence[Waiting]:
        """Return the first events."""
        rows = await self._file.reading(lambda: self._file.rows(sql.WAITING, {"count_max": count_max}))
        return [reading.to_waiting(row) for row in rows]

    async def delivered(self, ids: Collection[str]) -> None:
        """Forget events."""
        await self._file.writing(lambda: self._file.count(sql.DELIVERED, {"keys": list(ids)}))

    async def forget(self, before: datetime) -> None:
        """Forget what was counted for a day only, and made before that time."""
        await self._file.writing(lambda: self._file.count(sql.FORGET, {"before": from_time(before)}))

    async def forget_receipts(self, before: datetime) -> None:
        """Forget receipts that are older."""
        await self._file.writing(lambda: self._file.count(sql.FORGET_RECEIPTS, {"before": from_time(before)}))

    async def parked_payments(self, after_id: str, count_max: int) -> Sequence[Payment]:
        """Read the next ones."""
        limits = {"after": after_id, "count_max": count_max}
        rows = await self._file.reading(lambda: self._file.rows(sql.PARKED_PAYMENTS, limits))
        return [to_payment(row) for row in rows]

    async def owner_of(self, account_id: str) -> str | None:
        """Look it up."""
        rows = await self._file.reading(lambda: self._file.rows(sql.OWNER, {"id": account_id}))
        return next((row["owner"] for row in rows), None)

    async def payment_ids(self, after_id: str, count_max: int) -> Sequence[str]:
        """Read the next ones."""
        limits = {"after": after_id, "count_max": count_max}
        rows = await self._file.reading(lambda: self._file.rows(sql.PAYMENT_IDS, limits))
        return [row["id"] for row in rows]

    async def transfers(
        self, owner: str, after_number: int = 0, count_max: int | None = None
    ) -> AsyncIterator[Transfer]:
        """Yield the journal, read page by page."""
        async for transfer in _transfers(self._file, owner, after_number, count_max):
            yield transfer

    async def newest_transfers(
        self, owner: str, after_number: int, before_number: int | None, count_max: int
    ) -> Sequence[Transfer]:
        """Read the journal from its end."""
        limits = {
            "owner": owner,
            "after_number": after_number,
            "before_number": before_number or sys.maxsize,
            "count_max": count_max,
        }
        rows = await self._file.reading(lambda: self._file.rows(sql.NEWEST_TRANSFERS, limits))
        return [reading.to_transfer(row) for row in rows]

    async def books(self) -> AsyncIterator[tuple[Account, Resolved, AsyncIterator[Transfer]]]:
        """Yield every account, in one transaction of a connection of its own."""
        async with sqlite_file.opened(self._path) as file, file.snapshot():
            owner = ""
            while page := await file.reading(partial(sqlite_work.page, file, owner, PAGE_COUNT_MAX)):
                for account, resolved in page:
                    owner = account.owner
                    yield account, resolved, _transfers(file, owner, 0, None)

    async def stray_lots_count(self) -> int:
        """Count them."""
        [row] = await self._file.reading(lambda: self._file.rows(sql.STRAY_LOTS, {}))
        return int(row["lots_count"])

    async def figures(self) -> Figures:
        """Count what waits."""
        [row] = await self._file.reading(lambda: self._file.rows(sql.FIGURES, {}))
        return reading.to_figures(row)

    async def check(self) -> None:
        """Write to the file."""
        await self._file.writing(lambda: self._file.count(sql.CHECK, {}))


async def _transfers(
    file: SqliteFile, owner: str, after_number: int, count_max: int | None
) -> AsyncIterator[Transfer]:
    left = sys.maxsize if count_max is None else count_max
    while left > 0:
        limits = {"owner": owner, "after_number": after_number, "count_max": min(left, PAGE_COUNT_MAX)}
        rows = await file.reading(partial(file.rows, sql.TRANSFERS, limits))
        for row in rows:
            yield reading.to_transfer(row)
        if len(rows) < PAGE_COUNT_MAX:
            return
        left -= len(rows)
        after_number = rows[-1]["number"]
