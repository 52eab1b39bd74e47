"""Whatever is cut, stalls, crashes or runs side by side: the file that is read is the file that was sent."""

import asyncio
import hashlib
import random
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaextract_common.errors import ServiceError
from metaextract_gateway.application.resuming import Checksum, Piece

CONTENT = random.Random(20).randbytes(900_001)  # noqa: S311 - a file, not a secret


class DisconnectError(Exception):
    """What the HTTP side raises when a client goes away."""


@dataclass(frozen=True)
class Step:
    """One request. `fate`: what becomes of its connection after `chunks_before` chunks."""

    gateway: int
    fate: str
    chunk_bytes: int
    chunks_count: int
    chunks_before: int
    checksum: str


steps = st.lists(
    st.builds(
        Step,
        gateway=st.integers(0, 1),
        fate=st.sampled_from(["whole", "cut", "stall", "crash", "twice"]),
        chunk_bytes=st.integers(1, 300_000),
        chunks_count=st.integers(1, 4),
        chunks_before=st.integers(0, 4),
        checksum=st.sampled_from(["none", "right", "wrong"]),
    ),
    min_size=3,
    max_size=8,
)


class Run:
    """An upload through two gateways on one folder, which crashes replace by a copy of what they left."""

    def __init__(self, folder: Path, gateway_in, reader, ledger) -> None:
        self.folder = folder
        self.gateway_in = gateway_in
        self.reader = reader
        self.ledger = ledger
        self.stack = AsyncExitStack()
        self.stalled: list[tuple[asyncio.Task, asyncio.Event]] = []
        self.upload_id = ""
        self.at_least = 0

    async def begin(self) -> None:
        enter = self.stack.enter_async_context
        self.gateways = [await enter(self.gateway_in(self.folder, self.reader, self.ledger)) for _ in "12"]

    async def create(self) -> None:
        self.upload_id = (await self.gateways[0].create(len(CONTENT))).known.id

    async def rest(self) -> None:
        offset = (await self.gateways[1].resuming.status(self.upload_id, "")).offset_bytes
        await self.gateways[1].append(self.upload_id, offset, CONTENT[offset:])

    async def end(self) -> None:
        for task, released in self.stalled:
            released.set()
            await asyncio.gather(task, return_exceptions=True)
        for gateway in self.gateways:
            await gateway.settled()
        await self.stack.aclose()

    async def crash(self) -> None:
        """Go on with what a kill leaves on the disk at this moment."""
        copy = self.folder.with_name(f"{self.folder.name}-")
        shutil.copytree(self.folder, copy)
        await self.end()
        self.folder, self.stack, self.stalled = copy, AsyncExitStack(), []
        await self.begin()

    async def step(self, step: Step) -> None:
        gateway = self.gateways[step.gateway]
        kept = await gateway.resuming.status(self.upload_id, "")
        assert self.at_least <= kept.offset_bytes
        if kept.is_whole:
            return
        assert (self.folder / f"{self.upload_id}.part").read_bytes() == CONTENT[: kept.offset_bytes]
        self.at_least = kept.offset_bytes
        connection = Connection(step, kept.offset_bytes)

        def request() -> asyncio.Task:
            piece = Piece(kept.offset_bytes, connection.chunks(), checksum=connection.checksum)
            return asyncio.create_task(gateway.resuming.append(self.upload_id, "", piece))

        if step.fate in ("stall", "crash"):
            self.stalled.append((request(), connection.released))
            arrived = asyncio.create_task(connection.arrived.wait())
            await asyncio.wait({self.stalled[-1][0], arrived}, return_when="FIRST_COMPLETED")
        else:
            requests = [request() for _ in range(2 if step.fate == "twice" else 1)]
            outcomes = await asyncio.gather(*requests, return_exceptions=True)
            assert all(not isinstance(one, BaseException) or _expected(one) for one in outcomes), outcomes
        if step.fate == "crash":
            await self.crash()
        elif connection.checksum is None and step.fate != "twice":
            self.at_least += len(b"".join(connection.before))


class Connection:
    """What one request brings, from a place of the file on."""

    def __init__(self, step: Step, offset: int) -> None:
        content = CONTENT[offset : offset + step.chunk_bytes * step.chunks_count]
        checksum = Checksum("sha256", hashlib.sha256(content).digest())
        self.checksum = None if step.checksum == "none" else checksum
        if step.checksum == "wrong":
            content = content[::-1]
        chunks = [content[at : at + step.chunk_bytes] for at in range(0, len(content), step.chunk_bytes)]
        ends = step.fate in ("whole", "twice")
        self.before = chunks if ends else chunks[: step.chunks_before]
        self.after = [] if ends else chunks[step.chunks_before :]
        self.fate = step.fate
        self.arrived, self.released = asyncio.Event(), asyncio.Event()

    async def chunks(self) -> AsyncIterator[bytes]:
        for chunk in self.before:
            yield chunk
        self.arrived.set()
        if self.fate == "cut":
            raise DisconnectError
        if self.fate in ("stall", "crash"):
            await self.released.wait()
        for chunk in self.after:
            yield chunk


def _expected(error: BaseException) -> bool:
    reasons = ("UPLOAD_TAKEN_OVER", "UPLOAD_CHECKSUM_MISMATCH", "UPLOAD_OFFSET_MISMATCH")
    return isinstance(error, DisconnectError) or (isinstance(error, ServiceError) and error.reason in reasons)


@pytest.fixture
def make_run(fakes):
    def make(folder: Path) -> Run:
        return Run(folder / "uploads", *fakes())

    return make


def test_the_file_that_is_read_is_the_file_that_was_sent(make_run) -> None:
    @settings(max_examples=40, deadline=None)
    @given(steps)
    def check(steps: list[Step]) -> None:
        async def upload() -> None:
            with tempfile.TemporaryDirectory() as folder:
                run = make_run(Path(folder))
                await run.begin()
                try:
                    await run.create()
                    for step in steps:
                        await run.step(step)
                    await run.rest()
                finally:
                    await run.end()
                assert CONTENT in run.reader.read.values()
                assert set(run.reader.read.values()) == {CONTENT}

        asyncio.run(upload())

    check()
