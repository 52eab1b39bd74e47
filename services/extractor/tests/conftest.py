"""What the tests of all layers share: short folders, processes to look at, and every store there is."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import psutil
import pytest

from metaextract_common.storage import sqlite as sqlite_files
from metaextract_extractor.adapters.storage import postgres, postgres_schema
from metaextract_extractor.adapters.storage.memory import MemoryBatches, MemoryData, MemoryExtractions
from metaextract_extractor.adapters.storage.sqlite import MIGRATIONS, SqliteExtractions
from metaextract_extractor.adapters.storage.sqlite_batches import SqliteBatches
from metaextract_extractor.adapters.storage.stores import Stores
from metaextract_testing.postgres import PostgresServer

SECONDS_MAX = 120
BATCH_COUNT_MAX = 5

Becomes = Callable[[Callable[[], bool | Awaitable[bool]]], Awaitable[None]]


@pytest.fixture
def folder() -> Iterator[Path]:
    """The name of a Unix socket has 107 bytes at most; pytest's own folders can be longer."""
    made = Path(tempfile.mkdtemp(prefix="mx-", dir="/tmp"))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def becomes() -> Becomes:
    """Wait until a condition (plain or asynchronous) holds."""

    async def wait(condition: Callable[[], bool | Awaitable[bool]]) -> None:
        async with asyncio.timeout(SECONDS_MAX):
            while True:
                holds = condition()
                if isinstance(holds, Awaitable):
                    holds = await holds
                if holds:
                    return
                await asyncio.sleep(0.01)

    return wait


@pytest.fixture
def worker_pids() -> Callable[[], set[int]]:
    """Return the workers that this process has started and that are alive."""

    def find() -> set[int]:
        found = set()
        for child in psutil.Process().children():
            try:
                if (
                    "metaextract_extractor.worker" in child.cmdline()
                    and child.status() != psutil.STATUS_ZOMBIE
                ):
                    found.add(child.pid)
            except psutil.NoSuchProcess:
                continue
        return found

    return find


@pytest.fixture(scope="session")
def extractor_template(postgres_server: PostgresServer) -> Iterator[str]:
    """The name of an empty database with the newest schema, to copy from."""
    with postgres_server.database() as name, ThreadPoolExecutor(1) as thread:
        # In a thread, because a fixture may be asked for while an event loop runs.
        thread.submit(asyncio.run, postgres_schema.migrate(postgres_server.url(name))).result()
        yield name


@pytest.fixture
def extractor_database(postgres_server: PostgresServer, extractor_template: str) -> Iterator[str]:
    """The URL of an empty database with the newest schema."""
    with postgres_server.database(extractor_template) as name:
        yield postgres_server.url(name)


@asynccontextmanager
async def _sqlite(file: Path, count: int, count_max: int) -> AsyncIterator[list[Stores]]:
    await sqlite_files.migrate(file, MIGRATIONS)
    async with AsyncExitStack() as stack:
        opened = []
        for number in range(count):
            connection = await stack.enter_async_context(sqlite_files.connected(file))
            extractions = SqliteExtractions(connection, f"replica {number}", batch_count_max=count_max)
            opened.append(Stores(extractions, SqliteBatches(connection), shared=True))
        yield opened


@asynccontextmanager
async def _postgres(url: str, count: int, count_max: int) -> AsyncIterator[list[Stores]]:
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                postgres.connected(url, f"replica {number}", batch_count_max=count_max)
            )
            for number in range(count)
        ]


@asynccontextmanager
async def _memory(count: int, count_max: int) -> AsyncIterator[list[Stores]]:
    data = MemoryData()
    yield [
        Stores(
            MemoryExtractions(data, f"replica {number}", batch_count_max=count_max),
            MemoryBatches(data),
            shared=True,
        )
        for number in range(count)
    ]


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[list[Stores]]:
    """The stores of two replicas on one empty database."""
    match request.param:
        case "memory":
            opened = _memory(2, BATCH_COUNT_MAX)
        case "sqlite":
            opened = _sqlite(tmp_path / "data.sqlite", 2, BATCH_COUNT_MAX)
        case _:
            opened = _postgres(request.getfixturevalue("extractor_database"), 2, BATCH_COUNT_MAX)
    async with opened as two:
        yield two
