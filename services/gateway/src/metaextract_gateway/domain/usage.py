"""What people do with the product, as the gateway hands it on: nothing that names them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class EventAttribute:
    """An attribute of the events of one name."""

    event: str
    attribute: str


@dataclass(frozen=True, slots=True)
class Usage:
    """How often what was done, by how many.

    Values are counted for the attributes that were asked for; events without the attribute stand under the
    empty text. A mean is None of nothing.
    """

    counts_by_name: Mapping[str, int]
    sessions_count: int
    users_count: int
    first_time: datetime | None
    last_time: datetime | None
    counts_by_value: Mapping[EventAttribute, Mapping[str, int]]
    means: Mapping[EventAttribute, float | None]

    @property
    def events_count(self) -> int:
        """All of them."""
        return sum(self.counts_by_name.values())


class UsageEvents(Protocol):
    """Keeps what was done, and counts it."""

    async def record(self, name: str, attributes: Mapping[str, str]) -> None:
        """Keep one event of now."""
        ...

    async def usage(
        self,
        since: datetime | None,
        events_count_max: int,
        counted: Sequence[EventAttribute],
        averaged: Sequence[EventAttribute],
    ) -> Usage:
        """Count the newest events since a moment, or of all times."""
        ...
