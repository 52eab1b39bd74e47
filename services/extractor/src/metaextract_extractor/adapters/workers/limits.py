"""What a pool of workers and each of its files may take."""

from dataclasses import dataclass
from typing import Final

from metaextract_extractor.domain.operations import Operation

OPERATIONS: Final = frozenset(one.value for one in Operation)
"""Steps that were asked for beyond reading."""


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """`workers_count` files are read at once, `queue_count_max` wait. The rest is per task.

    A step, such as one engine, may take `step_seconds_max`, an operation that was asked for
    `operation_seconds_max`; all of them together `task_seconds_max`.
    """

    workers_count: int
    queue_count_max: int
    task_seconds_max: float
    step_seconds_max: float
    operation_seconds_max: float
    memory_bytes_max: int
    recycle_bytes: int

    def seconds_max(self, step: str) -> float:
        """Return how long a step may take."""
        return self.operation_seconds_max if step in OPERATIONS else self.step_seconds_max
