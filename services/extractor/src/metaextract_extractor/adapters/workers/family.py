"""A process and all that it started: who they are, and how much memory they hold."""

import os
from pathlib import Path
from typing import Final

import psutil

PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


def family(pid: int) -> tuple[int, ...]:
    """Return the process and its descendants, itself first; empty once it is gone."""
    if not _exists(pid):
        return ()
    found = [pid]
    for one in found:  # grows
        found += _children(one)
    return tuple(found)


def resident_bytes(pids: tuple[int, ...]) -> int:
    """Return the sum of the resident sets; those that are gone hold nothing. Source: proc_pid_statm(5)."""
    total = 0
    for pid in pids:
        try:
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES
        except OSError:
            continue  # it has ended
    return total


def _exists(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def _children(pid: int) -> list[int]:
    """Ask the kernel for them (proc_tid_children(5)): looking through all processes costs ten times that.

    Kernels without CONFIG_PROC_CHILDREN leave nothing else.
    """
    tasks = Path(f"/proc/{pid}/task")
    try:
        lists = [(task / "children").read_text() for task in tasks.iterdir()]
    except OSError:  # it, or one of its threads, has just ended, or there is no such list
        return _children_by_looking(pid)
    return [int(child) for one in lists for child in one.split()]


def _children_by_looking(pid: int) -> list[int]:
    try:
        return [child.pid for child in psutil.Process(pid).children()]
    except psutil.NoSuchProcess:
        return []
