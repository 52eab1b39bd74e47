"""The event log of one process."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from metaextract_extractor.domain import errors
from metaextract_extractor.domain.model import Ended, Event, Happening, PartialResult, Progress


@dataclass(slots=True)
class _Log:
    events: list[Event] = field(default_factory=list)
    last_sequence: int = 0
    ended_at: datetime | None = None
    waiting_count: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)


def _replaced(earlier: Happening, later: Happening) -> bool:
    """Whether `later` says all that `earlier` did: the log of an hour's uploads must stay small."""
    if isinstance(earlier, PartialResult):
        return isinstance(later, PartialResult | Ended)
    return isinstance(earlier, Progress) and isinstance(later, Progress) and earlier.state is later.state


class MemoryEventLog:
    """Implements `domain.ports.EventLog`. Keeps everything but what later events replaced."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._logs: defaultdict[str, _Log] = defaultdict(_Log)

    async def append(self, name: str, happening: Happening) -> Event:
        """Append and wake the readers."""
        event = Event(name, self._logs[name].last_sequence + 1, self._now(), happening)
        self._append(event)
        return event

    async def end(self, name: str, sequence: int, at: datetime) -> None:
        """Append the end, behind whatever is there."""
        self._append(Event(name, sequence, at, Ended()))

    def _append(self, event: Event) -> None:
        log, happening = self._logs[event.name], event.happening
        log.last_sequence = event.sequence
        log.events = [one for one in log.events if not _replaced(one.happening, happening)]
        if isinstance(happening, Ended):
            log.ended_at = event.time
        log.events.append(event)
        log.changed.set()
        log.changed = asyncio.Event()

    async def follow(self, name: str, after_sequence: int) -> AsyncGenerator[Event, None]:
        """Yield from the list, then wait for more."""
        if not self.knows(name):
            raise errors.extraction_not_found(name)
        log = self._logs[name]
        while True:
            changed = log.changed
            for event in [one for one in log.events if one.sequence > after_sequence]:
                after_sequence = event.sequence
                yield event
            if log.ended_at is not None and after_sequence >= log.last_sequence:
                return
            await changed.wait()

    async def wait_for(self, name: str, seconds: float) -> bool:
        """Wait for the first event."""
        if self.knows(name) or seconds <= 0:
            return self.knows(name)
        log = self._logs[name]
        log.waiting_count += 1
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(log.changed.wait(), seconds)
        finally:
            log.waiting_count -= 1
            if log.waiting_count == 0 and not self.knows(name):
                self._logs.pop(name, None)  # whoever waits for what never comes takes no memory
        return self.knows(name)

    async def forget(self, older_than: datetime) -> None:
        """Drop logs that ended long ago."""
        for name in self.ended_before(older_than):
            del self._logs[name]

    def ended_before(self, time: datetime) -> list[str]:
        """Return the extractions that ended before `time`."""
        logs = self._logs.items()
        return [name for name, log in logs if log.ended_at is not None and log.ended_at < time]

    def knows(self, name: str) -> bool:
        """Whether anything was appended for `name`."""
        return name in self._logs and self._logs[name].last_sequence > 0
