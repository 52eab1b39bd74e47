"""The redactor process: makes one copy of one file, proves it, says what it did, and ends.

It parses untrusted bytes as workers do and is confined as they are; beyond that, there is one folder that it
can write to. Composition root of the writing.
"""

import argparse
import sys
from pathlib import Path

from metaextract_extractor.adapters.workers.redaction_protocol import (
    Made,
    Refused,
    Request,
    outcome_to_json,
    request_from_json,
)
from metaextract_extractor.domain.confinement import Confinement
from metaextract_extractor.reading.confinement import confine, engines_started
from metaextract_extractor.reading.engines.exiftool import ExifTool
from metaextract_extractor.reading.life import (
    die_with,
    end_with_the_engine,
    outlive_the_engine,
    own_stdout,
    quoting_no_file,
)
from metaextract_extractor.reading.redaction.redact import RefusedError, redacted


def main() -> None:
    """Limit ourselves, start ExifTool, read the request, answer."""
    parser = argparse.ArgumentParser(
        prog="metaextract-redactor", description="Started by the extractor only."
    )
    parser.add_argument("--exiftool", type=Path, required=True)
    parser.add_argument("--confinement", type=Confinement.from_json, required=True)
    parser.add_argument("--parent-pid", type=int, required=True)
    arguments = parser.parse_args()
    die_with(arguments.parent_pid)
    confine(arguments.confinement)
    end_with_the_engine()
    answers = own_stdout()
    with ExifTool(arguments.exiftool) as exiftool:
        engines_started(arguments.confinement)
        with quoting_no_file():
            outcome = _outcome(exiftool, request_from_json(sys.stdin.buffer.read()))
        outlive_the_engine()
    answers.write(outcome_to_json(outcome))
    answers.flush()


def _outcome(exiftool: ExifTool, request: Request) -> Made | Refused:
    try:
        copy = redacted(
            exiftool, Path(request.path), Path(request.folder), request.extension, request.profile
        )
    except RefusedError as refused:
        return Refused(refused.refusal, refused.format_name, refused.cause, refused.remaining)
    return Made(copy.path.name, copy.report)


if __name__ == "__main__":
    main()
