"""Publishes in the background, so that work never waits for the bus."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

import structlog
from opentelemetry import metrics

from metaextract_common.bus.port import Bus, checked_key

log = structlog.stdlib.get_logger()

WAITING_BYTES_MAX: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Entry:
    """Something to publish, or (None) the wish to forget the topic."""

    payload: bytes | None
    replaces: str = ""


class Outbox:
    """Keeps what is to be published until the bus has taken it, in order for each topic.

    What a later message replaces is not sent if it still waits. While the bus is away messages wait, up to
    64 MiB in all; further ones are dropped and counted (`bus.dropped`).
    """

    def __init__(self, bus: Bus, *, waiting_bytes_max: int = WAITING_BYTES_MAX) -> None:
        self._bus = bus
        self._waiting_bytes_max = waiting_bytes_max
        self._waiting: dict[str, deque[_Entry]] = {}
        self._senders: dict[str, asyncio.Task[None]] = {}
        self._bytes_count = 0
        self._dropped = metrics.get_meter("metaextract.bus").create_counter(
            "bus.dropped", unit="{message}", description="Messages lost because the bus was away too long."
        )

    def publish(self, topic: str, payload: bytes, *, replaces: str = "") -> None:
        """Publish soon, as `Bus.publish` does; never blocks."""
        queue = self._waiting.get(topic, ())
        if checked_key(replaces):
            self._take_out(topic, [one for one in queue if one.replaces == replaces])
        if self._bytes_count + len(payload) > self._waiting_bytes_max:
            self._dropped.add(1)
            return
        self._put(topic, _Entry(payload, replaces))

    def forget(self, topic: str) -> None:
        """Forget the topic, with what still waits for it, before anything that is published later."""
        self._take_out(topic, list(self._waiting.get(topic, ())))
        self._put(topic, _Entry(None))

    async def flushed(self) -> None:
        """Return when nothing waits."""
        while self._senders:
            await asyncio.wait(self._senders.values())

    async def stop(self) -> None:
        """Send nothing more."""
        senders = list(self._senders.values())
        for sender in senders:
            sender.cancel()
        await asyncio.gather(*senders, return_exceptions=True)

    def _put(self, topic: str, entry: _Entry) -> None:
        self._bytes_count += len(entry.payload or b"")
        self._waiting.setdefault(topic, deque()).append(entry)
        if topic not in self._senders:
            self._senders[topic] = asyncio.create_task(self._send(topic))

    def _take_out(self, topic: str, entries: list[_Entry]) -> None:
        for entry in entries:
            self._waiting[topic].remove(entry)
            self._bytes_count -= len(entry.payload or b"")

    async def _send(self, topic: str) -> None:
        queue = self._waiting[topic]
        try:
            while queue:
                entry = queue.popleft()
                self._bytes_count -= len(entry.payload or b"")
                try:
                    await self._pass_on(topic, entry)
                except Exception as error:
                    self._dropped.add(1)
                    log.exception("bus.refused", error=type(error).__name__)
        finally:
            self._bytes_count -= sum(len(one.payload or b"") for one in queue)
            del self._waiting[topic], self._senders[topic]

    async def _pass_on(self, topic: str, entry: _Entry) -> None:
        if entry.payload is None:
            await self._bus.forget(topic)
        else:
            await self._bus.publish(topic, entry.payload, replaces=entry.replaces)


@asynccontextmanager
async def sending(bus: Bus, *, flush_seconds: float) -> AsyncIterator[Outbox]:
    """Run an outbox; at the end give it `flush_seconds` to send what is left."""
    outbox = Outbox(bus)
    try:
        yield outbox
    finally:
        with suppress(TimeoutError):
            await asyncio.wait_for(outbox.flushed(), flush_seconds)
        await outbox.stop()
