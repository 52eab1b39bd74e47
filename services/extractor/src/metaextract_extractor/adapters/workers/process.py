"""One worker process, as the server process sees it."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import psutil
import structlog

from metaextract_extractor.adapters.workers.protocol import (
    FRAME_BYTES_MAX,
    LENGTH,
    Done,
    Read,
    Ready,
    Step,
    answer_from_json,
    framed,
    read_to_json,
)

log = structlog.stdlib.get_logger()

LEFTOVER_BYTES: Final = 64 * 1024
LARGE_BYTES: Final = 256 * 1024


class WorkerDiedError(Exception):
    """The worker is gone or can no longer be trusted. `cause`: `crashed` or `output_limit`."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """How workers are started. `address_space_bytes_max` bounds each of their processes."""

    exiftool: Path
    start_seconds_max: float
    address_space_bytes_max: int


class WorkerProcess:
    """A started worker. It and its engines form one process group, which dies as a whole."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._engine_pids: tuple[int, ...] = ()
        self.engines: Mapping[str, str] = {}

    @classmethod
    async def started(cls, settings: WorkerSettings) -> Self:
        """Start a worker and wait until it can take files. Raises `WorkerDiedError`."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-m",
            "metaextract_extractor.worker",
            f"--exiftool={settings.exiftool}",
            f"--address-space-bytes-max={settings.address_space_bytes_max}",
            f"--parent-pid={os.getpid()}",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={"PATH": os.defpath, "LANG": "C.UTF-8"},
            start_new_session=True,
        )
        worker = cls(process)
        try:
            async with asyncio.timeout(settings.start_seconds_max):
                ready = await worker._answer()
            if not isinstance(ready, Ready):
                raise WorkerDiedError("crashed")
            worker.engines = ready.engines
            worker._engine_pids = ready.engine_pids
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

    async def read(self, read: Read) -> AsyncGenerator[Step | Done, None]:
        """Hand over a file and yield the worker's answers up to `Done`. Raises `WorkerDiedError`."""
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
        """Resident bytes of the worker and its engines now; 0 once they are gone."""
        total = 0
        for pid in (self.pid, *self._engine_pids):
            with suppress(psutil.NoSuchProcess):
                total += psutil.Process(pid).memory_info().rss
        return total

    async def kill(self) -> None:
        """End the whole process group at once and reap it."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        stdout = self._process.stdout
        assert stdout is not None  # noqa: S101 - started with pipes
        with suppress(RuntimeError):  # somebody else is reading it to the end
            while await stdout.read(LEFTOVER_BYTES):
                pass  # asyncio does not see the end of a process whose output nobody takes
        await self._process.wait()

    async def _answer(self) -> Ready | Step | Done:
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
