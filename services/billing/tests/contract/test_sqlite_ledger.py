"""What only a ledger in a file must do: survive, refuse by itself, and say when it is away."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from metaextract_billing.adapters.storage import sqlite
from metaextract_billing.domain.models import Balance, Charge, Operations, PricedFile, Quote
from metaextract_billing.domain.pricing import quoted_price
from metaextract_common.errors import ServiceError
from metaextract_common.storage.sqlite import connected

FOUR = Charge(4, free_checks_count_max=2)

UNBALANCED = """
SELECT accounts.account
FROM accounts LEFT JOIN ledger_entries USING (account)
GROUP BY accounts.account
HAVING accounts.available <> sum(ledger_entries.available)
    OR accounts.held <> sum(ledger_entries.held)
    OR accounts.available + accounts.held + sum(ledger_entries.captured) <> sum(ledger_entries.granted)
    OR accounts.held <> (
        SELECT coalesce(sum(credits_held), 0) FROM holds
        WHERE holds.account = accounts.account AND state = 'held'
    )
"""


@pytest.fixture
def other_process(database: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(database, isolation_level=None, timeout=0)) as connection:
        yield connection


async def test_everything_is_found_again_after_the_file_was_reopened(database: Path, order, clock) -> None:
    operations = Operations(ocr=True)
    files = (PricedFile("a", quoted_price(operations, None)),)
    quote = Quote("quotes/1", "alice", operations, files, clock(), clock() + timedelta(minutes=15))
    async with sqlite.opened(database) as ledger:
        await ledger.grant("alice", "g", 10, clock())
        await ledger.add_quote(quote)
        paid, _ = await ledger.hold(order(request_id="r"), FOUR)
        free, _ = await ledger.hold(order(device="d"), FOUR)
        captured, _ = await ledger.capture(free.order.name, 0, clock())

    async with sqlite.opened(database) as ledger:
        assert await ledger.balance("alice") == Balance(6, 4)
        assert await ledger.get_quote("quotes/1") == quote
        assert await ledger.find_hold("alice", "r") == paid
        assert await ledger.get_hold(free.order.name) == captured
        assert not (await ledger.grant("alice", "g", 10, clock())).changed
        assert (await ledger.hold(order(device="d"), FOUR)).value.free_checks_used == 2


async def test_what_was_answered_is_on_the_disk_before_anything_is_closed(
    database: Path, order, clock, other_process: sqlite3.Connection
) -> None:
    async with sqlite.opened(database) as ledger:
        await ledger.grant("alice", "g", 10, clock())
        await ledger.hold(order(), FOUR)

        balances = other_process.execute("SELECT account, available, held FROM accounts").fetchall()

    assert balances == [("alice", 6, 4)]


async def test_the_sums_of_all_movements_are_the_balances(
    database: Path, order, clock, other_process: sqlite3.Connection
) -> None:
    async with sqlite.opened(database) as ledger:
        for account in ("alice", "bob"):
            await ledger.grant(account, "g", 50, clock())
        holds = [(await ledger.hold(order(account), FOUR)).value for account in ("alice", "bob") * 4]
        names = [hold.order.name for hold in holds]
        await ledger.capture(names[0], 1, clock())
        await ledger.capture(names[1], 4, clock())
        await ledger.release(names[2], clock())
        clock.advance(timedelta(minutes=14))
        await ledger.hold(order("alice"), FOUR)
        clock.advance(timedelta(minutes=1))
        await ledger.expire(clock())

    assert other_process.execute(UNBALANCED).fetchall() == []
    other_process.execute("UPDATE accounts SET available = available + 1 WHERE account = 'bob'")
    assert other_process.execute(UNBALANCED).fetchall() == [("bob",)]


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE accounts SET available = -1",
        "UPDATE accounts SET held = -1",
        "UPDATE ledger_entries SET granted = 1000, available = 1000 WHERE kind = 'granted'",
        "DELETE FROM ledger_entries",
        "UPDATE holds SET state = 'held', resolve_time_us = NULL, credits_captured = 0",
        "UPDATE devices SET free_checks_used = -1",
        "INSERT INTO ledger_entries (account, kind, request_id, granted, available, held, captured,"
        " create_time_us) VALUES ('alice', 'granted', 'g2', 5, 6, 0, 0, 0)",
        "INSERT INTO ledger_entries (account, kind, hold, request_id, granted, available, held, captured,"
        " create_time_us) VALUES ('alice', 'released', 'holds/1', 'r', 0, 4, -4, 0, 0)",
    ],
)
async def test_the_database_itself_refuses_money_that_is_not_there(
    database: Path, order, clock, other_process: sqlite3.Connection, tampering: str
) -> None:
    async with sqlite.opened(database) as ledger:
        await ledger.grant("alice", "g", 10, clock())
        hold, _ = await ledger.hold(order(), FOUR)
        await ledger.capture(hold.order.name, 4, clock())
        await ledger.hold(order(device="d"), FOUR)

    with pytest.raises(sqlite3.IntegrityError):
        other_process.execute(tampering)


async def test_a_ledger_that_another_process_keeps_locked_is_unavailable_and_comes_back(
    database: Path, order, clock, other_process: sqlite3.Connection
) -> None:
    async with sqlite.opened(database):
        pass
    async with connected(database) as connection:
        await connection.execute("PRAGMA busy_timeout = 10")
        ledger = sqlite.SqliteLedger(connection)
        other_process.execute("BEGIN IMMEDIATE")
        for call in (ledger.grant("alice", "g", 10, clock()), ledger.check(), ledger.hold(order(), None)):
            with pytest.raises(ServiceError) as caught:
                await call
            assert caught.value.reason == "LEDGER_UNAVAILABLE"

        other_process.execute("ROLLBACK")

        await ledger.check()
        assert (await ledger.grant("alice", "g", 10, clock())).value == 10


async def test_two_processes_on_one_file_do_not_overdraw_it(database: Path, order, clock) -> None:
    async with sqlite.opened(database) as one, sqlite.opened(database) as two:
        await one.grant("alice", "g", 30, clock())

        answers = await asyncio.gather(
            *(ledger.hold(order(), FOUR) for ledger in (one, two) * 10), return_exceptions=True
        )

        assert sum(isinstance(answer, ServiceError) for answer in answers) == 20 - 7
        assert await one.balance("alice") == await two.balance("alice") == Balance(2, 28)


async def test_callers_that_give_up_leave_no_transaction_open_and_no_half_movement(
    database: Path, order, clock, other_process: sqlite3.Connection
) -> None:
    async with sqlite.opened(database) as ledger:
        await ledger.grant("alice", "g", 100, clock())
        for waits in range(40):
            call = asyncio.create_task(ledger.hold(order(), FOUR))
            queued = asyncio.create_task(ledger.hold(order(), FOUR))
            for _ in range(waits):
                await asyncio.sleep(0)
            call.cancel()
            queued.cancel()
            await asyncio.gather(call, queued, return_exceptions=True)
        available = (await ledger.grant("alice", "g2", 1, clock())).value

        assert (await ledger.balance("alice")).credits_held + available == 101

    assert other_process.execute(UNBALANCED).fetchall() == []
    assert other_process.execute("SELECT count(*) FROM holds").fetchone() == ((101 - available) // 4,)
