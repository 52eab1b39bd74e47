"""A running product for tests that leave it whole; tests that break it start their own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from metaextract_testing.fleet import Fleet, started


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with started(tmp_path_factory.mktemp("unmetered")) as fleet:
        yield fleet


@pytest.fixture
async def http(running: Fleet) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=running.url, timeout=60) as client:
        yield client


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Fleet]:
    """For tests that kill something."""
    with started(tmp_path) as fleet:
        yield fleet


@pytest.fixture
def metered(tmp_path: Path) -> Iterator[Fleet]:
    with started(tmp_path, "--metered") as fleet:
        yield fleet
