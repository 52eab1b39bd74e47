"""How a file goes to the server and its extraction comes back: in one piece, or resumably."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing
from typing import Final
from urllib.parse import quote
from uuid import uuid4

from metaextract_client import models
from metaextract_client.errors import MetaExtractError
from metaextract_client.event_stream import events
from metaextract_client.models import Event, Extraction
from metaextract_client.resumable import NotResumableError, ResumableUpload, UploadMemory
from metaextract_client.transport import Transport
from metaextract_client.uploading import Upload

CUT_OFF: Final = frozenset(
    {"EXTRACTION_CANCELLED", "UPLOAD_INCOMPLETE", "INTERNAL", "EXTRACTOR_BUSY", "SPOOL_UNAVAILABLE"}
)
"""How the reading of a resumable upload ends that the server begins again, under another name."""
BEGUN_AGAIN_SECONDS: Final = 1.0
CREATION_SECONDS: Final = 30
OnProgress = Callable[[Event], None]

log = logging.getLogger("metaextract_client")


class Uploads:
    """Sends files; `resumable_bytes_min` and above resumably, None for none."""

    def __init__(
        self, transport: Transport, resumable_bytes_min: int | None, memory: UploadMemory | None
    ) -> None:
        self._transport = transport
        self._resumable_bytes_min = resumable_bytes_min
        self._memory = memory

    async def extract(self, upload: Upload, on_progress: OnProgress | None) -> Extraction:
        """Return the extraction when it has ended."""
        if (resumable := await self._resumable(upload)) is not None:
            try:
                return await self._read(resumable, await resumable.send(), on_progress)
            except NotResumableError:
                log.info("this server takes files in one piece only")
        extraction: Extraction = await self._transport.retrying()(self._attempt, upload, on_progress)
        return extraction

    async def begin(self, upload: Upload) -> str:
        """Return the id of the extraction when the file has arrived."""
        if (resumable := await self._resumable(upload)) is not None:
            try:
                extraction_id = await resumable.send()
            except NotResumableError:
                log.info("this server takes files in one piece only")
            else:
                resumable.forget()
                return extraction_id

        async def attempt() -> Extraction:
            return await upload.send(self._transport, str(uuid4()), wait=False)

        begun: Extraction = await self._transport.retrying()(attempt)
        return begun.extraction_id

    async def _resumable(self, upload: Upload) -> ResumableUpload | None:
        size_bytes = await upload.size_bytes()
        if self._resumable_bytes_min is None or size_bytes < max(1, self._resumable_bytes_min):
            return None
        return ResumableUpload(self._transport, upload, size_bytes, self._memory)

    async def _read(
        self, resumable: ResumableUpload, extraction_id: str, on_progress: OnProgress | None
    ) -> Extraction:
        while True:
            extraction = await ended(self._transport, extraction_id, on_progress)
            again = extraction_id
            if extraction.error is not None and extraction.error.reason in CUT_OFF:
                await asyncio.sleep(BEGUN_AGAIN_SECONDS)
                again = await resumable.extraction_id()
            if again == extraction_id:
                resumable.forget()
                return extraction
            extraction_id = again

    async def _attempt(self, upload: Upload, on_progress: OnProgress | None) -> Extraction:
        # A new id each time: an attempt that was cut off may have left a failed extraction under the old one.
        extraction_id = str(uuid4())
        posting = upload.send(self._transport, extraction_id, wait=True)
        if on_progress is None:
            return await posting
        watch = asyncio.create_task(self._report(extraction_id, on_progress))
        try:
            extraction = await posting
        finally:
            watch.cancel()
            await asyncio.wait([watch])
        if not watch.cancelled():
            watch.result()  # what `on_progress` raised
        return extraction

    async def _report(self, extraction_id: str, on_progress: OnProgress) -> None:
        try:
            await ended(self._transport, extraction_id, on_progress)
        except MetaExtractError as error:
            # Progress is a courtesy: the upload goes on without it, and its own answer tells how it ended.
            log.info("progress of %s is not available: %s", extraction_id, error)


async def ended(transport: Transport, extraction_id: str, on_progress: OnProgress | None) -> Extraction:
    """Follow an extraction and return it when it has ended."""
    path = extraction_path(extraction_id)
    happening = events(transport, f"{path}/events", after=0, wait_seconds=CREATION_SECONDS)
    async with aclosing(happening):
        async for event in happening:
            if isinstance(event.change, Extraction):
                return event.change
            if on_progress is not None:
                on_progress(event)
    return await transport.call(models.extraction_from_json, "GET", path)


def extraction_path(extraction_id: str) -> str:
    """Return where an extraction is read."""
    return f"/v1/extractions/{quote(extraction_id, safe='')}"
