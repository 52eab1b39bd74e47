"""The tables that a run is printed as: ratios to the floor of the same run, the median of the rounds."""

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Final

from bench.gateway.measuring import Measured

FLOOR: Final = "floor"
_MEGABYTE: Final = 1e6


def tables(measured: Sequence[Measured], absent: Sequence[str]) -> str:
    """Render a run."""
    names = list(dict.fromkeys(one.server for one in measured))
    first = measured[0].load
    alone = {name: [one for one in measured if one.server == name and one.load == first] for name in names}
    floor = median(_cpu_by_gigabyte(one) for one in alone[FLOOR])
    lines = [
        f"Uploads alone: {first.count} of {first.size_bytes / _MEGABYTE:g} MB, {first.at_once} at a time",
        _row("", ("CPU s/GB", "of the floor", "least", "most", "peak MB", "MB/s")),
    ]
    for name in names:
        runs = alone[name]
        costs = [_cpu_by_gigabyte(one) for one in runs]
        speed = median(1000 * one.load.gigabytes / one.seconds for one in runs)
        figures = (median(costs), median(costs) / floor, min(costs), max(costs))
        peak = max(one.peak_bytes for one in runs) / _MEGABYTE
        lines.append(_row(name, [f"{one:.2f}" for one in figures] + [f"{peak:.0f}", f"{speed:.0f}"]))
    lines += [_row(name, ["not installed"]) for name in absent]
    beside = [one for one in measured if one.load != first]
    return "\n".join([*lines, "", *_beside(beside), *_failures(measured)])


def _beside(measured: Sequence[Measured]) -> Iterable[str]:
    if not measured:
        return
    load = max((one.load for one in measured), key=lambda one: one.sockets)
    yield (
        f"{load.sockets} idle sockets for {measured[0].idle_seconds:g} s, then {load.at_once} uploads of "
        f"{load.size_bytes / _MEGABYTE:g} MB at once beside them"
    )
    yield _row("", ("KB/socket", "CPU ms/min", "base MB", "peak MB", "KB/upload", "CPU s/GB"))
    for one in measured:
        sockets = one.load.sockets
        by_socket = f"{one.sockets_bytes / sockets / 1000:.1f}" if sockets else "-"
        minutes = one.idle_seconds / 60
        idle = f"{1000 * one.idle_cpu_seconds / sockets / minutes:.2f}" if sockets and minutes else "-"
        growth = (one.peak_bytes - one.base_bytes) / one.load.at_once / 1000
        sizes = [f"{size / _MEGABYTE:.0f}" for size in (one.base_bytes, one.peak_bytes)]
        yield _row(one.server, [by_socket, idle, *sizes, f"{growth:.0f}", f"{_cpu_by_gigabyte(one):.2f}"])


def _failures(measured: Sequence[Measured]) -> Iterable[str]:
    for one in measured:
        if not one.succeeded:
            yield f"FAILED {one.server}: {one.outcomes}, {one.sockets_broken} sockets broken"


def _cpu_by_gigabyte(one: Measured) -> float:
    return one.cpu_seconds / one.load.gigabytes


def _row(name: str, cells: Iterable[str]) -> str:
    return f"  {name:<18}" + "".join(f"{cell:>14}" for cell in cells)
