"""What a service does again and again, whether or not anybody asks for anything."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import structlog

from metaextract_common.errors import ServiceError

log = structlog.stdlib.get_logger()


@asynccontextmanager
async def repeating(
    name: str, work: Callable[[], Awaitable[None]], pause_seconds: float
) -> AsyncIterator[None]:
    """Do `work` again and again in the background; a failure is told and tried again after the pause."""

    async def repeat() -> None:
        while True:
            try:
                await work()
            except ServiceError as error:
                log.warning("chore.failed", chore=name, reason=error.reason)
            except Exception:
                log.exception("chore.failed", chore=name)
            await asyncio.sleep(pause_seconds)

    task = asyncio.create_task(repeat())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
