"""Taking in what the payment service says of payments and subscriptions, once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from metaextract_billing.application.adopting import AdoptOrder
from metaextract_billing.application.book_keeping import account_of
from metaextract_billing.application.desk import Desk
from metaextract_billing.domain import errors
from metaextract_billing.domain.payment_service import Envelope, Facts, PaymentService, Webhooks
from metaextract_billing.domain.ports import Clock, Store
from metaextract_billing.domain.purchases import (
    Order,
    Payment,
    PaymentFacts,
    Subscription,
    SubscriptionFacts,
    WebhookReceipt,
)
from metaextract_billing.domain.reconciliation import lots_of, reconciled
from metaextract_billing.domain.records import (
    AccountKey,
    Book,
    Key,
    OrderKey,
    PaymentKey,
    Record,
    SubscriptionKey,
    WebhookKey,
)

REFUND_WINDOW: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Received:
    """A message that was noted, now or, if it is a duplicate, before.

    `lag`: the time from what it tells until now.
    """

    event_type: str
    duplicate: bool
    lag: timedelta


@dataclass(frozen=True, slots=True)
class ReceiveWebhook:
    """Takes a message in: its receipt and its effect are one commit."""

    desk: Desk
    now: Clock
    webhooks: Webhooks
    adopt: AdoptOrder

    async def __call__(self, envelope: Envelope) -> Received:
        """Return whether the message is new. Raises what `Webhooks` raises."""
        now = self.now()
        message = self.webhooks.opened(envelope, now)
        order = await self.adopt(message.facts)

        def decide(book: Book) -> Received:
            known = book.get(WebhookKey(message.id)) is not None
            if not known:
                book.put(WebhookReceipt(message.id, message.event_type, now))
                _take_in(book, message.facts, now, order)
            return Received(message.event_type, duplicate=known, lag=now - message.time)

        keys = [WebhookKey(message.id), *_keys_of(message.facts, order)]
        return await self.desk.carry_out_afresh(keys, decide)


@dataclass(frozen=True, slots=True)
class ConfirmPayment:
    """Asks for a payment, and takes the answer in as if it had come by itself."""

    desk: Desk
    now: Clock
    payments: PaymentService
    adopt: AdoptOrder

    async def __call__(self, id_: str) -> Payment:
        """Return the payment. Raises PAYMENT_NOT_FOUND, PAYMENT_NOT_SUCCEEDED."""
        facts = await self.payments.payment(id_)
        if not facts.succeeded:
            raise errors.payment_not_succeeded(id_, facts.status)
        order = await self.adopt(facts)
        return await self.desk.carry_out_afresh(
            _keys_of(facts, order), lambda book: _take_in_payment(book, facts, self.now(), order)
        )


@dataclass(frozen=True, slots=True)
class RefundCheck:
    """Whether a payment may be refunded, and why."""

    credits_granted: int
    credits_remaining: int
    create_time: datetime
    age: timedelta

    @property
    def is_within_window(self) -> bool:
        """Whether it is at most seven days old."""
        return self.age <= REFUND_WINDOW

    @property
    def is_unused(self) -> bool:
        """Whether every credit of it can still be spent."""
        return self.credits_remaining == self.credits_granted

    @property
    def is_eligible(self) -> bool:
        """Whether the refund policy allows it."""
        return self.is_within_window and self.is_unused


@dataclass(frozen=True, slots=True)
class CheckRefund:
    """Applies the refund policy: within seven days, unused packs only."""

    desk: Desk
    now: Clock

    async def __call__(self, id_: str) -> RefundCheck:
        """Return what the policy says of a payment. Raises PAYMENT_NOT_FOUND."""
        now = self.now()

        def decide(book: Book) -> RefundCheck:
            payment = book.get(PaymentKey(id_))
            if payment is None or not payment.credits_granted:
                raise errors.payment_not_found(id_)
            accounts = {owner: account_of(book, owner, now) for owner in book.owners()}
            for account in accounts.values():
                book.put(account)
            lots = [lot for _, lot in lots_of(id_, accounts)]
            # The lots that were claimed carry the time of the first one.
            made = min(lot.create_time for lot in lots)
            remaining = sum(lot.remaining for lot in lots)
            return RefundCheck(payment.credits_granted, remaining, made, now - made)

        return await self.desk.carry_out_afresh([PaymentKey(id_)], decide)


@dataclass(frozen=True, slots=True)
class ListParkedPayments:
    """Lists payments that granted nothing, so that somebody looks at them."""

    store: Store

    async def __call__(self, after_id: str, count_max: int) -> Sequence[Payment]:
        """Return those beyond `after_id`, in the order of their ids, at most `count_max`."""
        return await self.store.parked_payments(after_id, count_max)


@dataclass(frozen=True, slots=True)
class GetSubscription:
    """Returns the newest that is known of a subscription."""

    desk: Desk

    async def __call__(self, id_: str, owner: str | None) -> Subscription:
        """Return a subscription of `owner`, of anybody without one. Raises SUBSCRIPTION_NOT_FOUND."""
        key = SubscriptionKey(id_)
        found = await self.desk.carry_out_afresh([key], lambda book: book.get(key))
        if found is None or (owner is not None and found.owner != owner):
            raise errors.subscription_not_found(id_)
        return found


@dataclass(frozen=True, slots=True)
class CancelSubscription:
    """Cancels a subscription at the payment service."""

    desk: Desk
    now: Clock
    payments: PaymentService

    async def __call__(self, id_: str, owner: str | None) -> Subscription:
        """Return the subscription, cancelled. Raises SUBSCRIPTION_NOT_FOUND."""
        await GetSubscription(self.desk)(id_, owner)
        now = self.now()
        facts = await self.payments.cancel_subscription(id_, now)
        return await self.desk.carry_out_afresh(
            _keys_of(facts), lambda book: _take_in_subscription(book, facts, now)
        )


def _keys_of(facts: Facts, adopted: Order | None = None) -> list[Key[Record]]:
    keys: list[Key[Record]] = []
    if adopted is not None:
        keys += [OrderKey(adopted.id), AccountKey(adopted.owner)]
    match facts:
        case PaymentFacts():
            keys.append(PaymentKey(facts.id))
            if facts.order is not None:
                keys.append(OrderKey(facts.order))
        case SubscriptionFacts():
            keys.append(SubscriptionKey(facts.id))
        case None:
            pass
    return keys


def _take_in(book: Book, facts: Facts, now: datetime, adopted: Order | None) -> None:
    match facts:
        case PaymentFacts():
            _take_in_payment(book, facts, now, adopted)
        case SubscriptionFacts():
            _take_in_subscription(book, facts, now)
        case None:
            pass


def _take_in_payment(book: Book, facts: PaymentFacts, now: datetime, adopted: Order | None) -> Payment:
    payment = (book.get(PaymentKey(facts.id)) or Payment(facts.id, now)).told(facts)
    order = book.get(OrderKey(payment.order)) if payment.order else None
    if adopted is not None and payment.order is None and payment.parked is None:
        payment, order = replace(payment, order=adopted.id), adopted
    owners = book.owners() | ({order.owner} if order else set())
    accounts = {owner: account_of(book, owner, now) for owner in sorted(owners)}
    done = reconciled(payment, order, accounts, now)
    book.put(done.payment)
    if done.order is not None:
        book.put(done.order)
    for account in done.accounts.values():
        if account.posted or book.get(AccountKey(account.owner)) is not None:
            book.put(account)
    for happening in done.happenings:
        book.publish(happening.name, happening.attributes)
    return done.payment


def _take_in_subscription(book: Book, facts: SubscriptionFacts, now: datetime) -> Subscription:
    known = book.get(SubscriptionKey(facts.id)) or Subscription(facts.id, now)
    after = known.told(facts)
    book.put(after)
    if after.status != known.status:
        book.publish(f"subscription.{after.status}", {})
    return after
