"""When a file that is arriving is looked at."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from metaextract_extractor.application import partials as module
from metaextract_extractor.application.partials import READINGS_COUNT_MAX, Partials
from metaextract_extractor.domain import errors
from metaextract_extractor.domain.findings import Reading
from metaextract_extractor.domain.model import PartialResult
from metaextract_extractor.domain.ports import StepReport, Task
from metaextract_extractor.domain.ranges import Ranges
from metaextract_extractor.domain.result import ByteRange, Field, Hashes, Standard, Unread, Why

KIBIBYTE = 1024
SIZE_BYTES = 100_000_000
MAKE = Field("JPEG-APP1-IFD0", Standard.EXIF, "IFD0", "Camera", "Make", "271", "Acme", "Acme", "string", "x")


class Arriving:
    """Implements `domain.ports.SpooledFile`: only what has arrived of it matters here."""

    path = "nowhere"

    def __init__(self) -> None:
        self.received = Ranges()

    async def write(self, chunk: bytes, offset: int) -> None:
        self.received.add(offset, len(chunk))

    async def head(self, length: int) -> bytes:
        return bytes(min(length, self.received.prefix_bytes))

    async def seal(self) -> None:
        return

    async def hashes(self) -> Hashes:
        return Hashes("", "", "", "")


class Readers:
    """Implements `domain.ports.Workers`: misses the same range each time, and finds a field more."""

    def __init__(self, *missing: ByteRange, idle: bool = True) -> None:
        self.lengths: list[int] = []
        self._missing = tuple(Unread("JPEG", place, Why.MISSING) for place in missing)
        self.idle = idle

    async def read(self, task: Task, on_step: StepReport, on_start: Callable[[], Awaitable[None]]) -> Reading:
        raise AssertionError("whole files are not read here")

    async def read_if_idle(self, task: Task) -> Reading | None:
        assert task.received is not None
        self.lengths.append(sum(one.length_bytes for one in task.received))
        if not self.idle:
            raise errors.extractor_busy("workers_count")
        fields = (MAKE,) * len(self.lengths)
        return Reading("", "", None, None, None, None, fields=fields, unread=self._missing)


@pytest.fixture(autouse=True)
def patient(monkeypatch) -> None:
    """Every upload is slow, and looked at often."""
    monkeypatch.setattr(module, "SLOW_SECONDS", 0.0)
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.001)


@asynccontextmanager
async def watched(
    file: Arriving, readers: Readers, size_bytes: int | None = SIZE_BYTES
) -> AsyncIterator[list[PartialResult]]:
    told: list[PartialResult] = []

    async def report(partial: PartialResult) -> None:
        told.append(partial)

    partials = Partials(file, size_bytes=size_bytes, extension="jpg", workers=readers, report=report)
    try:
        yield told
    finally:
        await partials.stop()


async def settled() -> None:
    """Give it time for many looks."""
    await asyncio.sleep(0.05)


async def test_a_file_is_read_at_each_length_even_if_the_client_then_pauses(becomes) -> None:
    file, readers = Arriving(), Readers()
    async with watched(file, readers) as told:
        for lengths, end in enumerate((64, 256, 1024, 4096), 1):
            file.received.add(file.received.prefix_bytes, end * KIBIBYTE - file.received.prefix_bytes)
            await becomes(lambda count=lengths: len(told) == count)
    assert readers.lengths == [one.bytes_read for one in told]
    assert readers.lengths == [one * KIBIBYTE for one in (64, 256, 1024, 4096)]


async def test_between_the_lengths_a_file_is_read_when_a_container_has_arrived(becomes) -> None:
    file, readers = Arriving(), Readers(ByteRange(90_000, 1000))
    async with watched(file, readers) as told:
        file.received.add(0, 70_000)
        await becomes(lambda: len(told) == 1)
        file.received.add(70_000, 20_999)
        await settled()
        assert len(told) == 1
        file.received.add(90_999, 1)
        await becomes(lambda: len(told) == 2)
        await settled()
    assert readers.lengths == [70_000, 91_000], "what has arrived and is missed all the same is damage"


async def test_the_tail_counts_once_the_beginning_is_there(becomes) -> None:
    file, readers = Arriving(), Readers()
    async with watched(file, readers) as told:
        file.received.add(SIZE_BYTES - 1_000_000, 1_000_000)
        await settled()
        assert readers.lengths == []
        file.received.add(0, 65_536)
        await becomes(lambda: len(told) == 1)
    assert readers.lengths == [1_065_536]


async def test_nothing_is_read_of_a_file_of_unknown_length_or_with_no_length_that_is_due() -> None:
    for size_bytes in (None, 0, 65_536):
        file, readers = Arriving(), Readers()
        async with watched(file, readers, size_bytes) as told:
            file.received.add(0, 65_536)
            await settled()
        assert (told, readers.lengths) == ([], [])


async def test_an_upload_that_is_soon_over_is_left_alone(monkeypatch) -> None:
    monkeypatch.setattr(module, "SLOW_SECONDS", 1000.0)
    file, readers = Arriving(), Readers()
    async with watched(file, readers):
        file.received.add(0, 50_000_000)
        await settled()
    assert readers.lengths == []


async def test_the_same_fields_are_told_once(becomes) -> None:
    class Same(Readers):
        async def read_if_idle(self, task: Task) -> Reading | None:
            await super().read_if_idle(task)
            return Reading("", "", None, None, None, None, fields=(MAKE,))

    file, readers = Arriving(), Same()
    async with watched(file, readers) as told:
        for start, end in ((0, 70_000), (70_000, 300_000)):
            file.received.add(start, end - start)
            await becomes(lambda end=end: end in readers.lengths)
        await settled()
    assert [one.bytes_read for one in told] == [70_000]


async def test_a_file_that_always_lacks_something_is_not_read_for_ever(becomes) -> None:
    class Insatiable(Readers):
        async def read_if_idle(self, task: Task) -> Reading | None:
            await super().read_if_idle(task)
            at = len(self.lengths) * 1000 + 100_000
            file.received.add(at - 1000, 1000)
            missing = (Unread("JPEG", ByteRange(at - 1000, 1000), Why.MISSING),)
            return Reading("", "", None, None, None, None, unread=missing)

    file = Arriving()
    readers = Insatiable()
    async with watched(file, readers):
        file.received.add(0, 100_000)
        await becomes(lambda: len(readers.lengths) >= READINGS_COUNT_MAX)
        await settled()
    assert len(readers.lengths) == READINGS_COUNT_MAX


async def test_what_is_due_while_no_worker_is_idle_is_read_as_soon_as_one_is(becomes) -> None:
    file, readers = Arriving(), Readers(idle=False)
    async with watched(file, readers) as told:
        file.received.add(0, 70_000)
        await becomes(lambda: len(readers.lengths) > READINGS_COUNT_MAX)
        assert told == []
        readers.idle = True
        await becomes(lambda: len(told) == 1)
        tried_count = len(readers.lengths)
        await settled()
        assert len(readers.lengths) == tried_count
    assert [one.bytes_read for one in told] == [70_000]


async def test_a_reading_that_fails_is_tried_again_only_with_more_of_the_file(becomes) -> None:
    class Failing(Readers):
        async def read_if_idle(self, task: Task) -> Reading | None:
            await super().read_if_idle(task)
            return None

    file, readers = Arriving(), Failing()
    async with watched(file, readers) as told:
        file.received.add(0, 70_000)
        await becomes(lambda: readers.lengths == [70_000])
        await settled()
        assert readers.lengths == [70_000]
        file.received.add(70_000, 230_000)
        await becomes(lambda: readers.lengths == [70_000, 300_000])
    assert told == []
