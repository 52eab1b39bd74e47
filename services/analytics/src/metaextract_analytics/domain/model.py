"""Events, periods and reports, and the rules they obey."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from metaextract_analytics.domain import errors


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    `time` is in UTC and kept to the microsecond. `traceparent` is the W3C trace context of the work that
    caused the event, empty if none.
    """

    event_id: str
    name: str
    time: datetime
    source: str
    attributes: Mapping[str, str]
    traceparent: str


@dataclass(frozen=True, slots=True)
class Recording:
    """What became of a batch: the events stored now, in the order of the batch, and how many were known."""

    recorded: tuple[Event, ...]
    duplicate_count: int


@dataclass(frozen=True, slots=True)
class Period:
    """The moments from `start` up to but not including `end`; `None` stands for no limit.

    Raises PERIOD_INVALID if it ends before it begins. A period that ends where it begins is empty.
    """

    start: datetime | None
    end: datetime | None

    def __post_init__(self) -> None:
        if self.start is not None and self.end is not None and self.end < self.start:
            raise errors.period_invalid()

    def __contains__(self, time: datetime) -> bool:
        return (self.start is None or time >= self.start) and (self.end is None or time < self.end)


@dataclass(frozen=True, slots=True)
class Report:
    """How often what happened; the times are `None` if nothing did."""

    counts_by_name: Mapping[str, int]
    first_time: datetime | None
    last_time: datetime | None

    @property
    def events_count(self) -> int:
        """All events of the period."""
        return sum(self.counts_by_name.values())
