"""What the sandbox promises, proved by a program that tries to get out, at every level there is here."""

import asyncio
import json
import os
import signal
import socket
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from metaextract_extractor.adapters.workers.family import family
from metaextract_extractor.adapters.workers.sandbox import ENVIRONMENT, PROBE, Sandbox
from metaextract_extractor.domain.confinement import SandboxLevel
from metaextract_extractor.domain.ports import Task
from metaextract_testing import exiftool_path
from metaextract_testing.factory import make

pytestmark = pytest.mark.asyncio(loop_scope="module")

PRISONER = Path(__file__).with_name("prisoner.py")
MEBIBYTE = 1024 * 1024
FORMATS_READ = ("jpeg", "png", "gif", "webp", "tiff", "bmp", "heic", "avif", "svg", "psd")


def refused(error: str, *attempts: str) -> dict[str, str]:
    return dict.fromkeys(attempts, error)


READS = ("read_secret", "list_spool", "read_etc")
WRITES = (
    "write_etc",
    "write_cwd",
    "write_venv",
    "write_packages",
    "write_devices",
    "write_mail",
    "remove_mail",
)
NEVER = {
    **refused("EPERM", "connect", "connect_unix", "send_udp", "netlink"),
    **refused("EPERM", "ptrace_parent", "process_vm_readv", "signal_server", "signal_parent"),
    **refused("EPERM", "unshare", "setns", "mount", "fork", "execute"),
    **refused("EPERM", "chmod_spool", "truncate_secret"),
    **refused("EPERM", "bpf", "io_uring_setup", "keyctl", "perf_event_open", "userfaultfd"),
    **refused("ENOSYS", "clone3", "newer_than_known", "x32"),
    **refused("EACCES", "run_python", "parent_memory"),
}
EXPECTED = {
    SandboxLevel.NAMESPACES: {
        **NEVER,
        **refused("ENOENT", *READS, "write_spool", "run_shell", "server_environment", "server_memory"),
        **refused("EROFS", *WRITES),
        **refused("EROFS", "core_pattern"),
        **refused("EFBIG", "one_large_file"),
        **refused("ENOSPC", "many_files"),
    },
    SandboxLevel.SELF_CONFINED: {
        **NEVER,
        **refused("EACCES", *READS, "write_spool", "run_shell", "server_environment", "server_memory"),
        **refused("EACCES", *WRITES, "core_pattern", "one_large_file", "many_files"),
    },
    # Files are as they were, so all that can be tried without harm is to write what is not empty.
    SandboxLevel.LIMITS_ONLY: refused("EFBIG", "one_large_file"),
}
AROUND = {
    **refused("ECONNREFUSED", "connect"),
    **refused("ENOENT", "connect_unix", "chmod_spool", "truncate_secret"),
    **refused("ENOENT", *READS, "write_spool", "run_shell", "server_environment", "server_memory"),
    **refused("EROFS", *WRITES, "core_pattern"),
    **refused("EFBIG", "one_large_file"),
    **refused("ENOSPC", "many_files"),
}
"""What the namespaces refuse by themselves, should a hole be found in what the worker does to itself."""


HIDDEN = Path(sys.prefix).is_relative_to("/tmp")  # noqa: S108 - what is private to each sandbox
"""Whether this checkout lies in /tmp, of which a sandbox has its own: what is written there is not ours."""


def seen_from_here(expected: dict[str, str]) -> dict[str, str]:
    return expected | {"write_venv": "done"} if HIDDEN else expected


