"""Quotes, holds and balances, and the rules they obey. Amounts are whole credits, times are UTC."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from metaextract_billing.domain import errors


@dataclass(frozen=True, slots=True)
class Operations:
    """What is done with a file besides reading its metadata."""

    embedding: bool = False
    ocr: bool = False
    forensics: bool = False

    def both(self, other: "Operations") -> "Operations":
        """Return the operations that stand in this value and in `other`."""
        return Operations(
            embedding=self.embedding and other.embedding,
            ocr=self.ocr and other.ocr,
            forensics=self.forensics and other.forensics,
        )


@dataclass(frozen=True, slots=True)
class Dimensions:
    """The size of an image in pixels, both greater than 0."""

    width_pixels: int
    height_pixels: int


@dataclass(frozen=True, slots=True)
class PriceBreakdown:
    """The parts of a price."""

    base: int
    embedding: int
    ocr: int
    forensics: int
    size: int
    size_bucket: str

    @property
    def credits(self) -> int:
        """The sum of the parts."""
        return self.base + self.embedding + self.ocr + self.forensics + self.size


@dataclass(frozen=True, slots=True)
class PricedFile:
    """What one file of a quote costs. `id` is the client's, unique within the quote."""

    id: str
    breakdown: PriceBreakdown


@dataclass(frozen=True, slots=True)
class Quote:
    """A price that is kept until `expire_time`, each file of it for one hold."""

    name: str
    account: str
    operations: Operations
    files: tuple[PricedFile, ...]
    create_time: datetime
    expire_time: datetime

    @property
    def credits_total(self) -> int:
        """The sum over all files."""
        return sum(file.breakdown.credits for file in self.files)

    def price_of(self, file_id: str, *, account: str, now: datetime) -> PriceBreakdown:
        """Return what `file_id` costs `account`, or raise why the quote cannot be honoured.

        Raises QUOTE_NOT_FOUND, QUOTE_EXPIRED, QUOTE_FILE_UNUSABLE. Whether another hold uses the file
        is known to the ledger alone.
        """
        if account != self.account:
            raise errors.quote_not_found(self.name)
        if self.expire_time <= now:
            raise errors.quote_expired(self.name)
        for file in self.files:
            if file.id == file_id:
                return file.breakdown
        raise errors.quote_file_unusable(self.name, file_id)


class Access(StrEnum):
    """What pays for an extraction."""

    UNMETERED = "unmetered"
    FREE_CHECK = "free_check"
    CREDITS = "credits"


class State(StrEnum):
    """The place of a hold in its life cycle."""

    HELD = "held"
    CAPTURED = "captured"
    RELEASED = "released"
    EXPIRED = "expired"


_NEXT: Final[dict[State, frozenset[State]]] = {
    State.HELD: frozenset({State.CAPTURED, State.RELEASED, State.EXPIRED}),
    State.CAPTURED: frozenset(),
    State.RELEASED: frozenset(),
    State.EXPIRED: frozenset(),
}
assert set(_NEXT) == set(State)  # noqa: S101 - a new state must say where it leads


@dataclass(frozen=True, slots=True)
class HoldOrder:
    """What was asked for when a hold was made; never changes.

    `request_id` is unique for its account. `fingerprint` stands for the body of the request, so that
    the id cannot be used for another one. `device` is None if no free check may pay.
    """

    name: str
    account: str
    request_id: str
    fingerprint: str
    device: str | None
    operations: Operations
    create_time: datetime
    expire_time: datetime


@dataclass(frozen=True, slots=True)
class QuotedFile:
    """A file of a quote that a hold uses up."""

    quote: str
    file_id: str


@dataclass(frozen=True, slots=True)
class Charge:
    """What a hold on a metered server takes: a free check if one is left, else `credits`."""

    credits: int
    free_checks_count_max: int
    quoted: QuotedFile | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """Credits, or a free check, set aside for one extraction. Changes return a new value."""

    order: HoldOrder
    access: Access
    credits_held: int = 0
    free_checks_used: int = 0
    state: State = State.HELD
    credits_captured: int = 0

    def answering(self, fingerprint: str) -> Self:
        """Return this hold if it was made for the same body, else raise IDEMPOTENCY_KEY_REUSED."""
        if fingerprint != self.order.fingerprint:
            raise errors.idempotency_key_reused(self.order.request_id)
        return self

    def at(self, now: datetime) -> Self:
        """Return this hold as it is at `now`: an open one whose time is over has expired."""
        is_due = self.state is State.HELD and self.order.expire_time <= now
        return self._to(State.EXPIRED) if is_due else self

    def captured(self, credits_delivered: int) -> Self:
        """Charge for what was delivered; doing so twice changes nothing.

        Raises HOLD_ALREADY_RESOLVED, CAPTURE_EXCEEDS_HOLD.
        """
        if self.state is State.CAPTURED and self.credits_captured == credits_delivered:
            return self
        after = self._to(State.CAPTURED)
        if credits_delivered > self.credits_held:
            raise errors.capture_exceeds_hold(self.order.name, self.credits_held)
        return replace(after, credits_captured=credits_delivered)

    def released(self) -> Self:
        """Give everything back; doing so twice changes nothing. Raises HOLD_ALREADY_RESOLVED."""
        if self.state in (State.RELEASED, State.EXPIRED):
            return self
        return self._to(State.RELEASED)

    def _to(self, state: State) -> Self:
        if state not in _NEXT[self.state]:
            raise errors.hold_already_resolved(self.order.name, self.state)
        return replace(self, state=state)


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account holds."""

    credits_available: int = 0
    credits_held: int = 0
