"""A running product for tests that leave it whole; tests that break it start their own."""

import uuid
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import httpx
import pytest

from metaextract_testing.fleet import Fleet, started

NETWORKS = count(1)


@pytest.fixture(scope="session")
def running(unmetered_fleet: Fleet) -> Fleet:
    return unmetered_fleet


@pytest.fixture
async def http(running: Fleet) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=running.url, timeout=60) as client:
        yield client


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Fleet]:
    """For tests that end it."""
    with started(tmp_path) as fleet:
        yield fleet


@pytest.fixture(scope="session")
def metered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """A product that charges. Tests say from which network they come, and each has a session of its own."""
    environment = {"GATEWAY_TRUSTED_PROXIES": "one"}
    with started(tmp_path_factory.mktemp("metered"), "--metered", environment=environment) as fleet:
        yield fleet


@pytest.fixture
def network() -> dict[str, str]:
    """Headers of somebody in a network that nobody else is in: allowances are counted for each."""
    return {"X-Forwarded-For": f"10.{next(NETWORKS)}.0.1"}


@pytest.fixture
def session() -> str:
    """The id of a session that nobody else has."""
    return str(uuid.uuid4())
