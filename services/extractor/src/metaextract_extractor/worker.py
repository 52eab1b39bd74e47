"""The worker process: reads the files that the server process names, one after the other, until EOF.

Parses untrusted bytes, so it holds nothing: no secrets, a cleared environment, and as little of the machine
as `reading.confinement` can leave it. Composition root of everything that parses.
"""

import argparse
import sys
from pathlib import Path
from typing import BinaryIO

from metaextract_extractor.adapters.workers.protocol import (
    LENGTH,
    Answer,
    Done,
    Known,
    Read,
    Ready,
    Span,
    Step,
    Tried,
    answer_to_json,
    framed,
    read_from_json,
)
from metaextract_extractor.domain.confinement import Confinement
from metaextract_extractor.domain.operations import not_delivered
from metaextract_extractor.reading.assembly import assembled
from metaextract_extractor.reading.confinement import confine, engines_started
from metaextract_extractor.reading.engines.exiftool import ExifTool
from metaextract_extractor.reading.engines.measuring import Measurement
from metaextract_extractor.reading.evidence import subject_of
from metaextract_extractor.reading.life import (
    die_with,
    end_with_the_engine,
    outlive_the_engine,
    own_stdout,
    quoting_no_file,
)
from metaextract_extractor.reading.reader import Reader
from metaextract_extractor.reading.steps import Steps


def main() -> None:
    """Limit ourselves, start the engines, say so, serve."""
    parser = argparse.ArgumentParser(prog="metaextract-worker", description="Started by the extractor only.")
    parser.add_argument("--exiftool", type=Path, required=True)
    parser.add_argument("--confinement", type=Confinement.from_json, required=True)
    parser.add_argument("--no-pixel-decoders", action="store_true")
    parser.add_argument("--trust-list", type=Path, action="append", default=[])
    parser.add_argument("--tessdata", type=Path)
    parser.add_argument("--parent-pid", type=int, required=True)
    arguments = parser.parse_args()
    die_with(arguments.parent_pid)
    confine(arguments.confinement)
    end_with_the_engine()
    answers = own_stdout()
    with ExifTool(arguments.exiftool) as exiftool:
        reader = assembled(
            exiftool,
            trust_lists=arguments.trust_list,
            pixel_decoders=not arguments.no_pixel_decoders,
            tessdata=arguments.tessdata,
        )
        engines_started(arguments.confinement)
        with quoting_no_file():
            _send(answers, Ready(reader.versions, (exiftool.pid,)))
            while (read := _next_read(sys.stdin.buffer)) is not None:
                _answer(reader, exiftool, read, answers)
        outlive_the_engine()


def _next_read(requests: BinaryIO) -> Read | None:
    header = requests.read(LENGTH.size)
    if len(header) < LENGTH.size:
        return None
    return read_from_json(requests.read(LENGTH.unpack(header)[0]))


def _send(answers: BinaryIO, answer: Answer) -> None:
    answers.write(framed(answer_to_json(answer)))
    answers.flush()


def _answer(reader: Reader, exiftool: ExifTool, read: Read, answers: BinaryIO) -> None:
    """Say what the file says, and only then begin operations: one that ends us costs nothing of it."""
    measurement = Measurement(exiftool.pid, lambda: exiftool.bytes_said)
    steps = Steps(
        read.without,
        (*reader.step_names, *read.operations),
        lambda name, fraction: _send(answers, Step(name, fraction)),
        measurement.cpu_seconds,
    )
    with subject_of(Path(read.path), read.size_bytes, read.extension, read.received) as subject:
        reading, evidence = reader.examine(subject, steps, measurement)
        _send(answers, Step("reporting", steps.share))
        _send(answers, Known(reading))
        for operation in read.operations:
            if evidence is None or steps.seconds > read.operation_begins_seconds_max:
                outcome = not_delivered(operation, "budget")
            else:
                outcome = reader.carry_out(operation, evidence, reading.insights, steps)
            _send(answers, Tried(outcome))
    spans = tuple(Span(*one) for one in steps.spans)
    _send(answers, Done(measurement.cpu_seconds(), measurement.memory_peak_bytes(), spans))


if __name__ == "__main__":
    main()
