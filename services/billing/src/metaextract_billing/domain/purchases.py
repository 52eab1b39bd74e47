"""Purchases: orders, and what is known of payments, refunds, disputes and subscriptions.

What is known only grows: a fact is added or replaced by one of a higher rank, never withdrawn. So the order
in which messages about a payment arrive, and how often each does, makes no difference to what is known in the
end.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

CHECKOUT_LIFETIME: Final = timedelta(hours=24)
"""The payment service forgets a checkout session after this time."""
WHOLE_PAYMENT_CENTS: Final = 2**31 - 1
"""Stands for everything that was paid, in a refund that does not say how much it is."""


@dataclass(frozen=True, slots=True)
class Pack:
    """Credits that are sold together; `price_cents` in the smallest unit of `currency` (ISO 4217).

    `product` is its id at the payment service.
    """

    id: str
    name: str
    description: str
    credits: int
    price_cents: int
    product: str
    currency: str = "USD"


@dataclass(frozen=True, slots=True)
class Order:
    """A pack that somebody is about to buy; written before the payment service hears of it.

    `price_cents` in the smallest unit of `currency` (ISO 4217). `payment` is the one that granted its
    credits.
    """

    id: str
    owner: str
    pack: str
    credits: int
    price_cents: int
    currency: str
    create_time: datetime
    version: int = field(default=0, compare=False)
    checkout_session: str | None = None
    checkout_url: str | None = None
    payment: str | None = None
    product: str = ""
    """Id of the pack at the payment service when it was ordered."""
    checkout_time: datetime | None = None
    """When the checkout session was made."""

    def has_checkout(self, now: datetime) -> bool:
        """Whether there is a checkout session that the payment service still knows."""
        made = self.checkout_time
        return self.checkout_session is not None and made is not None and now - made < CHECKOUT_LIFETIME


class DisputeState(StrEnum):
    """What became of a dispute, in ascending rank."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


DISPUTE_RANKS: Final = {state: rank for rank, state in enumerate(DisputeState)}


@dataclass(frozen=True, slots=True)
class Refund:
    """Money that went back, in the smallest unit of the payment's currency."""

    id: str
    amount_cents: int


@dataclass(frozen=True, slots=True)
class Dispute:
    """A buyer's bank asks for the money back."""

    id: str
    state: DisputeState


