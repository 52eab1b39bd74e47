"""Stands in a worker's place in the sandbox and tries to get out; prints as JSON what came of each attempt.

Values are names of errors, or "done". Not a test: tests/contract/test_sandbox.py runs it.
"""

import argparse
import ctypes
import errno
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from metaextract_extractor.domain.confinement import Confinement
from metaextract_extractor.reading.confinement import confine, engines_started

MEBIBYTE = 1024 * 1024
CLONE_NEWUSER = 0x10000000
PTRACE_ATTACH = 16
X32_GETPID = 0x40000000 | 39
NUMBERS = {  # x86-64, 64-bit ARM
    "bpf": (321, 280),
    "clone3": (435, 435),
    "io_uring_setup": (425, 425),
    "keyctl": (250, 219),
    "mount": (165, 40),
    "newer_than_known": (467, 467),
    "perf_event_open": (298, 241),
    "process_vm_readv": (310, 270),
    "setns": (308, 268),
    "userfaultfd": (323, 282),
}
libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--confinement", type=Confinement.from_json)
    parser.add_argument("--parent-pid", type=int)
    parser.add_argument("--only", help="names of attempts, with commas between; all if missing")
    parser.add_argument("--server-pid", type=int)
    parser.add_argument("--port", type=int)
    parser.add_argument("--unix-socket")
    parser.add_argument("--secret", type=Path)
    parser.add_argument("--mail", type=Path)
    asked = parser.parse_args()
    confine(asked.confinement)
    result = {
        "mail": asked.mail.read_text(),
        "inbox": sorted(one.name for one in asked.mail.parent.iterdir()),
        "environment": dict(os.environ),
        "capabilities": capabilities(),
        "perl": subprocess.run(
            ["perl", "-e", "print 6*7"], capture_output=True, text=True, check=True
        ).stdout,
        "tried": tried(before_engines(), asked.only),
    }
    engines_started(asked.confinement)
    result["tried"] |= tried(with_engines(asked), asked.only)
    json.dump(result, sys.stdout)


def tried(attempts: dict[str, Callable[[], object]], only: str | None) -> dict[str, str]:
    chosen = only.split(",") if only else attempts
    return {name: outcome(attempt) for name, attempt in attempts.items() if name in chosen}


def outcome(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"


def before_engines() -> dict[str, Callable[[], object]]:
    return {
        "run_shell": lambda: subprocess.run(["/bin/sh", "-c", ":"], check=True),
        "run_python": lambda: subprocess.run([sys.executable, "-c", ""], check=True),
    }


def with_engines(asked: argparse.Namespace) -> dict[str, Callable[[], object]]:
    outside = asked.secret.parent
    calls = {name: lambda numbers=numbers: call(numbers) for name, numbers in NUMBERS.items()}
    return {
        "connect": lambda: socket.create_connection(("127.0.0.1", asked.port), 2),
        "connect_unix": lambda: socket.socket(socket.AF_UNIX).connect(asked.unix_socket),
        "send_udp": lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", asked.port)),
        "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
        "read_secret": asked.secret.read_bytes,
        "list_spool": lambda: list(outside.iterdir()),
        "write_spool": lambda: outside.joinpath("x").write_bytes(b""),
        "chmod_spool": lambda: outside.chmod(0),
        "truncate_secret": lambda: os.truncate(asked.secret, 0),
        "write_mail": lambda: asked.mail.open("r+"),
        "remove_mail": asked.mail.unlink,
        "write_etc": lambda: Path("/etc/x").write_bytes(b""),
        "write_cwd": lambda: Path("x").write_bytes(b""),
        "write_venv": lambda: Path(sys.prefix, "x").write_bytes(b""),
        "write_packages": lambda: Path(os.__file__).with_name("x").write_bytes(b""),
        "write_devices": lambda: Path("/dev/x").write_bytes(b""),
        "read_etc": Path("/etc/passwd").read_bytes,
        "server_environment": Path(f"/proc/{asked.server_pid}/environ").read_bytes,
        "server_memory": lambda: Path(f"/proc/{asked.server_pid}/mem").open("rb"),
        "core_pattern": lambda: Path("/proc/sys/kernel/core_pattern").open("r+b"),
        "parent_memory": lambda: Path(f"/proc/{os.getppid()}/mem").open("rb"),
        "ptrace_parent": lambda: checked(libc.ptrace(PTRACE_ATTACH, os.getppid(), None, None)),
        "signal_server": lambda: os.kill(asked.server_pid, 0),
        "signal_parent": lambda: os.kill(os.getppid(), signal.SIGKILL),
        "unshare": lambda: checked(libc.unshare(CLONE_NEWUSER)),
        "fork": fork,
        "execute": lambda: os.execv("/usr/bin/env", ["env", "true"]),  # noqa: S606 - it must not
        "x32": lambda: checked(libc.syscall(X32_GETPID)),
        "one_large_file": lambda: write("large", 1024 * MEBIBYTE),
        "many_files": lambda: [write(f"part{number}", 8 * MEBIBYTE) for number in range(128)],
        **calls,
    }


def fork() -> None:
    """Not a bomb if it succeeds once: then it has been told."""
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)


def call(numbers: tuple[int, int]) -> None:
    checked(libc.syscall(numbers[os.uname().machine == "aarch64"], 0, 0, 0, 0, 0, 0))


def checked(result: int) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")


def write(name: str, bytes_count: int) -> None:
    """In the folder for temporary files, a piece at a time."""
    with Path("/tmp", name).open("wb", buffering=0) as file:  # noqa: S108 - it is what is tried
        for _ in range(bytes_count // MEBIBYTE):
            file.write(bytes(MEBIBYTE))


def capabilities() -> list[str]:
    lines = Path("/proc/self/status").read_text().splitlines()
    return [line.split()[1] for line in lines if line.startswith(("CapPrm", "CapEff", "CapInh", "CapAmb"))]


if __name__ == "__main__":
    main()
