"""One audit at a time, for whoever asks, whether or not they can wait for its end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import Context
from dataclasses import dataclass
from datetime import datetime

from metaextract_billing.application.audit import AuditLedger, AuditReport
from metaextract_billing.domain.ports import Clock


@dataclass(frozen=True, slots=True)
class Audited:
    """What an audit found that began at `as_of`."""

    as_of: datetime
    report: AuditReport


class Audits:
    """Audits the ledger. Borrowed from `audits`, which ends the one that runs."""

    def __init__(self, audit_ledger: AuditLedger, now: Clock) -> None:
        self._audit_ledger = audit_ledger
        self._now = now
        self._began: datetime | None = None
        self._running: asyncio.Task[Audited] | None = None
        self._last: Audited | None = None

    async def __call__(self, not_before: datetime) -> Audited:
        """Return what an audit found that began at `not_before` or later.

        Whoever stops waiting does not stop the audit, and gets its outcome by asking again for the same time.
        Raises LEDGER_UNAVAILABLE.
        """
        while True:
            if self._last is not None and self._last.as_of >= not_before:
                return self._last
            if self._running is None:
                self._begin()
            elif self._began is not None and self._began < not_before:
                await asyncio.wait([self._running])
                continue
            assert self._running is not None  # noqa: S101 - begun above
            return await asyncio.shield(self._running)

    def _begin(self) -> None:
        self._began = self._now()
        # In a context of its own: deadline and trace of whoever asked first are not those of the audit.
        self._running = asyncio.create_task(self._audited(self._began), context=Context())
        self._running.add_done_callback(self._end)

    async def _audited(self, began: datetime) -> Audited:
        return Audited(began, await self._audit_ledger())

    def _end(self, task: asyncio.Task[Audited]) -> None:
        self._running = None
        if not task.cancelled() and task.exception() is None:
            self._last = task.result()

    async def end(self) -> None:
        """Stop the audit that runs."""
        if self._running is not None:
            running = self._running
            running.cancel()
            await asyncio.wait([running])


@asynccontextmanager
async def audits(audit_ledger: AuditLedger, now: Clock) -> AsyncIterator[Audits]:
    """Lend audits, and stop the one that runs at the end."""
    lent = Audits(audit_ledger, now)
    try:
        yield lent
    finally:
        await lent.end()
