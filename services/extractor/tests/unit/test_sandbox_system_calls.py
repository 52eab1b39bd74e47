"""The filters as the kernel runs them, for both architectures: by a small interpreter of their codes."""

import errno
import os
from pathlib import Path

import pytest

from metaextract_extractor.reading import landlock, system_calls
from metaextract_extractor.reading.system_calls import _ARCHITECTURES

ALLOWED, KILLED = 0x7FFF0000, 0x80000000
NEW_USER, THREAD, SIGCHLD = 0x10000000, 0x00010000, 17


def verdict(program, architecture: int, number: int, *arguments: int) -> int | str:
    """Return what a filter says: `ALLOWED`, `KILLED` or the name of an error."""
    words = {0: number, 4: architecture}
    words |= {16 + 8 * at: value & 0xFFFFFFFF for at, value in enumerate(arguments)}
    tests = {
        0x15: lambda a, k: a == k,
        0x25: lambda a, k: a > k,
        0x45: lambda a, k: a & k != 0,
    }
    accumulator, at = 0, 0
    while True:
        code, if_true, if_false, operand = program[at]
        at += 1
        if code == 0x06:
            return errno.errorcode[operand & 0xFFFF] if operand & 0xFFFF0000 == 0x00050000 else operand
        if code == 0x20:
            accumulator = words.get(operand, 0)
        else:
            at += if_true if tests[code](accumulator, operand) else if_false


@pytest.fixture(params=sorted(_ARCHITECTURES))
def machine(request, monkeypatch):
    """The two filters of one architecture: `says(which, calls, arguments)`; they are not installed."""
    column, architecture = _ARCHITECTURES[request.param]
    programs = []
    monkeypatch.setattr(
        system_calls,
        "_install",
        lambda refused, rules: programs.append(system_calls._filter(refused, rules, column, architecture)),
    )
    system_calls.refuse_what_reading_never_needs()
    system_calls.refuse_new_processes()

    def says(which: int, numbers: tuple[int, int], *arguments: int) -> int | str:
        return verdict(programs[which], architecture, numbers[column], *arguments)

    says.programs = programs
    says.architecture = architecture
    return says


@pytest.mark.parametrize("name", system_calls._REFUSED)
def test_what_is_on_the_list_is_refused_whatever_its_arguments(machine, name: str) -> None:
    numbers = system_calls._REFUSED[name]
    if numbers[0 if machine.architecture == _ARCHITECTURES["x86_64"][1] else 1] is not None:
        assert machine(0, numbers) == "EPERM"
        assert machine(0, numbers, 1, 2, 3) == "EPERM"


@pytest.mark.parametrize(
    ("numbers", "arguments", "expected"),
    [
        ((0, 63), (), ALLOWED),  # read
        ((257, 56), (), ALLOWED),  # openat
        ((59, 221), (), ALLOWED),  # execve, as long as engines start
        ((56, 220), (SIGCHLD,), ALLOWED),  # clone: a process
        ((56, 220), (SIGCHLD | NEW_USER,), "EPERM"),
        ((56, 220), (0x7_0000_0000 | NEW_USER,), "EPERM"),
        ((435, 435), (), "ENOSYS"),  # clone3
        ((451, 451), (), "ENOSYS"),  # newer than the list
        ((0x40000000, 0x40000000), (), "ENOSYS"),  # x32
        ((16, 29), (0, 0x5401), ALLOWED),  # ioctl
        ((16, 29), (0, 0x5412), "EPERM"),
        ((16, 29), (0, 0x1_0000_5412), "EPERM"),  # the kernel looks at 32 bits
        ((62, 129), (1, 9), "EPERM"),  # kill
        ((62, 129), (os.getpid(), 9), ALLOWED),
        ((62, 129), (0xFFFFFFFF, 9), "EPERM"),
        ((302, 261), (0,), ALLOWED),  # prlimit64
        ((302, 261), (1,), "EPERM"),
    ],
)
def test_calls_are_told_apart_by_their_arguments(machine, numbers, arguments, expected) -> None:
    assert machine(0, numbers, *arguments) == expected


@pytest.mark.parametrize(
    ("numbers", "arguments", "expected"),
    [
        ((59, 221), (), "EPERM"),
        ((322, 281), (), "EPERM"),
        ((56, 220), (SIGCHLD,), "EPERM"),
        ((56, 220), (THREAD,), ALLOWED),
        ((0, 63), (), ALLOWED),
    ],
)
def test_with_engines_started_threads_remain_and_processes_do_not(
    machine, numbers, arguments, expected
) -> None:
    assert machine(1, numbers, *arguments) == expected


def test_another_architecture_is_the_end(machine) -> None:
    assert {verdict(program, 0x40000003, 3) for program in machine.programs} == {KILLED}


def test_the_kernel_takes_programs_of_this_length(machine) -> None:
    assert all(len(program) <= 4096 for program in machine.programs)


def told_by_the_kernel() -> dict[str, tuple[int | None, int | None]]:
    """Numbers on x86-64 and 64-bit ARM by name, from the headers of the kernel."""
    lines = Path(__file__).with_name("system_call_numbers.tsv").read_text("ascii").splitlines()
    rows = (line.split("\t") for line in lines if not line.startswith("#"))
    return {
        name: (None if first == "-" else int(first), None if second == "-" else int(second))
        for name, first, second in rows
    }


def test_every_number_is_that_of_the_kernel_headers() -> None:
    own = {
        **system_calls._REFUSED,
        **system_calls._PROCESSES,
        "clone": system_calls._CLONE,
        "clone3": system_calls._CLONE3,
        "ioctl": system_calls._IOCTL,
        "kill": system_calls._KILL,
        "tgkill": system_calls._TGKILL,
        "prlimit64": system_calls._PRLIMIT,
        "sched_setaffinity": system_calls._SCHED_SETAFFINITY,
        "seccomp": system_calls._SECCOMP,
        "landlock_create_ruleset": (landlock._CREATE_RULESET, landlock._CREATE_RULESET),
        "landlock_add_rule": (landlock._ADD_RULE, landlock._ADD_RULE),
        "landlock_restrict_self": (landlock._RESTRICT_SELF, landlock._RESTRICT_SELF),
    }
    kernel = told_by_the_kernel()
    assert own == {name: kernel[name] for name in own}


def test_the_list_is_closed_behind_the_last_call_of_these_headers() -> None:
    numbers = {number for pair in told_by_the_kernel().values() for number in pair if number is not None}
    assert max(numbers) == system_calls._LAST
