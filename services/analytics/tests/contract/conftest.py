"""Every implementation of `domain.ports.EventStore`."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from metaextract_analytics.adapters.storage.memory import MemoryEventStore
from metaextract_analytics.adapters.storage.sqlite import MIGRATIONS, SqliteEventStore
from metaextract_analytics.domain.ports import EventStore
from metaextract_common.storage.sqlite import connected, migrate


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[EventStore]:
    if request.param == "memory":
        yield MemoryEventStore()
        return
    database = tmp_path / "analytics.sqlite"
    await migrate(database, MIGRATIONS)
    async with connected(database) as connection:
        yield SqliteEventStore(connection)
