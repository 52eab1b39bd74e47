"""Billing as it runs: a real socket and a real file."""

import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from metaextract.billing.v1.billing_pb2_grpc import BillingServiceStub
from metaextract_billing.main import running
from metaextract_billing.settings import Settings
from metaextract_common.rpc.client import open_channel

if TYPE_CHECKING:  # the name stands in the type stubs only
    from metaextract.billing.v1.billing_pb2_grpc import BillingServiceAsyncStub

Serve = Callable[..., AbstractAsyncContextManager["BillingServiceAsyncStub"]]


@pytest.fixture
def directory() -> Iterator[Path]:
    # A socket's path may be 107 bytes long, so pytest's own folders are too deep.
    with tempfile.TemporaryDirectory(prefix="billing-") as path:
        yield Path(path)


@pytest.fixture
def make_settings(directory: Path) -> Callable[..., Settings]:
    def make(**changes: object) -> Settings:
        defaults = {
            "listen": f"unix:{directory}/s",
            "database_path": directory / "data" / "billing.sqlite",
            "drain_seconds": 5,
        }
        return Settings.model_validate(defaults | changes)

    return make


@pytest.fixture
def serve(make_settings: Callable[..., Settings]) -> Serve:
    @asynccontextmanager
    async def serving(**changes: object) -> AsyncIterator["BillingServiceAsyncStub"]:
        async with (
            running(make_settings(**changes)) as address,
            open_channel(address, timeout_seconds=20) as channel,
        ):
            yield BillingServiceStub(channel)

    return serving


@pytest.fixture
async def billing(serve: Serve) -> AsyncIterator["BillingServiceAsyncStub"]:
    async with serve() as stub:
        yield stub
