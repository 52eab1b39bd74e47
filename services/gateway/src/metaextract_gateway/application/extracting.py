"""The one thing the gateway does that is more than a call: hold, extract, capture or release."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Any, Final

from metaextract_common.errors import ServiceError
from metaextract_gateway.domain import errors
from metaextract_gateway.domain.model import Delivered, Happening, Hold, HoldState, Payer, Upload
from metaextract_gateway.domain.ports import Billing, Extractor

REQUEST_ID_CHARACTERS_MAX: Final = 128
ATTEMPTS_MAX: Final = 100
"""How often an upload under one request id is held for anew after it failed."""
UNDER_WAY: Final = "REQUEST_ID_REUSED"
"""What the extractor answers while another request under the same id sends the same file."""
NO_QUOTE: Final = ("QUOTE_NOT_FOUND", "QUOTE_EXPIRED")


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

        A quote that is not known or has expired is as good as none: the file is priced by what it is, unless
        the upload says that it must hold.
        """
        hold = await self._hold(payer, upload)
        on_hold(hold)
        upload = replace(upload, operations=hold.operations)
        resolved = hold.state is HoldState.CAPTURED  # a repeated request: charged the first time
        try:
            async with aclosing(self._extractor.extract(payer.account, upload, chunks)) as happenings:
                async for happening in happenings:
                    if isinstance(happening.end, Delivered):
                        _refuse_other_type(upload, happening.end)
                        if resolved and happening.end.extraction_id == upload.extraction_id:
                            # What was paid for is no longer kept, so the file was read anew; a quoted
                            # price is for one time.
                            hold = await self._another(
                                payer, replace(upload, quoted=None), upload.extraction_id
                            )
                            resolved = False
                        if not resolved:
                            hold = await self._billing.capture(hold.name, happening.end)
                            resolved = True
                            on_hold(hold)
                    yield happening
        except ServiceError as error:
            # What is held is for the request that came first, which goes on.
            resolved = resolved or error.reason == UNDER_WAY
            raise
        finally:
            if not resolved:
                await _even_if_cancelled(self._release(hold.name))

    async def reserve(self, payer: Payer, upload: Upload) -> Hold:
        """Hold what an upload may cost before it is there; `extract` finds the hold by its request id."""
        return await self._hold(payer, upload)

    async def is_paid(self, payer: Payer, upload: Upload) -> bool:
        """Tell whether this request has been charged for."""
        return (await self._hold(payer, upload)).state is HoldState.CAPTURED

    async def give_back(self, hold: str) -> None:
        """Release what was reserved for an upload that never came; nothing if `hold` is empty."""
        if hold:
            await self._release(hold)

    async def settle(self, payer: Payer, upload: Upload, delivered: Delivered) -> None:
        """Charge for what was delivered when nobody was left to charge. Idempotent."""
        hold = await self._hold(payer, upload)
        if hold.state is HoldState.HELD:
            await self._billing.capture(hold.name, delivered)

    async def _hold(self, payer: Payer, upload: Upload) -> Hold:
        try:
            hold = await self._billing.hold(payer, upload.request_id, upload)
        except ServiceError as error:
            if upload.quoted is None or upload.quoted.must_hold or error.reason not in NO_QUOTE:
                raise
            upload = _unquoted(upload)
            hold = await self._billing.hold(payer, upload.request_id, upload)
        attempts = 0
        while hold.state in (HoldState.RELEASED, HoldState.EXPIRED) and attempts < ATTEMPTS_MAX:
            # An earlier attempt under this request id failed and was given back; this one is new. Attempts
            # are counted, so that whoever repeats the request finds the one that was charged.
            attempts += 1
            hold = await self._another(payer, upload, f"again.{attempts}")
        return hold

    async def _another(self, payer: Payer, upload: Upload, why: str) -> Hold:
        return await self._billing.hold(payer, _derived(upload.request_id, why), upload)

    async def _release(self, hold: str) -> None:
        with suppress(ServiceError):  # billing away, or captured after all: the hold expires or stands
            await self._billing.release(hold)


def _refuse_other_type(upload: Upload, delivered: Delivered) -> None:
    if upload.declared_type_binds and delivered.declared_otherwise:
        raise errors.unsupported_media_type(delivered.declared_otherwise)


def _unquoted(upload: Upload) -> Upload:
    # The request id stands for a request with the quote; this is another one, and always the same.
    return replace(upload, quoted=None, request_id=_derived(upload.request_id, "unquoted"))


def _derived(request_id: str, why: str) -> str:
    derived = f"{request_id}#{why}"
    if len(derived) <= REQUEST_ID_CHARACTERS_MAX:
        return derived
    return hashlib.sha256(derived.encode()).hexdigest()


async def _even_if_cancelled(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise
