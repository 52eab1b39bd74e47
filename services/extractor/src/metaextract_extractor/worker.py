"""The worker process: reads the files that the server process names, one after the other, until EOF.

Parses untrusted bytes, so it holds nothing: no network use, no secrets, a cleared environment, resource
limits. Composition root of everything that parses.
"""

import argparse
import ctypes
import os
import resource
import signal
import sys
import time
from pathlib import Path
from typing import BinaryIO

from metaextract_extractor.adapters.workers.protocol import (
    LENGTH,
    Done,
    Read,
    Ready,
    Span,
    Step,
    answer_to_json,
    framed,
    read_from_json,
)
from metaextract_extractor.domain.result import EngineRun, Reading
from metaextract_extractor.reading.engines.exiftool import ExifTool
from metaextract_extractor.reading.engines.measuring import Measurement

OPEN_FILES_MAX = 64
PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> None:
    """Limit ourselves, start the engines, say so, serve."""
    parser = argparse.ArgumentParser(prog="metaextract-worker", description="Started by the extractor only.")
    parser.add_argument("--exiftool", type=Path, required=True)
    parser.add_argument("--address-space-bytes-max", type=int, required=True)
    parser.add_argument("--parent-pid", type=int, required=True)
    arguments = parser.parse_args()
    _die_with(arguments.parent_pid)
    _limit_resources(arguments.address_space_bytes_max)
    signal.signal(signal.SIGCHLD, _end_with_the_engine)
    # Nothing that a library prints may get between the frames.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with ExifTool(arguments.exiftool) as exiftool:
        _send(answers, Ready({exiftool.name: exiftool.version}, (exiftool.pid,)))
        while (read := _next_read(sys.stdin.buffer)) is not None:
            _send(answers, _done(exiftool, read, answers))
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def _end_with_the_engine(_signal: int, _frame: object) -> None:
    """pyexiftool would wait for the answer of a dead engine for ever, and take memory for it."""
    raise SystemExit(1)


def _die_with(parent_pid: int) -> None:
    """Do not go on with a file that nobody waits for, should the server process be killed (prctl(2))."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:  # it died before we asked
        raise SystemExit(1)


def _limit_resources(address_space_bytes_max: int) -> None:
    for limit, value in (
        (resource.RLIMIT_AS, address_space_bytes_max),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),  # engines only read
        (resource.RLIMIT_NOFILE, OPEN_FILES_MAX),
    ):
        resource.setrlimit(limit, (value, value))


def _next_read(requests: BinaryIO) -> Read | None:
    header = requests.read(LENGTH.size)
    if len(header) < LENGTH.size:
        return None
    return read_from_json(requests.read(LENGTH.unpack(header)[0]))


def _send(answers: BinaryIO, answer: Ready | Step | Done) -> None:
    answers.write(framed(answer_to_json(answer)))
    answers.flush()


def _done(exiftool: ExifTool, read: Read, answers: BinaryIO) -> Done:
    _send(answers, Step(exiftool.name, 0.0))
    measurement = Measurement(exiftool.pid)
    start_ns, started = time.time_ns(), time.perf_counter()
    found = exiftool.read(Path(read.path))
    wall_seconds, end_ns = time.perf_counter() - started, time.time_ns()
    cpu_seconds = measurement.cpu_seconds()
    run = EngineRun(exiftool.name, exiftool.version, wall_seconds, cpu_seconds, len(found.fields))
    reading = Reading(
        format_name=found.format_name,
        media_type=found.media_type,
        width_pixels=found.width_pixels,
        height_pixels=found.height_pixels,
        fields=found.fields,
        warnings=found.warnings,
        engines=(run,),
        cpu_seconds=cpu_seconds,
        memory_peak_bytes=measurement.memory_peak_bytes(),
    )
    _send(answers, Step("reporting", 0.95))
    return Done(reading, (Span(f"{exiftool.name}.read", start_ns, end_ns),))


if __name__ == "__main__":
    main()
