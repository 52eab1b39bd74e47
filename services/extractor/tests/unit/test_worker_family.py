"""Whoever a process started counts with it, as long as it is there."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from metaextract_extractor.adapters.workers import family as module
from metaextract_extractor.adapters.workers.family import family, resident_bytes

GRANDCHILD = "import sys; sys.stdout.write('here\\n'); sys.stdout.flush(); sys.stdin.read()"
# The child starts the grandchild from a thread, whose children are listed apart.
CHILD = f"""
import subprocess, sys, threading
threads = [threading.Thread(target=subprocess.run, args=([sys.executable, '-c', {GRANDCHILD!r}],))]
[one.start() for one in threads]
[one.join() for one in threads]
"""


@contextmanager
def started() -> Iterator[int]:
    """A process with one child, until both have ended."""
    command = [sys.executable, "-c", CHILD]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"here\n"
        yield process.pid


@pytest.fixture(params=["listed by the kernel", "looked for"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "looked for":
        monkeypatch.setattr(module, "_children", module._children_by_looking)


@pytest.mark.usefixtures("either_way")
def test_it_and_its_descendants_are_found_itself_first() -> None:
    with started() as pid:
        found = family(pid)
        assert found[0] == pid
        assert sorted(found) == sorted(
            [pid, *(one.pid for one in psutil.Process(pid).children(recursive=True))]
        )
        assert len(found) == 2
        assert set(found) < set(family(os.getpid()))


@pytest.mark.usefixtures("either_way")
def test_of_one_that_has_ended_nothing_is_left() -> None:
    with started() as pid:
        found = family(pid)
        assert resident_bytes(found) > 4 * 1024 * 1024
    assert family(pid) == ()
    assert resident_bytes(found) == 0


def test_memory_is_what_the_system_tells() -> None:
    with started() as pid:
        wanted = sum(psutil.Process(one).memory_info().rss for one in family(pid))
        assert abs(resident_bytes(family(pid)) - wanted) < 8 * 1024 * 1024
