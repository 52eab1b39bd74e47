"""seccomp: a process gives up system calls that reading a file never needs, and so do its children.

A deny list, because Python, Perl and the C libraries below them change what they call with every release;
it is closed at the top: calls that are newer than the list do not exist. Sources: seccomp(2), seccomp_filter
of the kernel's userspace-api, bpf of its networking documentation; numbers from asm/unistd_64.h (x86-64) and
asm-generic/unistd.h (64-bit ARM).
"""

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

# Name: numbers on x86-64 and 64-bit ARM; None where there is no such call.
_REFUSED: Final[dict[str, tuple[int | None, int | None]]] = {
    # The network. Nobody has a socket that was open before; socketpair and pipes remain.
    "socket": (41, 198),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    # Other processes.
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118),
    "sched_setattr": (314, 274),
    "move_pages": (279, 239),
    "migrate_pages": (256, 238),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    # Namespaces and mounts.
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    # Changes of files that Landlock does not see, and looking at folders without reading them.
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "truncate": (76, 45),
    "mknod": (133, None),
    "mknodat": (259, 33),
    "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "inotify_add_watch": (254, 27),
    "fanotify_init": (300, 262),
    "fanotify_mark": (301, 263),
    # Parts of the kernel with a history.
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "memfd_secret": (447, 447),
    "personality": (135, 92),
    "modify_ldt": (154, None),
    "uselib": (134, None),
    "lookup_dcookie": (212, 18),
    "nfsservctl": (180, 42),
    # The machine.
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "syslog": (103, 116),
    "vhangup": (153, 58),
    "iopl": (172, None),
    "ioperm": (173, None),
}
_PROCESSES: Final[dict[str, tuple[int | None, int | None]]] = {
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
}
_CLONE: Final = (56, 220)
_CLONE3: Final = (435, 435)
_IOCTL: Final = (16, 29)
_KILL: Final = (62, 129)
_TGKILL: Final = (234, 131)
_PRLIMIT: Final = (302, 261)
_SCHED_SETAFFINITY: Final = (203, 122)
_SECCOMP: Final = (317, 277)

_LAST: Final = 450
"""Calls with a higher number are newer than this list. So are, seen by number, those of the x32 ABI."""

_CLONE_THREAD: Final = 0x00010000
_CLONE_NAMESPACES: Final = 0x7E020000
_TERMINAL_INPUT: Final = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX: type on a terminal as if its user did

_ARCHITECTURES: Final = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""Column of the tables, and what the kernel calls it (linux/audit.h)."""

# linux/bpf_common.h, linux/seccomp.h
_LOAD: Final = 0x20
_EQUAL: Final = 0x15
_GREATER: Final = 0x25
_ANY_BIT: Final = 0x45
_RETURN: Final = 0x06
_ALLOW: Final = 0x7FFF0000
_KILL_PROCESS: Final = 0x80000000
_ERRNO: Final = 0x00050000
_SET_MODE_FILTER: Final = 1
_ALL_THREADS: Final = 1

_Instruction = tuple[int, int, int, int]
"""Code, jump if true, jump if false, operand."""


class _Program(ctypes.Structure):
    _fields_ = (("count", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


@dataclass(frozen=True, slots=True)
class _Rule:
    """What of one call is refused, by one of its arguments, of which the kernel looks at 32 bits only."""

    numbers: tuple[int, int]
    argument: int
    code: int
    operands: tuple[int, ...]
    refuses_match: bool

    def instructions(self, column: int) -> list[_Instruction]:
        on_match, otherwise = (_refusal(), _ALLOW) if self.refuses_match else (_ALLOW, _refusal())
        block: list[_Instruction] = [(_LOAD, 0, 0, 16 + 8 * self.argument)]
        for operand in self.operands:
            block += [(self.code, 0, 1, operand), (_RETURN, 0, 0, on_match)]
        block.append((_RETURN, 0, 0, otherwise))
        return [(_EQUAL, 0, len(block), self.numbers[column]), *block]


def refuse_what_reading_never_needs() -> None:
    """Network, other processes, namespaces, mounts, changing modes: EPERM from now on, for all threads.

    Needs no_new_privs. Raises `OSError` if the kernel or the architecture cannot do it.
    """
    own = os.getpid()
    _install(
        _REFUSED.values(),
        (
            _Rule(_CLONE, 0, _ANY_BIT, (_CLONE_NAMESPACES,), refuses_match=True),
            _Rule(_IOCTL, 1, _EQUAL, _TERMINAL_INPUT, refuses_match=True),
            _Rule(_KILL, 0, _EQUAL, (own,), refuses_match=False),
            _Rule(_TGKILL, 0, _EQUAL, (own,), refuses_match=False),
            _Rule(_PRLIMIT, 0, _EQUAL, (0, own), refuses_match=False),
            _Rule(_SCHED_SETAFFINITY, 0, _EQUAL, (0, own), refuses_match=False),
        ),
    )


def refuse_new_processes() -> None:
    """Neither fork nor execute anything from now on; threads remain. Raises as above."""
    _install(_PROCESSES.values(), (_Rule(_CLONE, 0, _ANY_BIT, (_CLONE_THREAD,), refuses_match=False),))


def _install(refused: Iterable[tuple[int | None, int | None]], rules: Iterable[_Rule]) -> None:
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        raise OSError(errno.ENOSYS, f"no list of system calls for {machine}")
    column, architecture = _ARCHITECTURES[machine]
    code = b"".join(struct.pack("<HBBI", *one) for one in _filter(refused, rules, column, architecture))
    program = _Program(len(code) // 8, code)
    libc = ctypes.CDLL(None, use_errno=True)
    result = libc.syscall(_SECCOMP[column], _SET_MODE_FILTER, _ALL_THREADS, ctypes.byref(program))
    if result:
        raise OSError(ctypes.get_errno(), f"seccomp: {os.strerror(ctypes.get_errno())}")


def _filter(
    refused: Iterable[tuple[int | None, int | None]], rules: Iterable[_Rule], column: int, architecture: int
) -> list[_Instruction]:
    """Look at the architecture (offset 4), then at the number (offset 0) of struct seccomp_data."""
    program: list[_Instruction] = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_LOAD, 0, 0, 0),
        (_GREATER, 0, 1, _LAST),
        (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
        # Its flags are in memory, where a filter cannot look; libc falls back to clone.
        (_EQUAL, 0, 1, _CLONE3[column]),
        (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
    ]
    for numbers in refused:
        number = numbers[column]
        if number is not None:
            program += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _refusal())]
    for rule in rules:
        program += rule.instructions(column)
    program.append((_RETURN, 0, 0, _ALLOW))
    return program


def _refusal() -> int:
    return _ERRNO | errno.EPERM
