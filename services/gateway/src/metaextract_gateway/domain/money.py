"""Quotes, balances and purchases as the gateway hands them on. It knows no price and no rule of money."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class StatedFile:
    """A file as its owner describes it before sending it. Dimensions in pixels; None if not stated."""

    id: str
    size_bytes: int
    width_pixels: int | None
    height_pixels: int | None


@dataclass(frozen=True, slots=True)
class PricedFile:
    """What one file would cost: the sum and its parts, in credits."""

    id: str
    credits: int
    base: int
    embedding: int
    ocr: int
    forensics: int
    size: int
    size_bucket: str


@dataclass(frozen=True, slots=True)
class Quote:
    """A price that is kept until `expire_time` (UTC). `id` is a UUID."""

    id: str
    files: tuple[PricedFile, ...]
    credits_total: int
    expire_time: datetime


@dataclass(frozen=True, slots=True)
class Balance:
    """What can be spent. `id` is a UUID that depends on the account alone."""

    id: str
    credits_available: int


@dataclass(frozen=True, slots=True)
class Pack:
    """Credits that are sold together; `price_cents` in the smallest unit of `currency` (ISO 4217)."""

    id: str
    name: str
    description: str
    credits: int
    price_cents: int
    currency: str
    product: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What is sold, cheapest first. `payable`: whether anybody takes the money."""

    packs: tuple[Pack, ...]
    payable: bool


@dataclass(frozen=True, slots=True)
class Order:
    """A pack that somebody is about to buy, at `checkout_url`."""

    checkout_url: str
    checkout_session: str


@dataclass(frozen=True, slots=True)
class Webhook:
    """A message of the payment service, byte for byte. A header that did not come is empty."""

    body: bytes
    id: str
    timestamp: str
    signature: str


@dataclass(frozen=True, slots=True)
class Payment:
    """What is known of a payment. `parked` says why it never grants credits; empty otherwise."""

    credits_granted: int
    parked: str


@dataclass(frozen=True, slots=True)
class Movement:
    """Credits that an account received, or, below 0, gave away for good. `number` counts within the account.

    `payment` is empty if no payment brought them.
    """

    number: int
    kind: str
    credits: int
    time: datetime
    payment: str


@dataclass(frozen=True, slots=True)
class Refund:
    """Whether a payment may be refunded, and why. Times in UTC."""

    eligible: bool
    credits_granted: int
    credits_remaining: int
    create_time: datetime
    within_window: bool
    unused: bool
    age: timedelta
    window: timedelta
