"""The auditor finds whatever is wrong in a ledger, wherever it lies."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from metaextract_billing.adapters.storage.memory import MemoryStore
from metaextract_billing.application.audit import AuditLedger
from metaextract_billing.application.holds import HoldRequest
from metaextract_billing.domain.audit import Invariant
from metaextract_billing.domain.chain import GENESIS, Kind, Place, Transfer
from metaextract_billing.domain.holds import Access, Hold, Share, State
from metaextract_billing.domain.models import Operations
from metaextract_billing.domain.ports import Store
from metaextract_billing.domain.purchases import Dispute, DisputeState, PaymentFacts, Refund
from metaextract_billing.domain.records import AccountKey, Change, Changes, HoldKey
from metaextract_common.errors import ServiceError

EMBEDDING = Operations(embedding=True)
PLAIN = HoldRequest(None, 1000, EMBEDDING, None)
"""Costs 4 credits."""
TABLES = ("credit_balances", "credit_grants", "credit_holds", "credit_transactions")

Fill = Callable[[Store], Awaitable[None]]


@pytest.fixture
def fill(make_billing, clock, buy, hear) -> Fill:
    """Return a function that lets everything happen once that moves credits."""

    async def fill(store: Store) -> None:
        billing = make_billing(store)
        await billing.grant_credits("alice", "g", 100)
        captured, released, _open = [await billing.create_hold("alice", f"r{n}", PLAIN) for n in range(3)]
        await billing.capture_hold(captured.name, EMBEDDING, 1000, None)
        await billing.release_hold(released.name)
        await billing.grant_credits("session", "g", 25)
        await billing.claim_credits("session", "bob", "c")
        for owner in ("carol", "dave", "erin", "frank"):
            await buy(store, owner, f"payment of {owner}")
            hold = await billing.create_hold(owner, "spent", PLAIN)
            await billing.capture_hold(hold.name, EMBEDDING, 1000, None)
            await billing.create_hold(owner, "open", PLAIN)
        await hear(store, "m1", PaymentFacts("payment of carol", refunds=(Refund("r", 400),)))
        await hear(store, "m2", PaymentFacts("payment of dave", disputes=(Dispute("d", DisputeState.OPEN),)))
        for n, state in enumerate((DisputeState.OPEN, DisputeState.LOST)):
            await hear(store, f"e{n}", PaymentFacts("payment of erin", disputes=(Dispute("d", state),)))
        await make_billing(store).grant_credits("erin", "g", 2)
        for n, state in enumerate((DisputeState.OPEN, DisputeState.WON)):
            await hear(store, f"f{n}", PaymentFacts("payment of frank", disputes=(Dispute("d", state),)))
        assert await billing.create_hold("x", "r", HoldRequest("device", 1000, EMBEDDING, None))
        await hear(store, "g", PaymentFacts("payment of nobody", True, "succeeded", amount_cents=400))

    return fill


async def violated(store: Store) -> set[Invariant]:
    report = await AuditLedger(store)()
    assert report.violations_count == len(report.violations)
    return {violation.invariant for violation in report.violations}


async def test_what_happened_by_the_rules_is_sound(store: Store, fill: Fill, make_billing, clock) -> None:
    await fill(store)

    report = await AuditLedger(store)()
    clock.advance(timedelta(minutes=15))
    await make_billing(store).expire_due()

    assert report.violations == ()
    assert report.accounts_count == 8
    assert report.transfers_count > 20
    assert await violated(store) == set()


async def test_audits_find_nothing_while_credits_move(store: Store, make_billing, buy, hear) -> None:
    billings = [make_billing(store) for _ in range(3)]
    reports = []
    for owner in ("a", "b"):
        await buy(store, owner, f"payment of {owner}")

    async def move(n: int) -> None:
        billing, owner, other = billings[n % 3], "ab"[n % 2], "ab"[1 - n % 2]
        with suppress(ServiceError):  # while the other has everything, or somebody owes
            hold = await billing.create_hold(owner, f"r{n}", PLAIN)
            await billing.capture_hold(hold.name, Operations(embedding=n % 2 == 0), 1000, None)
        if n % 5 == 0:
            await billing.claim_credits(owner, other, f"c{n}")
        if n % 7 == 0:
            facts = PaymentFacts(f"payment of {owner}", refunds=(Refund(f"refund {n}", 4),))
            await hear(store, f"m{n}", facts)

    async def keep_auditing() -> None:
        while not moving.done():
            reports.append(await AuditLedger(store)())
            await asyncio.sleep(0)  # a store in memory waits for nothing

    async def keep_moving() -> None:
        for n in range(0, 60, 6):
            await asyncio.gather(*(move(n + m) for m in range(6)))

    moving = asyncio.create_task(keep_moving())
    await keep_auditing()
    await moving

    assert [report.violations for report in reports] == [()] * len(reports)
    assert reports[-1].transfers_count > 20


@pytest.fixture
def tamper(request: pytest.FixtureRequest, store: Store, database: Path) -> Callable[[str], Awaitable[None]]:
    """Return a function that runs a statement on the database of the store as one who may do everything."""

    async def on_sqlite(statement: str) -> None:
        with closing(sqlite3.connect(database, isolation_level=None)) as connection:
            found = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
            for (name,) in found.fetchall():
                connection.execute(f"DROP TRIGGER {name}")
            assert connection.execute(statement).rowcount > 0

    async def on_postgres(statement: str) -> None:
        connection = await asyncpg.connect(request.getfixturevalue("billing_database"))
        try:
            for table in TABLES:
                await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
            assert not (await connection.execute(statement)).endswith(" 0")
        finally:
            await connection.close()

    return {"sqlite": on_sqlite, "postgres": on_postgres}[request.node.callspec.params["store"]]


@pytest.mark.parametrize("store", ["sqlite", "postgres"], indirect=True)
@pytest.mark.parametrize(
    ("statement", "invariant"),
    [
        ("UPDATE credit_transactions SET amount = amount + 1 WHERE number = 2", Invariant.CHAIN),
        ("UPDATE credit_transactions SET hold_id = NULL WHERE number = 2", Invariant.CHAIN),
        ("DELETE FROM credit_transactions WHERE number = 2", Invariant.CHAIN),
        (
            "DELETE FROM credit_transactions AS t WHERE number ="
            " (SELECT transfers_count FROM credit_balances AS b WHERE b.id = t.balance_id)",
            Invariant.CHAIN,
        ),
        ("UPDATE credit_balances SET seal = replace(seal, '1', '2')", Invariant.CHAIN),
        ("UPDATE credit_balances SET transfers_count = transfers_count + 1", Invariant.CHAIN),
        ("UPDATE credit_transactions SET type = 'grant' WHERE type = 'release'", Invariant.MOVE),
        (
            "UPDATE credit_transactions SET debit = credit, credit = debit WHERE type = 'usage'",
            Invariant.MOVE,
        ),
        ("UPDATE credit_balances SET credits = credits + 1", Invariant.BALANCE),
        ("UPDATE credit_balances SET credits_held = credits_held + 1", Invariant.BALANCE),
        ("UPDATE credit_balances SET credits_owed = 0 WHERE credits_owed > 0", Invariant.BALANCE),
        ("UPDATE credit_balances SET credits = 1 WHERE credits_owed > 0", Invariant.DEBT),
        (
            "UPDATE credit_grants SET remaining = remaining - 1, consumed = consumed + 1 WHERE remaining > 0",
            Invariant.LOT,
        ),
        ("UPDATE credit_grants SET held = held - 1, expired = expired + 1 WHERE held > 0", Invariant.LOT),
        (
            "UPDATE credit_grants SET disputed = disputed - 1, settled = settled + 1 WHERE disputed > 0",
            Invariant.LOT,
        ),
        (
            "UPDATE credit_grants SET reversed = reversed - 1, disputed = disputed + 1 WHERE reversed > 0",
            Invariant.LOT,
        ),
        ("UPDATE credit_grants SET owed = owed + 1 WHERE reversed > 0", Invariant.LOT),
        (
            "UPDATE credit_grants SET settled = settled + 1, remaining = remaining - 1 WHERE remaining > 0",
            Invariant.LOT,
        ),
        ("UPDATE credit_grants SET amount = amount + 1, remaining = remaining + 1", Invariant.LOT),
        ("UPDATE credit_grants SET frozen = TRUE WHERE remaining > 0", Invariant.LOT),
        ("UPDATE credit_grants SET dodo_payment_id = 'another' WHERE origin_id IS NOT NULL", Invariant.LOT),
        (
            "UPDATE credit_holds SET state = 'released', released_at = created_at"
            " WHERE state = 'held' AND amount > 0",
            Invariant.HOLD,
        ),
        ("UPDATE credit_holds SET shares = '[]' WHERE state = 'held' AND amount > 0", Invariant.HOLD),
        (
            "UPDATE credit_holds SET credits_captured = credits_captured + 1 WHERE state = 'captured'",
            Invariant.CAPTURE,
        ),
        (
            "UPDATE credit_holds SET credits_captured = 0, state = 'released', released_at = created_at,"
            " committed_at = NULL WHERE state = 'captured'",
            Invariant.CAPTURE,
        ),
        (
            "UPDATE credit_holds SET state = 'held', released_at = NULL WHERE state = 'released'",
            Invariant.HOLD,
        ),
        ("DELETE FROM payments", Invariant.PAYMENT),
        ("UPDATE payments SET credits_granted = credits_granted + 1", Invariant.PAYMENT),
        ("UPDATE payments SET credits_reversed = 0 WHERE credits_reversed > 0", Invariant.PAYMENT),
        ("UPDATE payments SET disputes = '[]' WHERE dodo_payment_id LIKE '%dave'", Invariant.PAYMENT),
        ("UPDATE orders SET dodo_payment_id = NULL", Invariant.PAYMENT),
        ("UPDATE payments SET credits_reversed = 0, refunds = '[]'", Invariant.PAYMENT),
        ("UPDATE payments SET refunds = '[]'", Invariant.PAYMENT),
        ("UPDATE payments SET amount_cents = 800 WHERE refunds <> '[]'", Invariant.PAYMENT),
        ("UPDATE payments SET disputes = '[]' WHERE credits_reversed > 0", Invariant.PAYMENT),
        (
            """UPDATE payments SET refunds = '[{"id": "r", "amount_cents": 400}]' WHERE refunds = '[]'""",
            Invariant.PAYMENT,
        ),
        ("UPDATE payments SET parked = 'order_unknown'", Invariant.PAYMENT),
        ("UPDATE payments SET parked = NULL WHERE credits_granted = 0", Invariant.PAYMENT),
        ("UPDATE payments SET credits_granted = 100 WHERE credits_granted = 0", Invariant.PAYMENT),
        ("UPDATE payments SET order_id = NULL", Invariant.PAYMENT),
        ("UPDATE orders SET owner = 'mallory'", Invariant.PAYMENT),
        ("UPDATE orders SET credits = credits + 1", Invariant.PAYMENT),
        ("UPDATE credit_balances SET owner = 'mallory' WHERE owner = 'alice'", Invariant.BALANCE),
        ("DELETE FROM credit_balances WHERE owner = 'alice'", Invariant.LOT),
        ("UPDATE credit_grants SET origin_id = NULL", Invariant.CLAIM),
        (
            "UPDATE credit_grants SET remaining = transferred, transferred = 0 WHERE transferred > 0",
            Invariant.CLAIM,
        ),
    ],
)
async def test_what_was_changed_in_the_database_is_found(
    store: Store, fill: Fill, tamper: Callable[[str], Awaitable[None]], statement: str, invariant: Invariant
) -> None:
    await fill(store)
    await tamper(statement)

    assert invariant in await violated(store)


def reseal(store: MemoryStore, owner: str, journal: list[Transfer]) -> None:
    """Put another journal in place, with seals and a balance that agree with it."""
    seal, sealed = GENESIS, []
    for number, transfer in enumerate(journal, 1):
        sealed.append(replace(transfer, number=number, previous_seal=seal).sealed())
        seal = sealed[-1].seal

    def total(place: Place) -> int:
        return sum(one.amount * ((one.credit is place) - (one.debit is place)) for one in sealed)

    store._transfers[owner] = sealed
    store._records[AccountKey(owner)] = replace(
        store._records[AccountKey(owner)],
        transfers_count=len(sealed),
        seal=seal,
        credits_available=total(Place.AVAILABLE),
        credits_held=total(Place.HELD),
        credits_owed=-total(Place.OWED),
    )


def without(kind: Kind) -> Callable[[list[Transfer]], list[Transfer]]:
    return lambda journal: [one for one in journal if one.kind is not kind]


def twice(kind: Kind) -> Callable[[list[Transfer]], list[Transfer]]:
    return lambda journal: [one for one in journal for _ in range(2 if one.kind is kind else 1)]


def more(kind: Kind) -> Callable[[list[Transfer]], list[Transfer]]:
    return lambda journal: [
        replace(one, amount=one.amount + 1) if one.kind is kind else one for one in journal
    ]


@pytest.mark.parametrize(
    ("owner", "change", "invariant"),
    [
        ("alice", without(Kind.USAGE), Invariant.HOLD),
        ("alice", without(Kind.RELEASE), Invariant.HOLD),
        ("alice", more(Kind.GRANT), Invariant.LOT),
        ("alice", more(Kind.USAGE), Invariant.LOT),
        ("alice", twice(Kind.GRANT), Invariant.LOT),
        ("alice", without(Kind.GRANT), Invariant.BALANCE),
        ("alice", lambda journal: [replace(one, hold=None) for one in journal], Invariant.HOLD),
        ("alice", lambda journal: [replace(one, lot="none") for one in journal], Invariant.LOT),
        ("alice", lambda journal: [replace(one, account="another") for one in journal], Invariant.CHAIN),
        (
            "alice",
            lambda journal: [replace(one, kind=Kind.SETTLEMENT) for one in journal],
            Invariant.MOVE,
        ),
        ("session", without(Kind.TRANSFER), Invariant.CLAIM),
        ("bob", twice(Kind.TRANSFER), Invariant.CLAIM),
        ("carol", twice(Kind.PURCHASE), Invariant.PAYMENT),
        ("carol", without(Kind.REFUND), Invariant.LOT),
        ("dave", without(Kind.DISPUTE), Invariant.LOT),
        ("erin", without(Kind.SETTLEMENT), Invariant.DEBT),
    ],
)
async def test_a_journal_that_was_changed_and_sealed_anew_is_found(
    fill: Fill, owner: str, change: Callable[[list[Transfer]], list[Transfer]], invariant: Invariant
) -> None:
    store = MemoryStore()
    await fill(store)
    reseal(store, owner, change(store._transfers[owner]))

    assert invariant in await violated(store)


async def test_a_hold_that_vanished_is_found(fill: Fill) -> None:
    store = MemoryStore()
    await fill(store)
    for key in [key for key in store._records if isinstance(key, HoldKey)]:
        del store._records[key]

    assert Invariant.CAPTURE in await violated(store)


@pytest.mark.parametrize("state", [State.CAPTURED, State.RELEASED])
async def test_a_resolved_hold_that_was_invented_is_found(
    store: Store, fill: Fill, clock, state: State
) -> None:
    await fill(store)
    hold = Hold("holds/x", "alice", "invented", "", EMBEDDING, clock(), clock(), Access.CREDITS)
    charged = 4 if state is State.CAPTURED else 0
    [first] = [account async for account, _, _ in store.books() if account.owner == "alice"]
    shares = (Share(first.lots[0].id, 4),)
    invented = replace(hold, shares=shares).resolved(state, clock(), charged)
    await store.commit(Changes((Change(None, invented),)))

    report = await AuditLedger(store)()

    assert [one.invariant for one in report.violations] == [Invariant.CAPTURE]
    assert report.violations[0].account == first.id


async def test_a_thousand_violations_are_told_and_the_others_counted(make_billing) -> None:
    store = MemoryStore()
    billing = make_billing(store)
    for n in range(1002):
        await billing.grant_credits("alice", f"g{n}", 1)
    store._transfers["alice"] = [replace(one, seal="0" * 64) for one in store._transfers["alice"]]

    report = await AuditLedger(store)()

    assert len(report.violations) == 1000
    assert report.violations_count >= 1002
