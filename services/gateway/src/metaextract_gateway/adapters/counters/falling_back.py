"""Counts in this process while the shared counters are away."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import structlog
from limits.aio.storage import Storage

from metaextract_gateway.adapters.counters.memory import MemoryCounters

log = structlog.stdlib.get_logger()

PAUSE_SECONDS: Final = 2.0
"""After a failure the shared counters are left alone for so long."""

CALL_SECONDS: Final = 1.0

T = TypeVar("T")


class FallingBack(Storage):
    """Shared counters, or, while they fail, counters of this process with the same limits.

    So nobody is refused because a store is away, and nobody is let through without being counted: a client
    gets at most its limit from each gateway for as long as that lasts.
    """

    STORAGE_SCHEME = None

    def __init__(self, shared: Storage) -> None:
        super().__init__()
        self._shared = shared
        expected = shared.base_exceptions
        own = expected if isinstance(expected, tuple) else (expected,)
        self._away: tuple[type[Exception], ...] = (TimeoutError, *own)
        self._local = MemoryCounters()
        self._resumes_at = 0.0

    @property
    def base_exceptions(self) -> type[Exception]:
        """What a call may raise: nothing that is expected."""
        return ValueError

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count a hit."""
        return await self._asked(lambda storage: storage.incr(key, expiry, amount))

    async def get(self, key: str) -> int:
        """Return the hits of the window."""
        return await self._asked(lambda storage: storage.get(key))

    async def get_expiry(self, key: str) -> float:
        """Return when the window ends."""
        return await self._asked(lambda storage: storage.get_expiry(key))

    async def check(self) -> bool:
        """Say whether the shared counters answer."""
        return await self._shared.check()

    async def reset(self) -> int | None:
        """Forget every key."""
        await self._local.reset()
        return await self._asked(lambda storage: storage.reset())

    async def clear(self, key: str) -> None:
        """Forget one key."""
        await self._local.clear(key)
        await self._asked(lambda storage: storage.clear(key))

    async def _asked(self, question: Callable[[Storage], Awaitable[T]]) -> T:
        if time.monotonic() < self._resumes_at:
            return await question(self._local)
        try:
            async with asyncio.timeout(CALL_SECONDS):
                return await question(self._shared)
        except self._away as error:
            self._resumes_at = time.monotonic() + PAUSE_SECONDS
            log.warning("limits.store_away", error=type(error).__name__, meaning="counted in this process")
            return await question(self._local)
