"""SQLite, the embedded default store: connections and forward migrations."""

import asyncio
import fcntl
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import aiosqlite


class MigrationError(Exception):
    """The schema could not be brought up to date; the text of the migration tool says why."""


async def migrate(database: Path, migrations: Path) -> None:
    """Bring `database` to the newest schema in `migrations` (plain SQL files, run by dbmate).

    Safe to call again, dbmate records what it applied, and from several processes: one migrates at a time.
    """
    database.parent.mkdir(parents=True, exist_ok=True)
    command = [
        str(Path(sys.executable).with_name("dbmate")),
        f"--url=sqlite:{database}",
        f"--migrations-dir={migrations}",
        "--no-dump-schema",
        "up",
    ]
    async with _locked(database):
        process = await asyncio.create_subprocess_exec(
            *command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        output, _ = await process.communicate()
    if process.returncode:
        raise MigrationError(output.decode(errors="replace").strip())


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Hold the file lock of `database`, for what SQLite itself does not let several processes do at once.

    Two migrations would both apply the same step; two switches to WAL make one fail as locked at once,
    whatever its timeout.
    """
    with database.with_name(f"{database.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@asynccontextmanager
async def _locked(database: Path) -> AsyncIterator[None]:
    with ExitStack() as stack:
        await asyncio.to_thread(stack.enter_context, locked(database))
        yield


@asynccontextmanager
async def connected(database: Path) -> AsyncIterator[aiosqlite.Connection]:
    """Open `database` in WAL mode with foreign keys on, in autocommit: transactions are begun explicitly."""
    async with aiosqlite.connect(database, isolation_level=None, timeout=5) as connection:
        connection.row_factory = aiosqlite.Row
        async with _locked(database):
            await connection.execute("PRAGMA journal_mode = WAL")
        await connection.execute("PRAGMA synchronous = FULL")
        await connection.execute("PRAGMA foreign_keys = ON")
        yield connection
