"""Extractions in a dict: for unit tests."""

from datetime import datetime

from metaextract_extractor.domain import errors
from metaextract_extractor.domain.model import Extraction


class MemoryExtractions:
    """Implements `domain.ports.Extractions`."""

    def __init__(self) -> None:
        self._by_name: dict[str, Extraction] = {}

    async def add(self, extraction: Extraction) -> None:
        """Store, unless name or request id are taken."""
        if extraction.name in self._by_name:
            raise errors.extraction_exists(extraction.name)
        if extraction.request_id and await self.find_by_request(extraction.owner, extraction.request_id):
            raise errors.request_id_reused(extraction.request_id)
        self._by_name[extraction.name] = extraction

    async def update(self, extraction: Extraction) -> None:
        """Replace."""
        await self.get(extraction.name)
        self._by_name[extraction.name] = extraction

    async def get(self, name: str) -> Extraction:
        """Return one."""
        try:
            return self._by_name[name]
        except KeyError:
            raise errors.extraction_not_found(name) from None

    async def find_by_request(self, owner: str, request_id: str) -> Extraction | None:
        """Look through all."""
        key = (owner, request_id or None)  # none is the id of nothing
        return next((one for one in self._by_name.values() if (one.owner, one.request_id) == key), None)

    async def forget_expired(self, now: datetime) -> int:
        """Delete what is over."""
        over = [one.name for one in self._by_name.values() if one.expire_time and one.expire_time <= now]
        for name in over:
            del self._by_name[name]
        return len(over)

    async def unfinished(self) -> list[Extraction]:
        """Return what has not ended."""
        return [one for one in self._by_name.values() if not one.ended]

    async def check(self) -> None:
        """A dict can always be read."""
