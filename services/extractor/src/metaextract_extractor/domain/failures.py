"""Failures of our own code in a process that parses: what happened and where, without any value.

Messages of exceptions quote what was read. So only names of exceptions and places in the code leave such a
process, in one line of its stderr, and whoever takes that line believes nothing but its form.
"""

import json
import re
import traceback
from dataclasses import dataclass
from types import TracebackType
from typing import Final

READS_FILES: Final = b"metaextract reads files"
"""The line that a process says before it looks at the first byte of a file."""

_BEGIN: Final = b"metaextract failed "
_NAMES_MAX: Final = 8
_FRAMES_MAX: Final = 40
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,99}")
_FRAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,60}:[0-9]{1,6} [A-Za-z0-9_<>]{1,80}")
LINE_BYTES_MAX: Final = 8 * 1024


@dataclass(frozen=True, slots=True)
class Failure:
    """Names of exceptions, each before its cause; frames as `reader.py:120 read`, the outermost first."""

    names: tuple[str, ...]
    frames: tuple[str, ...]


def failure(error: BaseException, trace: TracebackType | None) -> Failure:
    """Return what may be told of an exception. Of a deep recursion only the end is told."""
    names: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(names) < _NAMES_MAX:
        names.append(f"{type(cause).__module__}.{type(cause).__qualname__}".removeprefix("builtins."))
        cause = cause.__cause__ or cause.__context__
    frames = [
        f"{frame.f_code.co_filename.rpartition('/')[2]}:{line} {frame.f_code.co_name}"
        for frame, line in traceback.walk_tb(trace)
    ]
    return Failure(tuple(names), tuple(frames[-_FRAMES_MAX:]))


def failure_to_line(one: Failure) -> bytes:
    """Return the line, without its end."""
    return _BEGIN + json.dumps([one.names, one.frames]).encode()


def failure_from_line(line: bytes) -> Failure | None:
    """Return what a line tells; None if it is no such line."""
    if not line.startswith(_BEGIN) or len(line) > LINE_BYTES_MAX:
        return None
    try:
        names, frames = json.loads(line[len(_BEGIN) :])
        told = Failure(tuple(names), tuple(frames))
        fits = all(map(_NAME.fullmatch, told.names)) and all(map(_FRAME.fullmatch, told.frames))
    except (ValueError, TypeError, RecursionError):
        return None
    return told if fits and len(told.names) <= _NAMES_MAX and len(told.frames) <= _FRAMES_MAX else None
