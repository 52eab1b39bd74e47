"""Reads provisional fields from the part of a file that has arrived."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from metaextract_common.errors import ServiceError
from metaextract_extractor.domain.findings import Reading
from metaextract_extractor.domain.model import PartialResult
from metaextract_extractor.domain.ports import SpooledFile, Task, Workers
from metaextract_extractor.domain.result import ByteRange, Field, Why

MEBIBYTE: Final = 1024 * 1024

DUE_BYTES: Final = (64 * 1024, 256 * 1024, *(count * MEBIBYTE for count in (1, 4, 16, 64)))
"""Lengths of the beginning after which a file is looked at, if it is longer."""

READINGS_COUNT_MAX: Final = 24
"""Provisional readings of one file: those above, and whenever another container has arrived whole."""

SLOW_SECONDS: Final = 0.3
"""Uploads that take no longer get no provisional fields: the final ones come at once."""

LOOK_SECONDS: Final = 0.02
LOOK_LATER_SECONDS: Final = 0.1
"""How often it is looked whether a reading is due: in the first second, and after it."""

STOP_SECONDS: Final = 0.25
"""How long a provisional reading may hold up the final one."""


class Partials:
    """The provisional readings of one upload; one at a time, as soon as a worker is idle.

    Looks by itself what has arrived, for a client may pause where something is due; it must be stopped.
    Without `size_bytes` there are no readings. `fields` are those that were told last.
    """

    def __init__(
        self,
        file: SpooledFile,
        *,
        size_bytes: int | None,
        extension: str,
        workers: Workers,
        report: Callable[[PartialResult], Awaitable[None]],
    ) -> None:
        self._file = file
        self._size_bytes = size_bytes or 0
        self._extension = extension
        self._workers = workers
        self._report = report
        self._due = [length for length in DUE_BYTES if length < self._size_bytes]
        self._wanted: tuple[ByteRange, ...] = ()
        self._readings_count = 0
        self._began = time.monotonic()
        self._reading: asyncio.Task[None] | None = None
        self._looking = asyncio.create_task(self._look()) if self._due else None
        self.fields: tuple[Field, ...] = ()

    def advanced(self) -> None:
        """More bytes may have arrived: start the next reading if it is due."""
        busy = self._reading is not None and not self._reading.done()
        if busy or not self._is_due() or self._is_fast():
            return
        received = self._file.received
        reading = self._read(received.all(), received.prefix_bytes, received.bytes_count)
        self._reading = asyncio.create_task(reading)

    async def stop(self) -> None:
        """Let a reading that runs finish, but not for long."""
        tasks = [task for task in (self._looking, self._reading) if task is not None]
        if self._looking is not None:
            self._looking.cancel()
        try:
            if self._reading is not None:
                await asyncio.wait({self._reading}, timeout=STOP_SECONDS)
        finally:  # also if we are cancelled: nothing may be reported after the end
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(self) -> None:
        while self._readings_count < READINGS_COUNT_MAX:
            young = time.monotonic() - self._began < 1
            await asyncio.sleep(LOOK_SECONDS if young else LOOK_LATER_SECONDS)
            self.advanced()

    def _is_due(self) -> bool:
        received = self._file.received
        return self._readings_count < READINGS_COUNT_MAX and (
            any(length <= received.prefix_bytes for length in self._due)
            or any(received.covers(one.offset_bytes, one.length_bytes) for one in self._wanted)
        )

    def _is_fast(self) -> bool:
        """Whether it seems that the upload will be over before anybody has waited."""
        seconds = time.monotonic() - self._began
        return seconds * self._size_bytes / self._file.received.bytes_count < SLOW_SECONDS

    async def _read(self, received: tuple[ByteRange, ...], prefix_bytes: int, bytes_count: int) -> None:
        task = Task(self._file.path, self._size_bytes, self._extension, received)
        try:
            reading = await self._workers.read_if_idle(task)
        except ServiceError:  # no worker is idle: it stays due
            return
        self._readings_count += 1
        self._due = [length for length in self._due if length > prefix_bytes]
        self._wanted = _missing(reading, received) if reading else ()
        if reading and reading.fields != self.fields:
            self.fields = reading.fields
            await self._report(PartialResult(reading.fields, bytes_count))


def _missing(reading: Reading, received: tuple[ByteRange, ...]) -> tuple[ByteRange, ...]:
    """Return the bytes that a container lacks because they have not arrived."""
    return tuple(
        one.place
        for one in reading.unread
        if one.why is Why.MISSING and not any(_is_within(one.place, there) for there in received)
    )


def _is_within(place: ByteRange, other: ByteRange) -> bool:
    end = other.offset_bytes + other.length_bytes
    return other.offset_bytes <= place.offset_bytes and place.offset_bytes + place.length_bytes <= end