async def escaping(sandbox: Sandbox, tmp_path: Path, only: tuple[str, ...] = ()) -> dict:
    """Let the prisoner try, with somebody else's file beside its inbox and servers that would talk to it."""
    inbox = sandbox.inboxes.new()
    secret = tmp_path / "spool" / "secret"
    secret.parent.mkdir()
    secret.write_text("a secret")
    mail = tmp_path / "mail.jpg"
    mail.write_text("a letter")
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(sandbox.inboxes.folder / "s"))
        unix.listen()
        with inbox.holding(mail) as name:
            command = sandbox.command(
                inbox,
                (str(PRISONER), *([f"--only={','.join(only)}"] if only else [])),
                parent_pid=sandbox.parent_pid,
                server_pid=os.getpid(),
                port=server.getsockname()[1],
                unix_socket=unix.getsockname(),
                secret=secret,
                mail=sandbox.seen(inbox, name),
            )
            process = await asyncio.create_subprocess_exec(
                *command, stdout=asyncio.subprocess.PIPE, env=ENVIRONMENT, cwd="/", start_new_session=True
            )
            output, _ = await asyncio.wait_for(process.communicate(), 50)
        Path(unix.getsockname()).unlink()
    inbox.remove()
    assert process.returncode == 0
    assert secret.read_text() == "a secret"
    assert not Path(sys.prefix, "x").exists()
    result = json.loads(output)
    assert (result["mail"], result["inbox"], result["perl"]) == ("a letter", [name], "42")
    return result


async def test_who_is_locked_in_gets_its_file_and_nothing_else(sandbox_level, lock_in, tmp_path) -> None:
    expected = EXPECTED[sandbox_level]
    async with lock_in(sandbox_level, readable=(PRISONER,)) as sandbox:
        assert sandbox.level is sandbox_level
        only = tuple(expected) if sandbox_level is SandboxLevel.LIMITS_ONLY else ()
        result = await escaping(sandbox, tmp_path, only)
    namespaces = sandbox_level is SandboxLevel.NAMESPACES
    assert result["tried"] == (seen_from_here(expected) if namespaces else expected)
    assert set(result["environment"]) <= {*ENVIRONMENT, "PWD", "LC_CTYPE"}
    if sandbox_level is not SandboxLevel.LIMITS_ONLY:
        assert set(result["capabilities"]) == {"0" * 16}


async def test_what_surrounds_a_worker_holds_without_its_help(sandbox_level, lock_in, tmp_path) -> None:
    namespaces = sandbox_level is SandboxLevel.NAMESPACES
    expected = seen_from_here(AROUND) if namespaces else EXPECTED[SandboxLevel.LIMITS_ONLY]
    async with lock_in(sandbox_level, readable=(PRISONER,)) as sandbox:
        bare = replace(sandbox, landlock=False, seccomp=False)
        assert (await escaping(bare, tmp_path, tuple(expected)))["tried"] == expected


async def test_all_that_the_probe_tries_succeeds_where_nobody_forbids_it(lock_in, tmp_path) -> None:
    """Else a level would be reached because an attempt is broken."""
    (tmp_path / "secret").touch()
    async with lock_in(SandboxLevel.LIMITS_ONLY) as sandbox:
        inbox = sandbox.inboxes.new()
        with socket.create_server(("127.0.0.1", 0)) as server:
            command = sandbox.command(
                inbox,
                (*PROBE, "--surrounded"),
                secret=tmp_path / "secret",
                port=server.getsockname()[1],
                server_pid=os.getpid(),
            )
            process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
            output, _ = await process.communicate()
        inbox.remove()
    around = json.loads(output)["around"]
    assert {name for name, error in around.items() if error is None} >= {
        *("connect", "read", "list", "write", "see_server")
    }


async def test_a_file_is_read_as_without_a_sandbox(sandbox_level, start_pool, spooled, quiet) -> None:
    files = [spooled(image.content, image.name) for image in map(make, FORMATS_READ)]
    readings = []
    for level in (SandboxLevel.LIMITS_ONLY, sandbox_level):
        async with start_pool(sandbox_level=level) as pool:
            assert pool.sandbox_level == level
            readings.append([await asyncio.wait_for(pool.read(file, *quiet), 50) for file in files])
    for free, locked_in in zip(*readings, strict=True):
        assert len(locked_in.fields) > 5
        assert locked_in.fields == free.fields
        assert locked_in.warnings == free.warnings
        assert locked_in.cpu_seconds
        assert locked_in.memory_peak_bytes > 10 * MEBIBYTE


