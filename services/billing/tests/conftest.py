"""What the tests of all layers share: a clock that stands still, billing without its sockets, PostgreSQL."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from metaextract_billing.adapters.storage import postgres_schema
from metaextract_billing.adapters.storage.memory import MemoryStore
from metaextract_billing.application.accounts import ClaimCredits, GetBalance, GrantCredits
from metaextract_billing.application.desk import Desk
from metaextract_billing.application.expiry import ExpireDue
from metaextract_billing.application.free_uses import FreeUses
from metaextract_billing.application.holds import CaptureHold, CreateHold, ReleaseHold
from metaextract_billing.application.quotes import CreateQuote
from metaextract_billing.domain.allowances import Limits
from metaextract_billing.domain.identities import Identities
from metaextract_billing.domain.ports import Clock, Store
from metaextract_billing.domain.records import Changes, key_of, stored
from metaextract_testing.postgres import PostgresServer

LIFETIME = timedelta(minutes=15)

MakeBilling = Callable[..., "Billing"]


class StillClock:
    """Implements `domain.ports.Clock`: time passes when a test says so."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def advance(self, time: timedelta) -> None:
        self.time += time


class CheckedStore:
    """A store that is asked, after each commit, whether it says what the desk will believe."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def commit(self, changes: Changes) -> None:
        await self._store.commit(changes)
        believed = {key_of(change.after): stored(change.after) for change in changes.records}
        for key, found in (await self._store.load(believed.keys())).items():
            if key in believed and found.version == believed[key].version:  # else another was quicker
                assert found == believed[key]


class Billing:
    """One process of billing: its own memory, a store that others may use too."""

    def __init__(
        self, store: Store, now: Clock, *, metered: bool = True, limits: Limits | None = None
    ) -> None:
        desk = Desk(store)
        free = FreeUses(limits or Limits(), Identities(b"k" * 32), frozenset())
        self.store = store
        self.create_quote = CreateQuote(desk, now, LIFETIME)
        self.create_hold = CreateHold(desk, now, metered=metered, lifetime=LIFETIME, free=free)
        self.capture_hold = CaptureHold(desk, now)
        self.release_hold = ReleaseHold(desk, now)
        self.expire_due = ExpireDue(desk, now)
        self.get_balance = GetBalance(desk, now, metered)
        self.grant_credits = GrantCredits(desk, now)
        self.claim_credits = ClaimCredits(desk, now)

    async def credits(self, owner: str) -> tuple[int, int]:
        """Return what can be spent and what is held."""
        balance = await self.get_balance(owner)
        return balance.credits_available, balance.credits_held

    async def events(self) -> list[tuple[str, dict[str, str]]]:
        """Return what was told so far."""
        return [(one.event.name, dict(one.event.attributes)) for one in await self.store.waiting(1000)]


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture(scope="session")
def billing_over_memory() -> Callable[[Clock], Billing]:
    """Return a function that makes billing with an empty store, for tests without a fixture of their own."""
    return lambda now: Billing(CheckedStore(MemoryStore()), now)


@pytest.fixture
def make_billing(clock: StillClock) -> MakeBilling:
    """Return a function that makes another process, with a store of its own if none is given."""

    def make(store: Store | None = None, **options: object) -> Billing:
        return Billing(CheckedStore(store or MemoryStore()), clock, **options)

    return make


@pytest.fixture(scope="session")
def billing_template(postgres_server: PostgresServer) -> Iterator[str]:
    """The name of an empty database with the newest schema, to copy from."""
    with postgres_server.database() as name, ThreadPoolExecutor(1) as thread:
        # In a thread, because a fixture may be asked for while an event loop runs.
        thread.submit(asyncio.run, postgres_schema.migrate(postgres_server.url(name))).result()
        yield name


@pytest.fixture
def billing_database(postgres_server: PostgresServer, billing_template: str) -> Iterator[str]:
    """The URL of an empty database with the newest schema."""
    with postgres_server.database(billing_template) as name:
        yield postgres_server.url(name)
