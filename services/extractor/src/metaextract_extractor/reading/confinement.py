"""What a worker does to itself before it opens a file: none of it can be undone."""

import ctypes
import os
import resource
from pathlib import Path
from typing import Final

from metaextract_extractor.domain.confinement import Confinement
from metaextract_extractor.reading import landlock, system_calls

OPEN_FILES_MAX: Final = 64
PR_SET_NO_NEW_PRIVS: Final = 38  # linux/prctl.h
PR_CAPBSET_DROP: Final = 24
CAPABILITY_VERSION_3: Final = 0x20080522  # linux/capability.h
CAPABILITIES_COUNT: Final = 64
THREADS: Final = Path("/proc/self/task")
PROCESSES: Final = "/proc"


class ConfinementError(Exception):
    """The worker is not as confined as it was told to be, so it must not start."""


def confine(wanted: Confinement) -> None:
    """Limit resources; renounce privileges, new ones too, files and system calls, in this order.

    Comes before any thread: Landlock holds for the thread that asks for it and for those that it starts.
    Raises `OSError` or `ConfinementError` if something that is wanted cannot be had.
    """
    limit_resources(wanted)
    if ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise ConfinementError("no_new_privs was refused")
    if wanted.landlock or wanted.seccomp:
        renounce_capabilities()
    if wanted.landlock:
        if THREADS.exists() and len(os.listdir(THREADS)) > 1:  # noqa: PTH208 - it need not be a path
            raise ConfinementError("a thread was started before the worker confined itself")
        renounce_files(wanted)
    if wanted.seccomp:
        system_calls.refuse_what_reading_never_needs()


def engines_started(wanted: Confinement) -> None:
    """Renounce new processes. A dead engine ends the worker, so none is ever started again."""
    if wanted.seccomp:
        system_calls.refuse_new_processes()


def limit_resources(wanted: Confinement) -> None:
    """Bound each process of the worker.

    Not bounded: processor time, which adds up over all files of a worker while the server's deadline is for
    each; and, outside of a namespace of our own, processes, which are counted for the user as a whole.
    """
    for limit, value in (
        (resource.RLIMIT_AS, wanted.address_space_bytes_max),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, wanted.file_bytes_max),
        (resource.RLIMIT_NOFILE, OPEN_FILES_MAX),
        (resource.RLIMIT_NPROC, wanted.processes_max),
    ):
        if value is not None:
            resource.setrlimit(limit, (value, value))


def renounce_capabilities() -> None:
    """Stop being root, if we are: capabilities(7) reach around what Landlock refuses.

    The bounding set shrinks as far as we may; without a permitted set and without new privileges, nothing
    that we execute gets one either.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in range(CAPABILITIES_COUNT):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    if libc.capset(ctypes.byref(header), ctypes.byref(nothing)):
        raise ConfinementError("capabilities could not be given up")


def renounce_files(wanted: Confinement) -> None:
    """Keep what the engines are made of, the one folder with the file to read, and what measures them."""
    landlock.restrict(
        (
            *((path, landlock.READ) for path in wanted.readable),
            *((path, landlock.READ_FILE | landlock.EXECUTE) for path in wanted.executable),
            *((path, landlock.CHANGE) for path in wanted.writable),
            ("/dev/null", landlock.READ_FILE | landlock.WRITE_FILE),
            (PROCESSES, landlock.READ),
        )
    )
