"""Lets the load run and looks at the server's process before, between and after."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil

from bench.gateway.servers import Server

SETTLE_SECONDS: Final = 2.0
_LOAD: Final = Path(__file__).parent / "load.py"
_RESET_PEAK: Final = "5"  # proc_pid_clear_refs(5)


@dataclass(frozen=True, slots=True)
class Load:
    """`count` uploads of `size_bytes` each, `at_once` of them at a time, beside `sockets` idle sockets."""

    count: int
    at_once: int
    size_bytes: int
    sockets: int = 0

    @property
    def gigabytes(self) -> float:
        """What is sent altogether, in 10^9 bytes."""
        return self.count * self.size_bytes / 1e9


WARM_UP: Final = Load(count=8, at_once=4, size_bytes=1_000_000)
WARM_UP_SECONDS_MAX: Final = 30.0


@dataclass(frozen=True, slots=True)
class Measured:
    """One load on one server. Bytes and seconds; CPU is user and system time of the server's process.

    The sockets opened and idled first: `sockets_bytes` is the growth by then, `idle_cpu_seconds` what they
    cost in `idle_seconds`. The others are of the uploads; `peak_bytes` is the kernel's high-water mark.
    """

    server: str
    load: Load
    outcomes: dict[str, int]
    seconds: float
    cpu_seconds: float
    base_bytes: int
    peak_bytes: int
    sockets_bytes: int
    sockets_broken: int
    idle_cpu_seconds: float
    idle_seconds: float

    @property
    def succeeded(self) -> bool:
        """Whether every upload arrived whole and every socket stayed open."""
        return self.outcomes == {"ok": self.load.count} and not self.sockets_broken


def warm_up(server: Server) -> None:
    """Upload until everything behind the server answers, so that no start is measured."""
    until = time.monotonic() + WARM_UP_SECONDS_MAX
    while not measure(server, WARM_UP).succeeded:
        if time.monotonic() > until:
            raise SystemExit(f"{server.name} takes no uploads.")
        time.sleep(SETTLE_SECONDS)


def measure(server: Server, load: Load, *, idle_seconds: float = 0.0) -> Measured:
    """Open the sockets, let them idle, send the uploads."""
    process = psutil.Process(server.pid)
    empty_bytes = process.memory_info().rss
    with _sending(server, load) as sender:
        assert sender.stdin is not None
        assert sender.stdout is not None
        if sender.stdout.readline() != b"ready\n":
            raise SystemExit("The load generator could not open its sockets.")
        time.sleep(SETTLE_SECONDS if load.sockets else 0)
        before_idling, sockets_bytes = _cpu_seconds(process), process.memory_info().rss - empty_bytes
        time.sleep(idle_seconds)
        idle_cpu_seconds = _cpu_seconds(process) - before_idling
        Path(f"/proc/{server.pid}/clear_refs").write_text(_RESET_PEAK)
        base_bytes, before = process.memory_info().rss, _cpu_seconds(process)
        sender.stdin.write(b"go\n")
        sender.stdin.flush()
        report: dict[str, Any] = json.loads(sender.stdout.readline())
        cpu_seconds, peak_bytes = _cpu_seconds(process) - before, _peak_bytes(server.pid)
        sender.stdin.write(b"end\n")
        sender.stdin.flush()
    return Measured(
        server=server.name,
        load=load,
        outcomes=report["outcomes"],
        seconds=report["seconds"],
        cpu_seconds=cpu_seconds,
        base_bytes=base_bytes,
        peak_bytes=peak_bytes,
        sockets_bytes=sockets_bytes,
        sockets_broken=report["sockets_broken"],
        idle_cpu_seconds=idle_cpu_seconds,
        idle_seconds=idle_seconds,
    )


@contextmanager
def _sending(server: Server, load: Load) -> Iterator["subprocess.Popen[bytes]"]:
    options = {
        "port": server.port,
        "path": server.path,
        "method": server.method,
        "count": load.count,
        "at-once": load.at_once,
        "bytes": load.size_bytes,
        "sockets": load.sockets,
        "socket-path": server.socket_path or "/",
    }
    arguments = [f"--{name}={value}" for name, value in options.items()]
    command = [sys.executable, "-P", str(_LOAD), *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()  # its sockets end with it


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _peak_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise SystemExit("The server has ended.")
