"""What billing needs from the payment service, and what it hears from it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from metaextract_billing.domain.purchases import Order, PaymentFacts, SubscriptionFacts

Facts: TypeAlias = PaymentFacts | SubscriptionFacts | None
"""What a message says, as far as it means anything to billing."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message as it was received. A header that did not come is empty."""

    body: bytes
    id: str
    timestamp: str
    signature: str


@dataclass(frozen=True, slots=True)
class Message:
    """A message that the payment service has proved to be its own; `time`: when what it tells happened."""

    id: str
    event_type: str
    time: datetime
    facts: Facts


@dataclass(frozen=True, slots=True)
class CheckoutSession:
    """A page on which an order can be paid."""

    id: str
    url: str


class Webhooks(Protocol):
    """Recognises messages of the payment service."""

    def opened(self, envelope: Envelope, now: datetime) -> Message:
        """Return what a message says, once its signature over the raw bytes is verified.

        Raises WEBHOOK_SECRET_MISSING, WEBHOOK_SIGNATURE_INVALID, WEBHOOK_EXPIRED, WEBHOOK_UNREADABLE.
        """
        ...


class PaymentService(Protocol):
    """Makes checkout sessions and knows payments and subscriptions.

    Every method raises PAYMENTS_NOT_CONFIGURED, PAYMENT_SERVICE_UNAVAILABLE, PAYMENT_SERVICE_REFUSED.
    """

    async def check_out(
        self, order: Order, balance_id: str, email: str | None, return_url: str
    ) -> CheckoutSession:
        """Return a new session for an order. A session that nobody uses costs nothing."""
        ...

    async def payment(self, id_: str) -> PaymentFacts:
        """Return what the service knows of a payment now. Raises PAYMENT_NOT_FOUND."""
        ...

    async def cancel_subscription(self, id_: str, now: datetime) -> SubscriptionFacts:
        """Cancel a subscription, for good; again changes nothing. Raises SUBSCRIPTION_NOT_FOUND."""
        ...