@dataclass(frozen=True, slots=True)
class NamedPurchase:
    """What a payment is for that names no order: the original system wrote none, but said what was bought."""

    account_id: str
    pack: str
    credits: str


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """What one message says of a payment. `status` is the payment service's word for its state.

    Order, purchase, amount, currency and products are None or empty unless the message says that it
    succeeded; it names an order or a purchase, and not both.
    """

    id: str
    succeeded: bool = False
    status: str = ""
    order: str | None = None
    subscription: str | None = None
    amount_cents: int = 0
    currency: str = ""
    products: tuple[str, ...] = ()
    refunds: tuple[Refund, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    purchase: NamedPurchase | None = None


class Parked(StrEnum):
    """Why a payment that succeeded never grants credits. Somebody has to look at it."""

    ORDER_MISSING = "order_missing"
    """It names no order: it was not made through a checkout of ours."""
    ORDER_UNKNOWN = "order_unknown"
    """It names an order that we never wrote."""
    ORDER_ALREADY_PAID = "order_already_paid"
    """Another payment of the same order was quicker."""
    AMOUNT_TOO_SMALL = "amount_too_small"
    CURRENCY_DIFFERS = "currency_differs"
    PRODUCT_DIFFERS = "product_differs"
    SUBSCRIPTION = "subscription"
    """It pays for a subscription, which grants no credits."""


@dataclass(frozen=True, slots=True)
class Payment:
    """All that is known of one payment, in whatever order it became known.

    Until `succeeded`, and as long as `order` is unknown, refunds and disputes of it only wait here.
    `credits_granted` is 0 until its order got its credits from it; `parked` says why it never will.
    `credits_reversed` of them were taken back so far, or are owed.
    """

    id: str
    create_time: datetime
    version: int = field(default=0, compare=False)
    succeeded: bool = False
    order: str | None = None
    subscription: str | None = None
    amount_cents: int = 0
    currency: str = ""
    refunds: tuple[Refund, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    credits_granted: int = 0
    credits_reversed: int = 0
    parked: str | None = None
    products: tuple[str, ...] = ()

    @property
    def is_disputed(self) -> bool:
        """Whether a dispute of it is open and none was lost."""
        states = {dispute.state for dispute in self.disputes}
        return DisputeState.OPEN in states and DisputeState.LOST not in states

    @property
    def is_to_be_looked_at(self) -> bool:
        """Whether it granted nothing, and somebody may have expected that it does."""
        return self.parked not in (None, Parked.SUBSCRIPTION)

    @property
    def is_lost(self) -> bool:
        """Whether a dispute of it was lost, and with it all that was paid."""
        return any(dispute.state is DisputeState.LOST for dispute in self.disputes)

    @property
    def credits_refunded(self) -> int:
        """The share of its credits that the refunds stand for; a part of a credit counts whole."""
        refunded = min(sum(refund.amount_cents for refund in self.refunds), self.amount_cents)
        if not self.amount_cents:
            return self.credits_granted if self.refunds else 0
        return -(-self.credits_granted * refunded // self.amount_cents)

    def told(self, facts: PaymentFacts) -> Self:
        """Return the payment with what a message says added to what was known."""
        return replace(
            self,
            succeeded=self.succeeded or facts.succeeded,
            order=self.order or facts.order,
            subscription=self.subscription or facts.subscription,
            amount_cents=max(self.amount_cents, facts.amount_cents),
            currency=self.currency or facts.currency,
            products=self.products or facts.products,
            refunds=_refunds(self.refunds + facts.refunds),
            disputes=_disputes(self.disputes + facts.disputes),
        )


@dataclass(frozen=True, slots=True)
class WebhookReceipt:
    """A message of the payment service that had its effect; kept so that it never has it twice."""

    id: str
    event_type: str
    receive_time: datetime
    version: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class SubscriptionFacts:
    """What one message says of a subscription, as of `time`."""

    id: str
    time: datetime
    status: str
    owner: str | None = None
    customer: str | None = None
    product: str = ""
    period_start_time: datetime | None = None
    period_end_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """The newest that is known of a subscription, by the time the payment service gave it."""

    id: str
    create_time: datetime
    version: int = field(default=0, compare=False)
    owner: str | None = None
    customer: str | None = None
    product: str = ""
    status: str = "pending"
    status_time: datetime | None = None
    period_start_time: datetime | None = None
    period_end_time: datetime | None = None

    def told(self, facts: SubscriptionFacts) -> Self:
        """Return the subscription as the newer of what was known and what a message says.

        Of two messages of one moment that with the greater status counts, so that their order makes no
        difference.
        """
        if self.status_time is not None and (self.status_time, self.status) > (facts.time, facts.status):
            return self
        return replace(
            self,
            owner=facts.owner or self.owner,
            customer=facts.customer or self.customer,
            product=facts.product or self.product,
            status=facts.status,
            status_time=facts.time,
            period_start_time=facts.period_start_time,
            period_end_time=facts.period_end_time,
        )


def _refunds(all_of_them: Iterable[Refund]) -> tuple[Refund, ...]:
    """Keep each refund once, with the largest amount that was told."""
    known: dict[str, Refund] = {}
    for refund in all_of_them:
        before = known.get(refund.id, refund)
        known[refund.id] = max(before, refund, key=lambda one: one.amount_cents)
    return tuple(known[id_] for id_ in sorted(known))


def _disputes(all_of_them: Iterable[Dispute]) -> tuple[Dispute, ...]:
    """Keep each dispute once, in the state of the highest rank."""
    known: dict[str, Dispute] = {}
    for dispute in all_of_them:
        before = known.get(dispute.id, dispute)
        known[dispute.id] = max(before, dispute, key=lambda one: DISPUTE_RANKS[one.state])
    return tuple(known[id_] for id_ in sorted(known))
