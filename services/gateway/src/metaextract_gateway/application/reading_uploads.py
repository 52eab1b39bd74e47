"""Hands uploads that are whole to the extractor, for clients that need not wait, until it is done."""

import asyncio
import uuid
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Final

from metaextract_common.errors import Kind, ServiceError
from metaextract_gateway.application.background import Background
from metaextract_gateway.application.extracting import Extracting
from metaextract_gateway.domain.model import Delivered, Hold
from metaextract_gateway.domain.resumable import Extractions, Kept, ResumableUpload, UploadStore

BEGIN_SECONDS_MAX: Final = 10.0
"""How long the client that sent the last byte waits to hear that the extraction began."""
PAUSES_SECONDS: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
"""Between attempts while something is away or busy; afterwards the next sweep tries again."""
PASSING: Final = (Kind.UNAVAILABLE, Kind.EXHAUSTED)
CUT_OFF: Final = ("EXTRACTION_CANCELLED", "UPLOAD_INCOMPLETE", "INTERNAL")
"""How an extraction ends whose gateway or extractor died meanwhile. Its name is used up then."""


@dataclass(slots=True)
class _Reading:
    task: asyncio.Task[None] | None = None
    begun: asyncio.Event = field(default_factory=asyncio.Event)


class ReadingUploads:
    """The uploads that are read now. Each is read once, by one gateway, however many know of it."""

    def __init__(
        self, store: UploadStore, extracting: Extracting, extractions: Extractions, background: Background
    ) -> None:
        self._store = store
        self._extracting = extracting
        self._extractions = extractions
        self._background = background
        self._readings: dict[str, _Reading] = {}
        self._refused: set[str] = set()

    async def begin(self, upload_id: str) -> None:
        """Return when the extraction has begun, or is put off; raises what keeps it from beginning."""
        reading = self._started(upload_id, adopted=False)
        began = asyncio.create_task(reading.begun.wait())
        try:
            assert reading.task is not None  # noqa: S101 - set by `_started`
            waited = {reading.task, began}
            await asyncio.wait(waited, timeout=BEGIN_SECONDS_MAX, return_when=asyncio.FIRST_COMPLETED)
            if reading.task.done() and not reading.begun.is_set():
                reading.task.result()
        finally:
            began.cancel()

    def adopt(self, upload_id: str) -> None:
        """Read an upload that nobody reads; one that was refused waits until its client asks again."""
        if upload_id not in self._refused:
            self._started(upload_id, adopted=True)

    async def is_used(self, extraction_id: str) -> bool:
        """Tell whether there is an extraction of this name."""
        return await self._extractions.find(extraction_id) is not None

    def _started(self, upload_id: str, *, adopted: bool) -> _Reading:
        reading = self._readings.get(upload_id)
        if reading is None:
            self._readings[upload_id] = reading = _Reading()
            self._refused.discard(upload_id)
            reading.task = self._background.start(self._read(upload_id, reading.begun, adopted=adopted))
            reading.task.add_done_callback(lambda _: self._readings.pop(upload_id))
        return reading

    async def _read(self, upload_id: str, begun: asyncio.Event, *, adopted: bool) -> None:
        async with self._store.reading(upload_id) as alone:
            if not alone:
                return  # another gateway does
            for pause_seconds in PAUSES_SECONDS:
                kept = await self._store.get(upload_id)
                try:
                    if kept.known.is_settled or await self._attempt(kept, begun, adopted=adopted):
                        await self._store.settle(upload_id)
                        return
                except ServiceError as error:
                    if error.kind not in PASSING:
                        self._refused.add(upload_id)
                        raise
                    pause_seconds = max(pause_seconds, error.retry_after_seconds or 0)  # noqa: PLW2901
                begun.set()  # it will, before long
                if not await self._background.pause(pause_seconds):
                    return

    async def _attempt(self, kept: Kept, begun: asyncio.Event, *, adopted: bool) -> bool:
        """Tell whether the extraction is over. Raises what kept it from beginning or from being paid."""
        known = kept.known
        found = await self._extractions.find(known.upload.extraction_id)
        if adopted and found is None and await self._extracting.is_paid(known.payer, known.upload):
            return True  # read and paid so long ago that the result is forgotten: not again
        end = await self._extract(known, begun) if found is None else found.end
        if isinstance(end, ServiceError):
            if end.kind not in PASSING and (found is None or end.reason not in CUT_OFF):
                return True
            again = replace(known.upload, extraction_id=str(uuid.uuid4()))
            await self._store.know(replace(known, upload=again))
            return False
        if found is not None and end is not None:
            await self._extracting.settle(known.payer, known.upload, end)
        if end is not None and end.extraction_id != known.upload.extraction_id:
            # The same request was read before, in another way: tell where.
            again = replace(known.upload, extraction_id=end.extraction_id)
            await self._store.know(replace(known, upload=again))
        return end is not None  # if not, it is still read, for a gateway that is gone

    async def _extract(self, known: ResumableUpload, begun: asyncio.Event) -> Delivered | ServiceError | None:
        end = None
        chunks = self._store.chunks(known.id)
        async with aclosing(
            self._extracting.extract(known.payer, known.upload, chunks, _ignored)
        ) as happenings:
            async for happening in happenings:
                begun.set()
                if (end := happening.end) is not None:
                    break
        return end


def _ignored(_hold: Hold) -> None:
    """Nobody waits to hear what was held."""
