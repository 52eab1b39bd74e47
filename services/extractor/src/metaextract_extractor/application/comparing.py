"""Compares extractions that have succeeded."""

import asyncio
from collections.abc import Sequence

from metaextract_extractor.application.extractions import ExtractionQueries
from metaextract_extractor.domain import errors
from metaextract_extractor.domain.comparison import Comparison, comparison


class Comparing:
    """Lays results side by side."""

    def __init__(self, queries: ExtractionQueries) -> None:
        self._queries = queries

    async def compare(self, names: Sequence[str]) -> Comparison:
        """Compare two or more; raises EXTRACTION_NOT_FOUND, ILLEGAL_STATE_TRANSITION without a result."""
        files = []
        for name in names:
            found = await self._queries.get(name)
            if found.result is None:
                raise errors.illegal_state_transition(name, found.state)
            files.append((name, found.result.fields))
        return await asyncio.to_thread(comparison, files)  # thousands of fields take milliseconds
