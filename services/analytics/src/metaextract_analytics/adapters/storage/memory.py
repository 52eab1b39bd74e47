"""Events in a dict: for tests, and as the shortest statement of what a store does."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from metaextract_analytics.domain.model import Event, Period, Report


class MemoryEventStore:
    """Implements `domain.ports.EventStore`."""

    def __init__(self) -> None:
        self._by_id: dict[str, Event] = {}

    async def add(self, events: Sequence[Event]) -> tuple[Event, ...]:
        """Store the events whose ids are unknown and return them."""
        added: dict[str, Event] = {}
        for event in events:
            if event.event_id not in self._by_id:
                added.setdefault(event.event_id, event)
        self._by_id.update(added)
        return tuple(added.values())

    async def report(self, period: Period) -> Report:
        """Count the events of `period`."""
        events = [event for event in self._by_id.values() if event.time in period]
        times = [event.time for event in events]
        counts = Counter(event.name for event in events)
        return Report(counts, min(times, default=None), max(times, default=None))

    async def delete_before(self, time: datetime, *, count_max: int) -> int:
        """Delete up to `count_max` events that happened before `time`."""
        old = [event.event_id for event in self._by_id.values() if event.time < time][:count_max]
        for event_id in old:
            del self._by_id[event_id]
        return len(old)

    async def check(self) -> None:
        """Memory can always be read."""
