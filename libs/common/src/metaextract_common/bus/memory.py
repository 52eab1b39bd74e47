"""The bus of a single process."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from metaextract_common.bus.port import Message, checked_key


@dataclass(slots=True)
class _Topic:
    """`messages` by what replaces them, oldest first."""

    messages: dict[str, Message] = field(default_factory=dict)
    bytes_count: int = 0
    changed_at: float = 0


class MemoryBus:
    """Implements `port.Bus`.

    Topics to which nothing was added for `keep_seconds` are forgotten, and the least recent ones as well
    when all messages together have more than `bytes_max` bytes.
    """

    def __init__(
        self, *, bytes_max: int, keep_seconds: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._bytes_max = bytes_max
        self._keep_seconds = keep_seconds
        self._monotonic = monotonic
        self._topics: dict[str, _Topic] = {}
        """By the time of the last message, oldest first."""
        self._bytes_count = 0
        self._sequence = 0
        self._followers: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    async def publish(self, topic: str, payload: bytes, *, replaces: str = "") -> int:
        """Append and wake those who follow."""
        self._sequence += 1
        key = checked_key(replaces) or str(self._sequence)
        log = self._topics.pop(topic, None) or _Topic()
        self._topics[topic] = log
        replaced = log.messages.pop(key, None)
        log.messages[key] = Message(self._sequence, payload)
        added = len(payload) - (len(replaced.payload) if replaced else 0)
        log.bytes_count += added
        self._bytes_count += added
        log.changed_at = self._monotonic()
        self._drop_old()
        for woken in self._followers.get(topic, ()):
            woken.set()
        return self._sequence

    async def read(self, topic: str, after: int = 0) -> list[Message]:
        """Copy what is there."""
        log = self._topics.get(topic)
        return [one for one in log.messages.values() if one.sequence > after] if log else []

    async def follow(self, topic: str, after: int = 0) -> AsyncGenerator[Message, None]:
        """Read, wait, read again."""
        with self._following(topic) as woken:
            while True:
                woken.clear()
                for message in await self.read(topic, after):
                    after = message.sequence
                    yield message
                await woken.wait()

    async def forget(self, topic: str) -> None:
        """Drop the topic."""
        log = self._topics.pop(topic, None)
        self._bytes_count -= log.bytes_count if log else 0

    async def check(self) -> None:
        """It is always there."""

    @contextmanager
    def _following(self, topic: str) -> Iterator[asyncio.Event]:
        woken = asyncio.Event()
        self._followers[topic].add(woken)
        try:
            yield woken
        finally:
            self._followers[topic].discard(woken)
            if not self._followers[topic]:
                del self._followers[topic]

    def _drop_old(self) -> None:
        """Leave the newest topic in any case."""
        oldest_allowed = self._monotonic() - self._keep_seconds
        while len(self._topics) > 1:
            topic = next(iter(self._topics))
            if self._bytes_count <= self._bytes_max and self._topics[topic].changed_at >= oldest_allowed:
                return
            self._bytes_count -= self._topics.pop(topic).bytes_count
