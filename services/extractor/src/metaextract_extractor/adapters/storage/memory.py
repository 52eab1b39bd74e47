"""Extractions in a dict: for unit tests. Several stores may share one."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

from metaextract_extractor.domain import errors
from metaextract_extractor.domain.batches import EXTRACTIONS_COUNT_MAX, Batch, Position, totals
from metaextract_extractor.domain.model import Extraction


@dataclass
class MemoryData:
    """What the stores of several replicas share."""

    by_name: dict[str, Extraction] = field(default_factory=dict)
    replica_of: dict[str, str] = field(default_factory=dict)
    expire_times: dict[str, datetime] = field(default_factory=dict)
    joined_counts: dict[str, int] = field(default_factory=dict)
    cancel_times: dict[str, datetime] = field(default_factory=dict)


class MemoryExtractions:
    """Implements `domain.ports.Extractions`."""

    def __init__(
        self,
        data: MemoryData | None = None,
        replica: str = "",
        *,
        batch_count_max: int = EXTRACTIONS_COUNT_MAX,
    ) -> None:
        self._data = data or MemoryData()
        self._replica = replica
        self._batch_count_max = batch_count_max

    async def add(self, extraction: Extraction) -> None:
        """Store, unless name or request id are taken."""
        data, batch = self._data, extraction.batch
        if extraction.name in data.by_name:
            raise errors.extraction_exists(extraction.name)
        if extraction.request_id and await self.find_by_request(extraction.owner, extraction.request_id):
            raise errors.request_id_reused(extraction.request_id)
        if batch in data.cancel_times:
            raise errors.batch_cancelled(batch)
        if batch:
            if data.joined_counts.get(batch, 0) >= self._batch_count_max:
                raise errors.batch_full(batch, self._batch_count_max)
            data.joined_counts[batch] = data.joined_counts.get(batch, 0) + 1
        data.by_name[extraction.name] = extraction
        data.replica_of[extraction.name] = self._replica

    async def update(self, extraction: Extraction) -> None:
        """Replace."""
        found = await self.get(extraction.name)
        if found.ended:
            raise errors.illegal_state_transition(found.name, found.state)
        self._data.by_name[extraction.name] = extraction

    async def get(self, name: str) -> Extraction:
        """Return one."""
        try:
            return self._data.by_name[name]
        except KeyError:
            raise errors.extraction_not_found(name) from None

    async def find_by_request(self, owner: str, request_id: str) -> Extraction | None:
        """Look through all."""
        key = (owner, request_id or None)  # none is the id of nothing
        found = (one for one in self._data.by_name.values() if (one.owner, one.request_id) == key)
        return next(found, None)

    async def forget_expired(self, now: datetime) -> int:
        """Delete what is over, and batches that have nothing left."""
        data = self._data
        over = [one.name for one in data.by_name.values() if one.expire_time and one.expire_time <= now]
        for name in over:
            del data.by_name[name], data.replica_of[name]
        for replica in [one for one, until in data.expire_times.items() if until <= now]:
            del data.expire_times[replica]
        left = {one.batch for one in data.by_name.values()}
        for of_batches in (data.joined_counts, data.cancel_times):
            for batch in of_batches.keys() - left:
                of_batches.pop(batch)
        return len(over)

    async def renew(self, until: datetime, running: Collection[str]) -> list[str]:
        """Note the time; look at the ends."""
        self._data.expire_times[self._replica] = until
        found = (self._data.by_name.get(name) for name in running)
        return [one.name for one in found if one is not None and one.ended]

    async def abandoned(
        self, now: datetime, *, running: Collection[str], since: datetime
    ) -> list[Extraction]:
        """Look through all."""

        def is_abandoned(one: Extraction) -> bool:
            replica = self._data.replica_of[one.name]
            until = self._data.expire_times.get(replica)
            lost = replica == self._replica and one.create_time < since and one.name not in running
            return until is None or until <= now or lost

        return [one for one in self._data.by_name.values() if not one.ended and is_abandoned(one)]

    async def check(self) -> None:
        """A dict can always be read."""


class MemoryBatches:
    """Implements `domain.ports.Batches`."""

    def __init__(self, data: MemoryData) -> None:
        self._data = data

    async def get(self, name: str) -> Batch:
        """Count."""
        members = self._members(name)
        if not members:
            raise errors.batch_not_found(name)
        return Batch(name, totals(members), self._data.cancel_times.get(name))

    async def page(self, name: str, after: Position | None, count_max: int) -> list[Extraction]:
        """Sort, and cut out."""
        behind = [one for one in self._members(name) if after is None or _position(one) > after]
        return [replace(one, result=None) for one in sorted(behind, key=_position)[:count_max]]

    async def unfinished(self, name: str) -> list[str]:
        """Look through all."""
        return [one.name for one in self._members(name) if not one.ended]

    async def cancel(self, name: str, at: datetime) -> None:
        """Note the time."""
        await self.get(name)
        self._data.cancel_times.setdefault(name, at)

    def _members(self, name: str) -> list[Extraction]:
        return [one for one in self._data.by_name.values() if name and one.batch == name]


def _position(extraction: Extraction) -> Position:
    return Position(extraction.create_time, extraction.name)
