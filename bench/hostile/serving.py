"""The extractor as it is deployed, in a process of its own, and what it and its workers hold meanwhile."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import grpc
import psutil

SAMPLE_SECONDS: Final = 0.5
START_SECONDS_MAX: Final = 120.0
STOP_SECONDS_MAX: Final = 60.0
KEEP_SECONDS: Final = 60
"""How long results are kept: 100,000 of them for an hour would be 10 GB."""


@dataclass(slots=True)
class Watched:
    """Bytes of the server process, and of each worker with its engines, the largest of all samples."""

    server_before_bytes: int = 0
    server_after_bytes: int = 0
    server_peak_bytes: int = 0
    worker_peak_bytes: int = 0
    server_cpu_seconds: float = 0.0
    cpu_seconds: float = 0.0
    """Of the server and its workers."""


@dataclass(slots=True)
class Server:
    """A running extractor. `target` for gRPC; `log` is what it wrote, one JSON object a line."""

    target: str
    log: Path
    process: psutil.Process
    watched: Watched = field(default_factory=Watched)
    _workers_cpu: dict[int, float] = field(default_factory=dict)

    def began(self) -> None:
        """Note what it holds before the first file."""
        self.watched.server_before_bytes = self.process.memory_info().rss

    def sample(self) -> None:
        """Look once at it and its workers."""
        watched = self.watched
        watched.server_after_bytes = self.process.memory_info().rss
        watched.server_peak_bytes = max(watched.server_peak_bytes, watched.server_after_bytes)
        for worker in self.process.children():
            watched.worker_peak_bytes = max(watched.worker_peak_bytes, self._sample_worker(worker))
        watched.server_cpu_seconds = _cpu_seconds(self.process)
        watched.cpu_seconds = watched.server_cpu_seconds + sum(self._workers_cpu.values())

    def _sample_worker(self, worker: psutil.Process) -> int:
        """Note its processor time, and return the resident bytes of its processes."""
        resident_bytes = 0
        with suppress(psutil.NoSuchProcess):
            for process in (worker, *worker.children(recursive=True)):
                with suppress(psutil.NoSuchProcess):
                    resident_bytes += process.memory_info().rss
                    self._workers_cpu[process.pid] = _cpu_seconds(process)
        return resident_bytes

    async def ready(self, channel: grpc.aio.Channel) -> None:
        """Return when it takes calls; exits with what it said last if it does not."""
        waiting, until = asyncio.create_task(channel.channel_ready()), time.monotonic() + START_SECONDS_MAX
        while not waiting.done() and self.alive and time.monotonic() < until:
            await asyncio.wait({waiting}, timeout=SAMPLE_SECONDS)
        if not waiting.done():
            waiting.cancel()
            raise SystemExit(f"The extractor did not start: {self.log.read_text()[-1000:]}")

    @property
    def alive(self) -> bool:
        """Whether it is still the process that was started."""
        return self.process.is_running() and self.process.status() != psutil.STATUS_ZOMBIE

    def losses(self) -> dict[str, int]:
        """Count the workers that were replaced, by step and cause, from the log."""
        counts: dict[str, int] = {}
        with self.log.open(errors="replace") as lines:
            for line in lines:
                if '"worker.lost"' in line:
                    entry = json.loads(line)
                    key = f"{entry.get('step') or 'before the first step'}: {entry['cause']}"
                    counts[key] = counts.get(key, 0) + 1
        return counts

    def errors_count(self) -> int:
        """Count the lines of the log that are errors: a defect, or a worker that did not start."""
        with self.log.open(errors="replace") as lines:
            return sum('"level": "error"' in line or '"level": "critical"' in line for line in lines)


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@contextmanager
def extractor(folder: Path, sockets: Path, *, workers_count: int) -> Iterator[Server]:
    """Run the extractor with the limits that it has by default; its data and log are in `folder`."""
    target, log = f"unix:{sockets}/extractor.sock", folder / "extractor.log"
    environment = {
        "EXTRACTOR_LISTEN": target,
        "EXTRACTOR_DATABASE_PATH": str(folder / "extractor.sqlite"),
        "EXTRACTOR_SPOOL_DIR": str(folder / "spool"),
        "EXTRACTOR_WORKERS_COUNT": str(workers_count),
        "EXTRACTOR_RESULT_SECONDS": str(KEEP_SECONDS),
        "EXTRACTOR_SWEEP_SECONDS": "10",
        "EXTRACTOR_LOG_FORMAT": "json",
        "GRPC_ENABLE_FORK_SUPPORT": "0",
    }
    command = (sys.executable, "-P", "-m", "metaextract_extractor.main")
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for us: we end in order
        )
    try:
        yield Server(target, log, psutil.Process(process.pid))
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
