"""Runs the whole product as a user does (`metaextract up`) and looks at its processes from outside."""

import asyncio
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from metaextract_testing.ports import reserved_port

START_SECONDS_MAX = 60
STOP_SECONDS_MAX = 60


@dataclass(frozen=True)
class Fleet:
    """Four running services. `log` is all they wrote."""

    url: str
    ops_url: str
    data_dir: Path
    log: Path
    process: subprocess.Popen[bytes]

    def service(self, name: str) -> psutil.Process:
        """Return the process of one service."""
        module = f"metaextract_{name}.main"
        return next(one for one in self._children() if module in _command(one))

    def workers(self) -> list[psutil.Process]:
        """Return the extractor's worker processes."""
        return [
            one
            for one in self.service("extractor").children()
            if "metaextract_extractor.worker" in _command(one)
        ]

    def target(self, name: str) -> str:
        """Return the gRPC target of one service."""
        return self.service(name).environ()[f"{name.upper()}_LISTEN"]

    def reading_worker(self) -> psutil.Process | None:
        """Return the worker that has an uploaded file in its inbox."""
        inboxes = re.escape(str((self.data_dir / "spool" / "inboxes").absolute()))
        for worker in self.workers():
            own = re.search(rf"{inboxes}/\w+", " ".join(_command(worker)))
            with suppress(FileNotFoundError):  # that of a worker that has just ended
                if own and any(Path(own[0]).iterdir()):
                    return worker
        return None

    def spooled(self) -> list[Path]:
        """Return the files that lie in the spool."""
        return [one for one in (self.data_dir / "spool").iterdir() if one.is_file()]

    def server(self) -> dict[str, int]:
        """Return /v1/server."""
        return dict(httpx.get(f"{self.url}/v1/server", timeout=60).json())

    def stop(self) -> int:
        """Send SIGTERM, as Ctrl-C does, and return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS_MAX)

    def _children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children()


def _command(process: psutil.Process) -> list[str]:
    """Return the command line of a process; empty if it has just ended."""
    with suppress(psutil.NoSuchProcess):
        return process.cmdline()
    return []


def until(true: Callable[[], object], seconds: float = 60) -> None:
    """Wait until something becomes true; fail after a while."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError("did not become true in time")
        time.sleep(0.05)


async def eventually(true: Callable[[], object], seconds: float = 60) -> None:
    """Wait as `until` does, without holding up the event loop."""
    await asyncio.to_thread(until, true, seconds)


@contextmanager
def started(folder: Path, *options: str, environment: dict[str, str] | None = None) -> Iterator[Fleet]:
    """Start the product on free ports with its data in `folder`; stop it at the end."""
    with reserved_port() as port, reserved_port() as ops_port:
        ports = (f"--port={port}", f"--ops-port={ops_port}")
        with _started(folder, *ports, *options, environment=environment) as fleet:
            yield fleet


@contextmanager
def _started(folder: Path, *options: str, environment: dict[str, str] | None) -> Iterator[Fleet]:
    log = folder / "log"
    command = [sys.executable, "-m", "metaextract_client.cli", "up"]
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [*command, f"--data-dir={folder / 'data'}", *options],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={"PATH": "/usr/bin:/bin", **(environment or {})},
        )
    try:
        url = _printed(log, "MetaExtract answers at", process)
        ops_url = _printed(log, "Operations and traces", process).removesuffix("/traces")
        yield Fleet(url, ops_url, folder / "data", log, process)
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def _printed(log: Path, label: str, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline and process.poll() is None:
        line = next((line for line in log.read_text(errors="replace").splitlines() if label in line), None)
        if line:
            return line.rpartition("http")[1] + line.rpartition("http")[2].strip()
        time.sleep(0.05)
    raise AssertionError(f"the product did not start:\n{log.read_text(errors='replace')}")
