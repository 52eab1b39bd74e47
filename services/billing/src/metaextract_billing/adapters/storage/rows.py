"""Changes of records as rows of tables, the same for every database."""

import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Final, TypeAlias

from opentelemetry import propagate, trace
from opentelemetry.trace import SpanKind

from metaextract_billing.adapters.storage.purchase_rows import (
    from_order,
    from_payment,
    from_subscription,
    from_webhook,
)
from metaextract_billing.adapters.storage.row_values import (
    Row,
    flat,
    from_open_uses,
    from_priced_file,
    from_shares,
    from_time,
    from_uses,
)
from metaextract_billing.domain.accounts import Account
from metaextract_billing.domain.allowances import Allowance, AllowanceKind
from metaextract_billing.domain.chain import Transfer
from metaextract_billing.domain.holds import Hold, State
from metaextract_billing.domain.lots import Lot
from metaextract_billing.domain.purchases import Order, Payment, Subscription, WebhookReceipt
from metaextract_billing.domain.quotes import Quote
from metaextract_billing.domain.records import Answer, Change, Changes, Event, Record

Rows: TypeAlias = Mapping[str, list[Row]]
"""Rows by table."""

_TRACER: Final = trace.get_tracer("metaextract.events")

TABLES: Final = (
    "credit_balances",
    "images_mvp_quotes",
    "client_usage",
    "trial_usages",
    "daily_allowances",
    "credit_holds",
    "credit_grants",
    "credit_transactions",
    "answers",
    "orders",
    "payments",
    "subscriptions",
    "processed_webhooks",
    "outbox",
)
"""The order in which every commit writes: what others refer to first, and the same order for everybody."""


@dataclass(frozen=True, slots=True)
class Writes:
    """What a commit adds, and what it changes.

    A changed row with a `version` follows the version before it. A hold is of the `owner` of its balance.
    """

    added: Rows
    changed: Rows


def writes(changes: Changes) -> Writes:
    """Return the rows of a commit, sorted so that two commits never wait for each other in a circle."""
    added: dict[str, list[Row]] = defaultdict(list)
    changed: dict[str, list[Row]] = defaultdict(list)
    for change in changes.records:
        table, row = _row(change.after)
        (changed if change.after.version else added)[table].append(row)
        if isinstance(change.after, Account):
            for is_new, lot in _lots(change):
                rows = added if is_new else changed
                rows["credit_grants"].append(_from_lot(change.after.id, lot))
            added["credit_transactions"] += map(_from_transfer, change.after.posted)
    added["outbox"] += map(_from_event, changes.events)
    return Writes(_in_order(added), _in_order(changed))


def _in_order(rows: Rows) -> Rows:
    kept_as_they_came = ("credit_holds", "credit_grants", "credit_transactions", "outbox")
    return {
        table: rows[table] if table in kept_as_they_came else sorted(rows[table], key=_identity)
        for table in TABLES
        if rows.get(table)
    }


def _identity(row: Row) -> list[str]:
    return [str(value) for value in islice(row.values(), 2)]


def _row(record: Record) -> tuple[str, Row]:
    """Return the table of a record and its row, identity first."""
    table, row = _identified(record)
    return table, {**row, "version": record.version + 1}


def _identified(record: Record) -> tuple[str, Row]:  # noqa: C901, PLR0911 - one case for each kind
    match record:
        case Account():
            return "credit_balances", _from_account(record)
        case Hold():
            return "credit_holds", _from_hold(record)
        case Quote():
            return "images_mvp_quotes", _from_quote(record)
        case Allowance(kind=AllowanceKind.DEVICE):
            return "client_usage", _from_device(record)
        case Allowance(kind=AllowanceKind.EMAIL):
            return "trial_usages", _from_email(record)
        case Allowance():
            return "daily_allowances", _from_daily(record)
        case Answer():
            return "answers", _from_answer(record)
        case Order():
            return "orders", from_order(record)
        case Payment():
            return "payments", from_payment(record)
        case Subscription():
            return "subscriptions", from_subscription(record)
        case WebhookReceipt():
            return "processed_webhooks", from_webhook(record)


def _lots(change: Change) -> Iterator[tuple[bool, Lot]]:
    """Yield the lots of an account that a commit adds or changes, and whether they are new."""
    assert isinstance(change.after, Account)  # noqa: S101 - nothing else has lots
    before = {lot.id: lot for lot in change.before.lots} if isinstance(change.before, Account) else {}
    for lot in change.after.lots:
        if lot != before.get(lot.id):
            yield lot.id not in before, lot


