"""A worker that dies when it reaches a step, run in a worker's place."""

import os
import signal
import sys

from metaextract_extractor import worker
from metaextract_extractor.reading.steps import Steps

step = sys.argv.pop(1)
attempt = Steps._attempt


def die_in_the_step(self, name, work):
    if name == step:
        self._on_step(name, 0.1)
        os.kill(os.getpid(), signal.SIGKILL)
    return attempt(self, name, work)


Steps._attempt = die_in_the_step
worker.main()
