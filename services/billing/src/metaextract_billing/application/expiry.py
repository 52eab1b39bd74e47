"""Noting what time has ended. It counts as ended wherever it is looked at, whether or not this was done."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from metaextract_billing.application.book_keeping import account_of
from metaextract_billing.application.desk import Desk
from metaextract_billing.application.holds import released
from metaextract_billing.domain.ports import Clock
from metaextract_billing.domain.records import AccountKey, Book, HoldKey


@dataclass(frozen=True, slots=True)
class ExpireDue:
    """Gives back what nobody resolved in time, and takes lots whose time is over."""

    desk: Desk
    now: Clock
    count_max: int = 1000

    async def __call__(self) -> int:
        """Return how many holds and accounts were due. Any number of processes may do this at once.

        One that cannot be expired keeps none of the others waiting; what it raises is raised in the end.
        """
        now = self.now()
        due = await self.desk.due(now, self.count_max)
        holds = [self.desk.carry_out([HoldKey(name)], partial(_hold, name, now)) for name in due.holds]
        lots = [self.desk.carry_out([AccountKey(owner)], partial(_lots, owner, now)) for owner in due.owners]
        outcomes = await asyncio.gather(*holds, *lots, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return len(outcomes)


def _hold(name: str, now: datetime, book: Book) -> None:
    hold = book.get(HoldKey(name))
    if hold is not None and hold.is_due(now):
        released(book, name, now)


def _lots(owner: str, now: datetime, book: Book) -> None:
    book.put(account_of(book, owner, now))
