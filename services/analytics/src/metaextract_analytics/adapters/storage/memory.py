"""Events in a dict: for tests, and as the shortest statement of what a store does."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from metaextract_analytics.domain.model import Event, Period, Report
from metaextract_analytics.domain.usage import SESSION, USER, EventAttribute, Usage, UsageQuery

NUMBER: Final = re.compile(r"\d+(\.\d+)?")


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

    async def usage(self, query: UsageQuery) -> Usage:
        """Count what was done."""
        of_source = [one for one in self._by_id.values() if one.source == query.source]
        in_period = [one for one in of_source if one.time in query.period]
        seen = sorted(in_period, key=lambda one: one.time, reverse=True)[: query.events_count_max]
        return Usage(
            counts_by_name=Counter(one.name for one in seen),
            sessions_count=len({one.attributes[SESSION] for one in seen if SESSION in one.attributes}),
            users_count=len({one.attributes[USER] for one in seen if USER in one.attributes}),
            first_time=min((one.time for one in seen), default=None),
            last_time=max((one.time for one in seen), default=None),
            counts_by_value=tuple(Counter(_values(seen, one)) for one in query.counted),
            means=tuple(_mean(_values(seen, one)) for one in query.averaged),
        )

    async def delete_before(self, time: datetime, *, count_max: int) -> int:
        """Delete up to `count_max` events that happened before `time`."""
        old = [event.event_id for event in self._by_id.values() if event.time < time][:count_max]
        for event_id in old:
            del self._by_id[event_id]
        return len(old)

    async def check(self) -> None:
        """Memory can always be read."""


def _values(events: Sequence[Event], wanted: EventAttribute) -> list[str]:
    return [one.attributes.get(wanted.attribute, "") for one in events if one.name == wanted.event]


def _mean(values: Sequence[str]) -> float | None:
    numbers = [float(value) for value in values if NUMBER.fullmatch(value)]
    return sum(numbers) / len(numbers) if numbers else None
