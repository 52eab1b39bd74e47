"""Messages about payments in any order and any multiplicity end in the balances of the ideal order.

Some commits are lost, before or after they are durable; then the message comes again.

`BILLING_PURCHASE_SEQUENCES` says how many sequences are generated; 10,000 are what is meant to be shown.
"""

import asyncio
import base64
import itertools
import json
import os
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook

from metaextract_billing.adapters.dodo.webhooks import DodoWebhooks
from metaextract_billing.adapters.storage.memory import MemoryStore
from metaextract_billing.application.accounts import ClaimCredits, GrantCredits
from metaextract_billing.application.adopting import AdoptOrder
from metaextract_billing.application.audit import AuditLedger
from metaextract_billing.application.book_keeping import account_id, account_of
from metaextract_billing.application.desk import Desk
from metaextract_billing.application.purchase_messages import ReceiveWebhook
from metaextract_billing.domain import errors
from metaextract_billing.domain.accounts import Account
from metaextract_billing.domain.holds import Access, Hold, State
from metaextract_billing.domain.models import Operations
from metaextract_billing.domain.payment_service import Envelope
from metaextract_billing.domain.purchases import Order, Pack, Payment
from metaextract_billing.domain.records import (
    AccountKey,
    Book,
    Change,
    Changes,
    HoldKey,
)
from metaextract_common.errors import ServiceError

SEQUENCES_COUNT = int(os.environ.get("BILLING_PURCHASE_SEQUENCES", "200"))
SECRET = "whsec_" + base64.b64encode(b"a secret of the tests, 32 bytes..").decode()
SIGNER, WEBHOOKS = Webhook(SECRET), DodoWebhooks([SECRET])
SECOND = timedelta(seconds=1)
OWNERS = ("session:a", "user:b")
CREDITS = 13
"""What one extraction costs."""
STARTER, PRO = ("starter", 100, 400), ("pro", 400, 1200)
ORDERS = {"o1": ("session:a", STARTER), "o2": ("session:a", PRO), "o3": ("user:b", STARTER)}
PAYMENTS = {"p1": "o1", "p2": "o2", "p3": "o3", "p4": None}
PACKS = {"starter": Pack("starter", "", "", 100, 400, "pdt")}
OF_THE_ORIGINAL = {
    "type": "credit_purchase",
    "product": "images_mvp",
    "pack": "starter",
    "credits": "100",
    "balance_id": account_id("user:b"),
}
"""What its checkouts said, which wrote no order."""
STRANGE = {
    "unknown": {"order_id": "nobody"},
    "none": {},
    "of another's balance": OF_THE_ORIGINAL | {"balance_id": account_id("user:c")},
    "at another price": OF_THE_ORIGINAL | {"credits": "400"},
}
DISPUTE_PATHS = (
    ("opened",),
    ("opened",),
    ("opened", "challenged"),
    ("opened", "won"),
    ("opened", "challenged", "won"),
    ("opened", "challenged", "lost"),
    ("opened", "accepted"),
    ("opened", "expired"),
    ("opened", "cancelled"),
)


@dataclass(frozen=True)
class Event:
    """What the payment service sends; `data` is the state of its subject at that time."""

    type: str
    data: Mapping[str, Any]

    @property
    def subject(self) -> str:
        return self.data["payment_id"]


@dataclass(frozen=True)
class Step:
    """Something an owner does before the messages that are mixed come in."""

    what: str
    owner: str
    amount: int


@dataclass(frozen=True)
class Story:
    """What happened: messages known at once, what owners did then, and messages in their true order."""

    first: tuple[Event, ...]
    steps: tuple[Step, ...]
    then: tuple[Event, ...]
    mixed: tuple[tuple[int, int], ...] = field(default=())
    """Indices into `then`, with the number of the message: the same number is the same message again."""
    crashes: tuple[str, ...] = ()
    """What happens to each commit of a message."""


def payment_event(id_: str, metadata: Mapping[str, str], cents: int, happened: str = "succeeded") -> Event:
    data = {
        "payment_id": id_,
        "status": happened,
        "total_amount": cents,
        "currency": "USD",
        "metadata": dict(metadata),
        "refunds": [],
        "disputes": [],
    }
    return Event(f"payment.{happened}", data)


def refund_event(payment: str, number: int, cents: int | None, happened: str = "succeeded") -> Event:
    data = {"payment_id": payment, "refund_id": f"r-{payment}-{number}", "status": happened, "amount": cents}
    return Event(f"refund.{happened}", data)


def dispute_event(payment: str, number: int, happened: str) -> Event:
    data = {
        "payment_id": payment,
        "dispute_id": f"d-{payment}-{number}",
        "dispute_status": f"dispute_{happened}",
    }
    return Event(f"dispute.{happened}", data)


