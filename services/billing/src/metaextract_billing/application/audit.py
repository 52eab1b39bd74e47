"""Proving the invariants on a live database."""

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Final

from metaextract_billing.domain.audit import (
    AccountAudit,
    Charge,
    LedgerAudit,
    Violation,
    charge_violation,
    payment_violations,
)
from metaextract_billing.domain.ports import Store
from metaextract_billing.domain.records import (
    AccountKey,
    Book,
    HoldKey,
    Key,
    OrderKey,
    PaymentKey,
    Record,
)

VIOLATIONS_COUNT_MAX: Final = 1000
BATCH_COUNT_MAX: Final = 200
"""Holds or payments that are looked up at once."""
TURN_COUNT: Final = 50
"""Transfers that are looked at, in some milliseconds, before others have their turn."""


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What was looked at and what was found. `violations` are at most 1,000 of `violations_count`."""

    accounts_count: int
    transfers_count: int
    violations_count: int
    violations: tuple[Violation, ...]


@dataclass(frozen=True, slots=True)
class AuditLedger:
    """Recomputes every account from its journal. Reads only, and stops nobody's work."""

    store: Store

    async def __call__(self) -> AuditReport:
        """Return what does not agree: nothing, on a sound ledger. Raises LEDGER_UNAVAILABLE."""
        whole = LedgerAudit()
        payments: list[str] = []
        found: list[Violation] = []
        accounts_count = transfers_count = 0
        async for account, resolved, transfers in self.store.books():
            audit = AccountAudit(account, resolved)
            whole.see(account)
            charges: list[Charge] = []
            async for transfer in transfers:
                transfers_count += 1
                if not transfers_count % TURN_COUNT:
                    await asyncio.sleep(0)  # whoever shares the process has a turn too
                if charge := audit.follow(transfer):
                    charges.append(charge)
                if payment := whole.follow(transfer):
                    payments.append(payment)
                if len(charges) >= BATCH_COUNT_MAX:
                    found += await self._charges(charges)
                    charges.clear()
            accounts_count += 1
            found += chain(audit.violations(), await self._charges(charges))
        found += whole.violations()
        for first in range(0, len(payments), BATCH_COUNT_MAX):
            found += await self._payments(payments[first : first + BATCH_COUNT_MAX])
        return AuditReport(accounts_count, transfers_count, len(found), tuple(found[:VIOLATIONS_COUNT_MAX]))

    async def _charges(self, charges: Collection[Charge]) -> Iterable[Violation]:
        """Look holds up that the journal says are resolved: those never change any more."""
        if not charges:
            return []
        book = await self._book([HoldKey(charge.hold) for charge in charges])
        checked = (charge_violation(charge, book.get(HoldKey(charge.hold))) for charge in charges)
        return [violation for violation in checked if violation is not None]

    async def _payments(self, ids: Collection[str]) -> Iterable[Violation]:
        """Look payments up, each with its order and with all of its lots, as of one moment."""
        book = await self._book([PaymentKey(id_) for id_ in ids])
        accounts = (book.get(AccountKey(owner)) for owner in book.owners())
        lots = [lot for account in accounts if account for lot in account.lots]
        found: list[Violation] = []
        for id_ in ids:
            payment = book.get(PaymentKey(id_))
            order = book.get(OrderKey(payment.order)) if payment and payment.order else None
            found += payment_violations(id_, payment, order, lots)
        return found

    async def _book(self, keys: Collection[Key[Record]]) -> Book:
        kept = await self.store.load(keys)
        return Book(kept.get, kept.values())
