"""What the tests of all layers share: short folders, and processes to look at."""

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import psutil
import pytest

SECONDS_MAX = 20

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
