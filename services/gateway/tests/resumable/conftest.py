"""Gateways that share a folder of resumable uploads, before an extractor and a ledger in memory."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from metaextract_common.errors import Kind, ServiceError
from metaextract_gateway.adapters.uploads_store.disk import DiskUploads, new_id
from metaextract_gateway.application.background import Background
from metaextract_gateway.application.extracting import Extracting
from metaextract_gateway.application.reading_uploads import ReadingUploads
from metaextract_gateway.application.resuming import Piece, Resuming, UploadLimits
from metaextract_gateway.domain.model import (
    Access,
    Delivered,
    Happening,
    Hold,
    HoldState,
    Operations,
    Payer,
    Upload,
)
from metaextract_gateway.domain.resumable import Kept, ResumableUpload

ALICE = "user:00000000-0000-4000-8000-000000000001"
NOBODY_PAYS = ServiceError(Kind.PRECONDITION, "billing.metaextract", "INSUFFICIENT_CREDITS", "Buy some.")


@dataclass
class Ledger:
    """Holds by request id. `refusal` is raised for new ones."""

    holds: dict[str, Hold] = field(default_factory=dict)
    refusal: ServiceError | None = None

    async def hold(self, payer: Payer, request_id: str, upload: Upload) -> Hold:
        if request_id not in self.holds:
            if self.refusal is not None:
                raise self.refusal
            self.holds[request_id] = Hold(
                f"holds/{request_id}", HoldState.HELD, Access.CREDITS, 1, 0, 0, Operations()
            )
        return self.holds[request_id]

    async def capture(self, name: str, delivered: Delivered) -> Hold:
        return self._end(name, HoldState.CAPTURED)

    async def release(self, name: str) -> Hold:
        return self._end(name, HoldState.RELEASED)

    def states(self) -> list[HoldState]:
        return [one.state for one in self.holds.values()]

    def _end(self, name: str, state: HoldState) -> Hold:
        key = name.removeprefix("holds/")
        before = self.holds[key]
        assert before.state is HoldState.HELD
        self.holds[key] = Hold(name, state, Access.CREDITS, 1, 1, 0, Operations())
        return self.holds[key]


@dataclass
class Reader:
    """An extractor that keeps what it is sent. `failures` are raised, one for each attempt.

    `earlier`: what requests that are repeated brought the first time.
    """

    read: dict[str, bytes] = field(default_factory=dict)
    ended: dict[str, Delivered | ServiceError] = field(default_factory=dict)
    failures: list[ServiceError] = field(default_factory=list)
    earlier: dict[str, Delivered] = field(default_factory=dict)

    async def extract(
        self, owner: str, upload: Upload, chunks: AsyncIterator[bytes]
    ) -> AsyncGenerator[Happening, None]:
        assert upload.detached
        if self.failures:
            raise self.failures.pop(0)
        if upload.request_id in self.earlier:
            content = b"".join([chunk async for chunk in chunks])
            yield Happening(None, self.earlier[upload.request_id])
            return
        yield Happening(SimpleNamespace(name=f"extractions/{upload.extraction_id}"))
        content = b"".join([chunk async for chunk in chunks])
        assert upload.extraction_id not in self.read
        self.read[upload.extraction_id] = content
        done = Delivered(len(content), 1, 1, extraction_id=upload.extraction_id)
        self.ended[upload.extraction_id] = done
        yield Happening(None, done)

    async def find(self, extraction_id: str) -> Happening | None:
        if extraction_id not in self.ended:
            return None
        return Happening(None, self.ended[extraction_id])


@dataclass
class Gateway:
    """One of the gateways."""

    store: DiskUploads
    reading: ReadingUploads
    resuming: Resuming
    background: Background
    reader: Reader
    ledger: Ledger

    async def create(
        self, size_bytes: int | None, *, account: str = "device:1", owner: str = "address:x", **upload: object
    ) -> Kept:
        upload_id = new_id()
        extraction_id = f"{upload_id[:8]}-0000-4000-8000-000000000000"
        said = {"request_id": extraction_id, "file_name": "a.jpg", "media_type": "image/jpeg", **upload}
        described = Upload(
            extraction_id=extraction_id,
            size_bytes_expected=size_bytes,
            size_bytes_max=10_000_000,
            partial_results=False,
            detached=True,
            **said,
        )
        known = ResumableUpload(upload_id, owner, Payer(account), described)
        return await self.resuming.create(known, repeatable="request_id" in upload)

    async def append(self, upload_id: str, offset: int, content: bytes, **said: object) -> Kept:
        async def chunks() -> AsyncIterator[bytes]:
            for at in range(0, len(content), 100_000):
                yield content[at : at + 100_000]

        return await self.resuming.append(upload_id, "", Piece(offset, chunks(), **said))

    async def settled(self) -> None:
        """Wait until what runs in the background has ended."""
        while running := list(self.background._tasks):
            await asyncio.wait(running)


Start = Callable[..., AbstractAsyncContextManager[Gateway]]


@asynccontextmanager
async def gateway_in(
    folder: Path, reader: Reader, ledger: Ledger, lifetime: timedelta = timedelta(hours=1), **limits: int
) -> AsyncIterator[Gateway]:
    """Run a gateway on a folder."""
    defects: list[BaseException] = []
    store = DiskUploads(folder, lifetime=lifetime)
    store.open()
    background = Background(defects.append)
    extracting = Extracting(reader, ledger)
    reading = ReadingUploads(store, extracting, reader, background)
    chosen = UploadLimits(
        **{
            "open_max": 100,
            "open_bytes_max": 10**9,
            "owner_open_max": 50,
            "owner_open_bytes_max": 10**8,
            **limits,
        }
    )
    resuming = Resuming(store, extracting, reading, chosen)
    async with store.watching():
        yield Gateway(store, reading, resuming, background, reader, ledger)
        await background.drained(20)
    assert defects == []


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Start gateways on one folder, with one extractor and one ledger."""
    reader, ledger = Reader(), Ledger()

    def begin(**settings: object) -> AbstractAsyncContextManager[Gateway]:
        return gateway_in(tmp_path / "uploads", reader, ledger, **settings)

    return begin


@pytest.fixture
async def gateway(start: Start) -> AsyncIterator[Gateway]:
    """One gateway."""
    async with start() as one:
        yield one


@pytest.fixture
async def other(start: Start) -> AsyncIterator[Gateway]:
    """Another gateway beside it."""
    async with start() as one:
        yield one


@pytest.fixture
def fakes() -> Callable[[], tuple[object, Reader, Ledger]]:
    """What a gateway needs, anew each time."""
    return lambda: (gateway_in, Reader(), Ledger())
