"""A database that the first version left is taken over: every credit, every hold, every device."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from metaextract_billing.adapters.storage import sqlite
from metaextract_billing.application.accounts import GrantCredits
from metaextract_billing.application.audit import AuditLedger
from metaextract_billing.application.desk import Desk
from metaextract_billing.application.expiry import ExpireDue
from metaextract_billing.application.holds import CaptureHold
from metaextract_billing.domain.accounts import Account
from metaextract_billing.domain.allowances import AllowanceKind, OpenUse
from metaextract_billing.domain.chain import Kind
from metaextract_billing.domain.holds import Access, Hold, QuotedFile, State
from metaextract_billing.domain.models import Operations
from metaextract_billing.domain.records import AccountKey, AllowanceKey, HoldKey, QuoteKey
from metaextract_common.storage.sqlite import MigrationError, migrate

FIRST = "20261123000001_ledger.sql"
WRITTEN = Path(__file__).with_name("first_ledger.sql").read_text()
NOW = datetime(2026, 11, 20, 12, 10, tzinfo=UTC)


async def made_by_the_first_version(folder: Path, changes: str = "") -> Path:
    migrations = folder / "first"
    migrations.mkdir()
    shutil.copy(sqlite.MIGRATIONS / FIRST, migrations)
    database = folder / "billing.sqlite"
    await migrate(database, migrations)
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(WRITTEN + changes)
    return database


async def test_balances_holds_and_the_whole_history_are_carried_over_and_pass_the_audit(
    tmp_path: Path,
) -> None:
    database = await made_by_the_first_version(tmp_path)

    async with sqlite.opened(database) as store:
        found = await store.load([AccountKey(owner) for owner in ("alice", "bob", "carol", "erin")])
        journal = [transfer async for transfer in store.transfers("alice")]
        report = await AuditLedger(store)()

    accounts = {key.owner: one for key, one in found.items() if isinstance(one, Account)}
    held = {owner: (one.credits_available, one.credits_held) for owner, one in accounts.items()}
    assert held == {"alice": (15, 4), "bob": (5, 0), "carol": (0, 0), "erin": (0, 0)}
    assert [hold.name for hold in accounts["alice"].holds] == ["holds/4"]
    assert accounts["alice"].create_time == datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert sum(one.amount for one in journal if one.kind is Kind.GRANT) == 30
    assert sum(one.amount for one in journal if one.kind is Kind.USAGE) == 11
    assert journal[2].time == datetime(2026, 11, 20, 12, 0, 2, tzinfo=UTC)
    assert (report.violations, report.accounts_count) == ((), 5)


async def test_holds_quotes_and_devices_are_what_they_were(tmp_path: Path) -> None:
    database = await made_by_the_first_version(tmp_path)
    names = [HoldKey(f"holds/{n}") for n in range(1, 9)]
    devices = [AllowanceKey(AllowanceKind.DEVICE, device) for device in ("d1", "d2")]

    async with sqlite.opened(database) as store:
        found = await store.load([*names, *devices, QuoteKey("quotes/1")])

    holds = [found[name] for name in names]
    assert [(hold.access, hold.state) for hold in holds] == [
        (Access.CREDITS, State.CAPTURED),
        (Access.CREDITS, State.RELEASED),
        (Access.CREDITS, State.EXPIRED),
        (Access.CREDITS, State.HELD),
        (Access.FREE_CHECK, State.CAPTURED),
        (Access.FREE_CHECK, State.HELD),
        (Access.FREE_CHECK, State.RELEASED),
        (Access.UNMETERED, State.HELD),
    ]
    assert [hold.credits_held for hold in holds] == [12, 4, 5, 4, 0, 0, 0, 0]
    first = found[HoldKey("holds/1")]
    assert isinstance(first, Hold)
    assert (first.credits_captured, first.quoted) == (11, QuotedFile("quotes/1", "b"))
    assert first.resolve_time == datetime(2026, 11, 20, 12, 0, 6, tzinfo=UTC)
    end = datetime(2026, 11, 20, 12, 15, tzinfo=UTC)
    assert [(found[key].spent, found[key].open) for key in devices] == [
        (1, (OpenUse("holds/6", end),)),
        (0, ()),
    ]
    files = {file.id: file for file in found[QuoteKey("quotes/1")].files}
    assert list(files) == ["b", "a", "c"]
    assert [file.is_free(NOW) for file in files.values()] == [False, True, False]
    assert files["b"].use_expire_time is None
    assert files["c"].is_free(NOW + timedelta(minutes=5, seconds=6))


async def test_what_was_open_goes_on_and_what_was_answered_stays_answered(tmp_path: Path) -> None:
    database = await made_by_the_first_version(tmp_path)

    async with sqlite.opened(database) as store:
        desk = Desk(store)
        capture = CaptureHold(desk, lambda: NOW)
        captured = await capture("holds/4", Operations(embedding=True), 1000, None)
        again = await GrantCredits(desk, lambda: NOW)("alice", "g2", 20)
        swept = await ExpireDue(desk, lambda: NOW + timedelta(days=1))()
        [alice] = (await store.load([AccountKey("alice")])).values()
        report = await AuditLedger(store)()

    assert (captured.state, captured.credits_captured) == (State.CAPTURED, 4)
    assert again == 30
    assert swept == 2
    assert (alice.credits_available, alice.credits_held) == (15, 0)
    assert report.violations == ()


async def test_it_happens_once_even_if_two_processes_start_at_the_same_moment(tmp_path: Path) -> None:
    database = await made_by_the_first_version(tmp_path)

    async def start() -> int:
        async with sqlite.opened(database, lock_wait_seconds_max=10) as store:
            return (await AuditLedger(store)()).transfers_count

    counts = await asyncio.gather(start(), start())
    counts.append(await start())

    assert len(set(counts)) == 1


async def test_a_program_of_the_first_version_moves_nothing_any_more(tmp_path: Path) -> None:
    database = await made_by_the_first_version(tmp_path)
    async with sqlite.opened(database):
        pass

    with closing(sqlite3.connect(database)) as connection:
        for statement in (
            "UPDATE accounts SET available = available - 1 WHERE account = 'alice'",
            "INSERT INTO accounts VALUES ('new', 1, 0)",
            "UPDATE holds SET state = 'captured' WHERE name = 'holds/4'",
            "INSERT INTO devices VALUES ('d9', 1)",
            "UPDATE devices SET free_checks_used = 0",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="moved to"):
                connection.execute(statement)


async def test_books_that_do_not_balance_are_not_taken_over(tmp_path: Path) -> None:
    database = await made_by_the_first_version(tmp_path, "UPDATE accounts SET available = 99;")

    with pytest.raises(MigrationError):
        async with sqlite.opened(database):
            pass

    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT count(*) FROM credit_balances").fetchone() == (0,)
