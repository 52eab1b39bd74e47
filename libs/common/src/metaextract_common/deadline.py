"""The deadline of the request being handled, for every call that it makes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


def remaining(default: float) -> float:
    """Seconds that an outgoing call may take: at most `default`, and never longer than our caller waits."""
    at = _deadline.get()
    if at is None:
        return default
    return min(default, max(0.0, at - asyncio.get_running_loop().time()))


@asynccontextmanager
async def scope(seconds: float) -> AsyncIterator[None]:
    """Cancel the body after `seconds` and let `remaining()` see the limit. Raises `TimeoutError`."""
    token = _deadline.set(asyncio.get_running_loop().time() + seconds)
    try:
        async with asyncio.timeout(seconds):
            yield
    finally:
        _deadline.reset(token)
