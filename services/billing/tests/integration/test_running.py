"""Billing as a process: it restarts, drains, sweeps, reports, and says when it cannot work."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path

import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from metaextract.analytics.v1 import analytics_pb2
from metaextract.analytics.v1.analytics_pb2_grpc import (
    AnalyticsServiceServicer,
    add_AnalyticsServiceServicer_to_server,
)
from metaextract.billing.v1 import billing_pb2 as pb
from metaextract.billing.v1.billing_pb2_grpc import BillingServiceStub
from metaextract_billing.adapters.analytics import relay
from metaextract_billing.adapters.storage import sqlite
from metaextract_billing.adapters.storage.memory import MemoryStore
from metaextract_billing.domain.ports import Waiting
from metaextract_billing.domain.records import Changes, Event
from metaextract_billing.main import running
from metaextract_common.errors import ServiceError
from metaextract_common.rpc.client import open_channel
from metaextract_common.rpc.serving import Draining, serving

GRANT = pb.GrantCreditsRequest(account="alice", request_id="grant", credits=10)
HOLD = pb.CreateHoldRequest(account="alice", request_id="r", operations=pb.Operations(embedding=True))
BALANCE = pb.GetBalanceRequest(account="alice")


@pytest.fixture
def locked(make_settings):
    """Return a function that locks the ledger's file as another process would, and yields its unlock."""

    @asynccontextmanager
    async def lock() -> AsyncIterator[sqlite3.Connection]:
        database: Path = make_settings().database_path
        with closing(sqlite3.connect(database, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection

    return lock


async def test_a_restart_keeps_balances_holds_and_request_ids(serve) -> None:
    async with serve() as billing:
        await billing.GrantCredits(GRANT)
        held = await billing.CreateHold(HOLD)

    async with serve() as billing:
        balance = await billing.GetBalance(BALANCE)
        again = await billing.CreateHold(HOLD)
        repeated = await billing.GrantCredits(GRANT)

    assert (balance.credits_available, balance.credits_held) == (6, 4)
    assert again == held
    assert repeated.credits_available == 10


async def refused(billing) -> str:
    """Send what nobody needs the ledger for to refuse; return why it was."""
    with pytest.raises(ServiceError) as caught:
        await billing.GetBalance(pb.GetBalanceRequest())
    return caught.value.reason


async def test_calls_in_flight_are_answered_while_the_server_drains(
    make_settings, locked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "opened", partial(sqlite.opened, lock_wait_seconds_max=60))
    started: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()

    async def serve() -> None:
        async with running(make_settings()) as address:
            started.set_result(address)
            await stop.wait()

    server = asyncio.create_task(serve())
    async with open_channel(await started, timeout_seconds=60) as channel:
        billing = BillingServiceStub(channel)
        await billing.GetBalance(BALANCE)
        async with locked() as connection:
            call = asyncio.ensure_future(billing.GrantCredits(GRANT))
            assert await refused(billing) == "INVALID_REQUEST"  # came after the call: that one has arrived
            stop.set()
            while await refused(billing) != "SERVICE_UNREACHABLE":
                await asyncio.sleep(0.01)
            assert not call.done()
            connection.execute("ROLLBACK")
            granted = await call
        await server
        with pytest.raises(ServiceError) as caught:
            await billing.GetBalance(BALANCE)

    assert granted.credits_available == 10
    assert caught.value.reason == "SERVICE_UNREACHABLE"


async def test_the_sweep_gives_holds_back_that_nobody_asks_for(serve, make_settings) -> None:
    async with serve(hold_seconds=1, sweep_seconds=0.1) as billing:
        await billing.GrantCredits(GRANT)
        await billing.CreateHold(HOLD)
        with closing(sqlite3.connect(make_settings().database_path)) as connection:
            for _ in range(600):
                if connection.execute("SELECT state FROM credit_holds").fetchall() == [("expired",)]:
                    break
                await asyncio.sleep(0.1)
            balances = connection.execute("SELECT credits, credits_held FROM credit_balances")
            assert balances.fetchall() == [(10, 0)]


async def test_a_locked_ledger_is_named_and_makes_the_server_unready(serve, make_settings, locked) -> None:
    async with serve() as billing, open_channel(make_settings().listen, timeout_seconds=60) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        statuses = aiter(health.Watch(health_pb2.HealthCheckRequest(service="")))
        assert (await anext(statuses)).status == health_pb2.HealthCheckResponse.SERVING
        async with locked() as connection:
            assert (await anext(statuses)).status == health_pb2.HealthCheckResponse.NOT_SERVING
            with pytest.raises(ServiceError) as caught:
                await billing.GrantCredits(GRANT, timeout=60)
            connection.execute("ROLLBACK")
            assert (await anext(statuses)).status == health_pb2.HealthCheckResponse.SERVING

        assert caught.value.reason == "LEDGER_UNAVAILABLE"
        assert (await billing.GrantCredits(GRANT)).credits_available == 10


class Collector(AnalyticsServiceServicer):
    """Analytics as far as billing knows it: somebody who takes each event once."""

    def __init__(self) -> None:
        self.events: list[analytics_pb2.Event] = []

    async def RecordEvents(self, request, context):
        known = {event.event_id for event in self.events}
        self.events.extend(event for event in request.events if event.event_id not in known)
        return analytics_pb2.RecordEventsResponse()


async def test_analytics_hears_what_happened_but_not_to_whom(serve, make_settings, directory: Path) -> None:
    collector = Collector()
    name = analytics_pb2.DESCRIPTOR.services_by_name["AnalyticsService"].full_name
    add = partial(add_AnalyticsServiceServicer_to_server, collector)
    settings = make_settings(listen=f"unix:{directory}/analytics")
    async with (
        serving(settings, settings.listen, {name: add}, checks={}, draining=Draining()) as target,
        serve(analytics_target=target) as billing,
    ):
        await billing.GrantCredits(GRANT)
        held = await billing.CreateHold(HOLD)
        await billing.CaptureHold(pb.CaptureHoldRequest(name=held.hold.name))
        request = pb.CreateHoldRequest(account="device:d", request_id="r", device="d", size_bytes_max=1000)
        free = await billing.CreateHold(request)
        capture = pb.CaptureHoldRequest(name=free.hold.name, content_sha256="c0ffee00" * 8)
        await billing.CaptureHold(capture)

    content = collector.events[-1].attributes.pop("content")
    assert len(content) == 64
    assert content != capture.content_sha256
    assert [(event.source, event.name, dict(event.attributes)) for event in collector.events] == [
        ("billing", "credits.granted", {"credits": "10"}),
        ("billing", "hold.created", {"access": "credits", "credits": "4"}),
        ("billing", "hold.captured", {"access": "credits", "credits": "1"}),
        ("billing", "hold.created", {"access": "free_check", "credits": "0"}),
        ("billing", "hold.captured", {"access": "free_check", "credits": "0"}),
    ]


async def test_an_event_that_analytics_refuses_keeps_no_other_from_arriving(make_settings) -> None:
    collector = Collector()
    name = analytics_pb2.DESCRIPTOR.services_by_name["AnalyticsService"].full_name
    add = partial(add_AnalyticsServiceServicer_to_server, collector)
    settings = make_settings()
    store = MemoryStore()
    names = ["first", "too long" * 20, "last"]
    await store.commit(Changes((), tuple(Event(one, {}) for one in names)))
    async with (
        serving(settings, settings.listen, {name: add}, checks={}, draining=Draining()) as target,
        open_channel(target, timeout_seconds=20) as channel,
    ):
        await relay.Relay(store, channel).send_waiting()

    assert [event.name for event in collector.events] == ["first", "last"]
    assert await store.waiting(10) == []


class Unreadable(MemoryStore):
    """Holds something for a moment that nobody can read."""

    def __init__(self) -> None:
        super().__init__()
        self.reads_count = 0

    async def waiting(self, count_max: int) -> Sequence[Waiting]:
        self.reads_count += 1
        if self.reads_count == 1:
            raise ValueError("no JSON")
        return await super().waiting(count_max)


async def test_events_go_on_after_a_defect(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "PAUSE_AFTER_FAILURE_SECONDS", 0.01)
    store = Unreadable()
    async with (
        open_channel(f"unix:{directory}/nobody", timeout_seconds=20) as channel,
        relay.relaying(store, channel),
        asyncio.timeout(60),
    ):
        while store.reads_count < 3:
            await asyncio.sleep(0.01)


async def test_analytics_being_away_fails_nothing(serve, directory: Path) -> None:
    async with serve(analytics_target=f"unix:{directory}/nobody") as billing:
        assert (await billing.GrantCredits(GRANT)).credits_available == 10
