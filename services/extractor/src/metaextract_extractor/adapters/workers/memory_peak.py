"""The most memory that processes held, seen from outside: a worker may not measure its engine everywhere."""

from collections.abc import Iterable
from pathlib import Path


class MemoryPeak:
    """From its making on, of the processes `pids`.

    Sources: proc(5), `VmHWM` of `status` (peak resident set), which writing 5 to `clear_refs` resets.
    """

    def __init__(self, pids: Iterable[int]) -> None:
        self._pids = tuple(pids)
        self._were_reset = [_reset(pid) for pid in self._pids]

    def bytes_count(self) -> int | None:
        """Sum of the peaks, an upper bound of what was held at once; None if the kernel does not tell."""
        peaks = [_peak_bytes(pid) for pid in self._pids]
        if not all(self._were_reset) or None in peaks:
            return None
        return sum(peak for peak in peaks if peak)


def _reset(pid: int) -> bool:
    try:
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    except OSError:
        return False
    return True


def _peak_bytes(pid: int) -> int | None:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return None
    line = next((line for line in lines if line.startswith("VmHWM:")), None)
    return int(line.split()[1]) * 1024 if line else None
