"""What billing needs from the outside world."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from metaextract_billing.domain.accounts import Account
from metaextract_billing.domain.chain import Transfer
from metaextract_billing.domain.holds import Resolved
from metaextract_billing.domain.purchases import Payment
from metaextract_billing.domain.records import Changes, Event, Key, Record

Clock: TypeAlias = Callable[[], datetime]
"""Returns the time in UTC."""


class ConflictError(Exception):
    """A record has another version than the one the change was made from: decide again."""


@dataclass(frozen=True, slots=True)
class Due:
    """What time has ended and nobody noticed: names of open holds, owners with lots to expire."""

    holds: tuple[str, ...]
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event that was committed at `time` and not yet delivered; `id` is a UUID.

    `traceparent` is the W3C trace context of the work that caused it, empty if none.
    """

    id: str
    event: Event
    time: datetime
    traceparent: str


@dataclass(frozen=True, slots=True)
class Figures:
    """How much waits, and since when; a time is None where nothing does.

    `due_time` is when the first open hold, or lot with something left, ends or has ended.
    """

    open_holds_count: int = 0
    oldest_hold_time: datetime | None = None
    due_time: datetime | None = None
    waiting_events_count: int = 0
    oldest_event_time: datetime | None = None
    parked_payments_count: int = 0
    """Payments that granted nothing, and somebody has to look at."""


class Store(Protocol):
    """All that billing keeps. It knows versions and unique keys, and no rule of money.

    Every method is one round trip, safe against any other from any process, and raises LEDGER_UNAVAILABLE.
    Every implementation passes tests/contract/test_stores.py.
    """

    async def load(self, keys: Collection[Key[Record]]) -> Mapping[Key[Record], Record]:
        """Return the records that exist, all as of one moment.

        A record comes with those that its key says are loaded with it.
        """
        ...

    async def commit(self, changes: Changes) -> None:
        """Make all changes durable, or none.

        Raises ConflictError if a record is no longer as it was before, or is new and already exists, or if
        a transfer is not sealed onto the one before it: then the database lost what the change was made from.
        """
        ...

    async def due(self, now: datetime, count_max: int) -> Due:
        """Return what is due, oldest first, at most `count_max` of each."""
        ...

    async def waiting(self, count_max: int) -> Sequence[Waiting]:
        """Return events that were not yet delivered, oldest first."""
        ...

    async def delivered(self, ids: Collection[str]) -> None:
        """Forget events."""
        ...

    async def forget(self, before: datetime) -> None:
        """Delete what was counted for a day (`allowances.DAILY`) and made before a time."""
        ...

    async def forget_receipts(self, before: datetime) -> None:
        """Delete receipts of webhooks that came before a time."""
        ...

    async def parked_payments(self, after_id: str, count_max: int) -> Sequence[Payment]:
        """Return payments that somebody has to look at, in the order of their ids, beyond `after_id`."""
        ...

    async def owner_of(self, account_id: str) -> str | None:
        """Return whose account has an id; None if there is no such account."""
        ...

    async def payment_ids(self, after_id: str, count_max: int) -> Sequence[str]:
        """Return the ids of payments, made or not, in their order, beyond `after_id`."""
        ...

    def transfers(
        self, owner: str, after_number: int = 0, count_max: int | None = None
    ) -> AsyncIterator[Transfer]:
        """Yield the journal of an account in order, what is beyond `after_number`, at most `count_max`."""
        ...

    async def newest_transfers(
        self, owner: str, after_number: int, before_number: int | None, count_max: int
    ) -> Sequence[Transfer]:
        """Return the newest of the journal of an account between two numbers, newest first."""
        ...

    def books(self) -> AsyncIterator[tuple[Account, Resolved, AsyncIterator[Transfer]]]:
        """Yield every account, with all its lots, open ones and others, its resolved holds and its journal.

        All as of one moment: what is committed meanwhile is not seen.
        """
        ...

    async def stray_lots_count(self) -> int:
        """Return how many lots belong to no account that there is: none, unless somebody else deleted it."""
        ...

    async def figures(self) -> Figures:
        """Return how much waits, as of one moment."""
        ...

    async def check(self) -> None:
        """Return if everything can be read and written now."""
        ...
