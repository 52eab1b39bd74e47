"""Proving the invariants on a live database."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from metaextract_billing.application.book_keeping import account_id
from metaextract_billing.domain.audit import (
    AccountAudit,
    Charge,
    Invariant,
    LedgerAudit,
    Violation,
    charge_violation,
)
from metaextract_billing.domain.payment_audit import payment_violations
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
        payments: set[str] = set()
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
                    payments.add(payment)
                if len(charges) >= BATCH_COUNT_MAX:
                    found += await self._charges(charges)
                    charges.clear()
            accounts_count += 1
            if account.id != account_id(account.owner):
                found.append(Violation(Invariant.BALANCE, account.id, "the balance is of somebody else"))
            found += chain(audit.violations(), await self._charges(charges))
        found += whole.violations()
        if strays_count := await self.store.stray_lots_count():
            found.append(Violation(Invariant.LOT, "", f"{strays_count} lots are of no account"))
        found += await self._all_payments(payments)
        return AuditReport(accounts_count, transfers_count, len(found), tuple(found[:VIOLATIONS_COUNT_MAX]))

    async def _charges(self, charges: Collection[Charge]) -> Iterable[Violation]:
        """Look holds up that the journal says are resolved: those never change any more."""
        if not charges:
            return []
        book = await self._book([HoldKey(charge.hold) for charge in charges])
        checked = (charge_violation(charge, book.get(HoldKey(charge.hold))) for charge in charges)
        return [violation for violation in checked if violation is not None]

    async def _all_payments(self, in_journals: set[str]) -> list[Violation]:
        """Check every payment that is kept, and those that only the journals know."""
        found: list[Violation] = []
        last = ""
        while page := await self.store.payment_ids(last, BATCH_COUNT_MAX):
            found += await self._payments(page)
            in_journals.difference_update(page)
            last = page[-1]
        lost = sorted(in_journals)
        for first in range(0, len(lost), BATCH_COUNT_MAX):
            found += await self._payments(lost[first : first + BATCH_COUNT_MAX])
        return found

    async def _payments(self, ids: Sequence[str]) -> list[Violation]:
        """Look payments up, each with its order and with all of its lots, as of one moment."""
        book = await self._book([PaymentKey(id_) for id_ in ids])
        accounts = {owner: account for owner in book.owners() if (account := book.get(AccountKey(owner)))}
        found: list[Violation] = []
        for id_ in ids:
            payment = book.get(PaymentKey(id_))
            order = book.get(OrderKey(payment.order)) if payment and payment.order else None
            found += payment_violations(id_, payment, order, accounts)
        return found

    async def _book(self, keys: Collection[Key[Record]]) -> Book:
        kept = await self.store.load(keys)
        return Book(kept.get, kept.values())
