"""Reads provisional fields from the part of a file that has arrived."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from metaextract_extractor.domain.model import PartialResult
from metaextract_extractor.domain.ports import SpooledFile, Task, Workers

PREFIX_BYTES: Final = (64 * 1024, 256 * 1024, 1024 * 1024)
"""Prefixes that are read, if the file is longer."""

SLOW_AFTER_SECONDS: Final = 0.3
"""Uploads that are done sooner get no provisional fields: the final ones come at once."""

STOP_SECONDS: Final = 0.25
"""How long a provisional reading may hold up the final one."""


class Partials:
    """The provisional readings of one upload; one at a time, only while a worker is idle."""

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
        self._left = [length for length in PREFIX_BYTES if size_bytes is not None and length < size_bytes]
        self._began = time.monotonic()
        self._reading: asyncio.Task[None] | None = None

    def advanced(self) -> None:
        """More bytes have arrived: start the next reading if it is due."""
        due = [length for length in self._left if length <= self._file.bytes_received]
        busy = self._reading is not None and not self._reading.done()
        if not due or busy or time.monotonic() - self._began < SLOW_AFTER_SECONDS:
            return
        self._left = self._left[len(due) :]
        self._reading = asyncio.create_task(self._read(self._file.bytes_received))

    async def stop(self) -> None:
        """Let a reading that runs finish, but not for long."""
        if self._reading is None:
            return
        try:
            await asyncio.wait({self._reading}, timeout=STOP_SECONDS)
        finally:  # also if we are cancelled: nothing may be reported after the end
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    async def _read(self, bytes_read: int) -> None:
        task = Task(self._file.path, self._size_bytes or 0, self._extension)
        reading = await self._workers.read_if_idle(task)
        if reading is not None:
            await self._report(PartialResult(reading.fields, bytes_read))
