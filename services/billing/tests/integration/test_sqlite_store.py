"""What only a store in a file must do: survive, refuse by itself, and say when it is away."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from metaextract_billing.adapters.storage import sqlite, sqlite_file
from metaextract_billing.application.audit import AuditLedger
from metaextract_billing.application.holds import HoldRequest
from metaextract_billing.domain.models import Operations
from metaextract_billing.domain.ports import ConflictError
from metaextract_billing.domain.purchases import Order
from metaextract_billing.domain.records import AccountKey, Change, Changes, OrderKey
from metaextract_common.errors import ServiceError

PLAIN = HoldRequest(None, 1000, Operations(), None)
"""Costs one credit."""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "billing.sqlite"


@pytest.fixture
def other_process(database: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(database, isolation_level=None, timeout=0)) as connection:
        yield connection


async def test_everything_is_found_again_after_the_file_was_reopened(database: Path, make_billing) -> None:
    async with sqlite.opened(database) as store:
        billing = make_billing(store)
        await billing.grant_credits("alice", "g", 10)
        held = await billing.create_hold("alice", "r", PLAIN)
        other = await billing.create_hold("alice", "r2", PLAIN)
        captured = await billing.capture_hold(other.name, Operations(), 1000, None)

    async with sqlite.opened(database) as store:
        billing = make_billing(store)
        assert await billing.credits("alice") == (8, 1)
        assert await billing.create_hold("alice", "r", PLAIN) == held
        assert await billing.create_hold("alice", "r2", PLAIN) == captured
        assert await billing.grant_credits("alice", "g", 10) == 10
        assert (await AuditLedger(store)()).violations == ()


async def test_what_was_answered_is_on_the_disk_before_anything_is_closed(
    database: Path, make_billing, other_process: sqlite3.Connection
) -> None:
    async with sqlite.opened(database) as store:
        billing = make_billing(store)
        await billing.grant_credits("alice", "g", 10)
        await billing.create_hold("alice", "r", PLAIN)

        rows = other_process.execute("SELECT owner, credits, credits_held FROM credit_balances").fetchall()

    assert rows == [("alice", 9, 1)]


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE credit_balances SET credits = -1",
        "UPDATE credit_balances SET credits_held = -1",
        "UPDATE credit_balances SET credits_owed = -1",
        "UPDATE credit_grants SET remaining = remaining + 1",
        "UPDATE credit_grants SET remaining = -1, consumed = consumed + remaining + 1",
        "UPDATE credit_grants SET amount = amount + 1, remaining = remaining + 1",
        "DELETE FROM credit_grants",
        "UPDATE credit_transactions SET amount = amount + 1",
        "DELETE FROM credit_transactions",
        "INSERT OR REPLACE INTO credit_transactions SELECT * FROM credit_transactions WHERE number = 1",
        "UPDATE credit_holds SET state = 'held', committed_at = NULL, credits_captured = 0",
        "DELETE FROM credit_holds",
        "UPDATE client_usage SET free_used = -1",
        "INSERT INTO trial_usages VALUES ('somebody@example.com', 1, '[]', '2026', 1)",
        "INSERT INTO credit_balances SELECT 'i', owner, 0, 0, 0, 0, seal, created_at, 1 FROM credit_balances",
    ],
)
async def test_the_database_itself_refuses_money_that_is_not_there(
    database: Path, make_billing, other_process: sqlite3.Connection, tampering: str
) -> None:
    async with sqlite.opened(database) as store:
        billing = make_billing(store)
        await billing.grant_credits("alice", "g", 10)
        hold = await billing.create_hold("alice", "r", PLAIN)
        await billing.capture_hold(hold.name, Operations(), 1000, None)
        await billing.create_hold("bob", "r", HoldRequest("device", 1000, Operations(), None))

    with pytest.raises(sqlite3.IntegrityError):
        other_process.execute(tampering)


async def test_a_store_that_another_process_keeps_locked_is_unavailable_and_comes_back(
    database: Path, make_billing, other_process: sqlite3.Connection
) -> None:
    async with sqlite.opened(database, lock_wait_seconds_max=0.01) as store:
        billing = make_billing(store)
        other_process.execute("BEGIN IMMEDIATE")
        for call in (billing.grant_credits("alice", "g", 10), store.check()):
            with pytest.raises(ServiceError) as caught:
                await call
            assert caught.value.reason == "LEDGER_UNAVAILABLE"

        other_process.execute("ROLLBACK")

        await store.check()
        assert await billing.grant_credits("alice", "g", 10) == 10


@pytest.mark.parametrize("pragma", ["query_only = ON", "max_page_count = 1"], ids=["read-only", "disk full"])
async def test_a_file_that_cannot_be_written_makes_the_store_unavailable_and_keeps_nothing(
    database: Path, make_billing, pragma: str
) -> None:
    async with sqlite.opened(database) as store:
        await make_billing(store).grant_credits("alice", "g", 10)
    async with sqlite_file.opened(database) as file:
        store = sqlite.SqliteStore(file, database)
        billing = make_billing(store)
        await file.reading(lambda: file.rows(f"PRAGMA {pragma}", {}))

        with pytest.raises(ServiceError) as caught:
            for n in range(1000):  # until the last free page is used
                await billing.grant_credits("alice", f"h{n}", 1)
        await file.reading(lambda: file.rows("PRAGMA query_only = OFF", {}))
        await file.reading(lambda: file.rows("PRAGMA max_page_count = 100000", {}))

        assert caught.value.reason == "LEDGER_UNAVAILABLE"
        assert await billing.grant_credits("alice", "i", 1) == 11 + n
        assert (await AuditLedger(store)()).violations == ()


async def test_callers_that_give_up_leave_no_transaction_open_and_no_half_movement(
    database: Path, make_billing, other_process: sqlite3.Connection
) -> None:
    async with sqlite.opened(database) as store:
        billing = make_billing(store)
        await billing.grant_credits("alice", "g", 100)
        for waits in range(40):
            calls = [
                asyncio.create_task(billing.create_hold("alice", f"r{waits}-{n}", PLAIN)) for n in range(2)
            ]
            for _ in range(waits):
                await asyncio.sleep(0)
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
        available, held = await billing.credits("alice")

        assert available + held == 100
        assert (await AuditLedger(store)()).violations == ()
        other_process.execute("BEGIN IMMEDIATE")  # nobody else is in a transaction
        other_process.execute("ROLLBACK")

        # Whoever gave up asks again and gets what was made, if anything was.
        for waits in range(40):
            await billing.create_hold("alice", f"r{waits}-0", PLAIN)
        available, held = await billing.credits("alice")
        assert available + held == 100
        rows = other_process.execute("SELECT count(DISTINCT request_id), count(*) FROM credit_holds")
        assert rows.fetchone() == (held, held)


async def test_writes_that_share_a_transaction_fail_alone(database: Path, make_billing) -> None:
    async with sqlite.opened(database) as store:
        billing = make_billing(store)
        order = Order("orders/1", "alice", "starter", 100, 400, "USD", datetime(2026, 11, 23, tzinfo=UTC))
        broken = replace(order, id="orders/2", credits=-1)
        commits = [
            store.commit(Changes((Change(None, replace(order, id=f"orders/{name}")),)))
            for name in ("a", "b", "a", "c", "b", "d")
        ]
        commits.insert(2, store.commit(Changes((Change(None, order), Change(None, broken)))))

        answers = await asyncio.gather(
            *commits, billing.grant_credits("alice", "g", 10), return_exceptions=True
        )
        found = await store.load([OrderKey(f"orders/{name}") for name in ("1", "2", "a", "b", "c", "d")])

    failed = {n: type(answer) for n, answer in enumerate(answers) if isinstance(answer, Exception)}
    assert failed == {2: sqlite3.IntegrityError, 3: ConflictError, 5: ConflictError}
    assert sorted(key.id for key in found if isinstance(key, OrderKey)) == [
        f"orders/{name}" for name in "abcd"
    ]
    assert answers[-1] == 10


async def test_two_processes_on_one_file_wait_for_each_other_and_lose_nothing(
    database: Path, make_billing, start_holding
) -> None:
    async with sqlite.opened(database) as store:
        await make_billing(store).grant_credits("alice", "g", 1_000_000)
        processes = [await start_holding(database, name) for name in ("one", "two")]
        for process in processes:
            await process.hear(40)
        for process in processes:
            await process.end()

        captured = [request for process in processes for request in process.told("captured")]
        assert [process.told("failed") for process in processes] == [[], []]
        assert len(captured) == len(set(captured)) >= 40
        assert await make_billing(store).credits("alice") == (1_000_000 - len(captured), 0)
        assert (await AuditLedger(store)()).violations == ()


async def test_a_process_that_is_killed_loses_nothing_that_it_was_told(
    database: Path, make_billing, start_holding
) -> None:
    async with sqlite.opened(database) as store:
        await make_billing(store).grant_credits("alice", "g", 1_000_000)
    process = await start_holding(database, "victim")
    await process.hear(31)
    await process.kill()

    async with sqlite.opened(database) as store:
        billing = make_billing(store)
        repeated = [await billing.create_hold("alice", request, PLAIN) for request in process.told("held")]
        [account] = (await store.load([AccountKey("alice")])).values()

        told = process.told("captured")
        kept = [hold.request for hold in repeated if hold.state == "captured"]
        assert kept[: len(told)] == told
        assert len(kept) - len(told) in (0, 1)  # one may have been kept and not told
        assert account.credits_available + account.credits_held == 1_000_000 - len(kept)
        assert (await AuditLedger(store)()).violations == ()
