import asyncio
import os
import select
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from metaextract_client.fleet.printer import Printer
from metaextract_client.fleet.supervisor import Command, Supervisor

# Writes when it has started and when it was told to stop; ends then.
POLITE = """
import os, signal, sys, time
name = sys.argv[1]
def note(what):
    with open("journal", "a") as journal:
        journal.write(f"{name} {what}\\n")
def stop(*_):
    time.sleep(0.05)
    note("stopped")
    sys.exit(int(os.environ.get("CODE", "0")))
signal.signal(signal.SIGTERM, stop)
print(f"hello from {name}")
note("started")
while True:
    time.sleep(60)
"""
STUBBORN = POLITE.replace(
    "signal.signal(signal.SIGTERM, stop)", "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
)
MORTAL = POLITE.replace("while True:\n    time.sleep(60)", "os.kill(os.getpid(), signal.SIGKILL)")
PARENT = MORTAL.replace(
    "os.kill(",
    "import subprocess\n"
    'orphan = subprocess.Popen(["sleep", "60"], start_new_session=True)\n'
    'open("orphan", "w").write(str(orphan.pid))\n'
    "os.kill(",
)


def command(name: str, script: str, **environment: str) -> Command:
    return Command(name, (sys.executable, "-c", script, name), environment)


class Run:
    """A supervisor in the test's folder, ready when the journal has a line for each command."""

    def __init__(self, folder: Path, commands: list[Command], stop_seconds_max: float = 60.0) -> None:
        self.journal = folder / "journal"
        self._count = len(commands)
        printer = Printer([c.name for c in commands])
        self.supervisor = Supervisor(commands, printer, stop_seconds_max=stop_seconds_max)

    def lines(self) -> list[str]:
        return self.journal.read_text().splitlines() if self.journal.exists() else []

    async def until_ready(self) -> None:
        while len(self.lines()) < self._count:
            await asyncio.sleep(0.02)

    async def until_stopped(self) -> int:
        return await self.supervisor.run(self.until_ready, self.supervisor.stop)

    async def until_it_stops_itself(self) -> int:
        return await self.supervisor.run(self.until_ready, lambda: None)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def test_processes_stop_in_the_opposite_order_one_after_another(here, capsys):
    run = Run(here, [command(name, POLITE) for name in ("first", "second", "third")])

    assert await run.until_stopped() == 0
    assert run.lines()[3:] == ["third stopped", "second stopped", "first stopped"]
    assert sorted(capsys.readouterr().out.splitlines()) == [
        "first  | hello from first",
        "second | hello from second",
        "third  | hello from third",
    ]


async def test_a_process_that_dies_stops_the_others_and_is_named(here, capsys):
    run = Run(here, [command("first", POLITE), command("second", MORTAL), command("third", POLITE)])

    assert await run.until_it_stops_itself() == 1
    assert "second ended by itself (signal SIGKILL); stopping the others." in capsys.readouterr().out


async def test_a_death_is_noticed_although_a_child_of_the_dead_holds_its_output(here, capsys):
    run = Run(here, [command("first", POLITE), command("second", PARENT)])

    assert await run.until_it_stops_itself() == 1
    assert "second ended by itself (signal SIGKILL)" in capsys.readouterr().out
    os.kill(int((here / "orphan").read_text()), signal.SIGKILL)


async def test_a_process_that_does_not_stop_is_killed_after_its_time(here, capsys):
    run = Run(here, [command("first", POLITE), command("second", STUBBORN)], stop_seconds_max=2)

    assert await run.until_stopped() == 1
    assert "second took 2 s; killing it." in capsys.readouterr().out
    assert run.lines()[2:] == ["first stopped"]


async def test_asking_twice_kills_at_once(here, capsys):
    run = Run(here, [command("first", STUBBORN), command("second", STUBBORN)])

    def hurry() -> None:
        run.supervisor.stop()
        run.supervisor.stop()

    assert await run.supervisor.run(run.until_ready, hurry) == 1
    assert "second was told to hurry; killing it." in capsys.readouterr().out


async def test_a_process_that_stops_badly_makes_the_run_bad(here, capsys):
    run = Run(here, [command("first", POLITE, CODE="7")])

    assert await run.until_stopped() == 1
    assert "first stopped with exit code 7." in capsys.readouterr().out


async def test_stopping_during_the_start_is_no_failure(here, capsys):
    run = Run(here, [command("first", "import time; time.sleep(60)")])

    async def never() -> None:
        run.supervisor.stop()
        await asyncio.Event().wait()

    assert await run.supervisor.run(never, pytest.fail) == 0
    assert capsys.readouterr().out == ""


async def test_what_is_not_ready_in_time_is_stopped(here, capsys):
    run = Run(here, [command("first", POLITE)])

    async def never() -> None:
        await run.until_ready()
        raise TimeoutError("nobody answers")

    assert await run.supervisor.run(never, run.supervisor.stop) == 1
    assert "The server did not start: nobody answers" in capsys.readouterr().out
    assert run.lines() == ["first started", "first stopped"]


async def test_long_lines_and_a_last_line_without_end_are_printed(here, capsys):
    script = "import sys; sys.stdout.write('x' * 3_000_000 + '\\nlast'); sys.stdout.buffer.write(b'\\xff')"
    run = Run(here, [command("first", script)])

    assert await run.until_it_stops_itself() == 1
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.count("x") for line in lines if line.startswith("first | x")) == 3_000_000
    assert "first | last\ufffd" in lines


SUPERVISED = """
import asyncio, sys
from metaextract_client.fleet.printer import Printer
from metaextract_client.fleet.supervisor import Command, Supervisor
async def main():
    command = Command("first", (sys.executable, "-c", sys.argv[1], "first"), {})
    supervisor = Supervisor([command], Printer(["first"]))
    return await supervisor.run(asyncio.Event().wait, print)
sys.exit(asyncio.run(main()))
"""


def supervised(script: str) -> "subprocess.Popen[bytes]":
    arguments = [sys.executable, "-c", textwrap.dedent(SUPERVISED), script]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_processes_do_not_outlive_a_supervisor_that_was_killed(here):
    with supervised(POLITE) as process:
        assert process.stdout.readline() == b"first | hello from first\n"
        while not (here / "journal").exists():
            time.sleep(0.02)
        child = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
        pidfd = os.pidfd_open(int(child))
        process.kill()

    ended, _, _ = select.select([pidfd], [], [], 60)
    os.close(pidfd)
    assert ended
    assert (here / "journal").read_text().splitlines() == ["first started", "first stopped"]


def test_everything_stops_when_nobody_reads_the_output(here):
    chatty = POLITE.replace("time.sleep(60)", "time.sleep(0.02); print('still here')")
    with supervised(chatty) as process:
        process.stdout.readline()
        process.stdout.close()
        complaints = process.stderr.read()

    assert (process.returncode, complaints) == (0, b"")
    assert (here / "journal").read_text().splitlines() == ["first started", "first stopped"]
