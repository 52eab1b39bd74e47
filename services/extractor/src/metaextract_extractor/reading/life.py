"""When a process that parses ends: with the server that started it, and with the engine that it drives."""

import ctypes
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final

from metaextract_extractor.domain.failures import READS_FILES, failure, failure_to_line

PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h
STDERR: Final = 2


def die_with(parent_pid: int) -> None:
    """Do not go on with a file that nobody waits for, should the server process be killed (prctl(2))."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:  # it died before we asked
        raise SystemExit(1)


def end_with_the_engine() -> None:
    """From now on, die of the death of a child.

    pyexiftool would wait for the answer of a dead engine for ever, and take memory for it.
    """
    signal.signal(signal.SIGCHLD, _ended)


def outlive_the_engine() -> None:
    """From now on, do not: it is told to end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def own_stdout() -> BinaryIO:
    """Return what stdout was; from now on nothing that a library prints gets between the frames."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


@contextmanager
def quoting_no_file() -> Iterator[None]:
    """Read files in here: of a failure is told which and where, but not its message, which may quote one.

    What libraries say is told apart by who takes our stderr (`adapters.workers.complaints`). A failure ends
    the process at once: pyexiftool would wait for the engine, whose end interrupts it.
    """
    _say(READS_FILES)
    try:
        yield
    except Exception as error:  # noqa: BLE001 - there is nobody left who could do something about it
        tell_failure(error)
        os._exit(1)


def tell_failure(error: Exception) -> None:
    """Tell those who run the service what failed and where, on stderr; nothing of a file."""
    _say(failure_to_line(failure(error, error.__traceback__)))


def _say(line: bytes) -> None:
    """At once, as a line of its own: C libraries may have left one unfinished."""
    os.write(STDERR, b"\n" + line + b"\n")


def _ended(_signal: int, _frame: object) -> None:
    raise SystemExit(1)
