"""Any sequence of quotes, holds, captures, releases, expiries, grants and claims, with crashes in between.

A crash is a commit of which the caller never hears: it fails before anything is durable, or after everything
is. The caller does what callers do: it asks again with the same request id. After each step every account is
audited from its journal, and what callers were told is compared with a model that knows only sums.
"""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from metaextract_billing.adapters.storage import postgres, sqlite
from metaextract_billing.adapters.storage.memory import MemoryStore
from metaextract_billing.application.accounts import ClaimCredits, GetBalance, GrantCredits
from metaextract_billing.application.audit import AuditLedger
from metaextract_billing.application.desk import Desk
from metaextract_billing.application.expiry import ExpireDue
from metaextract_billing.application.free_uses import FreeUses
from metaextract_billing.application.holds import CaptureHold, CreateHold, HoldRequest, ReleaseHold
from metaextract_billing.application.quotes import CreateQuote, StatedFile
from metaextract_billing.domain import errors
from metaextract_billing.domain.allowances import Limits
from metaextract_billing.domain.holds import Access, Hold, QuotedFile, State
from metaextract_billing.domain.identities import Identities
from metaextract_billing.domain.models import Dimensions, Operations
from metaextract_billing.domain.ports import Store
from metaextract_billing.domain.records import Changes
from metaextract_common.errors import ServiceError
from metaextract_testing.postgres import PostgresServer

OWNERS = ("session:a", "session:b", "user:c")
DEVICES = ("d1", "d2")
LIFETIME = timedelta(minutes=15)
HOLD_REFUSALS = ("INSUFFICIENT_CREDITS", "FREE_CHECKS_EXHAUSTED", "QUOTE_EXPIRED", "QUOTE_FILE_UNUSABLE")
T = TypeVar("T")

CRASHES = ("none", "none", "none", "before", "after")


