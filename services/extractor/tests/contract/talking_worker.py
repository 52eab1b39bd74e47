"""A worker that fails in its own code, run in a worker's place: at the start, over a file, in a step."""

import sys

from metaextract_extractor import worker
from metaextract_extractor.reading.engines.pillow import Pillow

what, when = sys.argv.pop(1), sys.argv.pop(1)


def fail(*_arguments: object) -> None:
    try:
        {}[what]
    except KeyError as error:
        raise ValueError(what) from error


if when == "start":
    fail()
if when == "step":
    Pillow.read = fail
else:
    worker._answer = fail
worker.main()
