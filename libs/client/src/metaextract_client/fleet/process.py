"""One service as a child process."""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any, Final

_PR_SET_PDEATHSIG: Final = 1  # <linux/prctl.h>
# Loaded here, in the parent: between fork and exec nothing may be imported.
_LIBC: Final = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

_LAST_LINES_SECONDS: Final = 2.0

Relay = Callable[[str, asyncio.StreamReader], Coroutine[Any, Any, None]]


def _end_with_parent(parent: int) -> Callable[[], None] | None:
    """Return what makes the kernel send SIGTERM to the child when we die, however we die."""
    if _LIBC is None:
        return None

    def prepare() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)

    return prepare


class Child:
    """A running process in a group of its own, so that Ctrl-C reaches it only through us."""

    def __init__(
        self,
        name: str,
        process: "subprocess.Popen[bytes]",
        pipe: asyncio.ReadTransport,
        relaying: asyncio.Task[None],
    ) -> None:
        self.name = name
        self._process = process
        self._pipe = pipe
        self._relaying = relaying
        self.exited = asyncio.create_task(self._exit())

    @classmethod
    async def start(
        cls, name: str, command: tuple[str, ...], environment: Mapping[str, str], relay: Relay
    ) -> "Child":
        """Start `command` with `environment` on top of ours; stdout and stderr go to `relay`."""
        # Not asyncio's own subprocess: its `wait` returns only when the last process that inherited the pipe
        # is gone, so the death of a service with children would go unnoticed.
        process = subprocess.Popen(  # noqa: ASYNC220, S603 - our own commands; takes milliseconds
            command,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_parent(os.getpid()),  # noqa: PLW1509 - one system call, see there
        )
        reader = asyncio.StreamReader()
        pipe, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), process.stdout
        )
        return cls(name, process, pipe, asyncio.create_task(relay(name, reader)))

    def terminate(self) -> None:
        """Ask the process to drain; it tells its own children."""
        self._process.terminate()

    def kill(self) -> None:
        """End the process and its group at once."""
        with suppress(ProcessLookupError):  # nothing of the group is left, which is what was asked for
            os.killpg(self._process.pid, signal.SIGKILL)

    async def _exit(self) -> int:
        """Return the exit code, negative for a signal, after the last line was relayed."""
        code = await asyncio.to_thread(self._process.wait)
        self.kill()  # what it left behind would keep files, memory and our pipe
        _, unread = await asyncio.wait({self._relaying}, timeout=_LAST_LINES_SECONDS)
        for relaying in unread:
            relaying.cancel()  # a process that left the group holds the pipe
        self._pipe.close()
        return code


def exit_in_words(code: int) -> str:
    """Say how a process ended."""
    if code >= 0:
        return f"exit code {code}"
    return f"signal {signal.Signals(-code).name}"
