"""The event log of several replicas: what happens here in memory, and on a bus for the others."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from datetime import datetime

from metaextract_common.bus.outbox import Outbox
from metaextract_common.bus.port import Bus
from metaextract_extractor.adapters.event_log.encoding import decoded, encoded
from metaextract_extractor.adapters.event_log.memory import MemoryEventLog
from metaextract_extractor.domain import errors
from metaextract_extractor.domain.model import Ended, Event, Happening, PartialResult, Progress


class SharedEventLog:
    """Implements `domain.ports.EventLog`.

    An extraction has one replica that writes its events. There they are followed in memory, so that an
    upload never depends on the bus; elsewhere they come from the bus, to which they go in the background.
    """

    def __init__(self, own: MemoryEventLog, outbox: Outbox, bus: Bus) -> None:
        self._own = own
        self._outbox = outbox
        self._bus = bus

    async def append(self, name: str, happening: Happening) -> Event:
        """Keep it here, and pass it on soon."""
        event = await self._own.append(name, happening)
        self._publish(event)
        return event

    async def end(self, name: str, sequence: int, at: datetime) -> None:
        """Tell those who follow elsewhere, and those who follow what this replica itself lost sight of."""
        if self._own.knows(name):
            await self._own.end(name, sequence, at)
        self._publish(Event(name, sequence, at, Ended()))

    async def follow(self, name: str, after_sequence: int) -> AsyncGenerator[Event, None]:
        """Follow here what is written here, and the bus for what is not."""
        if self._own.knows(name):
            events = self._own.follow(name, after_sequence)
        elif await self._bus.read(name):
            events = self._elsewhere(name, after_sequence)
        else:
            raise errors.extraction_not_found(name)
        async with aclosing(events):
            async for event in events:
                yield event

    async def wait_for(self, name: str, seconds: float) -> bool:
        """Wait for the first event, wherever it is written."""
        if self._own.knows(name) or await self._bus.read(name):
            return True
        if seconds <= 0:
            return False
        waiting = {
            asyncio.create_task(self._own.wait_for(name, seconds)),
            asyncio.create_task(self._appears_elsewhere(name, seconds)),
        }
        try:
            for first in asyncio.as_completed(waiting):
                if await first:
                    return True
        finally:
            for one in waiting:
                one.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        return False

    async def forget(self, older_than: datetime) -> None:
        """Drop what ended long ago, here and on the bus, which by itself forgets the rest later."""
        for name in self._own.ended_before(older_than):
            self._outbox.forget(name)
        await self._own.forget(older_than)

    def _publish(self, event: Event) -> None:
        self._outbox.publish(event.name, encoded(event), replaces=_key(event.happening))

    async def _elsewhere(self, name: str, after_sequence: int) -> AsyncGenerator[Event, None]:
        async with aclosing(self._bus.follow(name)) as messages:
            async for message in messages:
                event = decoded(name, message.payload)
                if event.sequence > after_sequence:
                    after_sequence = event.sequence
                    yield event
                if isinstance(event.happening, Ended):
                    return

    async def _appears_elsewhere(self, name: str, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), aclosing(self._bus.follow(name)) as messages:
                async for _ in messages:
                    return True
        return False


def _key(happening: Happening) -> str:
    """Return what an event replaces, as `MemoryEventLog` has it: an end makes partial results needless."""
    if isinstance(happening, PartialResult | Ended):
        return "partial_result"
    return f"progress_{happening.state.value}" if isinstance(happening, Progress) else ""
