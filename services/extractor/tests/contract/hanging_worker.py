"""A worker that hangs when it reaches one of some steps, run in a worker's place: their names with commas."""

import sys
import time

from metaextract_extractor import worker
from metaextract_extractor.reading.steps import Steps

steps = sys.argv.pop(1).split(",")
attempt = Steps._attempt


def hang_in_the_step(self, name, work):
    if name in steps:
        self._on_step(name, 0.1)
        time.sleep(600)
    return attempt(self, name, work)


Steps._attempt = hang_in_the_step
worker.main()
