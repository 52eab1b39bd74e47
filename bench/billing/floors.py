"""The floor: the very commits of the service, prepared before, given to the database by a driver alone."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg

from bench.billing.load import GRANTED, Load, Outcome
from metaextract_billing.adapters.storage import postgres_statements, sqlite_file, sqlite_work
from metaextract_billing.adapters.storage.rows import Writes, writes
from metaextract_billing.domain.accounts import Account
from metaextract_billing.domain.chain import Place
from metaextract_billing.domain.holds import Access, Hold
from metaextract_billing.domain.lots import Lot
from metaextract_billing.domain.models import Operations
from metaextract_billing.domain.records import Change, Changes, stored

CREDITS = 4
CONNECTIONS_COUNT = 10
WARMING_COUNT = 64
OPERATIONS = Operations(embedding=True)
LIFETIME = timedelta(minutes=15)
Commit = Callable[[Writes], Awaitable[None]]


class Prepared:
    """The commits of one account, in their order. Each follows from the one before."""

    def __init__(self, owner: str, run: str, pairs_count: int) -> None:
        self._now = datetime.now(UTC)
        account = Account(owner, f"id of {owner}", self._now)
        lot = Lot(f"lot of {owner}", GRANTED, self._now)
        made = account.granted(lot, Place.PROMOTION, self._now)
        self.first = writes(Changes((Change(None, made),)))
        self._account = _account(stored(made))
        self.turn = asyncio.Lock()
        self.pairs = iter([self._pair(f"{run} {owner} {n}") for n in range(pairs_count)])

    def _pair(self, request: str) -> tuple[Writes, Writes]:
        hold = Hold(
            f"holds/{request}",
            self._account.owner,
            request,
            "0" * 64,
            OPERATIONS,
            self._now,
            self._now + LIFETIME,
            Access.CREDITS,
        )
        before = self._account
        after, hold = before.held(hold, CREDITS, self._now)
        first = writes(Changes((Change(before, after), Change(None, hold))))
        before, open_hold = _account(stored(after)), stored(hold)
        assert isinstance(open_hold, Hold)
        after, done = before.captured(open_hold, CREDITS, self._now)
        second = writes(Changes((Change(before, after), Change(open_hold, done))))
        self._account = _account(stored(after))
        return first, second


async def on_postgres(url: str, load: Load, run: str) -> Outcome:
    """Call the commit function of billing through asyncpg."""

    async def commit(rows: Writes) -> None:
        await pool.fetchval(postgres_statements.COMMIT, json.dumps(rows.added), json.dumps(rows.changed))

    async with asyncpg.create_pool(
        url, min_size=CONNECTIONS_COUNT, max_size=CONNECTIONS_COUNT, reset=_kept_as_it_is
    ) as pool:
        await _committed(commit, _warming(load), run)
        return await _committed(commit, load, run)


async def _kept_as_it_is(_: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Spare a round trip, as billing does."""


async def on_sqlite(path: Path, load: Load, run: str) -> Outcome:
    """Run the statements of billing in transactions of its file."""
    async with sqlite_file.opened(path) as file:

        async def commit(rows: Writes) -> None:
            await file.writing(lambda: sqlite_work.write(file, rows))

        await _committed(commit, _warming(load), run)
        return await _committed(commit, load, run)


def _warming(load: Load) -> Load:
    """Return what is done first, so that every connection has made its plans."""
    return Load(f"warm {load.name}", WARMING_COUNT, load.callers_count, WARMING_COUNT)


async def _committed(commit: Commit, load: Load, run: str) -> Outcome:
    accounts = list(_prepared(load, run))
    for account in accounts:
        await commit(account.first)
    numbers = iter(range(load.count))

    async def call() -> None:
        for number in numbers:
            account = accounts[number % load.accounts_count]
            async with account.turn:
                for rows in next(account.pairs):
                    await commit(rows)

    begun = time.monotonic()
    await asyncio.gather(*(call() for _ in range(load.callers_count)))
    return Outcome(time.monotonic() - begun, 0)


def _prepared(load: Load, run: str) -> Iterator[Prepared]:
    for number in range(load.accounts_count):
        pairs_count = len(range(number, load.count, load.accounts_count))
        yield Prepared(f"floor {run} {load.account(number)}", run, pairs_count)


def _account(record: object) -> Account:
    assert isinstance(record, Account)
    return record
