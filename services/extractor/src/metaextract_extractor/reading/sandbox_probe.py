"""Tries, in the place of a worker, what a worker must not be able to do; says on stdout what came of it.

Prints one JSON object. `around` (what the surroundings refuse, if it was told that it has any) and `confined`
(after it confined itself) map the names of attempts to the names of errors, or null for what succeeded.
`landlock` and `seccomp` are the errors that confining itself ended with, or null.
"""

import argparse
import ctypes
import errno
import json
import socket
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from metaextract_extractor.domain.confinement import Confinement
from metaextract_extractor.reading.confinement import ConfinementError, confine

CLONE_NEWUSER = 0x10000000
ATTEMPT_SECONDS_MAX = 2


def main() -> None:
    """Try, confine, try again."""
    parser = argparse.ArgumentParser(prog="metaextract-sandbox-probe", description="For the extractor only.")
    parser.add_argument("--confinement", type=Confinement.from_json, required=True)
    parser.add_argument("--surrounded", action="store_true", help="try before confining as well")
    parser.add_argument("--secret", type=Path, required=True, help="a file of somebody else")
    parser.add_argument("--port", type=int, required=True, help="a TCP port that listens on loopback")
    parser.add_argument("--server-pid", type=int, required=True)
    asked = parser.parse_args()
    attempts: dict[str, Callable[[], object]] = {
        "connect": lambda: socket.create_connection(("127.0.0.1", asked.port), ATTEMPT_SECONDS_MAX),
        "read": asked.secret.read_bytes,
        "list": lambda: list(asked.secret.parent.iterdir()),
        "write": lambda: _write_to(asked.secret.parent),
        # Opened, not written to: what it says is run by root whenever a process crashes (core(5)).
        "change_kernel": lambda: Path("/proc/sys/kernel/core_pattern").open("r+b").close(),
        "see_server": Path(f"/proc/{asked.server_pid}/environ").read_bytes,
    }
    around = {}
    if asked.surrounded:
        inside = {"interfaces": _interfaces, "write_root": lambda: _write_to(Path("/"))}
        around = {name: _error(attempt) for name, attempt in {**attempts, **inside}.items()}
    landlock = _error(lambda: confine(replace(asked.confinement, landlock=True, seccomp=False)))
    seccomp = _error(lambda: confine(replace(asked.confinement, landlock=False, seccomp=True)))
    attempts["unshare"] = _unshare
    confined = {name: _error(attempt) for name, attempt in attempts.items()}
    json.dump({"around": around, "confined": confined, "landlock": landlock, "seccomp": seccomp}, sys.stdout)


def _error(attempt: Callable[[], object]) -> str | None:
    try:
        attempt()
    except (OSError, ConfinementError) as error:
        number = getattr(error, "errno", None)
        return errno.errorcode.get(number or 0, str(error))
    return None


def _write_to(folder: Path) -> None:
    """Leave nothing behind should it succeed."""
    with tempfile.TemporaryFile(dir=folder):
        pass


def _interfaces() -> None:
    if all(name == "lo" for _, name in socket.if_nameindex()):
        raise OSError(errno.ENODEV, "nothing but loopback")


def _unshare() -> None:
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUSER):
        raise OSError(ctypes.get_errno(), "unshare")


if __name__ == "__main__":
    main()
