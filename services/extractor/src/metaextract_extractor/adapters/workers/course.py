"""What has become of one file so far: what was read, what must be left out, and what time is left for what.

The metadata come first. A worker hands them over before it begins an operation, so that no operation can cost
them. In the last part of the time no operation begins, and a file that has not been read by then, or has cost
too many workers, is read by the basic path alone.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from metaextract_extractor.adapters.workers.limits import PoolLimits
from metaextract_extractor.adapters.workers.protocol import Done, Known, Read, Step, Tried
from metaextract_extractor.domain import errors
from metaextract_extractor.domain.findings import Reading
from metaextract_extractor.domain.operations import Operation, OperationOutcome, not_delivered
from metaextract_extractor.domain.ports import StepReport, Task

STEPS_LOST_MAX: Final = 3
"""Steps of one file that may cost a worker before only the basic path reads it."""
LAST_SHARE: Final = 0.2
"""Part of the time of a file, at its end, that belongs to the basic path."""
BASIC_ENGINES: Final = frozenset({"pillow"})
"""Engines of the basic path beside our walkers."""
BEYOND_ENGINES: Final = frozenset({"place", "pixels"})
"""Steps that the basic path does without, because they rest on engines or decoders."""
USED_UP: Final = "budget"


class Course:
    """One file, from its first worker to its last. `engines`: all that a worker has; `off`: those not used.

    Its time begins when it has its first worker.
    """

    def __init__(
        self,
        task: Task,
        limits: PoolLimits,
        *,
        engines: Iterable[str],
        off: Iterable[str],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._task = task
        self._limits = limits
        self._engines = frozenset(engines)
        self._now = now
        self._without = dict.fromkeys(off, "off")
        self._basic = False
        self._lost_count = 0
        self._fraction = 0.0
        self._reading: Reading | None = None
        self._reading_seconds = 0.0
        self._outcomes: dict[str, OperationOutcome] = {}
        self.step = ""
        """The step that a worker is at; empty before its first."""
        self.begin()

    def begin(self) -> None:
        """Count the time from now on."""
        self._attempt_began = self._step_began = self._now()
        self._late = self._now() + self._limits.task_seconds_max * (1 - LAST_SHARE)

    @property
    def result(self) -> Reading | None:
        """What was read, with what became of each operation; None as long as it is not known."""
        if self._reading is None:
            return None
        outcomes = (self._outcomes.get(one) for one in self._task.operations)
        return replace(self._reading, operations=tuple(one for one in outcomes if one is not None))

    def next_request(self) -> Read:
        """Begin (again), with what is left to do."""
        self.step, self._attempt_began = "", self._now()
        self._step_began = self._attempt_began
        task = self._task
        return Read(
            task.path,
            task.size_bytes,
            task.extension,
            task.received,
            tuple(sorted((one for one in task.operations if one not in self._outcomes), key=_is_slow)),
            self._late - self._now(),
            dict(self._without),
        )

    async def enter(self, step: Step, on_step: StepReport) -> None:
        """Note a step that begins; the fraction never falls, not even when a file is begun again."""
        self.step, self._step_began = step.name, self._now()
        self._fraction = max(self._fraction, step.fraction)
        await on_step(step.name, self._fraction)

    def is_known(self, known: Known) -> None:
        """Keep the metadata; those of a reading that was for the operations alone say the same."""
        if self._reading is None:
            self._reading = known.reading
            self._reading_seconds = self._now() - self._attempt_began

    def was_tried(self, tried: Tried) -> None:
        """Keep what became of an operation."""
        if tried.outcome.operation in self._operations_left():
            self._outcomes[tried.outcome.operation] = tried.outcome

    def is_done(self, done: Done) -> None:
        """Note what the work has cost."""
        self._give_up_the_rest("crashed")  # of what a worker passes over in silence
        if self._reading is not None:
            self._reading = replace(
                self._reading, cpu_seconds=done.cpu_seconds, memory_peak_bytes=done.memory_peak_bytes
            )

    def is_over_time(self) -> bool:
        """Whether a worker has been at its step for too long, or at the file for too long to know nothing."""
        now = self._now()
        if now - self._step_began > self._limits.seconds_max(self.step):
            return True
        return self._reading is None and not self._basic and now > self._late

    def result_without(self, cause: str) -> Reading | None:
        """Leave out the step that has cost a worker; None if another worker has to read, the result if not.

        Raises `ServiceError` if nothing is left to try.
        """
        self._lost_count += 1
        if self._reading is None:
            self._leave_out(cause)
            return None
        self._give_up_operation(cause)
        return None if self._operations_left() else self.result

    def run_out_of_time(self) -> Reading:
        """Return what there is; raises EXTRACTION_TIMED_OUT if that is nothing."""
        if self._reading is not None:
            self._give_up_operation("timeout")
            self._give_up_the_rest(USED_UP)
        result = self.result
        if result is None:
            raise errors.extraction_timed_out(self._limits.task_seconds_max)
        return result

    def _leave_out(self, cause: str) -> None:
        named = bool(self.step) and self.step not in self._without
        if self._basic and not named:
            if cause == "timeout":
                raise errors.extraction_timed_out(self._limits.seconds_max(self.step))
            raise errors.worker_lost(cause)
        if named:
            self._without[self.step] = cause
        if not named or self._lost_count > STEPS_LOST_MAX or self._now() > self._late:
            self._basic = True
            others = (self._engines - BASIC_ENGINES) | BEYOND_ENGINES
            self._without = {**dict.fromkeys(others, USED_UP), **self._without}
            self._give_up_the_rest(USED_UP)

    def _give_up_operation(self, cause: str) -> None:
        if self.step in self._operations_left():
            self._outcomes[self.step] = not_delivered(self.step, cause)
            # Another worker has to read the file before it can begin the next one.
            if self._now() + self._reading_seconds > self._late:
                self._give_up_the_rest(USED_UP)
        else:
            self._give_up_the_rest(cause)

    def _give_up_the_rest(self, cause: str) -> None:
        for operation in self._operations_left():
            self._outcomes[operation] = not_delivered(operation, cause)

    def _operations_left(self) -> list[str]:
        return [one.value for one in self._task.operations if one not in self._outcomes]


def _is_slow(operation: Operation) -> bool:
    """Text takes seconds to recognise, what the others do tenths of one: they must not wait for it."""
    return operation is Operation.OCR
