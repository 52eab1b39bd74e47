"""Real workers with the real ExifTool, and files that are hard to read."""

import asyncio
import struct
import tempfile
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from metaextract_extractor.adapters.workers.inbox import Inboxes
from metaextract_extractor.adapters.workers.limits import PoolLimits
from metaextract_extractor.adapters.workers.pool import WorkerPool
from metaextract_extractor.adapters.workers.process import WORKER, WorkerSettings
from metaextract_extractor.adapters.workers.sandbox import Sandbox, probed
from metaextract_extractor.domain.confinement import SandboxLevel
from metaextract_extractor.domain.ports import Task
from metaextract_testing import exiftool_path
from metaextract_testing.hostile import slow_jpeg

MEBIBYTE = 1024 * 1024
Becomes = Callable[[Callable[[], bool | Awaitable[bool]]], Awaitable[None]]
StartPool = Callable[..., AbstractAsyncContextManager[WorkerPool]]
Spooled = Callable[[bytes, str], Task]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `sandbox_level` runs at every level that this machine reaches."""
    if "sandbox_level" in metafunc.fixturenames:
        reached = asyncio.run(_strongest())
        levels = [level for level in SandboxLevel if reached.reaches(level)]
        metafunc.parametrize("sandbox_level", levels, scope="module")


async def _strongest() -> SandboxLevel:
    async with sandboxed() as sandbox:
        return sandbox.level


@asynccontextmanager
async def sandboxed(
    level: SandboxLevel = SandboxLevel.NAMESPACES,
    exiftool: Path | None = None,
    address_space_bytes_max: int = 1024 * MEBIBYTE,
    readable: tuple[Path, ...] = (),
) -> AsyncIterator[Sandbox]:
    """The strongest sandbox up to `level`; inboxes are where pytest's folders are, for hard links."""
    with tempfile.TemporaryDirectory(prefix="mx-") as folder:
        inboxes = Inboxes(Path(folder, "inboxes"))
        inboxes.open()
        yield await probed(
            exiftool or exiftool_path(),
            inboxes,
            address_space_bytes_max,
            readable=readable,
            strongest=level,
        )
        assert list(inboxes.folder.iterdir()) == []


@asynccontextmanager
async def _started(
    exiftool: Path | None = None,
    address_space_bytes_max: int = 1024 * MEBIBYTE,
    sandbox_level: SandboxLevel = SandboxLevel.NAMESPACES,
    engines_off: tuple[str, ...] = (),
    program: tuple[str, ...] = WORKER,
    **limits: float,
) -> AsyncIterator[WorkerPool]:
    chosen = {
        "workers_count": 1,
        "queue_count_max": 100,
        "task_seconds_max": 60,
        "step_seconds_max": 60,
        "operation_seconds_max": 60,
        "memory_bytes_max": 768 * MEBIBYTE,
        "recycle_bytes": 256 * MEBIBYTE,
        **limits,
    }
    readable = tuple(Path(one) for one in program if Path(one).is_file())
    async with sandboxed(sandbox_level, exiftool, address_space_bytes_max, readable) as sandbox:
        pool = WorkerPool(
            WorkerSettings(sandbox, start_seconds_max=30, program=program),
            PoolLimits(**chosen),
            engines_off=engines_off,
        )
        before = set(psutil.Process().children(recursive=True))
        try:
            await pool.start()
            yield pool
        finally:
            family = set(psutil.Process().children(recursive=True)) - before
            await pool.close()
            _, left = psutil.wait_procs(family, timeout=60)
            assert left == []


@pytest.fixture
def lock_in() -> Callable[..., AbstractAsyncContextManager[Sandbox]]:
    """Find a sandbox, for tests that run something else than a worker in it."""
    return sandboxed


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    """The strongest one; when the tests are done, nothing may be left in its folder."""
    async with sandboxed() as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_pool() -> AsyncIterator[WorkerPool]:
    async with _started(workers_count=2) as pool:
        yield pool


@pytest_asyncio.fixture(loop_scope="module")
async def pool(shared_pool: WorkerPool, becomes: Becomes) -> AsyncIterator[WorkerPool]:
    """A pool of two workers and a spare one, whatever the test before did to it."""

    async def whole() -> bool:
        await shared_pool.check()
        return sum(worker.alive for worker in shared_pool._idle) == 3

    await becomes(whole)
    yield shared_pool
    assert (shared_pool.busy_count, shared_pool.queued_count) == (0, 0)


@pytest.fixture
def start_pool(pool: WorkerPool) -> StartPool:
    """Run a pool with limits of its own. The shared one is whole, so it starts no process meanwhile."""
    return _started


@pytest.fixture
def spooled(tmp_path: Path) -> Spooled:
    def spool(content: bytes, name: str) -> Task:
        path = tmp_path / name
        path.write_bytes(content)
        return Task(str(path), len(content), path.suffix.removeprefix("."))

    return spool


@pytest.fixture(scope="session")
def slow_file() -> bytes:
    """A file that keeps ExifTool busy for many seconds on any machine, and our walkers not at all."""
    return slow_jpeg(90_000_000)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _png(*chunks: bytes) -> bytes:
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    pixels = _chunk(b"IDAT", zlib.compress(b"\x00\x00"))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + pixels + _chunk(b"IEND", b"")


@pytest.fixture(scope="session")
def swelling_png() -> bytes:
    """A small file with a text of 400 MB."""
    deflate = zlib.compressobj(9)
    text = b"".join(deflate.compress(bytes(10_000_000)) for _ in range(40)) + deflate.flush()
    return _png(_chunk(b"zTXt", b"Comment\x00\x00" + text))


@pytest.fixture(scope="session")
def talkative_png() -> bytes:
    """400 long texts: more than a worker may say of one file."""
    texts = [f"Text {number}\x00".encode() + bytes([65 + number % 26]) * 65_000 for number in range(400)]
    return _png(*(_chunk(b"tEXt", text) for text in texts))


@pytest.fixture
def quiet() -> tuple[Callable[[str, float], Awaitable[None]], Callable[[], Awaitable[None]]]:
    """Reports that nobody reads: `on_step` and `on_start`."""

    async def on_step(_step: str, _fraction: float) -> None:
        pass

    async def on_start() -> None:
        pass

    return on_step, on_start