async def test_the_peak_of_memory_is_within_a_tenth_of_what_the_kernel_says(
    sandbox_level, start_pool, spooled
) -> None:
    image = make("jpeg")
    async with start_pool(sandbox_level=sandbox_level) as pool:
        workers = set()

        async def on_step(_step: str, _fraction: float) -> None:
            workers.update(worker.pid for worker in pool._busy)

        async def on_start() -> None:
            pass

        reading = await pool.read(spooled(image.content, image.name), on_step, on_start)
        (pid,) = workers
        kernel = sum(_peak_bytes(one) for one in family(pid))
        assert reading.memory_peak_bytes == pytest.approx(kernel, rel=0.1)


def _peak_bytes(pid: int) -> int:
    """proc(5), `VmHWM`."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


async def test_the_memory_of_a_worker_is_that_of_all_its_processes(sandbox_level, start_pool) -> None:
    async with start_pool(sandbox_level=sandbox_level) as pool:
        worker = pool._idle[0]
        family = [psutil.Process(worker.pid), *psutil.Process(worker.pid).children(recursive=True)]
        (engine,) = [one for one in family if not one.children()]
        python = engine.parent()
        assert worker.memory_bytes() >= engine.memory_info().rss + python.memory_info().rss > 30 * MEBIBYTE


SERVER = """
import asyncio, sys
from pathlib import Path
from metaextract_extractor.adapters.workers.inbox import Inboxes
from metaextract_extractor.adapters.workers.process import WorkerProcess, WorkerSettings
from metaextract_extractor.adapters.workers.sandbox import probed
from metaextract_extractor.domain.confinement import SandboxLevel

async def main():
    inboxes = Inboxes(Path(sys.argv[1]))
    inboxes.open()
    sandbox = await probed(Path(sys.argv[2]), inboxes, 2**30, strongest=SandboxLevel(sys.argv[3]))
    worker = await WorkerProcess.started(WorkerSettings(sandbox, 30))
    print(worker.pid, file=sys.stderr, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_workers_die_with_a_server_that_is_killed(sandbox_level, tmp_path) -> None:
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SERVER, str(tmp_path / "inboxes"), str(exiftool_path()), sandbox_level),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    worker = psutil.Process(int(await asyncio.wait_for(server.stderr.readline(), 40)))
    family = [worker, *worker.children(recursive=True)]
    assert len(family) >= 2
    server.send_signal(signal.SIGKILL)
    await server.wait()
    _, left = await asyncio.to_thread(psutil.wait_procs, family, 10)
    assert left == []


async def test_a_worker_sees_its_own_file_only_and_the_link_is_gone_after_it(
    start_pool, spooled, quiet, slow_file
) -> None:
    async with start_pool() as pool:
        inboxes = pool._settings.sandbox.inboxes.folder
        image = make("png")
        await asyncio.wait_for(pool.read(spooled(image.content, image.name), *quiet), 50)
        assert [list(inbox.iterdir()) for inbox in inboxes.iterdir()] == [[]] * len(list(inboxes.iterdir()))
        held = asyncio.create_task(pool.read(spooled(slow_file, "slow.jpg"), *quiet))
        while not any(list(inbox.iterdir()) for inbox in inboxes.iterdir()):
            await asyncio.sleep(0.01)
        (only,) = [file for inbox in inboxes.iterdir() for file in inbox.iterdir()]
        assert only.suffix == ".jpg"
        assert "slow" not in only.name
        held.cancel()
        await asyncio.gather(held, return_exceptions=True)
        assert not only.parent.exists()


async def test_a_file_that_vanished_costs_no_more_than_its_worker(
    start_pool, spooled, quiet, tmp_path
) -> None:
    async with start_pool() as pool:
        assert await pool.read_if_idle(Task(str(tmp_path / "gone.jpg"), 10, "jpg")) is None
        image = make("gif")
        assert await asyncio.wait_for(pool.read(spooled(image.content, image.name), *quiet), 50)
