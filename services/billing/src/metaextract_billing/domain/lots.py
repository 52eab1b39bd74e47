"""Lots: credits that came together and are spent, or go, in a fixed order."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Self

NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Lot:
    """Credits granted at once, and where each of them is now: the parts always sum to `amount`.

    `origin` is the lot that this one was claimed from; the payment stays the same.
    """

    id: str
    amount: int
    create_time: datetime
    remaining: int = 0
    held: int = 0
    consumed: int = 0
    expired: int = 0
    reversed: int = 0
    """Taken back with the payment of it."""
    settled: int = 0
    """Paid for what the account owed."""
    disputed: int = 0
    transferred: int = 0
    owed: int = 0
    """Credits of it that its account was made to owe, as they were spent or held; no part of the sum."""
    priority: int = 0
    promotional: bool = False
    frozen: bool = False
    """While a dispute of its payment is open nothing of it can be spent."""
    expire_time: datetime | None = None
    description: str = ""
    pack: str | None = None
    payment: str | None = None
    request: str | None = None
    """The request that granted it, unique for its account."""
    origin: str | None = None

    @property
    def burn_order(self) -> tuple[int, datetime, bool, datetime, str]:
        """Sort key: lots are spent, and expire, by priority, expiry, promotional first, age."""
        return (
            self.priority,
            self.expire_time or NEVER,
            not self.promotional,
            self.create_time,
            self.id,
        )

    @property
    def unspent(self) -> int:
        """What nobody has used for an extraction, wherever it is but in another account."""
        return self.remaining + self.disputed + self.settled

    @property
    def reversible(self) -> int:
        """What can still be taken back with the payment: what was neither taken, claimed away nor expired."""
        return max(0, self.amount - self.reversed - self.owed - self.transferred - self.expired)

    @property
    def is_open(self) -> bool:
        """Whether anything of it can still move by itself."""
        return self.remaining + self.held + self.disputed > 0

    def is_due(self, now: datetime) -> bool:
        """Whether its time is over and something of it is left to expire."""
        return self.remaining > 0 and (self.expire_time or NEVER) <= now

    def plus(self, **parts: int) -> Self:
        """Return the lot with these amounts added to its parts."""
        return replace(self, **{part: getattr(self, part) + amount for part, amount in parts.items()})

    def is_sound(self) -> bool:
        """Whether no part is negative and all of them are the whole."""
        parts = (
            self.remaining,
            self.held,
            self.consumed,
            self.expired,
            self.reversed,
            self.settled,
            self.disputed,
            self.transferred,
        )
        return min(parts) >= 0 and sum(parts) == self.amount and self.owed >= 0
