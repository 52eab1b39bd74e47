"""Purchases, refunds, disputes, holds, claims and expiries in any order, with crashes in between.

Two processes share a store. A crash is a commit of which nobody hears: it fails before anything is durable,
or after everything is; then the same is asked again. After each step the whole ledger is audited, and what
there is compared with what was paid, used and taken back. `BILLING_PURCHASE_WALKS` says how many walks there
are on each store; a walk is decided by its number.
"""

import itertools
import json
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from metaextract_billing.adapters.dodo.reading import message_from_json
from metaextract_billing.adapters.storage import postgres, sqlite
from metaextract_billing.adapters.storage.memory import MemoryStore
from metaextract_billing.application.accounts import ClaimCredits, GetBalance, GrantCredits
from metaextract_billing.application.adopting import AdoptOrder
from metaextract_billing.application.audit import AuditLedger
from metaextract_billing.application.book_keeping import account_of
from metaextract_billing.application.desk import Desk
from metaextract_billing.application.expiry import ExpireDue
from metaextract_billing.application.purchase_messages import ReceiveWebhook
from metaextract_billing.domain import errors
from metaextract_billing.domain.accounts import Account
from metaextract_billing.domain.holds import Access, Hold, State
from metaextract_billing.domain.models import Operations
from metaextract_billing.domain.payment_service import Envelope, Message
from metaextract_billing.domain.ports import Store
from metaextract_billing.domain.purchases import Order, Payment
from metaextract_billing.domain.records import (
    AccountKey,
    Book,
    Change,
    Changes,
    HoldKey,
    Key,
    PaymentKey,
    Record,
)
from metaextract_common.errors import ServiceError

WALKS_COUNT = int(os.environ.get("BILLING_PURCHASE_WALKS", "8"))
STEPS_COUNT = 60
OWNERS = ("session:a", "user:b")
STEPS = {
    "buy": 2,
    "refund": 1,
    "dispute": 2,
    "end_dispute": 3,
    "repeat": 2,
    "hold": 4,
    "resolve": 4,
    "give": 1,
    "claim": 1,
    "pass_time": 1,
}
"""What may happen, and how often compared with the rest."""
CRASHES = ("none", "none", "none", "before", "after")
T = TypeVar("T")


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


class ReadAsSent:
    """Implements `domain.payment_service.Webhooks` for messages that are not on the way for long."""

    def opened(self, envelope: Envelope, now: datetime) -> Message:
        return message_from_json(envelope.id, envelope.body, now)


class Process:
    """One process of billing: its own memory, the common store."""

    def __init__(self, store: CrashingStore, now: Callable[[], datetime]) -> None:
        self.desk = desk = Desk(store)
        self.now = now
        self.receive = ReceiveWebhook(desk, now, ReadAsSent(), AdoptOrder(store, now, {}))
        self.grant, self.claim = GrantCredits(desk, now), ClaimCredits(desk, now)
        self.balance, self.expire = GetBalance(desk, now, metered=True), ExpireDue(desk, now)

    async def hold(self, owner: str, name: str, amount: int) -> Hold | None:
        now = self.now()
        hold = Hold(name, owner, name, "", Operations(), now, now + timedelta(minutes=15), Access.CREDITS)

        def decide(book: Book) -> Hold:
            if (first := book.get(HoldKey(name))) is not None:
                return first
            account, made = account_of(book, owner, now).held(hold, amount, now)
            book.put(account)
            book.put(made)
            return made

        try:
            return await self.desk.carry_out([AccountKey(owner), HoldKey(name)], decide)
        except ServiceError as error:
            if error.reason in ("INSUFFICIENT_CREDITS", "ACCOUNT_OWES"):
                return None
            raise

    async def resolve(self, name: str, owner: str, amount: int | None) -> Hold:
        """Capture `amount`, or release without one; what is resolved stays as it is."""
        now = self.now()

        def decide(book: Book) -> Hold:
            hold = book.get(HoldKey(name))
            assert hold is not None
            account = account_of(book, owner, now)
            book.put(account)
            hold = book.get(HoldKey(name)) or hold
            if hold.state is not State.HELD:
                return hold
            if amount is None:
                account, done = account.released(hold, State.RELEASED, now)
            else:
                account, done = account.captured(hold, min(amount, hold.credits_held), now)
            book.put(account)
            book.put(done)
            return done

        return await self.desk.carry_out([HoldKey(name)], decide)


