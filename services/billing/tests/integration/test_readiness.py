"""Ready means that money can move; while it cannot, nothing is given, and it comes back by itself."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import psutil
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from metaextract.billing.v1 import billing_pb2 as pb
from metaextract_common.errors import ServiceError
from metaextract_common.rpc.client import open_channel
from metaextract_testing.postgres import PostgresServer, started

GRANT = pb.GrantCreditsRequest(account="alice", request_id="grant", credits=10)
HOLD = pb.CreateHoldRequest(account="alice", request_id="r", operations=pb.Operations(embedding=True))
FREE = pb.CreateHoldRequest(account="bob", request_id="r", device="device")
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@pytest.fixture
def mortal_server() -> Iterator[PostgresServer]:
    """A server of its own, since it is stopped."""
    with started(fsync="off") as server:
        yield server


def everybody(server: PostgresServer) -> list[psutil.Process]:
    assert server.process is not None
    postmaster = psutil.Process(server.process.pid)
    return [postmaster, *postmaster.children(recursive=True)]


def suspend(server: PostgresServer) -> None:
    for process in everybody(server):
        process.suspend()


def resume(server: PostgresServer) -> None:
    for process in everybody(server):
        process.resume()


@asynccontextmanager
async def watched(address: str) -> AsyncIterator[AsyncIterator[Any]]:
    """Yield the statuses of a server, as they change."""
    async with open_channel(address, timeout_seconds=60) as channel:
        yield aiter(health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(service="")))


@pytest.mark.parametrize(
    ("away", "back"),
    [(PostgresServer.stop, PostgresServer.start), (suspend, resume)],
    ids=["stopped", "hanging"],
)
async def test_without_postgresql_no_money_moves_and_nothing_is_given(
    serve,
    make_settings,
    mortal_server: PostgresServer,
    away: Callable[[PostgresServer], None],
    back: Callable[[PostgresServer], None],
) -> None:
    with mortal_server.database() as name:
        database = {"database_url": mortal_server.url(name), "identity_key": "k" * 32}
        async with serve(**database) as billing, watched(make_settings().listen) as statuses:
            assert (await anext(statuses)).status == SERVING
            await billing.GrantCredits(GRANT)
            await asyncio.to_thread(away, mortal_server)
            try:
                assert (await anext(statuses)).status == NOT_SERVING
                refused = await asyncio.gather(
                    *(billing.CreateHold(request, timeout=60) for request in (HOLD, FREE)),
                    billing.GetBalance(pb.GetBalanceRequest(account="alice"), timeout=60),
                    return_exceptions=True,
                )
            finally:
                await asyncio.to_thread(back, mortal_server)
            assert (await anext(statuses)).status == SERVING

            held = (await billing.CreateHold(HOLD)).hold
            free = (await billing.CreateHold(FREE)).hold
            balance = await billing.GetBalance(pb.GetBalanceRequest(account="alice"))

    assert [error.reason for error in refused if isinstance(error, ServiceError)] == [
        "LEDGER_UNAVAILABLE"
    ] * 3
    assert (held.credits_held, balance.credits_available) == (4, 6)
    assert (free.access, free.free_checks_used) == (pb.Hold.ACCESS_FREE_CHECK, 1)
