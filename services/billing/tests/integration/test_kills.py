"""Billing, and the database under it, are killed while credits move: nothing is lost or doubled."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from metaextract.billing.v1 import billing_pb2 as pb
from metaextract.billing.v1.billing_pb2_grpc import BillingServiceStub
from metaextract_billing.adapters.storage import postgres, sqlite
from metaextract_billing.application.audit import AuditLedger
from metaextract_billing.domain.ports import Store
from metaextract_common.errors import Kind, ServiceError
from metaextract_common.rpc.client import open_channel
from metaextract_testing.postgres import PostgresServer, started

HOLDS_COUNT = int(os.environ.get("LEDGER_KILLED_HOLDS", "2000"))
CALLERS_COUNT = 64
OWNERS = ["hot"] * 5 + [f"owner {n}" for n in range(35)]
"""Whose turn it is: one of eight calls is about one account."""
GRANTED = 100_000
LEFT_OPEN_EACH = 20
"""One hold of so many is never resolved."""
AWAY = {Kind.UNAVAILABLE, Kind.DEADLINE}


class Service:
    """A process of billing that can be killed and started again."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self._folder = folder
        self.address = f"unix:{folder}/s"
        self._environment = {"BILLING_LISTEN": self.address, "BILLING_LOG_FORMAT": "json", **settings}
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it, and return when it answers."""
        log = (self._folder / "log").open("ab")
        with log:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-W", "error", "-m", "metaextract_billing.main"),
                env=os.environ | self._environment,
                stdout=log,
                stderr=log,
            )
        async with open_channel(self.address, timeout_seconds=60) as channel:
            billing = BillingServiceStub(channel)
            await insisted(lambda: billing.GetBalance(pb.GetBalanceRequest(account="nobody")))

    async def kill(self) -> None:
        """End it in the middle of whatever it is doing."""
        assert self.process is not None
        self.process.kill()
        await self.process.wait()

    async def kill_and_start(self) -> None:
        await self.kill()
        await self.start()


async def insisted(call: Callable[[], Any]) -> Any:
    """Call again, as callers do, until there is an answer."""
    while True:
        try:
            return await call()
        except ServiceError as error:
            if error.kind not in AWAY:
                raise
            await asyncio.sleep(0.05)


class Customers:
    """Callers who hold and capture at once, each insisting on an answer to the request it made."""

    def __init__(self, billing: Any) -> None:
        self._billing = billing
        self._numbers = iter(range(HOLDS_COUNT))
        self.held: dict[int, pb.Hold] = {}
        self.captured: dict[int, pb.Hold] = {}
        self.progress = asyncio.Condition()

    async def grant(self) -> None:
        for owner in set(OWNERS):
            request = pb.GrantCreditsRequest(account=owner, request_id="g", credits=GRANTED)
            await insisted(lambda request=request: self._billing.GrantCredits(request))

    async def work(self) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(CALLERS_COUNT):
                group.create_task(self._work())

    async def _work(self) -> None:
        for number in self._numbers:
            self.held[number] = await self.hold(number)
            if number % LEFT_OPEN_EACH:
                self.captured[number] = await self.capture(number)
            async with self.progress:
                self.progress.notify_all()

    async def hold(self, number: int) -> pb.Hold:
        request = pb.CreateHoldRequest(
            account=OWNERS[number % len(OWNERS)], request_id=f"r{number}", operations={"embedding": True}
        )
        return (await insisted(lambda: self._billing.CreateHold(request))).hold

    async def capture(self, number: int) -> pb.Hold:
        request = pb.CaptureHoldRequest(
            name=self.held[number].name, size_bytes=1000, delivered={"embedding": bool(number % 3)}
        )
        return (await insisted(lambda: self._billing.CaptureHold(request))).hold

    async def until(self, share: float) -> None:
        """Return when this share of the holds was answered."""
        async with self.progress:
            await self.progress.wait_for(lambda: len(self.held) >= share * HOLDS_COUNT)

    async def ask_again(self) -> None:
        """Check that each request gets its first answer, as if that had been lost on the way."""
        numbers = iter(range(HOLDS_COUNT))

        async def ask() -> None:
            for number in numbers:
                again = await self.hold(number)
                first = self.captured.get(number, self.held[number])
                assert again == first
                if number in self.captured:
                    assert await self.capture(number) == first

        await asyncio.gather(*(ask() for _ in range(CALLERS_COUNT)))


async def check(store: Store, customers: Customers) -> None:
    """Check the books against what the customers were told."""
    assert len(customers.held) == len({hold.name for hold in customers.held.values()}) == HOLDS_COUNT
    assert (await AuditLedger(store)()).violations == ()
    accounts = [account async for account, _, _ in store.books()]
    captured = sum(hold.credits_captured for hold in customers.captured.values())
    open_holds = [hold for number, hold in customers.held.items() if number not in customers.captured]
    assert sum(account.credits_held for account in accounts) == sum(hold.credits_held for hold in open_holds)
    assert sorted(hold.name for account in accounts for hold in account.holds) == sorted(
        hold.name for hold in open_holds
    )
    kept = sum(account.credits_available + account.credits_held for account in accounts)
    assert kept + captured == GRANTED * len(set(OWNERS))
    assert sum(lot.consumed for account in accounts for lot in account.lots) == captured


@asynccontextmanager
async def serving(folder: Path, **settings: str) -> AsyncIterator[tuple[Service, Customers]]:
    service = Service(folder, settings)
    await service.start()
    try:
        async with open_channel(service.address, timeout_seconds=60) as channel:
            customers = Customers(BillingServiceStub(channel))
            await customers.grant()
            yield service, customers
    finally:
        await service.kill()


@pytest.mark.timeout(500)
async def test_billing_on_sqlite_is_killed_twice_and_loses_nothing(directory: Path) -> None:
    database = directory / "billing.sqlite"
    async with serving(directory, BILLING_DATABASE_PATH=str(database)) as (service, customers):
        working = asyncio.create_task(customers.work())
        for share in (0.3, 0.7):
            await customers.until(share)
            await service.kill_and_start()
        await working
        await customers.ask_again()

    async with sqlite.opened(database) as store:
        await check(store, customers)


@pytest.fixture
def mortal_server() -> Iterator[PostgresServer]:
    """A server of its own, since it is killed; as it is deployed, it syncs every commit."""
    with started() as server:
        yield server


@pytest.mark.timeout(500)
async def test_billing_and_postgresql_are_killed_and_lose_nothing(
    directory: Path, mortal_server: PostgresServer
) -> None:
    with mortal_server.database() as name:
        url = mortal_server.url(name)
        settings = {"BILLING_DATABASE_URL": url, "BILLING_IDENTITY_KEY": "k" * 32}
        async with serving(directory, **settings) as (service, customers):
            working = asyncio.create_task(customers.work())
            await customers.until(0.2)
            await service.kill_and_start()
            await customers.until(0.4)
            await asyncio.to_thread(mortal_server.kill)  # as a power failure would
            await asyncio.to_thread(mortal_server.start)
            await customers.until(0.6)
            await asyncio.to_thread(mortal_server.stop)  # disconnects everybody
            await asyncio.to_thread(mortal_server.start)
            await customers.until(0.8)
            await asyncio.gather(service.kill(), asyncio.to_thread(mortal_server.kill))
            await asyncio.to_thread(mortal_server.start)
            await service.start()
            await working
            await customers.ask_again()

        async with postgres.connected(url) as store:
            await check(store, customers)
