"""This process as one of several that share the extractions."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from metaextract_common.errors import ServiceError, internal
from metaextract_extractor.application.extractions import ABANDONED_SEQUENCE
from metaextract_extractor.application.uploads import Uploads
from metaextract_extractor.domain.ports import EventLog, Extractions


class Replica:
    """Says that it lives, stops what others have ended, and ends what nobody works on.

    `lease` is how long it counts as alive after it last said so; clocks of replicas must differ by less.
    `shared`: others may have the extractions too.
    """

    def __init__(
        self,
        extractions: Extractions,
        event_log: EventLog,
        uploads: Uploads,
        *,
        lease: timedelta,
        keep: timedelta,
        now: Callable[[], datetime],
        shared: bool,
    ) -> None:
        self._extractions = extractions
        self._event_log = event_log
        self._uploads = uploads
        self._lease = lease
        self._keep = keep
        self._now = now
        self._shared = shared
        self._heard_since: datetime | None = None

    async def renew(self) -> None:
        """Say that this replica lives, and stop what no longer has to be done."""
        now, heard_since = self._now(), self._heard_since
        self._heard_since = None  # stays if the store does not answer
        ended = await self._extractions.renew(now + self._lease, self._uploads.names)
        self._heard_since = heard_since or now
        self._uploads.stop(ended)

    async def end_abandoned(self) -> None:
        """End what a crash left unfinished, here or elsewhere, so that nobody waits for it.

        Nothing happens before the store has answered for as long as a lease: after an outage all leases have
        run out, and the others must have had the time to renew theirs.
        """
        now = self._now()
        if self._shared and (self._heard_since is None or now - self._heard_since < self._lease):
            return
        found = await self._extractions.abandoned(now, running=self._uploads.names, since=now - self._lease)
        for one in found:
            ended = one.given_up(internal(), at=now, keep=self._keep, sequence=ABANDONED_SEQUENCE)
            with suppress(ServiceError):  # another replica was quicker, or the store is away: next time
                await self._extractions.update(ended)
                await self._event_log.end(one.name, ABANDONED_SEQUENCE, now)
