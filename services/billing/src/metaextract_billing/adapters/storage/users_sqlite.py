"""Users in the SQLite file of the ledger."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

from metaextract_billing.adapters.storage.row_values import Row, from_time
from metaextract_billing.adapters.storage.sqlite_file import SqliteFile
from metaextract_billing.adapters.storage.users_sql import Work

T = TypeVar("T")


class SqliteEngine:
    """Implements `users_sql.Engine`. Borrows the file."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    async def read(self, statement: str, **values: object) -> list[Row]:
        """Run one statement."""
        return await self._file.reading(lambda: self._rows(statement, values))

    async def write(self, work: Work[T]) -> T:
        """Run the work in one transaction."""
        return await self._file.writing(lambda: self._done(work))

    def _done(self, work: Work[T]) -> T:
        try:
            statement, values = next(work)
            while True:
                statement, values = work.send(self._rows(statement, values))
        except StopIteration as end:
            done: T = end.value
            return done

    def _rows(self, statement: str, values: Mapping[str, object]) -> list[Row]:
        times = {name: from_time(value) for name, value in values.items() if isinstance(value, datetime)}
        return self._file.rows(statement, {**values, **times})
