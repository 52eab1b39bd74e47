"""Which rows are asked for, and rows as records, the same for every database."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import astuple
from typing import Any, Final, TypeAlias

from metaextract_billing.adapters.storage.purchase_rows import (
    to_order,
    to_payment,
    to_subscription,
    to_webhook,
)
from metaextract_billing.adapters.storage.row_values import (
    Row,
    to_open_uses,
    to_operations,
    to_priced_file,
    to_shares,
    to_time,
    to_time_or_none,
    to_uses,
)
from metaextract_billing.adapters.storage.rows import Rows
from metaextract_billing.domain.accounts import Account
from metaextract_billing.domain.allowances import Allowance, AllowanceKind
from metaextract_billing.domain.chain import Kind, Place, Transfer
from metaextract_billing.domain.holds import Access, Hold, QuotedFile, Resolved, State
from metaextract_billing.domain.lots import Lot
from metaextract_billing.domain.ports import Figures, Waiting
from metaextract_billing.domain.quotes import Quote
from metaextract_billing.domain.records import (
    AccountKey,
    AllowanceKey,
    Answer,
    AnswerKey,
    Event,
    HoldKey,
    HoldRequestKey,
    Key,
    OrderKey,
    PaymentKey,
    QuoteKey,
    Record,
    SubscriptionKey,
    WebhookKey,
    key_of,
)

_PLACES: Final[Mapping[type[Key[Record]], str]] = {
    HoldKey: "holds",
    QuoteKey: "quotes",
    OrderKey: "orders",
    PaymentKey: "payments",
    SubscriptionKey: "subscriptions",
    WebhookKey: "webhooks",
}

Asked: TypeAlias = dict[str, list[Any]]
"""Identities by what they are of; only what is asked for stands in it."""


def asked(keys: Collection[Key[Record]]) -> Asked:
    """Return what a store looks for."""
    found: Asked = defaultdict(list)
    for key in keys:
        what, identity = _identity(key)
        found[what].append(identity)
    return dict(found)


def _identity(key: Key[Record]) -> tuple[str, Any]:
    match key:
        case AccountKey(owner):
            return "owners", owner
        case HoldRequestKey(owner, request):
            return "requests", {"owner": owner, "request_id": request}
        case AnswerKey(owner, request):
            return "answers", {"owner": owner, "request_id": request}
        case AllowanceKey(kind, key_):
            return "allowances", {"kind": kind.value, "key": key_}
        case _:
            [identity] = astuple(key)
            return _PLACES[type(key)], identity


def records(rows: Rows, keys: Collection[Key[Record]]) -> Mapping[Key[Record], Record]:
    """Return the records that rows make, by their keys and by the requests among `keys`."""
    wanted = set(keys)
    found: dict[Key[Record], Record] = {}
    for record in _records(rows):
        found[key_of(record)] = record
        if isinstance(record, Hold):
            request = HoldRequestKey(record.account, record.request)
            if request in wanted:
                found[request] = record
    return found


def _records(rows: Rows) -> Iterable[Record]:
    yield from accounts(rows)
    yield from map(_to_hold, rows.get("credit_holds", ()))
    yield from map(_to_quote, rows.get("images_mvp_quotes", ()))
    yield from map(_to_device, rows.get("client_usage", ()))
    yield from map(_to_email, rows.get("trial_usages", ()))
    yield from map(_to_daily, rows.get("daily_allowances", ()))
    yield from map(_to_answer, rows.get("answers", ()))
    yield from map(to_order, rows.get("orders", ()))
    yield from map(to_payment, rows.get("payments", ()))
    yield from map(to_subscription, rows.get("subscriptions", ()))
    yield from map(to_webhook, rows.get("processed_webhooks", ()))


def accounts(rows: Rows) -> Iterable[Account]:
    """Yield accounts: rows of `credit_balances`, with their `credit_grants` and `open_holds` in order."""
    lots: dict[str, list[Lot]] = defaultdict(list)
    for row in rows.get("credit_grants", ()):
        lots[row["balance_id"]].append(_to_lot(row))
    holds: dict[str, list[Hold]] = defaultdict(list)
    for row in rows.get("open_holds", ()):
        holds[row["balance_id"]].append(_to_hold(row))
    for row in rows.get("credit_balances", ()):
        yield Account(
            owner=row["owner"],
            id=row["id"],
            create_time=to_time(row["created_at"]),
            version=row["version"],
            credits_available=row["credits"],
            credits_held=row["credits_held"],
            credits_owed=row["credits_owed"],
            transfers_count=row["transfers_count"],
            seal=row["seal"],
            lots=tuple(lots[row["id"]]),
            holds=tuple(holds[row["id"]]),
        )


def books(rows: Rows) -> list[tuple[Account, Resolved]]:
    """Return accounts in the order of their rows, each with its row of `resolved_holds`."""
    resolved = {
        row["balance_id"]: Resolved(row["holds_count"], row["credits_captured"])
        for row in rows.get("resolved_holds", ())
    }
    return [(account, resolved.get(account.id, Resolved())) for account in accounts(rows)]


def to_transfer(row: Row) -> Transfer:
    """Read a row of `credit_transactions`."""
    return Transfer(
        account=row["balance_id"],
        number=row["number"],
        kind=Kind(row["type"]),
        debit=Place(row["debit"]),
        credit=Place(row["credit"]),
        amount=row["amount"],
        time=to_time(row["created_at"]),
        lot=row["grant_id"],
        hold=row["hold_id"],
        payment=row["dodo_payment_id"],
        previous_seal=row["previous_seal"],
        seal=row["seal"],
    )


def to_waiting(row: Row) -> Waiting:
    """Read a row of `outbox`."""
    event = Event(row["name"], row["attributes"])
    return Waiting(str(row["id"]), event, to_time(row["created_at"]), row["traceparent"])


def to_figures(row: Row) -> Figures:
    """Read how much waits."""
    ends = [to_time(row[end]) for end in ("hold_due_time", "lot_due_time") if row[end]]
    return Figures(
        open_holds_count=row["open_holds_count"],
        oldest_hold_time=to_time_or_none(row["oldest_hold_time"]),
        due_time=min(ends, default=None),
        waiting_events_count=row["waiting_events_count"],
        oldest_event_time=to_time_or_none(row["oldest_event_time"]),
        parked_payments_count=row["parked_payments_count"],
    )


def _to_lot(row: Row) -> Lot:
    return Lot(
        id=row["id"],
        amount=row["amount"],
        create_time=to_time(row["created_at"]),
        remaining=row["remaining"],
        held=row["held"],
        consumed=row["consumed"],
        expired=row["expired"],
        reversed=row["reversed"],
        settled=row["settled"],
        disputed=row["disputed"],
        transferred=row["transferred"],
        owed=row["owed"],
        priority=row["priority"],
        promotional=bool(row["promotional"]),
        frozen=bool(row["frozen"]),
        expire_time=to_time_or_none(row["expires_at"]),
        description=row["description"],
        pack=row["pack"],
        payment=row["dodo_payment_id"],
        request=row["request_id"],
        origin=row["origin_id"],
    )


def _to_hold(row: Row) -> Hold:
    quote = row["quote_id"]
    return Hold(
        name=row["id"],
        account=row["owner"],
        request=row["request_id"],
        fingerprint=row["fingerprint"],
        operations=to_operations(row["ops"]),
        create_time=to_time(row["created_at"]),
        expire_time=to_time(row["expires_at"]),
        access=Access(row["access"]),
        version=row["version"],
        quoted=None if quote is None else QuotedFile(quote, row["quote_file_id"]),
        uses=to_uses(row["allowances"]),
        shares=to_shares(row["shares"]),
        free_checks_used=row["free_checks_used"],
        state=State(row["state"]),
        credits_captured=row["credits_captured"],
        resolve_time=to_time_or_none(row["committed_at"] or row["released_at"]),
    )


def _to_quote(row: Row) -> Quote:
    return Quote(
        name=row["id"],
        account=row["owner"],
        operations=to_operations(row["ops"]),
        files=tuple(map(to_priced_file, row["files"])),
        create_time=to_time(row["created_at"]),
        expire_time=to_time(row["expires_at"]),
        version=row["version"],
    )


def _to_device(row: Row) -> Allowance:
    return Allowance(
        AllowanceKind.DEVICE,
        row["client_id"],
        to_time(row["first_seen"]),
        row["version"],
        row["free_used"],
        to_open_uses(row["open_uses"]),
    )


def _to_email(row: Row) -> Allowance:
    return Allowance(
        AllowanceKind.EMAIL,
        row["email"],
        to_time(row["used_at"]),
        row["version"],
        row["uses"],
        to_open_uses(row["open_uses"]),
    )


def _to_daily(row: Row) -> Allowance:
    return Allowance(
        AllowanceKind(row["kind"]),
        row["key"],
        to_time(row["created_at"]),
        row["version"],
        row["spent"],
        to_open_uses(row["open_uses"]),
    )


def _to_answer(row: Row) -> Answer:
    return Answer(row["owner"], row["request_id"], row["fingerprint"], row["value"], row["version"])
