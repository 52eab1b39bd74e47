"""What is asked about the events of one source, and the answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from metaextract_analytics.domain.model import Period

SESSION: Final = "session"
USER: Final = "user"
"""The attributes that tell sessions and users apart. They are digests."""


@dataclass(frozen=True, slots=True)
class EventAttribute:
    """An attribute of the events of one name."""

    event: str
    attribute: str


@dataclass(frozen=True, slots=True)
class UsageQuery:
    """Which events are looked at, the newest `events_count_max`, and what of them is counted and averaged."""

    source: str
    period: Period
    events_count_max: int
    counted: tuple[EventAttribute, ...] = ()
    averaged: tuple[EventAttribute, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """How often what was done, by how many.

    `counts_by_value` and `means` are in the order of the query. Events without the attribute stand under the
    empty text. A mean is over the values that are numbers, and None if there are none.
    """

    counts_by_name: Mapping[str, int]
    sessions_count: int
    users_count: int
    first_time: datetime | None
    last_time: datetime | None
    counts_by_value: tuple[Mapping[str, int], ...]
    means: tuple[float | None, ...]

    @property
    def events_count(self) -> int:
        """All events that were looked at."""
        return sum(self.counts_by_name.values())
