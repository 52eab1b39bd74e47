"""The steps of one reading: what ran, how long, and how it ended. A step that fails costs only itself."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeVar

from metaextract_extractor.domain.result import EngineRun, Notice, Outcome
from metaextract_extractor.reading.evidence import EngineError
from metaextract_extractor.reading.life import tell_failure

T = TypeVar("T")

STEPS_SHARE: Final = 0.95
"""Share of the progress that reading is; the rest is handing over."""

_SKIPPED: Final = frozenset({"off", "budget"})

_WEIGHTS: Final[Mapping[str, float]] = {"exiftool": 6.0, "pixels": 4.0, "ocr": 20.0, "quality": 2.0}
"""Steps that take longer than others, in the time of a short one."""


class Steps:
    """One reading. `without` maps steps that must not run to the reason why.

    `on_step` is called with the name of each step that begins and the share of the work that is done.
    `cpu_seconds` reads the processor time of this worker and its engines; None if it cannot be known.
    """

    def __init__(
        self,
        without: Mapping[str, str],
        expected: Iterable[str],
        on_step: Callable[[str, float], None],
        cpu_seconds: Callable[[], float | None],
    ) -> None:
        self._without = dict(without)
        self._weight_total = sum(_WEIGHTS.get(name, 1.0) for name in expected)
        self._weight_done = 0.0
        self._on_step = on_step
        self._cpu_seconds = cpu_seconds
        self._began = time.perf_counter()
        self.runs: list[EngineRun] = []
        self.notices: list[Notice] = []
        self.spans: list[tuple[str, int, int]] = []
        """Name, begin and end in nanoseconds since the epoch."""

    @property
    def seconds(self) -> float:
        """Time since the first step."""
        return time.perf_counter() - self._began

    @property
    def share(self) -> float:
        """Share of the work that is done."""
        return STEPS_SHARE * min(1.0, self._weight_done / self._weight_total)

    def leave_out(self, names: Iterable[str], cause: str) -> None:
        """Do not run these either."""
        self._without = {**dict.fromkeys(names, cause), **self._without}

    def engine(self, name: str, version: str, work: Callable[[], T], count: Callable[[T], int]) -> T | None:
        """Let an engine work, unless it must not; None if it failed. `runs` tells how it went."""
        cause = self._without.get(name)
        if cause is not None:
            outcome = Outcome.SKIPPED if cause in _SKIPPED else Outcome.FAILED
            self.runs.append(EngineRun(name, version, 0, None, 0, outcome, cause))
            return None
        started, cpu_before = time.perf_counter(), self._cpu_seconds()
        done, failure = self._attempt(name, work)
        wall_seconds, cpu_after = time.perf_counter() - started, self._cpu_seconds()
        self.runs.append(
            EngineRun(
                name,
                version,
                wall_seconds,
                None if cpu_before is None or cpu_after is None else cpu_after - cpu_before,
                0 if done is None else count(done),
                Outcome.FAILED if failure else Outcome.SUCCEEDED,
                failure,
            )
        )
        return done

    def ours(self, name: str, work: Callable[[], T]) -> T | None:
        """Do a step of our own; None and a notice if it failed or must not run."""
        failure = self._without.get(name, "")
        done = None
        if not failure:
            done, failure = self._attempt(name, work)
        if failure:
            self.notices.append(
                Notice("STEP_FAILED", f"The step {name} is missing from the result: {failure}.")
            )
        return done

    def _attempt(self, name: str, work: Callable[[], T]) -> tuple[T | None, str]:
        self._on_step(name, self.share)
        start_ns = time.time_ns()
        try:
            return work(), ""
        except EngineError as error:
            return None, str(error)
        except MemoryError:
            return None, "memory_limit"
        except Exception as error:  # noqa: BLE001 - whatever a library does with hostile bytes, others go on
            tell_failure(error)
            return None, f"crashed ({type(error).__name__})"
        finally:
            self._weight_done += _WEIGHTS.get(name, 1.0)
            self.spans.append((f"{name}.read", start_ns, time.time_ns()))
