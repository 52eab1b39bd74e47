"""Admits uploads, tells repeated ones from new ones, and ties each extraction to the call that brings it."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from metaextract_extractor.application.receiving import Parts, Receiving
from metaextract_extractor.application.run import Run, Surroundings
from metaextract_extractor.domain import errors
from metaextract_extractor.domain.formats import extension_of
from metaextract_extractor.domain.model import Ended, Event, Extraction, State, UploadHeader

LOOK_SECONDS: Final = 0.2
"""Pause between two looks at what another replica reads."""


@dataclass(frozen=True, slots=True)
class _Running:
    run: Run
    task: asyncio.Task[None]

    def cancel(self) -> None:
        if not self.task.cancelling():
            self.task.cancel()


class Uploads:
    """The uploads under way in this process."""

    def __init__(self, surroundings: Surroundings, *, uploads_count_max: int) -> None:
        self._with = surroundings
        self._uploads_count_max = uploads_count_max
        self._running: dict[str, _Running] = {}
        self._left: set[asyncio.Task[None]] = set()
        self._count = 0

    @property
    def count(self) -> int:
        """Uploads under way, repeated ones and those that their callers left to themselves too."""
        return self._count + len(self._left)

    @property
    def names(self) -> tuple[str, ...]:
        """The extractions that run here."""
        return tuple(self._running)

    async def extract(self, header: UploadHeader, parts: Parts) -> AsyncGenerator[Event, None]:
        """Receive the file, read it, and yield what happens, up to the end.

        What goes wrong ends the extraction (the last event says so); errors of the upload itself are
        raised as well. Closing the generator cancels the work, but not that of a detached upload that is
        whole.
        """
        self._admit(header)
        self._count += 1
        try:
            earlier = await self._earlier(header)
            events = self._again(header, earlier, parts) if earlier else self._new(header, parts)
            async with aclosing(events):
                async for event in events:
                    yield event
        finally:
            self._count -= 1

    async def cancel(self, name: str) -> None:
        """Stop an extraction if it runs here, and return when it has ended."""
        running = self._running.get(name)
        if running is not None:
            running.cancel()
            await asyncio.wait({running.task})

    def stop(self, names: Iterable[str]) -> None:
        """Stop extractions whose record somebody else has ended; what ends by itself is left alone."""
        for name in names:
            running = self._running.get(name)
            if running is not None and not running.run.ending:
                running.cancel()

    async def settled(self, seconds_max: float) -> None:
        """Give what its callers left to itself some time to end."""
        if self._left:
            await asyncio.wait(self._left, timeout=seconds_max)

    async def close(self) -> None:
        """Stop what is still under way, and return when it has ended."""
        for name in self.names:
            await self.cancel(name)

    def _admit(self, header: UploadHeader) -> None:
        if self.count >= self._uploads_count_max:
            raise errors.extractor_busy("uploads_count_max")
        if header.size_bytes is not None and header.size_bytes > self._with.upload_bytes_max:
            raise errors.upload_too_large(self._with.upload_bytes_max)

    async def _earlier(self, header: UploadHeader) -> Extraction | None:
        if not header.request_id:
            return None
        now = self._with.now()
        found = await self._with.extractions.find_by_request(header.owner, header.request_id)
        if found is not None and found.expire_time is not None and found.expire_time <= now:
            await self._with.extractions.forget_expired(now)  # its request id is free again
            return None
        return found

    async def _new(self, header: UploadHeader, parts: Parts) -> AsyncGenerator[Event, None]:
        extraction = Extraction(
            name=f"extractions/{header.extraction_id or uuid.uuid4()}",
            owner=header.owner,
            request_id=header.request_id,
            state=State.RECEIVING,
            create_time=self._with.now(),
            batch=header.batch,
            size_bytes=header.size_bytes,
        )
        run = Run(extraction, header, self._with)
        await run.begin()
        task = asyncio.create_task(run.go(parts))
        self._running[extraction.name] = running = _Running(run, task)
        task.add_done_callback(lambda _: self._running.pop(extraction.name))
        try:
            await asyncio.sleep(0)  # a task that is cancelled before it has begun would end nothing
            async with aclosing(self._with.event_log.follow(extraction.name, 0)) as events:
                async for event in events:
                    yield event
            await asyncio.wait({task})
            if task.cancelled():
                raise errors.extraction_cancelled(extraction.name)
            task.result()
        finally:
            if run.needs_caller or task.done():
                running.cancel()
                await asyncio.wait({task})
            else:
                self._left.add(task)
                task.add_done_callback(self._left.discard)

    async def _again(
        self, header: UploadHeader, earlier: Extraction, parts: Parts
    ) -> AsyncGenerator[Event, None]:
        """Answer a repeated upload with its first extraction, if it brings the same bytes.

        One that is still read, here or elsewhere, is waited for.
        """
        if earlier.state is State.RECEIVING:
            raise errors.request_id_reused(header.request_id)
        async with self._with.spool.file("", header.size_bytes) as file:
            receiving = Receiving(
                file,
                size_bytes=header.size_bytes,
                extension=extension_of(header.file_name),
                upload_bytes_max=self._with.upload_bytes_max,
                idle_seconds_max=self._with.upload_idle_seconds_max,
            )
            await receiving.receive(parts, _ignored)
            earlier = await self._ended(earlier)
            if earlier.result is None or await file.hashes() != earlier.result.file.hashes:
                raise errors.request_id_reused(header.request_id)
        yield Event(earlier.name, earlier.last_sequence, self._with.now(), Ended())

    async def _ended(self, extraction: Extraction) -> Extraction:
        if (running := self._running.get(extraction.name)) is not None:
            await asyncio.wait({running.task})
        while True:
            found = await self._with.extractions.get(extraction.name)
            if found.ended:
                return found
            await asyncio.sleep(LOOK_SECONDS)


async def _ignored() -> None:
    """A repeated upload reports no progress: its extraction has ended long ago."""
