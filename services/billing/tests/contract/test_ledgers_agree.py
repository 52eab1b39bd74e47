"""Any sequence of calls: the ledger in the file answers as the one in memory, and nothing is lost."""

import asyncio
import sqlite3
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from metaextract_billing.adapters.storage.memory import MemoryLedger
from metaextract_billing.adapters.storage.sqlite import opened
from metaextract_billing.domain.models import (
    Balance,
    Charge,
    HoldOrder,
    Operations,
    PricedFile,
    Quote,
    QuotedFile,
)
from metaextract_billing.domain.ports import Ledger
from metaextract_billing.domain.pricing import quoted_price
from metaextract_common.errors import ServiceError

LIFETIME = timedelta(minutes=15)
ACCOUNTS = ("alice", "bob")
FILES = ("a", "b")
REQUEST_IDS = st.sampled_from([f"r{n}" for n in range(8)])


class TwoLedgers(RuleBasedStateMachine):
    """Makes each call on both ledgers and keeps the books itself."""

    holds: ClassVar[Bundle[str]] = Bundle("holds")

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime(2026, 11, 23, tzinfo=UTC)
        self.count = 0
        self.granted = dict.fromkeys(ACCOUNTS, 0)
        self.captured = dict.fromkeys(ACCOUNTS, 0)
        self.directory = tempfile.TemporaryDirectory(prefix="billing-")
        self.path = Path(self.directory.name) / "billing.sqlite"
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.runner.run(self._open())

    async def _open(self) -> None:
        self.memory = MemoryLedger()
        self.file = await self.stack.enter_async_context(opened(self.path))

    def teardown(self) -> None:
        self.runner.run(self.stack.aclose())
        self.runner.close()
        self.directory.cleanup()

    def both(self, call: Callable[[Ledger], Awaitable[object]]) -> object:
        async def answer(ledger: Ledger) -> object:
            try:
                return await call(ledger)
            except ServiceError as error:
                return (error.reason, tuple(sorted(error.metadata.items())))

        expected, actual = (self.runner.run(answer(ledger)) for ledger in (self.memory, self.file))
        assert actual == expected
        return actual

    @initialize()
    def add_quote(self) -> None:
        operations = Operations(embedding=True)
        files = tuple(PricedFile(file_id, quoted_price(operations, None)) for file_id in FILES)
        quote = Quote("quotes/1", "alice", operations, files, self.now, self.now + LIFETIME)
        self.both(lambda ledger: ledger.add_quote(quote))

    @rule(account=st.sampled_from(ACCOUNTS), request_id=REQUEST_IDS, amount=st.integers(1, 9))
    def grant(self, account: str, request_id: str, amount: int) -> None:
        outcome = self.both(lambda ledger: ledger.grant(account, request_id, amount, self.now))
        if getattr(outcome, "changed", False):
            self.granted[account] += amount

    @rule(
        target=holds,
        account=st.sampled_from(ACCOUNTS),
        request_id=REQUEST_IDS,
        body=st.sampled_from(["body", "body", "body", "another"]),
        device=st.sampled_from([None, "d1", "d2"]),
        charge=st.none()
        | st.builds(
            Charge,
            st.integers(1, 6),
            st.just(2),
            st.none() | st.builds(QuotedFile, st.just("quotes/1"), st.sampled_from([*FILES, "c"])),
        ),
    )
    def hold(
        self, account: str, request_id: str, body: str, device: str | None, charge: Charge | None
    ) -> object:
        self.count += 1
        order = HoldOrder(
            f"holds/{self.count:04}",
            account,
            request_id,
            body,
            device,
            Operations(ocr=True),
            self.now,
            self.now + LIFETIME,
        )
        outcome = self.both(lambda ledger: ledger.hold(order, charge))
        return order.name if getattr(outcome, "changed", False) else multiple()

    @rule(name=holds, amount=st.integers(0, 6))
    def capture(self, name: str, amount: int) -> None:
        outcome = self.both(lambda ledger: ledger.capture(name, amount, self.now))
        if getattr(outcome, "changed", False):
            self.captured[outcome.value.order.account] += amount

    @rule(name=holds)
    def release(self, name: str) -> None:
        self.both(lambda ledger: ledger.release(name, self.now))

    @rule(account=st.none() | st.sampled_from(ACCOUNTS), device=st.none() | st.sampled_from(["d1", "d2"]))
    def expire(self, account: str | None, device: str | None) -> None:
        self.both(lambda ledger: ledger.expire(self.now, account=account, device=device))

    @rule(minutes=st.integers(1, 10))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @invariant()
    def nothing_is_lost(self) -> None:
        for account in ACCOUNTS:
            balance = self.both(lambda ledger, account=account: ledger.balance(account))
            assert isinstance(balance, Balance)
            assert balance.credits_available >= 0
            assert balance.credits_held >= 0
            kept = balance.credits_available + balance.credits_held + self.captured[account]
            assert kept == self.granted[account]

    @invariant()
    def the_movements_add_up_to_the_balances(self) -> None:
        with closing(sqlite3.connect(self.path)) as connection:
            entries = connection.execute(
                "SELECT account, sum(available), sum(held) FROM ledger_entries GROUP BY account"
            ).fetchall()
            accounts = connection.execute("SELECT account, available, held FROM accounts").fetchall()
        assert sorted(entries) == sorted(accounts)


TwoLedgers.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestLedgersAgree = TwoLedgers.TestCase
