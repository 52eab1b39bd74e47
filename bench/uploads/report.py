"""The table that a run is printed as."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # for its type only: that module imports this one
    from bench.uploads.command import Run

MEGABYTE = 1_000_000


_COLUMNS = ("base MB", "peak MB", "growth MB", "KB/upload", "end MB", "CPU s")


def table(run: "Run") -> str:
    """Render one run; MB are 10^6 bytes."""
    load = run.load
    pace = f"{load.bytes_per_second / MEGABYTE:g} MB/s each" if load.bytes_per_second else "as fast as it can"
    failed = ", ".join(f"{count} x {outcome}" for outcome, count in run.outcomes.items() if outcome != "ok")
    rate = run.succeeded_count * load.upload_bytes / MEGABYTE / run.seconds
    lines = [
        f"{run.server}: {load.count} uploads of {load.upload_bytes / MEGABYTE:g} MB at once, taken {pace}",
        f"  succeeded {run.succeeded_count} of {load.count}{f' ({failed})' if failed else ''} "
        f"in {run.seconds:.1f} s, {rate:.0f} MB/s altogether",
        _row("", _COLUMNS),
    ]
    for name, usage in run.usages.items():
        growth = usage.peak_bytes - usage.base_bytes
        megabytes = (usage.base_bytes, usage.peak_bytes, growth)
        cells = [
            *(f"{one / MEGABYTE:.1f}" for one in megabytes),
            f"{growth / load.count / 1000:.0f}",
            f"{usage.end_bytes / MEGABYTE:.1f}",
            f"{usage.cpu_seconds:.2f}",
        ]
        lines.append(_row(name, cells))
    return "\n".join(lines)


def _row(name: str, cells: Sequence[str]) -> str:
    return f"  {name:<15}" + "".join(f"{cell:>11}" for cell in cells)
