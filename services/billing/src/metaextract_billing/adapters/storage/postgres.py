"""The store in PostgreSQL: any number of processes; each load and each commit is one round trip."""

import json
import sys
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from metaextract_billing.adapters.storage import postgres_pool, reading
from metaextract_billing.adapters.storage import postgres_statements as sql
from metaextract_billing.adapters.storage.postgres_schema import migrate
from metaextract_billing.adapters.storage.purchase_rows import to_payment
from metaextract_billing.adapters.storage.rows import Rows, writes
from metaextract_billing.adapters.storage.users_postgres import PostgresEngine
from metaextract_billing.adapters.storage.users_sql import SqlUsers
from metaextract_billing.domain.accounts import Account
from metaextract_billing.domain.chain import Transfer
from metaextract_billing.domain.holds import Resolved
from metaextract_billing.domain.ports import Due, Figures, Waiting
from metaextract_billing.domain.purchases import Payment
from metaextract_billing.domain.records import Changes, Key, Record
from metaextract_common.storage.postgres import Connections

PAGE_COUNT_MAX: Final = 1000
"""Rows that are read at once where all are wanted."""

CONNECTIONS_COUNT_MAX: Final = 10


@asynccontextmanager
async def opened(
    url: str, connections_count_max: int = CONNECTIONS_COUNT_MAX
) -> AsyncIterator["PostgresStore"]:
    """Bring a database to the newest schema and connect to it. Raises MigrationError."""
    await migrate(url)
    async with connected(url, connections_count_max) as store:
        yield store


@asynccontextmanager
async def connected(
    url: str, connections_count_max: int = CONNECTIONS_COUNT_MAX
) -> AsyncIterator["PostgresStore"]:
    """Connect to a database that has the newest schema; at the end wait for what is under way."""
    async with postgres_pool.opened(url, connections_count_max) as connections:
        yield PostgresStore(connections)


class PostgresStore:
    """Implements `domain.ports.Store`. Borrows its connections."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    @property
    def users(self) -> SqlUsers:
        """The store of users in the same database."""
        return SqlUsers(PostgresEngine(self._connections))

    async def load(self, keys: Collection[Key[Record]]) -> Mapping[Key[Record], Record]:
        """Look everything up."""
        asked = json.dumps(reading.asked(keys))
        async with self._connections.one() as connection:
            found = await connection.fetchval(sql.LOAD, asked)
        return reading.records(_rows(found), keys)

    async def commit(self, changes: Changes) -> None:
        """Write everything."""
        rows = writes(changes)
        added, changed = json.dumps(rows.added), json.dumps(rows.changed)
        async with self._connections.one() as connection:
            await connection.fetchval(sql.COMMIT, added, changed)

    async def due(self, now: datetime, count_max: int) -> Due:
        """Look at the open holds, and at the lots with something left, whose time ends first."""
        async with self._connections.one() as connection:
            row = await connection.fetchrow(sql.DUE, now, count_max)
        assert row is not None  # noqa: S101 - a SELECT without FROM has one row
        holds, owners = row
        return Due(tuple(holds), tuple(owners))

    async def waiting(self, count_max: int) -> Sequence[Waiting]:
        """Return the first events."""
        async with self._connections.one() as connection:
            rows = await connection.fetch(sql.WAITING, count_max)
        return [reading.to_waiting(json.loads(row[0])) for row in rows]

    async def delivered(self, ids: Collection[str]) -> None:
        """Forget events."""
        async with self._connections.one() as connection:
            await connection.execute(sql.DELIVERED, list(ids))

    async def forget(self, before: datetime) -> None:
        """Forget what was counted for a day only, and made before that time."""
        async with self._connections.one() as connection:
            await connection.execute(sql.FORGET, before)

    async def forget_receipts(self, before: datetime) -> None:
        """Forget receipts that are older."""
        async with self._connections.one() as connection:
            await connection.execute(sql.FORGET_RECEIPTS, before)

    async def parked_payments(self, after_id: str, count_max: int) -> Sequence[Payment]:
        """Read the next ones."""
        async with self._connections.one() as connection:
            rows = await connection.fetch(sql.PARKED_PAYMENTS, after_id, count_max)
        return [to_payment(json.loads(row[0])) for row in rows]

    async def owner_of(self, account_id: str) -> str | None:
        """Look it up."""
        async with self._connections.one() as connection:
            owner: str | None = await connection.fetchval(sql.OWNER, account_id)
        return owner

    async def payment_ids(self, after_id: str, count_max: int) -> Sequence[str]:
        """Read the next ones."""
        async with self._connections.one() as connection:
            rows = await connection.fetch(sql.PAYMENT_IDS, after_id, count_max)
        return [row[0] for row in rows]

    async def transfers(
        self, owner: str, after_number: int = 0, count_max: int | None = None
    ) -> AsyncIterator[Transfer]:
        """Yield the journal, read page by page."""
        left = sys.maxsize if count_max is None else count_max
        while left > 0:
            async with self._connections.one() as connection:
                page = await _transfers(connection, owner, after_number, min(left, PAGE_COUNT_MAX))
            for transfer in page:
                yield transfer
            if len(page) < PAGE_COUNT_MAX:
                return
            left -= len(page)
            after_number = page[-1].number

    async def newest_transfers(
        self, owner: str, after_number: int, before_number: int | None, count_max: int
    ) -> Sequence[Transfer]:
        """Read the journal from its end."""
        before = before_number or sys.maxsize
        async with self._connections.one() as connection:
            rows = await connection.fetch(sql.NEWEST_TRANSFERS, owner, after_number, before, count_max)
        return [reading.to_transfer(json.loads(row[0])) for row in rows]

    async def books(self) -> AsyncIterator[tuple[Account, Resolved, AsyncIterator[Transfer]]]:
        """Yield every account, in one transaction that reads one snapshot."""
        async with (
            self._connections.one() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            owner = ""
            while page := await _page(connection, owner):
                for account, resolved in page:
                    owner = account.owner
                    yield account, resolved, _all_transfers(connection, owner)

    async def stray_lots_count(self) -> int:
        """Count them."""
        async with self._connections.one() as connection:
            return int(await connection.fetchval(sql.STRAY_LOTS))

    async def figures(self) -> Figures:
        """Count what waits."""
        async with self._connections.one() as connection:
            found = await connection.fetchval(sql.FIGURES)
        return reading.to_figures(json.loads(found))

    async def check(self) -> None:
        """Write a row."""
        async with self._connections.one() as connection:
            await connection.execute(sql.CHECK)


async def _page(
    connection: "PoolConnectionProxy[asyncpg.Record]", after_owner: str
) -> list[tuple[Account, Resolved]]:
    found = await connection.fetchval(sql.PAGE, after_owner, PAGE_COUNT_MAX)
    return reading.books(_rows(found))


async def _all_transfers(
    connection: "PoolConnectionProxy[asyncpg.Record]", owner: str
) -> AsyncIterator[Transfer]:
    number = 0
    while page := await _transfers(connection, owner, number, PAGE_COUNT_MAX):
        for transfer in page:
            yield transfer
        number = page[-1].number


async def _transfers(
    connection: "PoolConnectionProxy[asyncpg.Record]", owner: str, after_number: int, count_max: int
) -> list[Transfer]:
    rows = await connection.fetch(sql.TRANSFERS, owner, after_number, count_max)
    return [reading.to_transfer(json.loads(row[0])) for row in rows]


def _rows(found: str) -> Rows:
    return {table: rows for table, rows in json.loads(found).items() if rows}
