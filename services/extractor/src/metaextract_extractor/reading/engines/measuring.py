"""Measures what one file costs the worker and its engine: processor time, peak memory, bytes read."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class Measurement:
    """From its making on, for this process and the single-threaded engine process `engine_pid`.

    Sources: proc(5), `schedstat` (nanoseconds on a processor) and `VmHWM` (peak resident set, which
    writing 5 to `clear_refs` resets), `io` (`rchar`). What the kernel does not tell is None.
    """

    def __init__(self, engine_pid: int, bytes_said: Callable[[], int] = int) -> None:
        """`bytes_said`: what the engine has said through its pipe, in all; no read of the file."""
        self._engine_pid = engine_pid
        self._bytes_said = bytes_said
        self._pids = (os.getpid(), engine_pid)
        self._peaks_reset = [_reset_peak(pid) for pid in self._pids]
        self._cpu_before = self._cpu_seconds()
        self._for_pixels: int | None = 0
        self._read_before = self._bytes_read()

    def cpu_seconds(self) -> float | None:
        """Processor time of both processes since."""
        before, now = self._cpu_before, self._cpu_seconds()
        return None if before is None or now is None else now - before

    def bytes_read(self) -> int | None:
        """Bytes of files that both processes read since; again if they read them again."""
        return self._read_since(self._read_before)

    def bytes_read_for_pixels(self) -> int | None:
        """Those of them that were read `for_pixels`."""
        return self._for_pixels

    @contextmanager
    def for_pixels(self) -> Iterator[None]:
        """Count what is read in this block as read for pixels."""
        before = self._bytes_read()
        try:
            yield
        finally:
            self._for_pixels = _sum(self._for_pixels, self._read_since(before))

    @contextmanager
    def elsewhere(self) -> Iterator[None]:
        """Leave what is read in this block out of `bytes_read`: it is read from other files."""
        before = self._bytes_read()
        try:
            yield
        finally:
            self._read_before = _sum(self._read_before, self._read_since(before))

    def memory_peak_bytes(self) -> int | None:
        """Sum of both processes' peak resident sets since: an upper bound of what they held at once."""
        peaks = [_peak_bytes(pid) for pid in self._pids]
        if not all(self._peaks_reset) or None in peaks:
            return None
        return sum(peak for peak in peaks if peak)

    def _read_since(self, before: int | None) -> int | None:
        now = self._bytes_read()
        return None if before is None or now is None else now - before

    def _bytes_read(self) -> int | None:
        counts = [_bytes_read(pid) for pid in self._pids]
        return None if None in counts else sum(count for count in counts if count) - self._bytes_said()

    def _cpu_seconds(self) -> float | None:
        engine = _read(f"/proc/{self._engine_pid}/schedstat")
        return time.process_time() + int(engine.split()[0]) / 1e9 if engine else None


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def _reset_peak(pid: int) -> bool:
    try:
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    except OSError:
        return False
    return True


def _bytes_read(pid: int) -> int | None:
    content = _read(f"/proc/{pid}/io") or ""
    line = next((line for line in content.splitlines() if line.startswith("rchar:")), None)
    return int(line.split()[1]) if line else None


def _peak_bytes(pid: int) -> int | None:
    status = _read(f"/proc/{pid}/status") or ""
    line = next((line for line in status.splitlines() if line.startswith("VmHWM:")), None)
    return int(line.split()[1]) * 1024 if line else None


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text()
    except OSError:
        return None
