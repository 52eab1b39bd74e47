"""Limits on how often one address may upload: fixed windows, as in the legacy contract (§1.2)."""

import math
import time
from typing import Final

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter
from starlette.requests import Request

from metaextract_gateway.domain import errors

EXTRACT: Final = (parse("50 per 15 minute"), parse("10 per 1 minute"))
"""The legacy limits (a) and (b) of the extract route; the last one is what the headers speak of."""


class RateLimits:
    """Counts uploads by address. When not enforced, it counts nothing and lets everything through."""

    def __init__(self, *, enforced: bool) -> None:
        self._enforced = enforced
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    async def admit(self, request: Request) -> dict[str, str]:
        """Count one upload; return the X-RateLimit headers, or raise RATE_LIMITED."""
        if not self._enforced:
            return {}
        address = request.client.host if request.client else "unknown"
        for limit in EXTRACT:
            if not await self._limiter.hit(limit, "extract", address):
                raise errors.rate_limited(limit.amount, await self._wait_seconds(limit, address))
        stats = await self._limiter.get_window_stats(EXTRACT[-1], "extract", address)
        return {
            "X-RateLimit-Limit": str(EXTRACT[-1].amount),
            "X-RateLimit-Remaining": str(stats.remaining),
            "X-RateLimit-Reset": str(math.ceil(stats.reset_time)),
        }

    async def _wait_seconds(self, limit: RateLimitItem, address: str) -> float:
        stats = await self._limiter.get_window_stats(limit, "extract", address)
        return max(1.0, stats.reset_time - time.time())
