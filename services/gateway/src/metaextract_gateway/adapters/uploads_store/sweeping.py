"""Looks after resumable uploads while the gateway runs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog

from metaextract_gateway.application.resuming import Resuming

log = structlog.stdlib.get_logger()


@asynccontextmanager
async def sweeping(resuming: Resuming, period_seconds: float) -> AsyncIterator[None]:
    """Sweep now and then, from the start on. A sweep that fails is told in the log, and comes again."""

    async def sweep() -> None:
        while True:
            try:
                await resuming.sweep()
            except Exception as error:  # a full disk must not end the sweeping for good
                log.warning("uploads.sweep_failed", exc_info=error)
            await asyncio.sleep(period_seconds)

    task = asyncio.create_task(sweep())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
