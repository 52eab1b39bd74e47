"""Memory and processor time of running processes, sampled from /proc."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

SAMPLE_SECONDS: Final = 0.2
WORKERS: Final = "workers"
_RESET_PEAK: Final = "5"  # proc_pid_clear_refs(5)


@dataclass(slots=True)
class Usage:
    """Of one process, or of the workers together. Bytes and seconds.

    `peak_bytes`, `base_bytes`: resident set (RSS); of the workers the proportional one (PSS), because they
    share their libraries. `peak_bytes` of a single process is the kernel's own high-water mark. CPU seconds
    are those since the base. `timeline`: seconds since the base, bytes then.
    """

    base_bytes: int
    peak_bytes: int
    end_bytes: int
    cpu_seconds: float
    timeline: list[tuple[float, int]] = field(default_factory=list)


class Sampler:
    """Follows processes by name. Children of the extractor are the workers."""

    def __init__(self, pids: dict[str, int]) -> None:
        self._processes = {name: psutil.Process(pid) for name, pid in pids.items()}
        for pid in pids.values():
            Path(f"/proc/{pid}/clear_refs").write_text(_RESET_PEAK)
        self._began = time.monotonic()
        self._worker_cpu: dict[int, float] = {}
        self._cpu_at_base: dict[str, float] = {}
        self.usages: dict[str, Usage] = {}
        self.sample()
        self._cpu_at_base = {name: usage.cpu_seconds for name, usage in self.usages.items()}
        for usage in self.usages.values():
            usage.cpu_seconds = 0.0

    def sample(self) -> None:
        """Look once at everything."""
        for name, process in self._processes.items():
            times = process.cpu_times()
            peak_bytes = _high_water_bytes(process.pid)
            self._note(name, process.memory_info().rss, peak_bytes, times.user + times.system)
        if "extractor" in self._processes:
            self._sample_workers(self._processes["extractor"])

    def _sample_workers(self, extractor: psutil.Process) -> None:
        pss_bytes = 0
        for process in extractor.children(recursive=True):
            try:
                pss_bytes += process.memory_full_info().pss
                times = process.cpu_times()
            except psutil.NoSuchProcess:  # replaced just now
                continue
            self._worker_cpu[process.pid] = times.user + times.system
        self._note(WORKERS, pss_bytes, pss_bytes, sum(self._worker_cpu.values()))

    def _note(self, name: str, now_bytes: int, peak_bytes: int, cpu_seconds: float) -> None:
        usage = self.usages.setdefault(name, Usage(now_bytes, now_bytes, now_bytes, 0.0))
        usage.peak_bytes = max(usage.peak_bytes, now_bytes, peak_bytes)
        usage.end_bytes = now_bytes
        usage.timeline.append((round(time.monotonic() - self._began, 2), now_bytes))
        usage.cpu_seconds = cpu_seconds - self._cpu_at_base.get(name, 0.0)


def _high_water_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0  # the process has just ended
