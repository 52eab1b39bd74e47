"""The extractor as it runs: real sockets, real files, real workers."""

import asyncio
import hashlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
import pytest_asyncio

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract.extractor.v1.extractor_pb2_grpc import ExtractorServiceStub
from metaextract_common.rpc.client import open_channel
from metaextract_extractor.main import running
from metaextract_extractor.settings import Settings
from metaextract_testing.factory import MadeImage

if TYPE_CHECKING:  # the name stands in the type stubs only
    from metaextract.extractor.v1.extractor_pb2_grpc import ExtractorServiceAsyncStub

SECONDS_MAX = 120
Start = Callable[..., AbstractAsyncContextManager["Service"]]


@dataclass
class Upload:
    """One upload: the parts are sent when the test says so. `events` fills while it is followed."""

    stub: "ExtractorServiceAsyncStub"
    header: pb.UploadHeader
    events: list[pb.ExtractionEvent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._parts: asyncio.Queue[pb.ExtractRequest | None] = asyncio.Queue()
        self._parts.put_nowait(pb.ExtractRequest(header=self.header))
        self.call = self.stub.Extract(self._sent())
        self._responses = aiter(self.call)

    async def _sent(self) -> AsyncIterator[pb.ExtractRequest]:
        while (part := await self._parts.get()) is not None:
            yield part

    @property
    def name(self) -> str:
        return self.events[0].name

    @property
    def states(self) -> list[str]:
        """The states that the events told, in order."""
        told = [event.state_change.state for event in self.events if event.HasField("state_change")]
        told += [event.ended.state for event in self.events if event.HasField("ended")]
        return [pb.Extraction.State.Name(state).removeprefix("STATE_") for state in told]

    @property
    def ended(self) -> pb.Extraction:
        return self.events[-1].ended

    def send(self, *chunks: bytes) -> None:
        for chunk in chunks:
            self._parts.put_nowait(pb.ExtractRequest(chunk=chunk))

    def place(self, offset: int, data: bytes) -> None:
        placed = pb.PlacedChunk(offset_bytes=offset, data=data)
        self._parts.put_nowait(pb.ExtractRequest(placed_chunk=placed))

    def finish(self, content: bytes, **wrong: object) -> None:
        said = {"size_bytes": len(content), "sha256": hashlib.sha256(content).digest(), **wrong}
        self._parts.put_nowait(pb.ExtractRequest(finish=pb.UploadFinish(**said)))

    def close(self, *others: pb.ExtractRequest) -> None:
        """Send nothing more, or something odd before."""
        for part in (*others, None):
            self._parts.put_nowait(part)

    async def next(self) -> pb.ExtractionEvent:
        async with asyncio.timeout(SECONDS_MAX):
            self.events.append((await anext(self._responses)).event)
        return self.events[-1]

    async def reaches(self, state: str) -> None:
        while state not in self.states:
            await self.next()

    async def to_the_end(self) -> pb.Extraction:
        async with asyncio.timeout(SECONDS_MAX):
            async for response in self._responses:
                self.events.append(response.event)
        return self.ended


@dataclass
class Service:
    """A running extractor and its outside."""

    stub: "ExtractorServiceAsyncStub"
    folder: Path
    target: str

    def begin(self, file_name: str = "a.jpg", **header: object) -> Upload:
        return Upload(self.stub, pb.UploadHeader(**{"owner": "alice", "file_name": file_name, **header}))

    def upload(self, content: bytes, file_name: str = "a.jpg", **header: object) -> Upload:
        """Send a whole file, in chunks."""
        upload = self.begin(file_name, size_bytes=len(content), **header)
        upload.send(*pieces(content, max(10_000, len(content) // 50)))
        upload.finish(content)
        upload.close()
        return upload

    async def extract(self, image: MadeImage, **header: object) -> Upload:
        upload = self.upload(image.content, image.name, **header)
        await upload.to_the_end()
        return upload

    async def get(self, name: str) -> pb.Extraction:
        return (await self.stub.GetExtraction(pb.GetExtractionRequest(name=name))).extraction

    async def state(self, name: str) -> str:
        return pb.Extraction.State.Name((await self.get(name)).state).removeprefix("STATE_")

    async def info(self) -> pb.GetServerInfoResponse:
        return await self.stub.GetServerInfo(pb.GetServerInfoRequest())

    @property
    def spooled(self) -> list[Path]:
        return [one for one in (self.folder / "spool").iterdir() if one.is_file()]


def pieces(content: bytes, length: int) -> Iterable[bytes]:
    return (content[at : at + length] for at in range(0, len(content), length))


@asynccontextmanager
async def _opened(folder: Path, **settings: object) -> AsyncIterator[Service]:
    chosen = {
        "listen": f"unix:{folder}/s",
        "spool_dir": folder / "spool",
        "database_path": folder / "data.sqlite",
        "workers_count": 1,
        "drain_seconds": 5,
        **settings,
    }
    async with running(Settings(**chosen)) as address, open_channel(address, timeout_seconds=60) as channel:
        yield Service(ExtractorServiceStub(channel), folder, address)


@asynccontextmanager
async def _started(folder: Path, **settings: object) -> AsyncIterator[Service]:
    children_before = set(psutil.Process().children(recursive=True))
    async with _opened(folder, **settings) as service:
        yield service
    left = set(psutil.Process().children(recursive=True)) - children_before
    _, alive = psutil.wait_procs(left, timeout=60)
    assert alive == []


@pytest.fixture
def start(folder: Path) -> Start:
    """Run an extractor in `folder`, with settings of the test's own."""

    def begin(**settings: object) -> AbstractAsyncContextManager[Service]:
        return _started(folder, **settings)

    return begin


@pytest.fixture(scope="session")
def start_in() -> Start:
    """Run one of several extractors in a folder; whose processes are whose is not looked at."""
    return _opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service() -> AsyncIterator[Service]:
    """One extractor for all tests of a module: starting workers takes longer than most tests."""
    folder = Path(tempfile.mkdtemp(prefix="mx-", dir="/tmp"))
    async with _started(folder, upload_bytes_max=40_000_000) as one:
        yield one
    assert list((folder / "spool").iterdir()) == []
    shutil.rmtree(folder)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def basic_service() -> AsyncIterator[Service]:
    """An extractor whose primary engine is switched off."""
    folder = Path(tempfile.mkdtemp(prefix="mx-", dir="/tmp"))
    async with _started(folder, engines_off="exiftool") as one:
        yield one
    shutil.rmtree(folder)
