"""When a process that parses ends: with the server that started it, and with the engine that it drives."""

import ctypes
import os
import signal
import sys
from typing import BinaryIO, Final

PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h


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


def _ended(_signal: int, _frame: object) -> None:
    raise SystemExit(1)
