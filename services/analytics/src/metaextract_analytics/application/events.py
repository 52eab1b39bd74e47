"""Use cases: what a caller may ask of analytics, without saying over what wire."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from metaextract_analytics.domain.model import Event, Period, Recording, Report
from metaextract_analytics.domain.ports import EventStore
from metaextract_analytics.domain.usage import Usage, UsageQuery

PRUNED_COUNT_MAX: Final = 10_000
"""Events deleted at once; calls that arrive meanwhile wait for no more than that."""


class EventUseCases:
    """Records events, counts them, and forgets those that are older than `retention`."""

    def __init__(self, store: EventStore, *, retention: timedelta, now: Callable[[], datetime]) -> None:
        self._store = store
        self._retention = retention
        self._now = now

    async def record(self, events: Sequence[Event]) -> Recording:
        """Store the events that are new. Idempotent by event id."""
        recorded = await self._store.add(events)
        return Recording(recorded, duplicate_count=len(events) - len(recorded))

    async def report(self, period: Period) -> Report:
        """Count the events of a period."""
        return await self._store.report(period)

    async def usage(self, query: UsageQuery) -> Usage:
        """Count what was done, by how many."""
        return await self._store.usage(query)

    async def prune(self) -> int:
        """Delete the events that are too old; return how many that were."""
        before = self._now() - self._retention
        total = 0
        while deleted := await self._store.delete_before(before, count_max=PRUNED_COUNT_MAX):
            total += deleted
        return total
