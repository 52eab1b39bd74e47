"""Extractions that belong together, and how far they have come."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, NamedTuple, Self

from metaextract_extractor.domain.model import Extraction, State

EXTRACTIONS_COUNT_MAX: Final = 10_000
"""Extractions that a batch may have if nobody says otherwise."""

_ENDED: Final = (State.SUCCEEDED, State.FAILED, State.CANCELLED)
_STEPS: Final = {State.RECEIVING: 1, State.QUEUED: 2, State.PARSING: 3} | dict.fromkeys(_ENDED, 4)


class Position(NamedTuple):
    """A place in the list of a batch: behind this extraction."""

    create_time: datetime
    name: str


@dataclass(frozen=True, slots=True)
class StateTotal:
    """What the extractions of one state come to; `end_time` and `expire_time` are the latest."""

    count: int
    size_bytes: int
    create_time: datetime
    end_time: datetime | None
    expire_time: datetime | None

    def and_(self, other: Self) -> Self:
        """Return what both come to."""
        return replace(
            self,
            count=self.count + other.count,
            size_bytes=self.size_bytes + other.size_bytes,
            create_time=min(self.create_time, other.create_time),
            end_time=_latest(self.end_time, other.end_time),
            expire_time=_latest(self.expire_time, other.expire_time),
        )


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch at one moment. `totals` has the states of which there are extractions; never empty."""

    name: str
    totals: dict[State, StateTotal] = field(default_factory=dict)
    cancel_time: datetime | None = None

    def count(self, *states: State) -> int:
        """Return how many extractions are in one of these states."""
        return sum(self.totals[state].count for state in states if state in self.totals)

    @property
    def total(self) -> StateTotal:
        """What all extractions come to."""
        first, *others = self.totals.values()
        for other in others:
            first = first.and_(other)
        return first

    @property
    def sequence(self) -> int:
        """Return a number that rises with every change, until extractions are forgotten."""
        steps_count = sum(_STEPS[state] * total.count for state, total in self.totals.items())
        return steps_count + (self.cancel_time is not None)

    @property
    def ended_count(self) -> int:
        """How many extractions have ended."""
        return self.count(*_ENDED)

    @property
    def ended(self) -> bool:
        """Whether nothing of it is under way; others may join."""
        return self.ended_count == self.total.count


@dataclass(frozen=True, slots=True)
class BatchEvent:
    """A batch as it was seen at a time. `is_last`: whoever watches it has seen it all."""

    batch: Batch
    time: datetime
    is_last: bool


def totals(extractions: Iterable[Extraction]) -> dict[State, StateTotal]:
    """Count extractions."""
    found: dict[State, StateTotal] = {}
    for one in extractions:
        alone = StateTotal(1, one.size_bytes or 0, one.create_time, one.end_time, one.expire_time)
        found[one.state] = found[one.state].and_(alone) if one.state in found else alone
    return found


def _latest(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one and other else one or other
