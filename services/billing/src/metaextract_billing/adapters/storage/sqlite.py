"""The ledger in one SQLite file: one writer, write-ahead log, every commit synced to the disk."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

import aiosqlite
import structlog

from metaextract_billing.adapters.storage import sqlite_rows as rows
from metaextract_billing.adapters.storage import sqlite_statements as sql
from metaextract_billing.domain import errors
from metaextract_billing.domain.models import Access, Balance, Charge, Hold, HoldOrder, Quote, State
from metaextract_billing.domain.ports import Outcome
from metaextract_common.storage.sqlite import connected, migrate

log = structlog.stdlib.get_logger()

MIGRATIONS: Final = Path(__file__).parent / "migrations" / "sqlite"

LOCK_WAIT_SECONDS_MAX: Final = 1
"""Another process that writes is done within milliseconds; one that is not makes the ledger unavailable."""

T = TypeVar("T")


@asynccontextmanager
async def opened(database: Path) -> AsyncIterator["SqliteLedger"]:
    """Bring the file to the newest schema and open it; at the end wait for steps that are under way."""
    await migrate(database, MIGRATIONS)
    async with connected(database) as connection:
        await connection.execute(f"PRAGMA busy_timeout = {LOCK_WAIT_SECONDS_MAX * 1000}")
        ledger = SqliteLedger(connection)
        try:
            yield ledger
        finally:
            await ledger.settled()


class SqliteLedger:
    """Implements `domain.ports.Ledger`. Borrows its connection, which nobody else may use."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._turn = asyncio.Lock()
        self._under_way: asyncio.Task[object] | None = None

    async def add_quote(self, quote: Quote) -> None:
        """Keep `quote`."""

        async def step() -> None:
            await self._rows(sql.ADD_QUOTE, rows.from_quote(quote))
            for position, file in enumerate(quote.files):
                await self._rows(sql.ADD_QUOTE_FILE, rows.from_priced_file(quote.name, position, file))

        await self._atomically(step)

    async def get_quote(self, name: str) -> Quote:
        """Return a quote or raise QUOTE_NOT_FOUND."""

        async def step() -> Quote:
            row = await self._row(sql.QUOTE, {"name": name})
            if row is None:
                raise errors.quote_not_found(name)
            return rows.to_quote(row, await self._rows(sql.QUOTE_FILES, {"name": name}))

        return await self._atomically(step, begin="BEGIN")

    async def hold(self, order: HoldOrder, charge: Charge | None) -> Outcome[Hold]:
        """Set aside, unless this request did before."""

        async def step() -> Outcome[Hold]:
            first = await self._hold_of_request(order.account, order.request_id)
            if first is not None:
                return Outcome(first.answering(order.fingerprint), changed=False)
            hold = await self._set_aside(order, charge) if charge else Hold(order, Access.UNMETERED)
            await self._rows(sql.ADD_HOLD, rows.from_hold(hold))
            return Outcome(hold, changed=True)

        return await self._atomically(step)

    async def _set_aside(self, order: HoldOrder, charge: Charge) -> Hold:
        if charge.quoted is not None:
            file = {"quote": charge.quoted.quote, "file_id": charge.quoted.file_id, "hold": order.name}
            if await self._row(sql.USE_QUOTE_FILE, file) is None:
                raise errors.quote_file_unusable(charge.quoted.quote, charge.quoted.file_id)
        if order.device is not None:
            device = {"device": order.device, "count_max": charge.free_checks_count_max}
            used = await self._row(sql.USE_FREE_CHECK, device)
            if used is not None:
                return Hold(order, Access.FREE_CHECK, free_checks_used=used["free_checks_used"])
        payment = {"account": order.account, "credits": charge.credits}
        if await self._row(sql.SET_ASIDE, payment) is None:
            await self._refuse(order, charge)
        hold = Hold(order, Access.CREDITS, credits_held=charge.credits)
        await self._enter(hold, order.create_time, available=-charge.credits, held=charge.credits)
        return hold

    async def _refuse(self, order: HoldOrder, charge: Charge) -> None:
        balance = await self._balance(order.account)
        if order.device is not None and balance == Balance():
            row = await self._row(sql.FREE_CHECKS_USED, {"device": order.device})
            raise errors.free_checks_exhausted(row["free_checks_used"] if row else 0, charge.credits)
        raise errors.insufficient_credits(balance.credits_available, charge.credits)

    async def find_hold(self, account: str, request_id: str) -> Hold | None:
        """Return the hold of a request, if there is one."""
        return await self._atomically(lambda: self._hold_of_request(account, request_id), begin="BEGIN")

    async def get_hold(self, name: str) -> Hold:
        """Return a hold or raise HOLD_NOT_FOUND."""
        return await self._atomically(lambda: self._hold(name), begin="BEGIN")

    async def capture(self, name: str, credits_delivered: int, now: datetime) -> Outcome[Hold]:
        """Charge and give the rest back."""

        async def step() -> Outcome[Hold]:
            before = await self._hold(name)
            return await self._resolved(before, before.at(now).captured(credits_delivered), now)

        return await self._atomically(step)

    async def release(self, name: str, now: datetime) -> Outcome[Hold]:
        """Give everything back."""

        async def step() -> Outcome[Hold]:
            before = await self._hold(name)
            return await self._resolved(before, before.at(now).released(), now)

        return await self._atomically(step)

    async def expire(
        self, now: datetime, *, account: str | None = None, device: str | None = None, count_max: int = 1000
    ) -> tuple[Hold, ...]:
        """Give back what is due. Takes the write lock only if something is."""
        scope = {
            "now_us": rows.to_microseconds(now),
            "account": account,
            "device": device,
            "count_max": count_max,
        }

        async def step() -> tuple[Hold, ...]:
            due = [rows.to_hold(row) for row in await self._rows(sql.HOLDS_DUE, scope)]
            return tuple([(await self._resolved(hold, hold.at(now), now)).value for hold in due])

        if not await self._atomically(lambda: self._rows(sql.HOLDS_DUE, scope), begin="BEGIN"):
            return ()
        return await self._atomically(step)

    async def balance(self, account: str) -> Balance:
        """Return what an account holds."""
        return await self._atomically(lambda: self._balance(account), begin="BEGIN")

    async def grant(self, account: str, request_id: str, credits_granted: int, now: datetime) -> Outcome[int]:
        """Add credits, unless this request did before."""
        request = {"account": account, "request_id": request_id, "credits": credits_granted}

        async def step() -> Outcome[int]:
            first = await self._row(sql.GRANT, request)
            if first is not None and first["credits"] != credits_granted:
                raise errors.idempotency_key_reused(request_id)
            if first is not None:
                return Outcome(first["available"], changed=False)
            [row] = await self._rows(sql.ADD_TO_ACCOUNT, request)
            await self._rows(sql.ADD_GRANT, {**request, "available": row["available"]})
            entry = {"kind": "granted", "hold": None, "granted": credits_granted, "held": 0, "captured": 0}
            time = {"now_us": rows.to_microseconds(now), "available": credits_granted}
            await self._rows(sql.ADD_ENTRY, {**request, **entry, **time})
            return Outcome(row["available"], changed=True)

        return await self._atomically(step)

    async def check(self) -> None:
        """Read from the file while holding its write lock."""
        await self._atomically(lambda: self._balance(""))

    async def settled(self) -> None:
        """Return when no transaction is under way."""
        async with self._turn:
            pass

    async def _resolved(self, before: Hold, after: Hold, now: datetime) -> Outcome[Hold]:
        if after == before:
            return Outcome(before, changed=False)
        order = after.order
        resolution = {"name": order.name, "state": after.state.value, "now_us": rows.to_microseconds(now)}
        [_] = await self._rows(sql.RESOLVE_HOLD, {**resolution, "credits_captured": after.credits_captured})
        if after.access is Access.CREDITS:
            rest = after.credits_held - after.credits_captured
            payment = {"account": order.account, "credits": after.credits_held, "rest": rest}
            [_] = await self._rows(sql.GIVE_BACK, payment)
            await self._enter(after, now, available=rest, held=-after.credits_held)
        if after.state is not State.CAPTURED:
            await self._rows(sql.GIVE_QUOTE_FILE_BACK, {"hold": order.name})
            if after.access is Access.FREE_CHECK:
                await self._rows(sql.GIVE_FREE_CHECK_BACK, {"device": order.device})
        return Outcome(after, changed=True)

    async def _enter(self, hold: Hold, now: datetime, *, available: int, held: int) -> None:
        entry = {
            "account": hold.order.account,
            "kind": hold.state.value,
            "hold": hold.order.name,
            "request_id": hold.order.request_id,
            "granted": 0,
            "available": available,
            "held": held,
            "captured": hold.credits_captured,
            "now_us": rows.to_microseconds(now),
        }
        await self._rows(sql.ADD_ENTRY, entry)

    async def _hold(self, name: str) -> Hold:
        row = await self._row(sql.HOLD_BY_NAME, {"name": name})
        if row is None:
            raise errors.hold_not_found(name)
        return rows.to_hold(row)

    async def _hold_of_request(self, account: str, request_id: str) -> Hold | None:
        row = await self._row(sql.HOLD_BY_REQUEST, {"account": account, "request_id": request_id})
        return rows.to_hold(row) if row else None

    async def _balance(self, account: str) -> Balance:
        row = await self._row(sql.BALANCE, {"account": account})
        return Balance(row["available"], row["held"]) if row else Balance()

    async def _rows(self, statement: str, parameters: Mapping[str, object]) -> list[sqlite3.Row]:
        return list(await self._connection.execute_fetchall(statement, parameters))

    async def _row(self, statement: str, parameters: Mapping[str, object]) -> sqlite3.Row | None:
        found = await self._rows(statement, parameters)
        return found[0] if found else None

    async def _atomically(self, step: Callable[[], Awaitable[T]], begin: str = "BEGIN IMMEDIATE") -> T:
        """Run `step` in one transaction, which once begun ends even if the caller is cancelled.

        Only so does the connection never stay inside a transaction that nobody ends. A cancelled
        caller does not know what happened; it asks again with the same `request_id`.
        """
        await self._turn.acquire()
        transaction = asyncio.create_task(self._transaction(step, begin))
        transaction.add_done_callback(lambda _: self._turn.release())
        self._under_way = transaction  # the loop itself holds tasks only weakly
        return await asyncio.shield(transaction)

    async def _transaction(self, step: Callable[[], Awaitable[T]], begin: str) -> T:
        try:
            await self._connection.execute(begin)
            try:
                result = await step()
                await self._connection.commit()
            except BaseException:
                await self._connection.rollback()
                raise
        except sqlite3.OperationalError as error:
            log.warning("ledger.unavailable", error=str(error))
            raise errors.ledger_unavailable() from error
        return result
