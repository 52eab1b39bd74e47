"""A SQLite file and the one thread that works on it.

Each piece of work runs in that thread from its first statement to its last, so that nothing that happens
to whoever waits for it, a cancellation or the end of its deadline, leaves a transaction open. Writes that
come while another one is on its way to the disk share the next transaction, each in a savepoint of its own:
waiting for the disk is what takes long, and one wait serves them all.
"""

import asyncio
import json
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Generic, Never, TypeVar

import structlog

from metaextract_billing.adapters.storage.row_values import Row
from metaextract_billing.domain import errors
from metaextract_billing.domain.ports import ConflictError
from metaextract_common.storage.sqlite import locked

log = structlog.stdlib.get_logger()

LOCK_WAIT_SECONDS_MAX: Final = 1.0
"""Another process that writes is done within milliseconds; one that is not makes the store unavailable."""

TOGETHER_COUNT_MAX: Final = 100
"""Writes in one transaction, so that no other process waits long for its turn."""

_TAKEN: Final = frozenset({sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE})
_OVERTAKEN: Final = "overtaken"
"""What the trigger says of a transfer that does not follow the one before it."""

_JSON: Final = frozenset(
    ("ops", "files", "allowances", "open_uses", "shares", "refunds", "disputes", "products", "attributes")
)
"""Columns that hold JSON, in every table."""

T = TypeVar("T")


class SqliteFile:
    """A connection to a file. Use `opened`."""

    def __init__(self, thread: ThreadPoolExecutor, connection: sqlite3.Connection) -> None:
        self._thread = thread
        self._connection = connection
        self._to_write: deque[_Write[Any]] = deque()
        self._has_snapshot = False

    async def writing(self, work: Callable[[], T]) -> T:
        """Run `work`, all of it or nothing, while nobody else writes; return when it is on the disk.

        Raises ConflictError if a unique key is taken, or a transfer is sealed onto another journal,
        LEDGER_UNAVAILABLE, and what `work` raises.
        """
        done: Future[T] = Future()
        self._to_write.append(_Write(work, done))
        self._thread.submit(self._write_all)
        return await asyncio.wrap_future(done)

    async def reading(self, work: Callable[[], T]) -> T:
        """Run `work` in a transaction that sees one moment. Raises LEDGER_UNAVAILABLE."""
        if self._has_snapshot:
            return await self._run("", work, end="")
        return await self._run("BEGIN", work)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[None]:
        """Let everything that is read until the end be as of one moment."""
        await self._run("BEGIN", lambda: None, end="")
        self._has_snapshot = True
        try:
            yield
        finally:
            self._has_snapshot = False
            await asyncio.shield(self._run("", lambda: None, end="ROLLBACK"))

    def rows(self, statement: str, parameters: Mapping[str, object]) -> list[Row]:
        """Return the rows of a statement; within `work` only."""
        return [_row(row) for row in self._connection.execute(statement, _values(parameters))]

    def count(self, statement: str, parameters: Mapping[str, object]) -> int:
        """Return how many rows a statement changed; within `work` only."""
        return self._connection.execute(statement, _values(parameters)).rowcount

    async def _run(self, begin: str, work: Callable[[], T], end: str = "COMMIT") -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._transaction, begin, work, end)

    def _write_all(self) -> None:
        """Do in one transaction what came while the one before was written to the disk."""
        writes = [self._to_write.popleft() for _ in range(min(len(self._to_write), TOGETHER_COUNT_MAX))]
        writes = [write for write in writes if write.done.set_running_or_notify_cancel()]
        if not writes:
            return
        try:
            outcomes = self._transaction("BEGIN IMMEDIATE", lambda: [self._outcome(one) for one in writes])
        except Exception as error:  # noqa: BLE001 - whoever waits gets it
            outcomes = [partial(_raised, error)] * len(writes)
        for write, outcome in zip(writes, outcomes, strict=True):
            try:
                write.done.set_result(outcome())
            except Exception as error:  # noqa: BLE001 - whoever waits gets it
                write.done.set_exception(error)

    def _outcome(self, write: "_Write[T]") -> Callable[[], T]:
        """Return what returns, or raises, what one of several writes in a transaction did."""
        self._connection.execute("SAVEPOINT one")
        try:
            with _told():
                result = write.work()
        except Exception as error:
            if not self._connection.in_transaction:  # SQLite gave all of it up, for want of space or memory
                raise
            self._connection.execute("ROLLBACK TO one")
            self._connection.execute("RELEASE one")
            return partial(_raised, error)
        self._connection.execute("RELEASE one")
        return lambda: result

    def _transaction(self, begin: str, work: Callable[[], T], end: str = "COMMIT") -> T:
        with _told():
            self._connection.execute(begin)
            try:
                result = work()
                self._connection.execute(end)
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
        return result


@dataclass(frozen=True, slots=True)
class _Write(Generic[T]):
    work: Callable[[], T]
    done: Future[T]


def _raised(error: Exception) -> Never:
    raise error


@asynccontextmanager
async def opened(
    path: Path, lock_wait_seconds_max: float = LOCK_WAIT_SECONDS_MAX
) -> AsyncIterator[SqliteFile]:
    """Open a file in WAL mode, synced at every commit; at the end wait for work that is under way."""
    loop = asyncio.get_running_loop()
    thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite")
    try:
        connection = await loop.run_in_executor(thread, _connected, path, lock_wait_seconds_max)
        try:
            yield SqliteFile(thread, connection)
        finally:
            await asyncio.shield(loop.run_in_executor(thread, connection.close))
    finally:
        thread.shutdown(wait=False)


def _connected(path: Path, lock_wait_seconds_max: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=lock_wait_seconds_max, isolation_level=None, cached_statements=256
    )
    connection.row_factory = sqlite3.Row
    with locked(path):
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


@contextmanager
def _told() -> Iterator[None]:
    """Translate what SQLite raises. A broken CHECK or foreign key is a defect of ours and stays as it is."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorcode in _TAKEN or str(error) == _OVERTAKEN:
            raise ConflictError from error
        raise
    except sqlite3.ProgrammingError:
        raise
    except sqlite3.DatabaseError as error:
        log.warning("store.unavailable", error=str(error))
        raise errors.ledger_unavailable() from error


def _row(row: sqlite3.Row) -> Row:
    return {name: json.loads(row[name]) if name in _JSON else row[name] for name in row.keys()}  # noqa: SIM118


def _values(parameters: Mapping[str, object]) -> dict[str, object]:
    return {
        name: json.dumps(value) if isinstance(value, list | tuple | dict) else value
        for name, value in parameters.items()
    }
