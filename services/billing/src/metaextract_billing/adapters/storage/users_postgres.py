"""Users in the PostgreSQL database of the ledger."""

import re
from functools import cache
from typing import TypeVar

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from metaextract_billing.adapters.storage.row_values import Row
from metaextract_billing.adapters.storage.users_sql import Statement, Work
from metaextract_common.storage.postgres import Connections

T = TypeVar("T")


class PostgresEngine:
    """Implements `users_sql.Engine`. Borrows the connections."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def read(self, statement: str, **values: object) -> list[Row]:
        """Run one statement: one round trip."""
        async with self._connections.one() as connection:
            return await _rows(connection, (statement, values))

    async def write(self, work: Work[T]) -> T:
        """Run the work in one transaction."""
        async with self._connections.one() as connection, connection.transaction():
            try:
                statement = next(work)
                while True:
                    statement = work.send(await _rows(connection, statement))
            except StopIteration as end:
                done: T = end.value
                return done


async def _rows(connection: "PoolConnectionProxy[asyncpg.Record]", statement: Statement) -> list[Row]:
    text, names = _numbered(statement[0])
    return [dict(row) for row in await connection.fetch(text, *(statement[1][name] for name in names))]


@cache
def _numbered(statement: str) -> tuple[str, tuple[str, ...]]:
    """Return a statement with its named parameters numbered, and their names in that order."""
    names = tuple(dict.fromkeys(re.findall(r":(\w+)", statement)))
    return re.sub(r":(\w+)", lambda found: f"${names.index(found[1]) + 1}", statement), names
