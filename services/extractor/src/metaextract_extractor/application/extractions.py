"""What a caller may ask of extractions that some call started."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Final

from metaextract_common.errors import ServiceError
from metaextract_extractor.application.uploads import Uploads
from metaextract_extractor.domain import errors
from metaextract_extractor.domain.model import Ended, Event, Extraction, State
from metaextract_extractor.domain.ports import EventLog, Extractions

ABANDONED_SEQUENCE: Final = 2**53 - 1
"""Number of the last event of an extraction that was ended where its other events are not known: after all of
them, and the largest that every JSON reader keeps."""


class ExtractionQueries:
    """Get, watch, cancel, forget."""

    def __init__(
        self,
        extractions: Extractions,
        event_log: EventLog,
        uploads: Uploads,
        *,
        keep: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        self._extractions = extractions
        self._event_log = event_log
        self._uploads = uploads
        self._keep = keep
        self._now = now

    async def get(self, name: str) -> Extraction:
        """Return an extraction, or raise EXTRACTION_NOT_FOUND."""
        found = await self._extractions.get(name)
        if found.expire_time is not None and found.expire_time <= self._now():
            raise errors.extraction_not_found(name)
        return found

    async def watch(self, name: str, after_sequence: int, wait_seconds: float) -> AsyncGenerator[Event, None]:
        """Yield the events after `after_sequence`, up to the end.

        An extraction that does not exist yet is waited for. Of one whose events are gone (this process
        was started later) the terminal event is left.
        """
        patience_seconds = 0 if await self._has_ended(name) else wait_seconds
        if await self._event_log.wait_for(name, patience_seconds):
            async with aclosing(self._event_log.follow(name, after_sequence)) as events:
                async for event in events:
                    yield event
            return
        found = await self.get(name)
        if found.ended and found.end_time is not None and found.last_sequence > after_sequence:
            yield Event(name, found.last_sequence, found.end_time, Ended())

    async def cancel(self, name: str) -> Extraction:
        """Stop an extraction and return it; one that was stopped before is left alone.

        Raises EXTRACTION_NOT_FOUND, and ILLEGAL_STATE_TRANSITION if it has succeeded or failed.
        """
        await self.get(name)
        await self._uploads.cancel(name)
        found = await self.get(name)
        if not found.ended:
            found = await self._ended_for_another(found)
        if found.state is not State.CANCELLED:
            raise errors.illegal_state_transition(name, found.state)
        return found

    async def _ended_for_another(self, running: Extraction) -> Extraction:
        """End the record of what another replica works on; that one notices with its next sign of life."""
        error = errors.extraction_cancelled(running.name)
        cancelled = running.given_up(error, at=self._now(), keep=self._keep, sequence=ABANDONED_SEQUENCE)
        try:
            await self._extractions.update(cancelled)
        except ServiceError as refused:
            if refused.reason != "ILLEGAL_STATE_TRANSITION":  # it has ended meanwhile
                raise
            return await self.get(running.name)
        return cancelled

    async def _has_ended(self, name: str) -> bool:
        try:
            return (await self._extractions.get(name)).ended
        except ServiceError:
            return False

    async def forget_expired(self) -> None:
        """Delete extractions and events whose time is over."""
        now = self._now()
        await self._extractions.forget_expired(now)
        await self._event_log.forget(now - self._keep)
