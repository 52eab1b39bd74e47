"""What billing needs from the outside world."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Generic, NamedTuple, Protocol, TypeAlias, TypeVar

from metaextract_billing.domain.models import Balance, Charge, Hold, HoldOrder, Quote

Clock: TypeAlias = Callable[[], datetime]
"""Returns the time in UTC."""

T = TypeVar("T")


class Outcome(NamedTuple, Generic[T]):
    """The answer of a ledger, and whether this call changed anything or found it done before."""

    value: T
    changed: bool


class Ledger(Protocol):
    """All credits, quotes, holds and free checks.

    Each method is one atomic, durable step that is safe against any other, from any process; together
    they are shaped like a pending transfer that is later posted or voided. Any method raises
    LEDGER_UNAVAILABLE. Every implementation passes tests/contract/test_ledgers.py.
    """

    async def add_quote(self, quote: Quote) -> None:
        """Keep `quote`."""
        ...

    async def get_quote(self, name: str) -> Quote:
        """Return a quote, expired or not. Raises QUOTE_NOT_FOUND."""
        ...

    async def hold(self, order: HoldOrder, charge: Charge | None) -> Outcome[Hold]:
        """Set aside what `order` costs: nothing without `charge`, else a free check, else credits.

        The same `request_id` and fingerprint return the first hold as it is now. A quoted file is used
        up. Raises IDEMPOTENCY_KEY_REUSED, QUOTE_FILE_UNUSABLE, FREE_CHECKS_EXHAUSTED (when a device was
        named and the account holds nothing at all), INSUFFICIENT_CREDITS.
        """
        ...

    async def find_hold(self, account: str, request_id: str) -> Hold | None:
        """Return the hold that this request made, if it made one."""
        ...

    async def get_hold(self, name: str) -> Hold:
        """Return a hold. Raises HOLD_NOT_FOUND."""
        ...

    async def capture(self, name: str, credits_delivered: int, now: datetime) -> Outcome[Hold]:
        """Charge `credits_delivered` and give the rest back.

        Raises HOLD_NOT_FOUND, HOLD_ALREADY_RESOLVED, CAPTURE_EXCEEDS_HOLD.
        """
        ...

    async def release(self, name: str, now: datetime) -> Outcome[Hold]:
        """Give the credits, the free check and the quoted file back.

        A hold whose time is over becomes expired. Raises HOLD_NOT_FOUND, HOLD_ALREADY_RESOLVED.
        """
        ...

    async def expire(
        self, now: datetime, *, account: str | None = None, device: str | None = None, count_max: int = 1000
    ) -> tuple[Hold, ...]:
        """Give back what nobody resolved in time and return it, oldest first, at most `count_max`.

        Looks at the holds of `account` and those of `device`, or at all holds if neither is given. Any
        number of processes may do this at the same time: each hold is returned to one of them.
        """
        ...

    async def balance(self, account: str) -> Balance:
        """Return what an account holds; zeros if it was never used."""
        ...

    async def grant(self, account: str, request_id: str, credits_granted: int, now: datetime) -> Outcome[int]:
        """Add credits and return those available then; a repeated request returns the first answer.

        Raises IDEMPOTENCY_KEY_REUSED when the first request granted another amount.
        """
        ...

    async def check(self) -> None:
        """Return if the ledger can be read and written now. Raises LEDGER_UNAVAILABLE."""
        ...


class Events(Protocol):
    """Who wants to know what happened. Publishing never blocks and never fails."""

    def publish(self, name: str, attributes: Mapping[str, str]) -> None:
        """Report `name` with `attributes`, which never identify anybody."""
        ...