def _from_account(account: Account) -> Row:
    return {
        "id": account.id,
        "owner": account.owner,
        "credits": account.credits_available,
        "credits_held": account.credits_held,
        "credits_owed": account.credits_owed,
        "transfers_count": account.transfers_count,
        "seal": account.seal,
        "created_at": from_time(account.create_time),
    }


def _from_lot(balance: str, lot: Lot) -> Row:
    return {
        "id": lot.id,
        "balance_id": balance,
        "amount": lot.amount,
        "remaining": lot.remaining,
        "held": lot.held,
        "consumed": lot.consumed,
        "expired": lot.expired,
        "reversed": lot.reversed,
        "settled": lot.settled,
        "disputed": lot.disputed,
        "transferred": lot.transferred,
        "owed": lot.owed,
        "priority": lot.priority,
        "promotional": lot.promotional,
        "frozen": lot.frozen,
        "description": lot.description,
        "pack": lot.pack,
        "dodo_payment_id": lot.payment,
        "request_id": lot.request,
        "origin_id": lot.origin,
        "created_at": from_time(lot.create_time),
        "expires_at": from_time(lot.expire_time),
    }


def _from_transfer(transfer: Transfer) -> Row:
    return {
        "balance_id": transfer.account,
        "number": transfer.number,
        "type": transfer.kind.value,
        "debit": transfer.debit.value,
        "credit": transfer.credit.value,
        "amount": transfer.amount,
        "grant_id": transfer.lot,
        "hold_id": transfer.hold,
        "dodo_payment_id": transfer.payment,
        "created_at": from_time(transfer.time),
        "previous_seal": transfer.previous_seal,
        "seal": transfer.seal,
    }


def _from_hold(hold: Hold) -> Row:
    is_captured = hold.state is State.CAPTURED
    return {
        "id": hold.name,
        "owner": hold.account,
        "request_id": hold.request,
        "fingerprint": hold.fingerprint,
        "ops": flat(hold.operations),
        "access": hold.access.value,
        "allowances": from_uses(hold.uses),
        "amount": hold.credits_held,
        "shares": from_shares(hold.shares),
        "free_checks_used": hold.free_checks_used,
        "quote_id": hold.quoted.quote if hold.quoted else None,
        "quote_file_id": hold.quoted.file_id if hold.quoted else None,
        "state": hold.state.value,
        "credits_captured": hold.credits_captured,
        "created_at": from_time(hold.create_time),
        "expires_at": from_time(hold.expire_time),
        "committed_at": from_time(hold.resolve_time) if is_captured else None,
        "released_at": None if is_captured else from_time(hold.resolve_time),
    }


def _from_quote(quote: Quote) -> Row:
    return {
        "id": quote.name,
        "owner": quote.account,
        "ops": flat(quote.operations),
        "files": [from_priced_file(file) for file in quote.files],
        "credits_total": quote.credits_total,
        "created_at": from_time(quote.create_time),
        "expires_at": from_time(quote.expire_time),
    }


def _from_device(allowance: Allowance) -> Row:
    return {
        "client_id": allowance.key,
        "free_used": allowance.spent,
        "open_uses": from_open_uses(allowance.open),
        "first_seen": from_time(allowance.create_time),
    }


def _from_email(allowance: Allowance) -> Row:
    return {
        "email": allowance.key,
        "uses": allowance.spent,
        "open_uses": from_open_uses(allowance.open),
        "used_at": from_time(allowance.create_time),
    }


def _from_daily(allowance: Allowance) -> Row:
    return {
        "kind": allowance.kind.value,
        "key": allowance.key,
        "spent": allowance.spent,
        "open_uses": from_open_uses(allowance.open),
        "created_at": from_time(allowance.create_time),
    }


def _from_answer(answer: Answer) -> Row:
    return {
        "owner": answer.owner,
        "request_id": answer.request,
        "fingerprint": answer.fingerprint,
        "value": answer.value,
    }


def _from_event(event: Event) -> Row:
    carrier: dict[str, str] = {}
    event.context.run(_publish, event.name, carrier)
    return {
        "id": str(uuid.uuid4()),
        "name": event.name,
        "attributes": dict(event.attributes),
        "traceparent": carrier.get("traceparent", ""),
        "created_at": from_time(datetime.now(UTC)),
    }


def _publish(name: str, carrier: dict[str, str]) -> None:
    with _TRACER.start_as_current_span(f"publish {name}", kind=SpanKind.PRODUCER):
        propagate.inject(carrier)
