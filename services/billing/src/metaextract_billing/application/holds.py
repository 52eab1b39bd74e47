"""Setting aside what an extraction may cost, and charging it or giving it back."""

import hashlib
import json
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from metaextract_billing.domain.models import (
    Charge,
    Dimensions,
    Hold,
    HoldOrder,
    Operations,
    QuotedFile,
    State,
)
from metaextract_billing.domain.ports import Clock, Events, Ledger
from metaextract_billing.domain.pricing import charge_for_delivery, measured_price


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """The body of a request for a hold. `device` and `quoted` are None if the caller names none."""

    device: str | None
    size_bytes_max: int
    operations: Operations
    quoted: QuotedFile | None

    @property
    def fingerprint(self) -> str:
        """A digest that two different bodies do not share."""
        body = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(body.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ExpireHolds:
    """Gives back what nobody resolved in time."""

    ledger: Ledger
    events: Events
    now: Clock

    async def __call__(self, *, account: str | None = None, device: str | None = None) -> None:
        """Expire the due holds of `account` and `device`, or all due holds if neither is given."""
        for hold in await self.ledger.expire(self.now(), account=account, device=device):
            publish(self.events, hold)


@dataclass(frozen=True, slots=True)
class CreateHold:
    """Sets aside what one extraction may cost, or one free check, before the work begins."""

    ledger: Ledger
    events: Events
    now: Clock
    expire: ExpireHolds
    metered: bool
    lifetime: timedelta
    free_checks_count_max: int

    async def __call__(self, account: str, request_id: str, request: HoldRequest) -> Hold:
        """Return a new hold, or the one that `request_id` made before, as it is now.

        Raises QUOTE_NOT_FOUND, QUOTE_EXPIRED, QUOTE_FILE_UNUSABLE, INSUFFICIENT_CREDITS,
        FREE_CHECKS_EXHAUSTED, IDEMPOTENCY_KEY_REUSED.
        """
        await self.expire(account=account, device=request.device)
        # Asked first: a repeated request is answered even when its quote is used up or has expired.
        first = await self.ledger.find_hold(account, request_id)
        if first is not None:
            return first.answering(request.fingerprint)
        now = self.now()
        operations, charge = await self._charge(account, request, now)
        order = HoldOrder(
            name=f"holds/{uuid.uuid4()}",
            account=account,
            request_id=request_id,
            fingerprint=request.fingerprint,
            device=request.device,
            operations=operations,
            create_time=now,
            expire_time=now + self.lifetime,
        )
        hold, is_new = await self.ledger.hold(order, charge)
        if is_new:
            publish(self.events, hold)
        return hold

    async def _charge(
        self, account: str, request: HoldRequest, now: datetime
    ) -> tuple[Operations, Charge | None]:
        if not self.metered:
            return request.operations, None
        if request.quoted is None:
            bound = measured_price(request.operations, request.size_bytes_max, None)
            return request.operations, Charge(bound.credits, self.free_checks_count_max)
        quote = await self.ledger.get_quote(request.quoted.quote)
        price = quote.price_of(request.quoted.file_id, account=account, now=now)
        return quote.operations, Charge(price.credits, self.free_checks_count_max, request.quoted)


@dataclass(frozen=True, slots=True)
class CaptureHold:
    """Charges for delivered work, at most what is held, and gives the rest back."""

    ledger: Ledger
    events: Events
    now: Clock
    expire: ExpireHolds

    async def __call__(
        self, name: str, delivered: Operations, size_bytes: int, dimensions: Dimensions | None
    ) -> Hold:
        """Charge the price of what was found and done. Raises HOLD_NOT_FOUND, HOLD_ALREADY_RESOLVED."""
        hold = await self.ledger.get_hold(name)
        await self.expire(account=hold.order.account, device=hold.order.device)
        credits_delivered = charge_for_delivery(hold, delivered, size_bytes, dimensions)
        after, is_new = await self.ledger.capture(name, credits_delivered, self.now())
        if is_new:
            publish(self.events, after)
        return after


@dataclass(frozen=True, slots=True)
class ReleaseHold:
    """Gives everything held back, because nothing was delivered."""

    ledger: Ledger
    events: Events
    now: Clock

    async def __call__(self, name: str) -> Hold:
        """Release a hold, or leave it released or expired. Raises HOLD_NOT_FOUND, HOLD_ALREADY_RESOLVED."""
        hold, is_new = await self.ledger.release(name, self.now())
        if is_new:
            publish(self.events, hold)
        return hold


def publish(events: Events, hold: Hold) -> None:
    """Report what has just happened to `hold`, without saying whose it is."""
    happened = "created" if hold.state is State.HELD else hold.state.value
    amount = hold.credits_captured if hold.state is State.CAPTURED else hold.credits_held
    events.publish(f"hold.{happened}", {"access": hold.access.value, "credits": str(amount)})
