"""Every ledger there is."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from metaextract_billing.adapters.storage import sqlite
from metaextract_billing.adapters.storage.memory import MemoryLedger
from metaextract_billing.domain.ports import Ledger


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "billing.sqlite"


@pytest.fixture(params=["memory", "sqlite"])
async def ledger(request: pytest.FixtureRequest, database: Path) -> AsyncIterator[Ledger]:
    if request.param == "memory":
        yield MemoryLedger()
        return
    async with sqlite.opened(database) as opened:
        yield opened
