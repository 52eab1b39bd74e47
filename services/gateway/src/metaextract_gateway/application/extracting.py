"""The one thing the gateway does that is more than a call: hold, extract, capture or release."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import aclosing, suppress
from typing import Any

from metaextract_common.errors import ServiceError
from metaextract_gateway.domain.model import Delivered, Happening, Hold, HoldState, Payer, Upload
from metaextract_gateway.domain.ports import Billing, Extractor


class Extracting:
    """Runs uploads: nothing is read before something is held, nothing is charged that was not delivered."""

    def __init__(self, extractor: Extractor, billing: Billing) -> None:
        self._extractor = extractor
        self._billing = billing

    async def extract(
        self, payer: Payer, upload: Upload, chunks: AsyncIterator[bytes], on_hold: Callable[[Hold], None]
    ) -> AsyncGenerator[Happening, None]:
        """Yield what happens to the upload. `on_hold` is told the hold when it is made and when charged.

        Closing the generator cancels the work and gives the hold back; if this process dies, the hold
        expires instead. The same holds when charging fails: the result is not handed out then.
        """
        hold = await self._hold(payer, upload)
        on_hold(hold)
        resolved = hold.state is HoldState.CAPTURED  # a repeated request: charged the first time
        try:
            async with aclosing(self._extractor.extract(payer.account, upload, chunks)) as happenings:
                async for happening in happenings:
                    if isinstance(happening.end, Delivered) and not resolved:
                        hold = await self._billing.capture(hold.name, happening.end)
                        resolved = True
                        on_hold(hold)
                    yield happening
        finally:
            if not resolved:
                await _even_if_cancelled(self._release(hold))

    async def _hold(self, payer: Payer, upload: Upload) -> Hold:
        hold = await self._billing.hold(payer, upload.request_id, upload)
        if hold.state in (HoldState.RELEASED, HoldState.EXPIRED):
            # An earlier attempt under this request id failed and was given back; this one is new.
            request_id = f"{upload.request_id}#{upload.extraction_id}"
            hold = await self._billing.hold(payer, request_id, upload)
        return hold

    async def _release(self, hold: Hold) -> None:
        with suppress(ServiceError):  # billing away, or captured after all: the hold expires or stands
            await self._billing.release(hold.name)


async def _even_if_cancelled(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise
