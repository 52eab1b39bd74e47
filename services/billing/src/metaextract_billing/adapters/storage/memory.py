"""A store that forgets everything at the end: for tests, which want its rules without its files."""

import sys
import uuid
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from metaextract_billing.domain.accounts import Account
from metaextract_billing.domain.allowances import DAILY, Allowance
from metaextract_billing.domain.chain import GENESIS, Transfer
from metaextract_billing.domain.holds import Hold, Resolved, State
from metaextract_billing.domain.lots import NEVER, Lot
from metaextract_billing.domain.ports import ConflictError, Due, Figures, Waiting
from metaextract_billing.domain.purchases import Order, Payment, WebhookReceipt
from metaextract_billing.domain.records import (
    AccountKey,
    Changes,
    HoldRequestKey,
    Key,
    OrderKey,
    PaymentKey,
    Record,
    key_of,
    stored,
)
from metaextract_billing.domain.related import related


class MemoryStore:
    """Implements `domain.ports.Store`."""

    def __init__(self) -> None:
        self._records: dict[Key[Record], Record] = {}
        self._requests: dict[HoldRequestKey, Key[Record]] = {}
        self._taken: dict[tuple[str, ...], str] = {}
        self._transfers: dict[str, list[Transfer]] = {}
        self._lots: dict[str, dict[str, Lot]] = {}
        self._waiting: dict[str, Waiting] = {}

    async def load(self, keys: Collection[Key[Record]]) -> Mapping[Key[Record], Record]:
        """Look everything up."""
        payments = {key.id for key in keys if isinstance(key, PaymentKey)}
        found: dict[Key[Record], Record] = {}
        for key in keys:
            for one in self._with_related(key):
                found[one] = self._with_lots_of(payments, self._records[one])
            if isinstance(key, HoldRequestKey) and key in self._requests:
                found[key] = found[self._requests[key]]
        return found

    def _with_related(self, key: Key[Record]) -> Iterator[Key[Record]]:
        if isinstance(key, HoldRequestKey):
            if key in self._requests:
                yield self._requests[key]
            return
        if isinstance(key, PaymentKey):
            for owner, lots in self._lots.items():
                if any(lot.payment == key.id for lot in lots.values()):
                    yield AccountKey(owner)
        if key not in self._records:
            return
        record = self._records[key]
        yield key
        yield from (one for one in related(record) if one in self._records)
        if isinstance(record, Payment) and record.order is not None:
            yield from self._with_related(OrderKey(record.order))
        if isinstance(record, Order) and AccountKey(record.owner) in self._records:
            yield AccountKey(record.owner)

    def _with_lots_of(self, payments: Collection[str], record: Record) -> Record:
        if not isinstance(record, Account):
            return record
        lots = self._lots[record.owner].values()
        return replace(record, lots=tuple(lot for lot in lots if lot.is_open or lot.payment in payments))

    async def commit(self, changes: Changes) -> None:
        """Check all versions and unique values, then change everything."""
        for change in changes.records:
            key = key_of(change.after)
            version = self._records[key].version if key in self._records else 0
            if change.after.version != version:
                raise ConflictError
            if any(self._taken.get(value, by) != by for value, by in _unique(change.after)):
                raise ConflictError
            if isinstance(change.after, Account) and not self._follows(change.after):
                raise ConflictError
        for change in changes.records:
            self._store(change.after)
        for event in changes.events:
            id_ = str(uuid.uuid4())
            self._waiting[id_] = Waiting(id_, event, datetime.now(UTC), "")

    def _follows(self, account: Account) -> bool:
        journal = self._transfers.get(account.owner)
        last = journal[-1].seal if journal else GENESIS
        return all(one.previous_seal == last for one in account.posted[:1])

    def _store(self, record: Record) -> None:
        self._records[key_of(record)] = stored(record)
        self._taken.update(_unique(record))
        if isinstance(record, Account):
            self._transfers.setdefault(record.owner, []).extend(record.posted)
            self._lots.setdefault(record.owner, {}).update({lot.id: lot for lot in record.lots})
        if isinstance(record, Hold):
            self._requests[HoldRequestKey(record.account, record.request)] = key_of(record)

    async def due(self, now: datetime, count_max: int) -> Due:
        """Search everything."""
        holds = [one for one in self._records.values() if isinstance(one, Hold) and one.is_due(now)]
        holds.sort(key=lambda hold: (hold.expire_time, hold.name))
        times = {
            owner: min((lot.expire_time or NEVER for lot in lots.values() if lot.is_due(now)), default=NEVER)
            for owner, lots in self._lots.items()
        }
        owners = sorted((time, owner) for owner, time in times.items() if time <= now)
        return Due(
            tuple(hold.name for hold in holds[:count_max]), tuple(owner for _, owner in owners[:count_max])
        )

    async def waiting(self, count_max: int) -> Sequence[Waiting]:
        """Return the first events."""
        return list(self._waiting.values())[:count_max]

    async def delivered(self, ids: Collection[str]) -> None:
        """Forget events."""
        for id_ in ids:
            self._waiting.pop(id_, None)

    async def forget(self, before: datetime) -> None:
        """Forget what was counted for a day only, and made before that time."""
        daily = [one for one in self._records.values() if isinstance(one, Allowance) and one.kind in DAILY]
        for one in daily:
            if one.create_time < before:
                del self._records[key_of(one)]

    async def forget_receipts(self, before: datetime) -> None:
        """Forget receipts that are older."""
        receipts = [one for one in self._records.values() if isinstance(one, WebhookReceipt)]
        for one in receipts:
            if one.receive_time < before:
                del self._records[key_of(one)]

    async def parked_payments(self, after_id: str, count_max: int) -> Sequence[Payment]:
        """Search everything."""
        payments = [one for one in self._records.values() if isinstance(one, Payment)]
        parked = [one for one in payments if one.is_to_be_looked_at and one.id > after_id]
        return sorted(parked, key=lambda payment: payment.id)[:count_max]

    async def owner_of(self, account_id: str) -> str | None:
        """Look it up."""
        return self._taken.get(("account", account_id))

    async def payment_ids(self, after_id: str, count_max: int) -> Sequence[str]:
        """Search everything."""
        ids = [key.id for key in self._records if isinstance(key, PaymentKey) and key.id > after_id]
        return sorted(ids)[:count_max]

    async def transfers(
        self, owner: str, after_number: int = 0, count_max: int | None = None
    ) -> AsyncIterator[Transfer]:
        """Yield the journal."""
        for transfer in self._transfers.get(owner, [])[after_number:][:count_max]:
            yield transfer

    async def newest_transfers(
        self, owner: str, after_number: int, before_number: int | None, count_max: int
    ) -> Sequence[Transfer]:
        """Read the journal from its end."""
        end = None if before_number is None else before_number - 1
        journal = self._transfers.get(owner, [])[:end][after_number:]
        return journal[::-1][:count_max]

    async def books(self) -> AsyncIterator[tuple[Account, Resolved, AsyncIterator[Transfer]]]:
        """Yield every account with its journal."""
        accounts = [one for one in self._records.values() if isinstance(one, Account)]
        whole = [replace(one, lots=tuple(self._lots[one.owner].values())) for one in accounts]
        resolved = self._resolved()
        for account in whole:
            journal = self.transfers(account.owner, 0, account.transfers_count)
            yield account, resolved.get(account.owner, Resolved()), journal

    def _resolved(self) -> dict[str, Resolved]:
        resolved: dict[str, Resolved] = {}
        for hold in self._records.values():
            if not isinstance(hold, Hold) or hold.state is State.HELD:
                continue
            if hold.credits_held + hold.credits_captured:
                before = resolved.get(hold.account, Resolved())
                resolved[hold.account] = Resolved(
                    before.holds_count + 1, before.credits_captured + hold.credits_captured
                )
        return resolved

    async def stray_lots_count(self) -> int:
        """Count them."""
        owners = {key.owner for key in self._records if isinstance(key, AccountKey)}
        return sum(len(lots) for owner, lots in self._lots.items() if owner not in owners)

    async def figures(self) -> Figures:
        """Count everything."""
        holds = [one for one in self._records.values() if isinstance(one, Hold) and one.state is State.HELD]
        lots = [lot for lots in self._lots.values() for lot in lots.values() if lot.remaining]
        ends = [hold.expire_time for hold in holds] + [lot.expire_time for lot in lots if lot.expire_time]
        return Figures(
            open_holds_count=len(holds),
            oldest_hold_time=min((hold.create_time for hold in holds), default=None),
            due_time=min(ends, default=None),
            waiting_events_count=len(self._waiting),
            oldest_event_time=min((one.time for one in self._waiting.values()), default=None),
            parked_payments_count=len(await self.parked_payments("", sys.maxsize)),
        )

    async def check(self) -> None:
        """Memory is always there."""


def _unique(record: Record) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield what only one may have, and who has it."""
    match record:
        case Hold():
            yield ("request of a hold", record.account, record.request), record.name
        case Order(payment=str(payment)):
            yield ("payment of an order", payment), record.id
        case Account():
            yield ("account", record.id), record.owner
            for lot in record.lots:
                yield ("lot", lot.id), record.id
                if lot.payment is not None and lot.origin is None:
                    yield ("lot of a payment", lot.payment), lot.id
                if lot.request is not None:
                    yield ("lot of a request", record.id, lot.request), lot.id
        case _:
            pass
