"""What a caller may ask of batches."""

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from metaextract_common.errors import ServiceError, invalid_request
from metaextract_extractor.application.extractions import ExtractionQueries
from metaextract_extractor.domain import errors
from metaextract_extractor.domain.batches import Batch, BatchEvent, Position
from metaextract_extractor.domain.model import Extraction
from metaextract_extractor.domain.ports import Batches

PAGE_SIZE: Final = 100
PAGE_SIZE_MAX: Final = 1000

LOOK_SECONDS: Final = 0.5
"""Pause between two looks at a batch that is watched; longer where looking takes long, see below."""

CANCELLED_AT_ONCE: Final = 32

PAUSES_PER_LOOK: Final = 20
"""The pause after a look is at least so many times as long: thousands of files take a database tens of
milliseconds, and many may watch."""


@dataclass(frozen=True, slots=True)
class ExtractionsPage:
    """Extractions without their results; `next_page_token` is empty on the last page."""

    extractions: Sequence[Extraction]
    next_page_token: str


class BatchQueries:
    """Get, list, watch, cancel."""

    def __init__(
        self,
        batches: Batches,
        queries: ExtractionQueries,
        *,
        now: Callable[[], datetime],
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._batches = batches
        self._queries = queries
        self._now = now
        self._look_seconds = look_seconds

    async def get(self, name: str) -> Batch:
        """Return a batch, or raise BATCH_NOT_FOUND."""
        found = await self._batches.get(name)
        expire_time = found.total.expire_time
        if found.ended and expire_time is not None and expire_time <= self._now():
            raise errors.batch_not_found(name)
        return found

    async def page(self, name: str, page_size: int, page_token: str) -> ExtractionsPage:
        """Return extractions in the order of their creation; `page_size` 0 means 100, 1000 is the most.

        Raises BATCH_NOT_FOUND, and INVALID_REQUEST for a token of another batch.
        """
        await self.get(name)
        size = min(page_size or PAGE_SIZE, PAGE_SIZE_MAX)
        after = _position(page_token, name) if page_token else None
        found = await self._batches.page(name, after, size + 1)
        page = found[:size]
        return ExtractionsPage(page, _token(name, page[-1]) if len(found) > size else "")

    async def cancel(self, name: str) -> Batch:
        """Let nothing join any more, stop what has not ended, and return the batch."""
        await self.get(name)
        await self._batches.cancel(name, self._now())
        unfinished = await self._batches.unfinished(name)
        for at in range(0, len(unfinished), CANCELLED_AT_ONCE):
            await asyncio.gather(*map(self._cancel_one, unfinished[at : at + CANCELLED_AT_ONCE]))
        return await self.get(name)

    async def _cancel_one(self, extraction: str) -> None:
        with suppress(ServiceError):  # it has ended meanwhile; what is under way all the same is told then
            await self._queries.cancel(extraction)

    async def watch(
        self, name: str, after_sequence: int, extractions_count: int, wait_seconds: float
    ) -> AsyncGenerator[BatchEvent, None]:
        """Yield the batch, and again whenever it has changed; a batch that does not exist yet is waited for.

        Ends when `extractions_count` (if not 0) have ended, when the batch was cancelled and nothing of it is
        under way, or when it is forgotten.
        """
        found = await self._first(name, wait_seconds)
        clock = asyncio.get_running_loop().time
        pause_seconds = self._look_seconds
        while True:
            is_last = _is_over(found, extractions_count)
            if found.sequence > after_sequence:
                after_sequence = found.sequence
                yield BatchEvent(found, self._now(), is_last)
            if is_last:
                return
            await asyncio.sleep(pause_seconds)
            began = clock()
            try:
                found = await self.get(name)
            except ServiceError as error:
                if error.reason != "BATCH_NOT_FOUND":
                    raise
                return
            pause_seconds = max(self._look_seconds, PAUSES_PER_LOOK * (clock() - began))

    async def _first(self, name: str, wait_seconds: float) -> Batch:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait_seconds
        while True:
            try:
                return await self.get(name)
            except ServiceError as error:
                left = deadline - loop.time()
                if error.reason != "BATCH_NOT_FOUND" or left <= 0:
                    raise
            await asyncio.sleep(min(self._look_seconds, left))


def _is_over(batch: Batch, extractions_count: int) -> bool:
    reached = 0 < extractions_count <= batch.ended_count
    return reached or (batch.cancel_time is not None and batch.ended)


def _token(name: str, last: Extraction) -> str:
    content = json.dumps([name, last.create_time.isoformat(), last.name])
    return base64.urlsafe_b64encode(content.encode()).decode()


def _position(token: str, name: str) -> Position:
    try:
        batch, create_time, extraction = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
        position = Position(datetime.fromisoformat(create_time), str(extraction))
    except (TypeError, ValueError):
        batch, position = None, None
    if position is None or batch != name or position.create_time.tzinfo is None:
        raise invalid_request("page_token", "must be the next_page_token of the same batch")
    return position
