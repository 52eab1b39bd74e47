"""Sends one file to a running extractor over a throttled line, and notes when it tells what."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract.extractor.v1 import result_pb2

if TYPE_CHECKING:  # the name stands in the type stubs only
    from metaextract.extractor.v1.extractor_pb2_grpc import ExtractorServiceAsyncStub

TAIL_BYTES: Final = 1024 * 1024
"""What a client that knows the file sends before the rest."""

PREFIXES: Final = (64 * 1024, 256 * 1024, 1024 * 1024)
PREFIX_SECONDS_MAX: Final = 2.0
"""How long the line stands still after each of these, unless something is told before."""

CHUNK_BYTES: Final = 64 * 1024
CALL_SECONDS_MAX: Final = 180.0


@dataclass(frozen=True, slots=True)
class Told:
    """One partial result: seconds since the header was sent, bytes that had arrived when it was read."""

    seconds: float
    bytes_read: int
    fields: tuple[result_pb2.Field, ...]


@dataclass(slots=True)
class Sending:
    """One upload of one file. `tail_first`: its last `TAIL_BYTES` come before the rest."""

    path: Path
    tail_first: bool
    told: list[Told] = field(default_factory=list)
    revised: list[pb.RevisedField] = field(default_factory=list)
    sent_seconds: float = 0.0
    """When the last byte was handed to the line."""
    ended_seconds: float = 0.0
    ended: pb.Extraction | None = None
    prefixes_told: dict[int, Told | None] = field(default_factory=dict)
    """What had been told last when the line stood still behind each of `PREFIXES`."""
    _began: float = 0.0
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _leave: Callable[[], object] = lambda: None

    @property
    def size_bytes(self) -> int:
        """Length of the file."""
        return self.path.stat().st_size

    async def whole(self, stub: "ExtractorServiceAsyncStub", bytes_per_second: float) -> None:
        """Send everything at this pace and wait for the result."""
        await self._follow(stub, self._paced(bytes_per_second))

    async def prefixes(self, stub: "ExtractorServiceAsyncStub") -> None:
        """Send `PREFIXES`, stand still behind each of them, and leave."""
        with suppress(asyncio.CancelledError):  # by ourselves
            await self._follow(stub, self._halting())

    async def _follow(
        self, stub: "ExtractorServiceAsyncStub", parts: AsyncIterator[pb.ExtractRequest]
    ) -> None:
        self._began = time.perf_counter()
        call = stub.Extract(parts)
        self._leave = call.cancel
        async with asyncio.timeout(CALL_SECONDS_MAX):
            async for response in call:
                self._note(response.event)

    def _note(self, event: pb.ExtractionEvent) -> None:
        seconds = time.perf_counter() - self._began
        if event.HasField("partial_result"):
            partial = event.partial_result
            self.told.append(Told(seconds, partial.bytes_read, tuple(partial.fields)))
            self._news.set()
        elif event.HasField("revision"):
            self.revised.extend(event.revision.fields)
        elif event.HasField("ended"):
            self.ended, self.ended_seconds = event.ended, seconds

    async def _paced(self, bytes_per_second: float) -> AsyncIterator[pb.ExtractRequest]:
        yield self._header()
        sent = 0
        for part, length in self._parts(0, self._head_bytes):
            yield part
            sent += length
            await asyncio.sleep(max(0.0, self._began + sent / bytes_per_second - time.perf_counter()))
        self.sent_seconds = time.perf_counter() - self._began
        yield pb.ExtractRequest(finish=pb.UploadFinish(size_bytes=self.size_bytes))

    async def _halting(self) -> AsyncIterator[pb.ExtractRequest]:
        yield self._header()
        at = 0
        for prefix in PREFIXES:
            for part, _ in self._parts(at, prefix):
                yield part
            at = prefix
            self._news.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._read_up_to(prefix), PREFIX_SECONDS_MAX)
            self.prefixes_told[prefix] = self.told[-1] if self.told else None
        self._leave()

    async def _read_up_to(self, prefix: int) -> None:
        """Return when all of the prefix has been read, and told; the bytes of the tail count as well."""
        arrived = prefix + (TAIL_BYTES if self.tail_first else 0)
        while not self.told or self.told[-1].bytes_read < arrived:
            await self._news.wait()
            self._news.clear()

    def _header(self) -> pb.ExtractRequest:
        return pb.ExtractRequest(
            header=pb.UploadHeader(
                owner="bench", file_name=self.path.name, size_bytes=self.size_bytes, partial_results=True
            )
        )

    @property
    def _head_bytes(self) -> int:
        return self.size_bytes - TAIL_BYTES if self.tail_first else self.size_bytes

    def _parts(self, start: int, end: int) -> Iterator[tuple[pb.ExtractRequest, int]]:
        """Yield the parts of a range of the beginning with their lengths; before the very first the tail."""
        size_bytes = self.size_bytes
        with self.path.open("rb") as file:
            for offset in range(start, end, CHUNK_BYTES):
                if offset == 0 and self.tail_first:
                    for place in range(self._head_bytes, size_bytes, CHUNK_BYTES):
                        yield _placed(place, os.pread(file.fileno(), CHUNK_BYTES, place))
                data = os.pread(file.fileno(), min(CHUNK_BYTES, end - offset), offset)
                if offset == 0 and self.tail_first:
                    yield _placed(0, data)
                else:
                    yield pb.ExtractRequest(chunk=data), len(data)


def _placed(offset: int, data: bytes) -> tuple[pb.ExtractRequest, int]:
    return pb.ExtractRequest(placed_chunk=pb.PlacedChunk(offset_bytes=offset, data=data)), len(data)