class Walk:
    """Steps by chance on a store that is empty at first."""

    def __init__(self, store: Store, seed: int) -> None:
        self.store = CrashingStore(store)
        self.chance = random.Random(seed)  # noqa: S311 - a walk, not a secret
        self.time = datetime(2026, 11, 23, 12, tzinfo=UTC)
        self.processes = [Process(self.store, lambda: self.time) for _ in range(2)]
        self.numbers = itertools.count(1)
        self.granted = 0
        self.payments: list[str] = []
        self.disputes: list[tuple[str, str]] = []
        self.holds: list[tuple[str, str]] = []
        self.sent: list[Envelope] = []
        self.taken: Counter[str] = Counter()

    @property
    def process(self) -> Process:
        return self.chance.choice(self.processes)

    @property
    def owner(self) -> str:
        return self.chance.choice(OWNERS)

    def number(self) -> int:
        return next(self.numbers)

    async def go(self) -> None:
        await self.buy()
        for _ in range(STEPS_COUNT):
            name, weight = zip(*STEPS.items(), strict=True)
            [step] = self.chance.choices(name, weight)
            self.taken[step] += 1
            await getattr(self, step)()
            await self.check()

    async def insisting(self, work: Callable[[], Awaitable[T]]) -> T:
        self.store.crash = self.chance.choice(CRASHES)
        try:
            return await work()
        except ServiceError as error:
            if error.reason != "LEDGER_UNAVAILABLE":
                raise
        finally:
            self.store.crash = "none"  # what committed nothing met no crash
        return await work()

    async def say(self, event_type: str, **data: Any) -> None:
        content = {"type": event_type, "timestamp": self.time.isoformat(), "data": data}
        envelope = Envelope(json.dumps(content).encode(), f"msg-{self.number()}", "", "")
        self.sent.append(envelope)
        process = self.process
        await self.insisting(lambda: process.receive(envelope))

    async def buy(self) -> None:
        """Order and pay; sometimes the money went back before anybody said that it came."""
        number = self.number()
        order = Order(f"o{number}", self.owner, "starter", 100, 400, "USD", self.time)
        await self.store.commit(Changes((Change(None, order),)))
        if self.chance.random() < 0.2:
            await self.say("refund.succeeded", payment_id=f"p{number}", refund_id="r0", amount=40)
        paid = {"total_amount": 400, "currency": "USD", "metadata": {"order_id": order.id}}
        await self.say("payment.succeeded", payment_id=f"p{number}", **paid)
        self.payments.append(f"p{number}")
        self.granted += 100

    async def refund(self) -> None:
        payment, cents = self.chance.choice(self.payments), self.chance.randint(1, 400)
        refund = f"r{self.number()}"
        await self.say("refund.succeeded", payment_id=payment, refund_id=refund, amount=cents)

    async def dispute(self) -> None:
        payment, dispute = self.chance.choice(self.payments), f"d{self.number()}"
        self.disputes.append((dispute, payment))
        await self.say("dispute.opened", payment_id=payment, dispute_id=dispute)

    async def end_dispute(self) -> None:
        if self.disputes:
            dispute, payment = self.chance.choice(self.disputes)
            outcome = self.chance.choice(("won", "won", "won", "lost", "challenged"))
            await self.say(f"dispute.{outcome}", payment_id=payment, dispute_id=dispute)

    async def repeat(self) -> None:
        old, anew = self.chance.choice(self.sent), self.chance.random() < 0.5
        envelope = Envelope(old.body, f"msg-{self.number()}", "", "") if anew else old
        process = self.process
        received = await self.insisting(lambda: process.receive(envelope))
        assert received.duplicate or anew

    async def hold(self) -> None:
        name, owner, amount = f"holds/{self.number()}", self.owner, self.chance.randint(10, 60)
        process = self.process
        if await self.insisting(lambda: process.hold(owner, name, amount)) is not None:
            self.holds.append((name, owner))

    async def resolve(self) -> None:
        if self.holds:
            name, owner = self.chance.choice(self.holds[-3:])
            amount = self.chance.choice((None, self.chance.randint(1, 60)))
            process = self.process
            await self.insisting(lambda: process.resolve(name, owner, amount))

    async def give(self) -> None:
        request, owner, amount = f"g{self.number()}", self.owner, self.chance.randint(1, 30)
        process = self.process
        await self.insisting(lambda: process.grant(owner, request, amount))
        self.granted += amount

    async def claim(self) -> None:
        request = f"c{self.number()}"
        source, target = self.chance.choice((OWNERS, OWNERS[::-1]))
        process = self.process
        await self.insisting(lambda: process.claim(source, target, request))

    async def pass_time(self) -> None:
        self.time += timedelta(minutes=self.chance.choice((1, 5, 16)))
        process = self.process
        await self.insisting(process.expire)

    async def check(self) -> None:
        assert (await AuditLedger(self.store)()).violations == ()
        keys: list[Key[Record]] = [AccountKey(owner) for owner in OWNERS]
        keys += [PaymentKey(id_) for id_ in self.payments]
        keys += [HoldKey(name) for name, _ in self.holds]
        found = list((await self.store.load(keys)).values())
        accounts = [one for one in found if isinstance(one, Account)]
        assert all(account.is_sound() for account in accounts)
        there = sum(one.credits_available + one.credits_held - one.credits_owed for one in accounts)
        disputed = sum(lot.disputed for account in accounts for lot in account.lots)
        used = sum(one.credits_captured for one in found if isinstance(one, Hold))
        taken_back = sum(one.credits_reversed for one in found if isinstance(one, Payment))
        assert there + disputed + used + taken_back == self.granted


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    match request.param:
        case "memory":
            yield MemoryStore()
        case "sqlite":
            async with sqlite.opened(tmp_path / "billing.sqlite") as opened:
                yield opened
        case "postgres":
            async with postgres.connected(request.getfixturevalue("billing_database")) as connected:
                yield connected


@pytest.mark.parametrize("seed", range(WALKS_COUNT))
async def test_whatever_is_bought_used_and_taken_back_nothing_is_lost_or_made(
    store: Store, seed: int
) -> None:
    walk = Walk(store, seed)
    await walk.go()
    assert sum(walk.taken.values()) == STEPS_COUNT
