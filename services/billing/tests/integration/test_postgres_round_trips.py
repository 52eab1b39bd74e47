"""How often a store in PostgreSQL asks and waits: once for each call."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

from metaextract_billing.adapters.storage import postgres
from metaextract_billing.application.accounts import GrantCredits
from metaextract_billing.application.desk import Desk
from metaextract_billing.application.free_uses import FreeUses
from metaextract_billing.application.holds import CaptureHold, CreateHold, HoldRequest
from metaextract_billing.application.quotes import CreateQuote, StatedFile
from metaextract_billing.domain.allowances import Limits
from metaextract_billing.domain.holds import QuotedFile
from metaextract_billing.domain.identities import Identities
from metaextract_billing.domain.models import Dimensions, Operations
from metaextract_billing.domain.ports import Store
from metaextract_billing.domain.records import AccountKey

LIFETIME = timedelta(minutes=15)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PLAIN = HoldRequest(None, 1000, Operations(), None)
"""Costs one credit."""
FROM_DEVICE = HoldRequest("device", 1000, Operations(), None, client_address="192.0.2.1")


class RoundTrips:
    """Counts how often somebody asks and waits for the answer, at a socket before the server's own."""

    def __init__(self, server_socket: str) -> None:
        self._server_socket = server_socket
        self.count = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_unix_connection(self._server_socket)
        is_asking = False

        async def forth() -> None:
            nonlocal is_asking
            while data := await reader.read(2**16):
                self.count += not is_asking
                is_asking = True
                server_writer.write(data)
            server_writer.close()

        async def back() -> None:
            nonlocal is_asking
            while data := await server_reader.read(2**16):
                is_asking = False
                writer.write(data)
            writer.close()

        await asyncio.gather(forth(), back())


@asynccontextmanager
async def counted(url: str, folder: Path) -> AsyncIterator[tuple[str, RoundTrips]]:
    """Yield a URL for the same database, and the round trips made through it."""
    [server_folder] = parse_qs(urlsplit(url).query)["host"]
    trips = RoundTrips(f"{server_folder}/.s.PGSQL.5432")
    async with await asyncio.start_unix_server(trips.serve, folder / ".s.PGSQL.5432"):
        yield url.replace(server_folder, str(folder)), trips


def billing_on(store: Store) -> SimpleNamespace:
    """Return a process of billing."""
    desk = Desk(store)
    free = FreeUses(Limits(), Identities(b"k" * 32), frozenset())

    def now() -> datetime:
        return NOW

    return SimpleNamespace(
        hold=CreateHold(desk, now, metered=True, lifetime=LIFETIME, free=free),
        capture=CaptureHold(desk, now),
        grant=GrantCredits(desk, now),
        quote=CreateQuote(desk, now, LIFETIME),
    )


async def test_a_hold_and_its_capture_are_two_round_trips_and_three_when_cold(
    billing_database: str, directory: Path
) -> None:
    async with (
        counted(billing_database, directory) as (url, trips),
        postgres.connected(url, connections_count_max=1) as store,
    ):

        async def trips_of(billing: SimpleNamespace, account: str, request: str, body: HoldRequest) -> int:
            before = trips.count
            hold = await billing.hold(account, request, body)
            await billing.capture(hold.name, Operations(), 1000, None)
            return trips.count - before

        first = billing_on(store)  # which has the connection prepare its statements
        for owner in ("alice", "bob"):
            await first.grant(owner, "g", 100)
        quote = await first.quote("bob", [StatedFile("a", 1000, Dimensions(10, 10))], Operations())
        cold = billing_on(store)

        assert await trips_of(cold, "alice", "r1", PLAIN) == 3
        assert await trips_of(cold, "alice", "r2", PLAIN) == 2
        assert await trips_of(cold, "bob", "r1", replace(PLAIN, quoted=QuotedFile(quote.name, "a"))) == 3
        assert await trips_of(cold, "carol", "r1", FROM_DEVICE) == 3


async def test_every_method_is_one_round_trip(billing_database: str, directory: Path) -> None:
    async with (
        counted(billing_database, directory) as (url, trips),
        postgres.connected(url, connections_count_max=1) as store,
    ):
        await billing_on(store).grant("alice", "g", 100)

        async def journal() -> None:
            assert [one async for one in store.transfers("alice")] != []

        for method in (
            lambda: store.load([AccountKey("alice")]),
            lambda: store.due(NOW, 10),
            lambda: store.waiting(10),
            lambda: store.delivered(["none"]),
            journal,
            store.check,
        ):
            await method()  # has the connection prepare the statement
            before = trips.count
            await method()
            assert trips.count - before == 1