@st.composite
def aftermaths(draw: st.DrawFn, payment: str, cents: int) -> list[Event]:
    """What becomes of one payment after it was made, in its true order."""
    strands: list[list[Event]] = []
    for number, amount in enumerate(draw(st.lists(st.integers(1, cents), max_size=2))):
        strands.append([refund_event(payment, number, amount)])
    if draw(st.integers(0, 5)) == 0:
        strands.append([refund_event(payment, 9, None)])
    if draw(st.integers(0, 5)) == 0:
        strands.append([refund_event(payment, 8, cents, "failed")])
    for number in range(draw(st.integers(0, 2))):
        path = draw(st.sampled_from(DISPUTE_PATHS))
        strands.append([dispute_event(payment, number, happened) for happened in path])
    events: list[Event] = []
    while strands:
        strand = strands[draw(st.integers(0, len(strands) - 1))]
        events.append(strand.pop(0))
        strands = [one for one in strands if one]
    return events


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Draw what happened, and an order in which the messages about it come in."""
    first: list[Event] = []
    then: list[Event] = []
    paid = draw(st.lists(st.sampled_from(sorted(PAYMENTS)), min_size=2, max_size=3, unique=True))
    for payment in paid:
        order = PAYMENTS[payment]
        cents = ORDERS[order][1][2] if order else PACKS["starter"].price_cents
        metadata = {"order_id": order} if order else OF_THE_ORIGINAL
        made = payment_event(payment, metadata, cents)
        (first if draw(st.integers(0, 3)) else then).append(made)
        if draw(st.integers(0, 3)) == 0:
            then.append(payment_event(payment, metadata, cents, "processing"))
        then += draw(aftermaths(payment, cents))
    if draw(st.integers(0, 3)) == 0:
        strange = draw(st.sampled_from(sorted(STRANGE)))
        then += [payment_event("p9", STRANGE[strange], 400), dispute_event("p9", 0, "opened")]
    kinds = st.sampled_from(("spend", "hold", "grant", "claim"))
    step = st.builds(Step, kinds, st.sampled_from(OWNERS), st.sampled_from((6, 3, 30)))
    steps = draw(st.lists(step, max_size=6))
    numbers = draw(st.permutations(range(len(then))))
    again = draw(st.lists(st.sampled_from(range(len(then))), max_size=6)) if then else []
    mixed = [(index, index) for index in numbers]
    for count, index in enumerate(again):
        # Sometimes the same message again, sometimes a new one that says the same.
        number = index if draw(st.booleans()) else 1000 + count
        mixed.insert(draw(st.integers(0, len(mixed))), (index, number))
    crashes = draw(st.lists(st.sampled_from(("none", "none", "before", "after")), max_size=8))
    return Story(tuple(first), tuple(steps), tuple(then), tuple(mixed), tuple(crashes))


class CrashingStore(MemoryStore):
    """Loses the commits that it is told to lose: before anything is durable, or on the way back."""

    crashes: Iterator[str] = iter(())

    async def commit(self, changes: Changes) -> None:
        crash = next(self.crashes, "none")
        if crash == "before":
            raise errors.ledger_unavailable()
        await super().commit(changes)
        if crash == "after":
            raise errors.ledger_unavailable()


class World:
    """Billing, as far as purchases go, on an empty store with three orders."""

    def __init__(self) -> None:
        self.time = datetime.now(UTC)
        self.store = CrashingStore()
        self.desk = desk = Desk(self.store)
        self.receive = ReceiveWebhook(desk, self.now, WEBHOOKS, AdoptOrder(self.store, self.now, PACKS))
        self.grant, self.claim = GrantCredits(desk, self.now), ClaimCredits(desk, self.now)
        self.requests = itertools.count()
        self.holds: list[Hold] = []

    def now(self) -> datetime:
        return self.time

    async def tell(
        self, story: Story, order: tuple[tuple[int, int], ...], crashes: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        rows = [
            Order(id_, owner, pack, credits_, cents, "USD", self.time)
            for id_, (owner, (pack, credits_, cents)) in ORDERS.items()
        ]
        await self.store.commit(Changes(tuple(Change(None, row) for row in rows)))
        await self.grant("user:b", "known", 1)
        for number, event in enumerate(story.first):
            self.time += SECOND
            await self.say(event, f"first-{number}")
        for step in story.steps:
            self.time += SECOND
            await self.act(step)
        self.store.crashes = iter(crashes)
        for index, number in order:
            await self.say(story.then[index], f"then-{number}")
            self.check()
        self.store.crashes = iter(())
        before = self.balances()
        for hold in self.holds:
            await self.resolve(hold, State.RELEASED)
        self.check()
        assert (await AuditLedger(self.store)()).violations == ()
        return {"with open holds": before, "without": self.balances()}

    async def say(self, event: Event, id_: str) -> None:
        body = {
            "business_id": "bus",
            "type": event.type,
            "timestamp": self.time.isoformat(),
            "data": event.data,
        }
        text = json.dumps(body)
        signature = SIGNER.sign(id_, self.time, text)
        stamp = str(int(self.time.timestamp()))
        envelope = Envelope(text.encode(), id_, stamp, signature)
        try:
            await self.receive(envelope)
        except ServiceError as error:
            if error.reason != "LEDGER_UNAVAILABLE":
                raise
            await self.say(event, id_)  # the payment service sends again

    async def act(self, step: Step) -> None:
        request = f"request-{next(self.requests)}"
        match step.what:
            case "grant":
                await self.grant(step.owner, request, step.amount * 20)
            case "claim":
                other = next(owner for owner in OWNERS if owner != step.owner)
                await self.claim(step.owner, other, request)
            case _:
                await self.use(step, request)

    async def use(self, step: Step, request: str) -> None:
        for number in range(step.amount):
            hold = await self.set_aside(step.owner, f"{request}-{number}")
            if hold is None:
                return
            if step.what == "spend":
                await self.resolve(hold, State.CAPTURED)
            else:
                self.holds.append(hold)

    async def set_aside(self, owner: str, request: str) -> Hold | None:
        hold = Hold(
            name=f"holds/{request}",
            account=owner,
            request=request,
            fingerprint="",
            operations=Operations(),
            create_time=self.time,
            expire_time=self.time + timedelta(minutes=15),
            access=Access.CREDITS,
        )

        def decide(book: Book) -> Hold:
            account, made = account_of(book, owner, self.time).held(hold, CREDITS, self.time)
            book.put(account)
            book.put(made)
            return made

        try:
            return await self.desk.carry_out([AccountKey(owner)], decide)
        except ServiceError as error:
            if error.reason in ("INSUFFICIENT_CREDITS", "ACCOUNT_OWES"):
                return None
            raise

    async def resolve(self, hold: Hold, state: State) -> None:
        def decide(book: Book) -> None:
            found = book.get(HoldKey(hold.name))
            assert found is not None
            account = account_of(book, hold.account, self.time)
            if state is State.CAPTURED:
                account, done = account.captured(found, CREDITS, self.time)
            else:
                account, done = account.released(found, state, self.time)
            book.put(account)
            book.put(done)

        await self.desk.carry_out([HoldKey(hold.name)], decide)

    def accounts(self) -> dict[str, Account]:
        return {one.owner: one for one in self.store._records.values() if isinstance(one, Account)}

    def check(self) -> None:
        granted = 0
        for owner, account in self.accounts().items():
            assert account.is_sound(), account
            lots = self.store._lots.get(owner, {}).values()
            assert all(lot.is_sound() for lot in lots)
            # What is owed is what was taken back after it was used, but for what was paid of it since.
            assert account.credits_owed == sum(lot.owed - lot.settled for lot in lots)
            granted += sum(lot.amount for lot in lots if lot.payment and lot.origin is None)
        payments = [one for one in self.store._records.values() if isinstance(one, Payment)]
        assert granted == sum(one.credits_granted for one in payments)
        for one in payments:
            assert one.credits_reversed <= one.credits_granted

    def balances(self) -> dict[str, Any]:
        said: dict[str, Any] = {}
        for owner, account in self.accounts().items():
            lots = self.store._lots.get(owner, {}).values()
            said[owner] = (
                account.credits_available,
                account.credits_held,
                account.credits_owed,
                sum(lot.disputed for lot in lots),
                sum(lot.consumed for lot in lots),
                sum(lot.reversed + lot.owed for lot in lots),
            )
        for record in self.store._records.values():
            if isinstance(record, Payment):
                said[record.id] = (record.credits_granted, record.credits_reversed, record.parked)
            elif isinstance(record, Order):
                said[record.id] = record.payment
            elif isinstance(record, Hold):
                assert HoldKey(record.name) in self.store._records
        return said


@pytest.mark.timeout(1800)
@given(story=stories())
@settings(
    max_examples=SEQUENCES_COUNT,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a story is short, and shrinking one takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
def test_any_order_and_multiplicity_of_messages_ends_in_the_balances_of_the_true_order(story: Story) -> None:
    def end(order: tuple[tuple[int, int], ...], crashes: tuple[str, ...] = ()) -> dict[str, Any]:
        # Lots that were claimed at one moment burn in the order of their ids: the same in both worlds.
        numbers = itertools.count()
        with mock.patch("uuid.uuid4", side_effect=lambda: uuid.UUID(int=next(numbers))):
            return asyncio.run(World().tell(story, order, crashes))

    true_order = tuple((index, index) for index in range(len(story.then)))

    assert end(story.mixed, story.crashes) == end(true_order)
