"""One analytics service on a unix socket."""

import tempfile
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import pytest

from metaextract.analytics.v1 import analytics_pb2 as pb
from metaextract.analytics.v1.analytics_pb2_grpc import AnalyticsServiceStub
from metaextract_analytics.main import running
from metaextract_analytics.settings import Settings
from metaextract_common.rpc.client import open_channel

if TYPE_CHECKING:
    from metaextract.analytics.v1.analytics_pb2_grpc import AnalyticsServiceAsyncStub


@pytest.fixture
def settings() -> Iterator[Settings]:
    # Not tmp_path: the address of a unix socket holds 107 bytes, and the name of a test is part of tmp_path.
    with tempfile.TemporaryDirectory() as folder:
        yield Settings(
            listen=f"unix:{folder}/socket", database_path=Path(folder) / "analytics.sqlite", drain_seconds=2
        )


@pytest.fixture
async def channel(settings: Settings) -> AsyncIterator[grpc.aio.Channel]:
    async with running(settings) as address, open_channel(address, timeout_seconds=60) as channel:
        yield channel


@pytest.fixture
def analytics(channel: grpc.aio.Channel) -> "AnalyticsServiceAsyncStub":
    return AnalyticsServiceStub(channel)


@pytest.fixture
def make_message() -> Callable[..., pb.Event]:
    """A function that makes an event of the contract; what the test does not name gets a usual value."""

    def make(**changes: object) -> pb.Event:
        usual = {
            "event_id": str(uuid.uuid4()),
            "name": "hold.captured",
            "time": datetime(2026, 1, 2, 12, tzinfo=UTC),
            "source": "billing",
        }
        return pb.Event(**{**usual, **changes})

    return make
