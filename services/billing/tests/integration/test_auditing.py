"""Auditing the ledger of a running service: over its contract, by command, and by itself."""

import asyncio
import json
import os
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from metaextract.billing.v1 import audit_pb2
from metaextract.billing.v1 import billing_pb2 as pb
from metaextract.billing.v1.audit_pb2_grpc import AuditServiceStub
from metaextract_billing.adapters.rpc.audit import INVARIANTS
from metaextract_billing.adapters.storage import sqlite
from metaextract_billing.domain.audit import Invariant
from metaextract_billing.domain.purchases import Payment, WebhookReceipt
from metaextract_billing.domain.records import Change, Changes, WebhookKey
from metaextract_common.rpc.client import open_channel

GRANT = pb.GrantCreditsRequest(account="alice", request_id="grant", credits=10)
HOLD = pb.CreateHoldRequest(account="alice", request_id="r", operations=pb.Operations(embedding=True))


def steal(database: Path) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("UPDATE credit_balances SET credits = credits + 1000")


async def audit(database: Path, *options: str) -> tuple[int, str, str]:
    """Run the command; return its exit code, and what it wrote."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", "-m", "metaextract_billing.auditor", *options),
        env=os.environ | {"BILLING_DATABASE_PATH": str(database)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


def test_every_invariant_has_its_word_in_the_contract() -> None:
    words = audit_pb2.Violation.Invariant.keys()[1:]

    assert [f"INVARIANT_{invariant.name}" for invariant in Invariant] == words
    assert set(INVARIANTS) == set(Invariant)
    assert sorted(INVARIANTS.values()) == audit_pb2.Violation.Invariant.values()[1:]


async def test_an_audit_over_the_contract_names_what_does_not_agree(serve, make_settings) -> None:
    async with serve() as billing, open_channel(make_settings().listen, timeout_seconds=60) as channel:
        auditor = AuditServiceStub(channel)
        await billing.GrantCredits(GRANT)
        await billing.CreateHold(HOLD)
        balance = await billing.GetBalance(pb.GetBalanceRequest(account="alice"))

        sound = await auditor.AuditLedger(audit_pb2.AuditLedgerRequest())
        steal(make_settings().database_path)
        robbed = await auditor.AuditLedger(audit_pb2.AuditLedgerRequest())

    assert sound == audit_pb2.AuditLedgerResponse(accounts_count=1, transfers_count=2, as_of=sound.as_of)
    assert sound.as_of.ToDatetime() <= robbed.as_of.ToDatetime()
    assert (robbed.violations_count, len(robbed.violations)) == (1, 1)
    [violation] = robbed.violations
    assert violation.invariant == audit_pb2.Violation.INVARIANT_BALANCE
    assert violation.balance_id == balance.balance_id
    assert violation.detail


async def test_the_command_exits_with_1_on_violations_and_prints_them(serve, make_settings) -> None:
    database = make_settings().database_path
    async with serve() as billing:
        await billing.GrantCredits(GRANT)
        beside_the_service = await audit(database)
    steal(database)

    code, out, err = await audit(database)

    assert beside_the_service[0] == 0
    assert json.loads(beside_the_service[1]) == {
        "accounts_count": 1,
        "transfers_count": 1,
        "violations_count": 0,
        "violations": [],
    }
    assert (code, err) == (1, "")
    assert [one["invariant"] for one in json.loads(out)["violations"]] == ["balance"]


async def test_a_row_that_cannot_be_read_is_told_and_is_no_sound_ledger(serve, make_settings) -> None:
    database = make_settings().database_path
    async with serve() as billing:
        await billing.GrantCredits(GRANT)
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER credit_transactions_never_change")
        connection.execute("UPDATE credit_transactions SET type = 'gift'")

    code, out, err = await audit(database)

    assert (code, out) == (1, "")
    assert "'gift'" in err
    assert "Traceback" not in err


async def test_the_command_lists_payments_that_are_parked(tmp_path: Path) -> None:
    made = datetime(2026, 11, 23, 12, tzinfo=UTC)
    payment = Payment("pay_p", made, succeeded=True, order="o", amount_cents=400, currency="EUR", parked="x")
    async with sqlite.opened(tmp_path / "ledger.sqlite") as store:
        await store.commit(Changes((Change(None, payment),)))

    code, out, err = await audit(tmp_path / "ledger.sqlite", "--parked")

    assert (code, err) == (0, "")
    assert json.loads(out) == [
        {
            "payment": "pay_p",
            "parked": "x",
            "order": "o",
            "amount_cents": 400,
            "currency": "EUR",
            "create_time": "2026-11-23T12:00:00+00:00",
        }
    ]


async def test_the_service_forgets_receipts_of_webhooks_that_cannot_come_again(serve, make_settings) -> None:
    database = make_settings().database_path
    now = datetime.now(UTC)
    ages = {"old": timedelta(days=31), "new": timedelta(days=29)}
    async with sqlite.opened(database) as store:
        receipts = [WebhookReceipt(id_, "payment.succeeded", now - age) for id_, age in ages.items()]
        await store.commit(Changes(tuple(Change(None, receipt) for receipt in receipts)))
        async with serve(sweep_seconds=0.05, webhook_receipt_days=30):
            while WebhookKey("old") in await store.load([WebhookKey("old")]):
                await asyncio.sleep(0.05)

        assert WebhookKey("new") in await store.load([WebhookKey("new")])


async def test_the_command_makes_no_ledger_where_none_is(tmp_path: Path) -> None:
    code, out, err = await audit(tmp_path / "none.sqlite")

    assert (code, out) == (3, "")
    assert "does not exist" in err
    assert list(tmp_path.iterdir()) == []


async def test_the_command_says_what_it_does(tmp_path: Path) -> None:
    code, out, _ = await audit(tmp_path / "none.sqlite", "--help")

    assert code == 0
    assert "metaextract-billing-audit" in out
    assert "Exit code" in out


async def test_the_service_audits_itself_and_raises_the_alarm(
    serve, make_settings, capfd: pytest.CaptureFixture[str]
) -> None:
    async with serve(audit_seconds=0.05) as billing:
        await billing.GrantCredits(GRANT)
        steal(make_settings().database_path)
        said = ""
        while "audit.violation" not in said:
            await asyncio.sleep(0.05)
            said += "".join(capfd.readouterr())
