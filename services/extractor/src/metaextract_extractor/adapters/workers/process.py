"""One worker process, as the server process sees it."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

import psutil
import structlog

from metaextract_extractor.adapters.workers.complaints import Complaints
from metaextract_extractor.adapters.workers.family import family, resident_bytes
from metaextract_extractor.adapters.workers.inbox import Inbox
from metaextract_extractor.adapters.workers.memory_peak import MemoryPeak
from metaextract_extractor.adapters.workers.protocol import (
    FRAME_BYTES_MAX,
    LENGTH,
    Answer,
    Done,
    Known,
    Read,
    Ready,
    answer_from_json,
    framed,
    read_to_json,
)
from metaextract_extractor.adapters.workers.sandbox import ENVIRONMENT, Sandbox
from metaextract_extractor.adapters.workers.starting import started

log = structlog.stdlib.get_logger()

WORKER: Final = ("-m", "metaextract_extractor.worker")
LEFTOVER_BYTES: Final = 64 * 1024
LARGE_BYTES: Final = 256 * 1024


class WorkerDiedError(Exception):
    """The worker is gone or can no longer be trusted. `cause`: `crashed` or `output_limit`."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """How workers are started. Without `pixel_decoders` no pixels are decoded whose decoder is a risk.

    `trust_lists` and `tessdata` as `reading.assembly` wants them. `program`: what Python runs.
    """

    sandbox: Sandbox
    start_seconds_max: float
    pixel_decoders: bool = True
    trust_lists: tuple[Path, ...] = ()
    tessdata: Path | None = None
    program: tuple[str, ...] = WORKER


class WorkerProcess:
    """A started worker: it, its engines and what locks them in form one process group, and die as a whole."""

    def __init__(self, process: asyncio.subprocess.Process, sandbox: Sandbox, inbox: Inbox) -> None:
        self._process = process
        self._sandbox = sandbox
        self._inbox = inbox
        self._complaints = Complaints(process.stderr, "worker")
        self.engines: Mapping[str, str] = {}

    @classmethod
    async def started(cls, settings: WorkerSettings) -> Self:
        """Start a worker and wait until it can take files. Raises `WorkerDiedError`."""
        sandbox = settings.sandbox
        inbox = sandbox.inboxes.new()
        options = [f"--trust-list={path}" for path in settings.trust_lists]
        if settings.tessdata is not None:
            options.append(f"--tessdata={settings.tessdata}")
        if not settings.pixel_decoders:
            options.append("--no-pixel-decoders")
        command = sandbox.command(
            inbox,
            (*settings.program, *options),
            exiftool=sandbox.visible.exiftool,
            parent_pid=sandbox.parent_pid,
        )
        try:
            process = await started(command, ENVIRONMENT)
        except BaseException:
            inbox.remove()
            raise
        worker = cls(process, sandbox, inbox)
        try:
            async with asyncio.timeout(settings.start_seconds_max):
                ready = await worker._answer()
            if not isinstance(ready, Ready):
                raise WorkerDiedError("crashed")
            worker.engines = ready.engines
        except TimeoutError as error:
            raise WorkerDiedError("crashed") from error
        finally:
            if not worker.engines:
                await worker.kill()
        return worker

    @property
    def pid(self) -> int:
        """Process id, which is the id of the process group too."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """False once the process has ended, whether the event loop has noticed or not."""
        try:
            ended = psutil.Process(self.pid).status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            ended = True
        stdin = self._process.stdin
        return not ended and stdin is not None and not stdin.is_closing()

    async def read(self, read: Read) -> AsyncGenerator[Answer, None]:
        """Hand over a file and yield the worker's answers up to `Done`. Raises `WorkerDiedError`."""
        try:
            with self._inbox.holding(Path(read.path)) as name:
                inside = replace(read, path=self._sandbox.seen(self._inbox, name))
                peak = MemoryPeak(family(self.pid))
                async with aclosing(self._answers(inside)) as answers:
                    async for answer in answers:
                        yield _measured(answer, peak)
        except OSError as error:  # the file or the inbox is gone: somebody gave up
            raise WorkerDiedError("crashed") from error

    async def _answers(self, read: Read) -> AsyncGenerator[Answer, None]:
        stdin = self._process.stdin
        assert stdin is not None  # noqa: S101 - started with pipes
        try:
            stdin.write(framed(read_to_json(read)))
            await stdin.drain()
        except ConnectionError as error:
            raise WorkerDiedError("crashed") from error
        while True:
            answer = await self._answer()
            if isinstance(answer, Ready):
                raise WorkerDiedError("crashed")
            yield answer
            if isinstance(answer, Done):
                return

    def memory_bytes(self) -> int:
        """Resident bytes of the worker, its engines and what locks them in now; 0 once they are gone."""
        return resident_bytes(family(self.pid))

    async def kill(self) -> None:
        """End the whole process group at once, reap it, and take its inbox away."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        stdout = self._process.stdout
        assert stdout is not None  # noqa: S101 - started with pipes
        with suppress(RuntimeError):  # somebody else is reading it to the end
            while await stdout.read(LEFTOVER_BYTES):
                pass  # asyncio does not see the end of a process whose output nobody takes
        await self._process.wait()
        await self._complaints.end()
        self._inbox.remove()

    async def _answer(self) -> Answer:
        stdout = self._process.stdout
        assert stdout is not None  # noqa: S101 - started with pipes
        try:
            (length,) = LENGTH.unpack(await stdout.readexactly(LENGTH.size))
            if length > FRAME_BYTES_MAX:
                raise WorkerDiedError("output_limit")
            payload = await stdout.readexactly(length)
            if length > LARGE_BYTES:  # takes long enough to hold up others
                return await asyncio.to_thread(answer_from_json, payload)
            return answer_from_json(payload)
        except (asyncio.IncompleteReadError, ConnectionError, ValueError) as error:
            raise WorkerDiedError("crashed") from error


def _measured(answer: Answer, peak: MemoryPeak) -> Answer:
    """Add what the worker could not measure itself."""
    match answer:
        case Known(reading) if reading.memory_peak_bytes is None:
            return Known(replace(reading, memory_peak_bytes=peak.bytes_count()))
        case Done(memory_peak_bytes=None):
            return replace(answer, memory_peak_bytes=peak.bytes_count())
    return answer
