"""Reads provisional fields from the part of a file that has arrived."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from metaextract_extractor.domain.findings import Reading
from metaextract_extractor.domain.model import PartialResult
from metaextract_extractor.domain.ports import SpooledFile, Task, Workers
from metaextract_extractor.domain.result import ByteRange, Field, Why

DUE_BYTES: Final = (64 * 1024, 256 * 1024, 1024 * 1024)
"""Lengths after which a file is looked at, if it is longer."""

READINGS_COUNT_MAX: Final = 24
"""Provisional readings of one file: those above, and whenever another container has arrived whole."""

SLOW_AFTER_SECONDS: Final = 0.3
"""Uploads that are done sooner get no provisional fields: the final ones come at once."""

STOP_SECONDS: Final = 0.25
"""How long a provisional reading may hold up the final one."""


class Partials:
    """The provisional readings of one upload; one at a time, only while a worker is idle.

    `fields` are those that were told last.
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
        self._size_bytes = size_bytes
        self._extension = extension
        self._workers = workers
        self._report = report
        self._due = [length for length in DUE_BYTES if size_bytes is not None and length < size_bytes]
        self._wanted: tuple[ByteRange, ...] = ()
        self._readings_count = 0
        self._began = time.monotonic()
        self._reading: asyncio.Task[None] | None = None
        self.fields: tuple[Field, ...] = ()

    def advanced(self) -> None:
        """More bytes have arrived: start the next reading if it is due."""
        busy = self._reading is not None and not self._reading.done()
        early = time.monotonic() - self._began < SLOW_AFTER_SECONDS
        if busy or early or self._readings_count >= READINGS_COUNT_MAX or not self._is_due():
            return
        received = self._file.received
        self._due = [length for length in self._due if length > received.bytes_count]
        self._readings_count += 1
        self._reading = asyncio.create_task(self._read(received.all(), received.bytes_count))

    async def stop(self) -> None:
        """Let a reading that runs finish, but not for long."""
        if self._reading is None:
            return
        try:
            await asyncio.wait({self._reading}, timeout=STOP_SECONDS)
        finally:  # also if we are cancelled: nothing may be reported after the end
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    def _is_due(self) -> bool:
        received = self._file.received
        return any(length <= received.bytes_count for length in self._due) or any(
            received.covers(one.offset_bytes, one.length_bytes) for one in self._wanted
        )

    async def _read(self, received: tuple[ByteRange, ...], bytes_count: int) -> None:
        task = Task(self._file.path, self._size_bytes or 0, self._extension, received)
        reading = await self._workers.read_if_idle(task)
        if reading is None:
            return
        self._wanted = _missing(reading)
        if reading.fields != self.fields:
            self.fields = reading.fields
            await self._report(PartialResult(reading.fields, bytes_count))


def _missing(reading: Reading) -> tuple[ByteRange, ...]:
    """Return the bytes that a container lacks."""
    return tuple(one.place for one in reading.unread if one.why is Why.MISSING)
