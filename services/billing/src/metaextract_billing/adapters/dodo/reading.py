"""What DodoPayments says -> domain facts.

Only fields that mean something to billing are looked at, so that a new field, a new currency or a missing one
that nobody needs never costs a payment. An event carries the state of its subject when it was delivered,
which may be later than what its type says; so the state counts, and the type only if there is none.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from metaextract_billing.domain import errors
from metaextract_billing.domain.payment_service import Facts, Message
from metaextract_billing.domain.purchases import (
    WHOLE_PAYMENT_CENTS,
    Dispute,
    DisputeState,
    NamedPurchase,
    PaymentFacts,
    Refund,
    SubscriptionFacts,
)

ORDER_KEY: Final = "order_id"
OWNER_KEY: Final = "account"
SUCCEEDED: Final = "succeeded"
DISPUTE_STATES: Final = {
    "dispute_opened": DisputeState.OPEN,
    "dispute_challenged": DisputeState.OPEN,
    "dispute_won": DisputeState.WON,
    "dispute_cancelled": DisputeState.WON,
    "dispute_lost": DisputeState.LOST,
    "dispute_accepted": DisputeState.LOST,
    # The time to answer passed. "Typically resolves against you", the documentation says, so this is not yet
    # the end of it: the credits stay frozen until `won` or `lost` comes, because what is taken back stays so.
    "dispute_expired": DisputeState.OPEN,
}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Event(_Part):
    type: str = Field(default="unknown", min_length=1, max_length=100)
    timestamp: AwareDatetime | None = None
    data: dict[str, Any] = Field(default_factory=dict)


class _Product(_Part):
    product_id: str


class _Refund(_Part):
    refund_id: str
    payment_id: str
    status: str | None = None
    amount: int | None = Field(default=None, ge=0)
    is_partial: bool = False


class _Dispute(_Part):
    dispute_id: str
    payment_id: str
    dispute_status: str | None = None


class _Payment(_Part):
    payment_id: str
    status: str | None = None
    total_amount: int | None = Field(default=None, ge=0)
    currency: str | None = None
    metadata: dict[str, str | float | bool] | None = None
    product_cart: list[_Product] | None = None
    subscription_id: str | None = None
    subscription_ids: list[str] | None = None
    refunds: list[_Refund] | None = None
    disputes: list[_Dispute] | None = None


class _Customer(_Part):
    customer_id: str | None = None


class _Subscription(_Part):
    subscription_id: str
    status: str = Field(max_length=50)
    product_id: str | None = None
    customer: _Customer | None = None
    metadata: dict[str, str | float | bool] | None = None
    previous_billing_date: datetime | None = None
    next_billing_date: datetime | None = None


def message_from_json(id_: str, body: bytes, sent: datetime) -> Message:
    """Read a message, and what it says if it is of a kind that means something to billing.

    `sent`: its time if it tells none. Raises WEBHOOK_UNREADABLE.
    """
    try:
        event = _Event.model_validate_json(body)
        time = event.timestamp or sent
        return Message(id_, event.type, time, _facts(event, time))
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise errors.webhook_unreadable(place or "body") from error


def payment_from_json(data: Mapping[str, Any]) -> PaymentFacts:
    """Read a payment. Raises pydantic's ValidationError."""
    return _payment_facts(_Payment.model_validate(data), SUCCEEDED if data.get("status") is None else "")


def subscription_from_json(data: Mapping[str, Any], time: datetime) -> SubscriptionFacts:
    """Read a subscription as of `time`. Raises pydantic's ValidationError."""
    found = _Subscription.model_validate(data)
    owner = (found.metadata or {}).get(OWNER_KEY)
    return SubscriptionFacts(
        id=found.subscription_id,
        time=time,
        status=found.status,
        owner=str(owner) if owner is not None else None,
        customer=found.customer.customer_id if found.customer else None,
        product=found.product_id or "",
        period_start_time=found.previous_billing_date,
        period_end_time=found.next_billing_date,
    )


def _facts(event: _Event, time: datetime) -> Facts:
    """Dispatch on the type alone: what an unknown one carries is anybody's guess."""
    subject, _, happened = event.type.partition(".")
    match subject:
        case "payment":
            return _payment_facts(_Payment.model_validate(event.data), happened)
        case "refund":
            refund = _Refund.model_validate(event.data)
            return PaymentFacts(refund.payment_id, refunds=_refunds([refund], happened))
        case "dispute":
            dispute = _Dispute.model_validate(event.data)
            return PaymentFacts(dispute.payment_id, disputes=_disputes([dispute], happened))
        case "subscription":
            return subscription_from_json(event.data, time)
        case _:
            return None


def _payment_facts(payment: _Payment, happened: str) -> PaymentFacts:
    status = payment.status or happened
    known = PaymentFacts(
        payment.payment_id,
        status=status,
        refunds=_refunds(payment.refunds or (), ""),
        disputes=_disputes(payment.disputes or (), ""),
    )
    if status != SUCCEEDED:
        return known
    metadata = payment.metadata or {}
    order = metadata.get(ORDER_KEY)
    subscriptions = [payment.subscription_id, *(payment.subscription_ids or ())]
    return PaymentFacts(
        payment.payment_id,
        succeeded=True,
        status=status,
        order=str(order) if order is not None else None,
        subscription=next((id_ for id_ in subscriptions if id_), None),
        amount_cents=payment.total_amount or 0,
        currency=payment.currency or "",
        products=tuple(product.product_id for product in payment.product_cart or ()),
        refunds=known.refunds,
        disputes=known.disputes,
        purchase=_purchase(metadata) if order is None else None,
    )


def _purchase(metadata: Mapping[str, str | float | bool]) -> NamedPurchase | None:
    """Read what checkouts of the original system say (§5.7 of its contract)."""
    if metadata.get("type") != "credit_purchase":
        return None
    return NamedPurchase(*(str(metadata.get(name, "")) for name in ("balance_id", "pack", "credits")))


def _refunds(refunds: Sequence[_Refund], happened: str) -> tuple[Refund, ...]:
    """Read the refunds that were made; one that does not say how much, nor that it is partial, is of all."""
    made = (refund for refund in refunds if (refund.status or happened) == SUCCEEDED)
    return tuple(Refund(refund.refund_id, _refunded_cents(refund)) for refund in made)


def _refunded_cents(refund: _Refund) -> int:
    if refund.amount is not None:
        return refund.amount
    return 0 if refund.is_partial else WHOLE_PAYMENT_CENTS


def _disputes(disputes: Sequence[_Dispute], happened: str) -> tuple[Dispute, ...]:
    states = ((one.dispute_id, one.dispute_status or f"dispute_{happened}") for one in disputes)
    return tuple(Dispute(id_, DISPUTE_STATES.get(state, DisputeState.OPEN)) for id_, state in states)
