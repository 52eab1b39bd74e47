"""Payments whose order the original system made, and never wrote (§5.7, §5.8 of its contract)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from metaextract_billing.adapters.storage.memory import MemoryStore
from metaextract_billing.application.accounts import GetBalance, GrantCredits
from metaextract_billing.application.adopting import AdoptOrder
from metaextract_billing.application.audit import AuditLedger
from metaextract_billing.application.book_keeping import account_id
from metaextract_billing.application.desk import Desk
from metaextract_billing.application.purchase_messages import ConfirmPayment, ReceiveWebhook
from metaextract_billing.domain.payment_service import Envelope, Message
from metaextract_billing.domain.purchases import (
    Dispute,
    DisputeState,
    NamedPurchase,
    Pack,
    Payment,
    PaymentFacts,
    Refund,
)
from metaextract_billing.domain.records import PaymentKey

OWNER, NEWCOMER = "session:s1", "session:s2"
PACKS = {
    "starter": Pack("starter", "", "", 100, 400, "pdt"),
    "pro": Pack("pro", "", "", 400, 1200, "pdt_pro"),
}
FACTS = PaymentFacts(
    "pay_1",
    True,
    "succeeded",
    amount_cents=400,
    currency="USD",
    products=("pdt",),
    purchase=NamedPurchase(account_id(OWNER), "starter", "100"),
)


class Billing:
    """Billing that knows one account, which holds one credit; `facts` are what the payment service tells."""

    def __init__(self) -> None:
        self.facts = FACTS
        self.store = MemoryStore()
        self.desk = Desk(self.store)
        adopt = AdoptOrder(self.store, self.now, PACKS)
        self.receive = ReceiveWebhook(self.desk, self.now, self, adopt)
        self.confirm = ConfirmPayment(self.desk, self.now, self, adopt)  # type: ignore[arg-type] - half of it

    def now(self) -> datetime:
        return datetime(2026, 11, 23, 12, tzinfo=UTC)

    def opened(self, envelope: Envelope, now: datetime) -> Message:
        return Message(envelope.id, "payment.succeeded", now - timedelta(seconds=1), self.facts)

    async def payment(self, id_: str) -> PaymentFacts:
        return self.facts

    async def told(self, id_: str = "m1", **changes: Any) -> Payment:
        self.facts = replace(FACTS, **changes)
        await self.receive(Envelope(b"", id_, "", ""))
        found = (await self.store.load([PaymentKey(FACTS.id)]))[PaymentKey(FACTS.id)]
        assert isinstance(found, Payment)
        return found

    async def credits(self, owner: str = OWNER) -> tuple[int, int]:
        balance = await GetBalance(self.desk, self.now, metered=True)(owner)
        return balance.credits_available, balance.credits_owed


@pytest.fixture
async def billing() -> Billing:
    made = Billing()
    await GrantCredits(made.desk, made.now)(OWNER, "known", 1)
    return made


async def test_a_payment_of_the_original_credits_the_account_that_it_names_once(billing: Billing) -> None:
    first = await billing.told("m1")
    again = await billing.told("m2")
    confirmed = await billing.confirm("pay_1")

    assert first.credits_granted == again.credits_granted == confirmed.credits_granted == 100
    assert first.order == again.order is not None
    assert await billing.credits() == (101, 0)
    assert (await AuditLedger(billing.store)()).violations == ()


async def test_asking_for_the_payment_credits_it_as_well(billing: Billing) -> None:
    assert (await billing.confirm("pay_1")).credits_granted == 100
    assert (await billing.told()).credits_granted == 100
    assert await billing.credits() == (101, 0)


async def test_what_went_back_before_the_payment_was_known_is_taken_off(billing: Billing) -> None:
    known = {"succeeded": False, "amount_cents": 0, "currency": "", "products": (), "purchase": None}
    await billing.told("m1", **known, refunds=(Refund("r", 200),))
    await billing.told("m2")

    assert await billing.credits() == (51, 0)
    await billing.told("m3", **known, disputes=(Dispute("d", DisputeState.LOST),))
    assert await billing.credits() == (1, 0)
    assert (await AuditLedger(billing.store)()).violations == ()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"amount_cents": 399}, "less was paid than the pack costs"),
        ({"amount_cents": 0}, "nothing is said of what was paid"),
        ({"currency": "INR"}, "something else was paid"),
        ({"products": ("pdt_cheap",)}, "something else was bought"),
        ({"subscription": "sub_1"}, "it is for a subscription"),
        ({"purchase": None}, "it names no purchase"),
        ({"order": "of another system", "purchase": None}, "it names an order that is not ours"),
        ({"purchase": NamedPurchase(account_id(OWNER), "pro", "400")}, "the pack costs more"),
        ({"purchase": NamedPurchase(account_id(OWNER), "starter", "400")}, "another number was promised"),
        ({"purchase": NamedPurchase(account_id(OWNER), "gold", "100")}, "no such pack is sold"),
        ({"purchase": NamedPurchase(account_id(NEWCOMER), "starter", "100")}, "the account is not known"),
        ({"purchase": NamedPurchase("x", "starter", "100")}, "no account has such an id"),
        ({"purchase": NamedPurchase(OWNER, "starter", "100")}, "an owner is no id"),
    ],
)
async def test_a_payment_that_does_not_fit_credits_nobody_and_waits_for_somebody_to_look_at_it(
    billing: Billing, changes: dict[str, Any], why: str
) -> None:
    payment = await billing.told(**changes)

    assert (payment.credits_granted, payment.parked is not None) == (0, True), why
    assert await billing.credits() == (1, 0)
    assert (await AuditLedger(billing.store)()).violations == ()


async def test_what_somebody_has_to_look_at_is_not_credited_behind_their_back(billing: Billing) -> None:
    """Whoever looked at it may have granted the credits by hand."""
    purchase = NamedPurchase(account_id(NEWCOMER), "starter", "100")
    await billing.told("m1", purchase=purchase)
    await GrantCredits(billing.desk, billing.now)(NEWCOMER, "by hand", 100)

    payment = await billing.told("m2", purchase=purchase)

    assert payment.parked == "order_missing"
    assert await billing.credits(NEWCOMER) == (100, 0)