class CrashingStore:
    """A store whose next commit is lost on the way there or on the way back."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.crash = "none"

    def __getattr__(self, name: str) -> object:
        return getattr(self.store, name)

    async def commit(self, changes: Changes) -> None:
        crash, self.crash = self.crash, "none"
        if crash == "before":
            raise errors.ledger_unavailable()
        await self.store.commit(changes)
        if crash == "after":
            raise errors.ledger_unavailable()


class Replica:
    """One process of billing: its own memory, the common store."""

    def __init__(self, store: CrashingStore, now: Callable[[], datetime]) -> None:
        desk = Desk(store)
        self.hold = CreateHold(
            desk,
            now,
            metered=True,
            lifetime=LIFETIME,
            free=FreeUses(Limits(), Identities(b"k" * 32), frozenset()),
        )
        self.capture, self.release = CaptureHold(desk, now), ReleaseHold(desk, now)
        self.grant, self.claim = GrantCredits(desk, now), ClaimCredits(desk, now)
        self.balance, self.expire = GetBalance(desk, now, metered=True), ExpireDue(desk, now)
        self.quote = CreateQuote(desk, now, LIFETIME)


class LedgerMachine(RuleBasedStateMachine):
    """Subclasses say which store; `open_store` is entered on the machine's own loop."""

    holds = Bundle("holds")
    quotes = Bundle("quotes")

    @staticmethod
    def open_store() -> AbstractAsyncContextManager[Store]:
        raise NotImplementedError

    @initialize()
    def begin(self) -> None:
        self.runner = asyncio.Runner()
        self.opened = self.open_store()
        self.store = CrashingStore(self.run(self.opened.__aenter__()))
        self.time = datetime(2026, 11, 23, 12, tzinfo=UTC)
        self.replicas = [Replica(self.store, lambda: self.time) for _ in range(2)]
        self.numbers = itertools.count()
        self.granted = 0
        self.free: dict[str, str | None] = {}
        self.answers: dict[tuple[str, str], int] = {}

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            self.run(self.opened.__aexit__(None, None, None))
            self.runner.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def insisting(self, crash: str, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do something as callers do: again, after an answer that was lost."""
        self.store.crash = crash
        try:
            return self.run(work())
        except ServiceError as error:
            if error.reason != "LEDGER_UNAVAILABLE":
                raise
        finally:
            self.store.crash = "none"  # what committed nothing met no crash
        return self.run(work())

    @rule(
        replica=st.integers(0, 1),
        owner=st.sampled_from(OWNERS),
        amount=st.integers(1, 30),
        request=st.sampled_from(("g1", "g2", None)),
        crash=st.sampled_from(CRASHES),
    )
    def grant(self, replica: int, owner: str, amount: int, request: str | None, crash: str) -> None:
        request = request or f"g{next(self.numbers)}x"
        try:
            answer = self.insisting(crash, lambda: self.replicas[replica].grant(owner, request, amount))
        except ServiceError as error:
            if error.reason != "IDEMPOTENCY_KEY_REUSED" or (owner, request) not in self.answers:
                raise
            return
        if (owner, request) not in self.answers:
            self.granted += amount
        assert self.answers.setdefault((owner, request), answer) == answer

    @rule(
        target=quotes,
        replica=st.integers(0, 1),
        owner=st.sampled_from(OWNERS),
        pixels=st.sampled_from((None, 10, 8000)),
        crash=st.sampled_from(CRASHES),
    )
    def quote(self, replica: int, owner: str, pixels: int | None, crash: str) -> tuple[str, str]:
        dimensions = Dimensions(pixels, pixels) if pixels else None
        files = [StatedFile("f", 0, dimensions)]
        work = self.replicas[replica].quote
        made = self.insisting(crash, lambda: work(owner, files, Operations(embedding=True)))
        return made.name, owner

    @rule(
        target=holds,
        replica=st.integers(0, 1),
        owner=st.sampled_from(OWNERS),
        device=st.sampled_from((None, *DEVICES)),
        crash=st.sampled_from(CRASHES),
    )
    def hold(
        self, replica: int, owner: str, device: str | None, crash: str
    ) -> tuple[Hold, HoldRequest] | None:
        return self.held(replica, owner, HoldRequest(device, 1000, Operations(embedding=True), None), crash)

    @rule(target=holds, replica=st.integers(0, 1), quote=quotes, crash=st.sampled_from(CRASHES))
    def hold_quoted(
        self, replica: int, quote: tuple[str, str], crash: str
    ) -> tuple[Hold, HoldRequest] | None:
        name, owner = quote
        request = HoldRequest(None, 1000, Operations(), QuotedFile(name, "f"))
        return self.held(replica, owner, request, crash)

    def held(
        self, replica: int, owner: str, request: HoldRequest, crash: str
    ) -> tuple[Hold, HoldRequest] | None:
        id_ = f"h{next(self.numbers)}"
        try:
            made = self.insisting(crash, lambda: self.replicas[replica].hold(owner, id_, request))
        except ServiceError as error:
            if error.reason not in HOLD_REFUSALS:
                raise
            return None
        assert made.state is State.HELD
        if made.access is Access.FREE_CHECK:
            self.free[made.name] = request.device
        return made, request

    @rule(
        replica=st.integers(0, 1),
        made=holds,
        pixels=st.sampled_from((10, 8000)),
        delivered=st.booleans(),
        crash=st.sampled_from(CRASHES),
    )
    def capture(
        self,
        replica: int,
        made: tuple[Hold, HoldRequest] | None,
        pixels: int,
        delivered: bool,
        crash: str,
    ) -> None:
        if made is None:
            return
        hold, work = made[0], self.replicas[replica].capture
        operations = Operations(embedding=delivered)
        try:
            done = self.insisting(
                crash, lambda: work(hold.name, operations, 1000, Dimensions(pixels, pixels))
            )
        except ServiceError as error:
            if error.reason not in ("HOLD_ALREADY_RESOLVED", "QUOTE_MISMATCH"):
                raise
            return
        assert done.state is State.CAPTURED
        first = self.answers.setdefault(("captured", hold.name), done.credits_captured)
        assert first == done.credits_captured
        assert done.credits_captured <= hold.credits_held or pixels > 10

    @rule(replica=st.integers(0, 1), made=holds, crash=st.sampled_from(CRASHES))
    def release(self, replica: int, made: tuple[Hold, HoldRequest] | None, crash: str) -> None:
        if made is None:
            return
        hold = made[0]
        try:
            done = self.insisting(crash, lambda: self.replicas[replica].release(hold.name))
        except ServiceError as error:
            if error.reason != "HOLD_ALREADY_RESOLVED" or ("captured", hold.name) not in self.answers:
                raise
            return
        assert done.state in (State.RELEASED, State.EXPIRED)
        assert ("captured", hold.name) not in self.answers

    @rule(replica=st.integers(0, 1), made=holds)
    def ask_again(self, replica: int, made: tuple[Hold, HoldRequest] | None) -> None:
        if made is None:
            return
        hold, request = made
        again = self.run(self.replicas[replica].hold(hold.account, hold.request, request))
        assert again.name == hold.name

    @rule(
        replica=st.integers(0, 1),
        source=st.sampled_from(OWNERS),
        target_owner=st.sampled_from(OWNERS),
        crash=st.sampled_from(CRASHES),
    )
    def claim(self, replica: int, source: str, target_owner: str, crash: str) -> None:
        request = f"c{next(self.numbers)}"
        before = self.run(self.replicas[replica].balance(source)).credits_available
        work = self.replicas[replica].claim
        moved = self.insisting(crash, lambda: work(source, target_owner, request))
        assert moved == (0 if source == target_owner else before)

    @rule(minutes=st.sampled_from((1, 5, 16)))
    def pass_time(self, minutes: int) -> None:
        self.time += timedelta(minutes=minutes)

    @rule(replica=st.integers(0, 1), crash=st.sampled_from(CRASHES))
    def sweep(self, replica: int, crash: str) -> None:
        self.insisting(crash, self.replicas[replica].expire)

    @invariant()
    def nothing_is_lost_or_made(self) -> None:
        if not hasattr(self, "store"):
            return
        report = self.run(AuditLedger(self.store)())
        assert report.violations == ()
        balances = [self.run(self.replicas[0].balance(owner)) for owner in OWNERS]
        kept = sum(one.credits_available + one.credits_held for one in balances)
        consumed = sum(amount for (what, _), amount in self.answers.items() if what == "captured")
        assert kept + consumed == self.granted

    @invariant()
    def a_device_has_two_free_checks(self) -> None:
        if not hasattr(self, "store"):
            return
        captured = {name for what, name in self.answers if what == "captured"}
        for device in DEVICES:
            spent = [name for name in captured if self.free.get(name) == device]
            assert len(spent) <= 2


@asynccontextmanager
async def in_memory() -> AsyncIterator[Store]:
    yield MemoryStore()


@asynccontextmanager
async def in_postgres(server: PostgresServer, template: str) -> AsyncIterator[Store]:
    with server.database(template) as name:
        async with postgres.connected(server.url(name)) as store:
            yield store


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("store", "examples_count"),
    [("memory", 60), ("sqlite", 10), ("postgres", 6)],
    ids=["memory", "sqlite", "postgres"],
)
def test_whatever_happens_in_whatever_order_nothing_is_lost_or_made(
    store: str, examples_count: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    numbers = itertools.count()

    class Machine(LedgerMachine):
        @staticmethod
        def open_store() -> AbstractAsyncContextManager[Store]:
            if store == "memory":
                return in_memory()
            if store == "sqlite":
                return sqlite.opened(tmp_path / f"{next(numbers)}.sqlite")
            return in_postgres(
                request.getfixturevalue("postgres_server"), request.getfixturevalue("billing_template")
            )

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=int(os.environ.get("LEDGER_EXAMPLES", examples_count)),
            stateful_step_count=40,
            deadline=None,
            derandomize="LEDGER_EXAMPLES" not in os.environ,
            suppress_health_check=list(HealthCheck),
        ),
    )
