"""Limits on how often one address may ask: fixed windows, as in the legacy contract (§1.2)."""

import math
import time
from dataclasses import dataclass
from typing import Final

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter
from starlette.requests import Request

from metaextract_gateway.domain import errors


@dataclass(frozen=True, slots=True)
class Limited:
    """Something that is counted, in all of its windows; the last one is what the headers speak of."""

    name: str
    windows: tuple[RateLimitItem, ...]


EXTRACT: Final = Limited("extract", (parse("50 per 15 minute"), parse("10 per 1 minute")))
"""The legacy limits (a) and (b) of the extract route."""
QUOTE: Final = Limited("quote", (parse("30 per 1 minute"),))
"""The legacy counted these by session, which the client chooses; by address it cannot be evaded."""
PURCHASE: Final = Limited("purchase", (parse("30 per 1 minute"),))
"""What the legacy allowed an address over all of `/api`: each makes an order and a checkout session."""
CONFIRM: Final = Limited("confirm", (parse("10 per 1 minute"),))
"""Each asks the payment service."""


class RateLimits:
    """Counts requests by address. When not enforced, it counts nothing and lets everything through."""

    def __init__(self, *, enforced: bool) -> None:
        self._enforced = enforced
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    async def admit(self, request: Request, limited: Limited = EXTRACT) -> dict[str, str]:
        """Count one request; return the X-RateLimit headers, or raise RATE_LIMITED."""
        if not self._enforced:
            return {}
        address = request.client.host if request.client else "unknown"
        for window in limited.windows:
            if not await self._limiter.hit(window, limited.name, address):
                wait_seconds = await self._wait_seconds(window, limited.name, address)
                raise errors.rate_limited(window.amount, wait_seconds)
        shown = limited.windows[-1]
        stats = await self._limiter.get_window_stats(shown, limited.name, address)
        return {
            "X-RateLimit-Limit": str(shown.amount),
            "X-RateLimit-Remaining": str(stats.remaining),
            "X-RateLimit-Reset": str(math.ceil(stats.reset_time)),
        }

    async def _wait_seconds(self, window: RateLimitItem, name: str, address: str) -> float:
        stats = await self._limiter.get_window_stats(window, name, address)
        return max(1.0, stats.reset_time - time.time())
