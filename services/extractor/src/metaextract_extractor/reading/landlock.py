"""Landlock: a process gives up files, TCP and signals to others for good, and so do its children.

Source: landlock(7) and the kernel's userspace-api/landlock, ABI 1 to 7. Rights that the kernel does not
know are not asked for. What Landlock cannot refuse at all: looking at names, sizes and times (stat), changing
modes and owners, watching folders; `system_calls` refuses those that change something.
"""

import ctypes
import os
import stat
from collections.abc import Iterable
from typing import Final

# The same numbers on every architecture.
_CREATE_RULESET: Final = 444
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_CREATE_RULESET_VERSION: Final = 1
_RULE_PATH_BENEATH: Final = 1

EXECUTE: Final = 1 << 0
WRITE_FILE: Final = 1 << 1
READ_FILE: Final = 1 << 2
READ_DIR: Final = 1 << 3
_REMOVE: Final = 1 << 4 | 1 << 5
_MAKE_DIR: Final = 1 << 7
_MAKE_REG: Final = 1 << 8
_REFER: Final = 1 << 13
TRUNCATE: Final = 1 << 14
_OF_FILES: Final = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE
"""Rights that a rule for something other than a folder may give."""

READ: Final = READ_FILE | READ_DIR
CHANGE: Final = READ | WRITE_FILE | _REMOVE | _MAKE_DIR | _MAKE_REG | TRUNCATE

# ABI that brought them: the files of ABI 1, REFER, TRUNCATE, IOCTL_DEV; bind and connect of TCP; abstract
# Unix sockets and signals.
_FILE_RIGHTS: Final = ((1, (1 << 13) - 1), (2, _REFER), (3, TRUNCATE), (5, 1 << 15))
_NETWORK_RIGHTS: Final = ((4, 3),)
_SCOPES: Final = ((6, 3),)

_libc: Final = ctypes.CDLL(None, use_errno=True)


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def restrict(rules: Iterable[tuple[str, int]]) -> None:
    """Give up every right over files but those of `rules`: a path (with all beneath) and what stays allowed.

    Needs no_new_privs, and holds for the calling thread and those that it starts later. A path that does
    not exist is left out. Raises `OSError` if the kernel cannot do it.
    """
    abi = _call(_CREATE_RULESET, None, ctypes.c_size_t(0), _CREATE_RULESET_VERSION)
    handled = _Ruleset(_since(_FILE_RIGHTS, abi), _since(_NETWORK_RIGHTS, abi), _since(_SCOPES, abi))
    ruleset = _call(_CREATE_RULESET, ctypes.byref(handled), ctypes.c_size_t(ctypes.sizeof(handled)), 0)
    try:
        for path, allowed in rules:
            _allow(ruleset, path, allowed & handled.files)
        _call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, allowed: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            allowed &= _OF_FILES
        rule = _PathBeneath(allowed, place)
        _call(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(place)


def _since(rights: tuple[tuple[int, int], ...], abi: int) -> int:
    known = 0
    for first, right in rights:
        if abi >= first:
            known |= right
    return known


def _call(number: int, *arguments: object) -> int:
    result = int(_libc.syscall(number, *arguments))
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"Landlock: {os.strerror(error)}")
    return result
