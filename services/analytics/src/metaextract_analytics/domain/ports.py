"""What the domain needs from the outside world."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from metaextract_analytics.domain.model import Event, Period, Report
from metaextract_analytics.domain.usage import Usage, UsageQuery


class EventStore(Protocol):
    """All events. Every implementation passes tests/contract/test_event_store.py.

    Every method raises STORE_UNAVAILABLE if the store cannot do its work now; nothing is half done then.
    """

    async def add(self, events: Sequence[Event]) -> tuple[Event, ...]:
        """Store the events whose ids are unknown and return them, in the order given.

        Of several events with one id the first is stored.
        """
        ...

    async def report(self, period: Period) -> Report:
        """Count the events of `period`."""
        ...

    async def usage(self, query: UsageQuery) -> Usage:
        """Count what was done."""
        ...

    async def delete_before(self, time: datetime, *, count_max: int) -> int:
        """Delete up to `count_max` events that happened before `time`; return how many that were."""
        ...

    async def check(self) -> None:
        """Return if events can be read now."""
        ...
