"""What is done within one transaction of the SQLite store."""

from collections import defaultdict
from operator import itemgetter
from typing import Final

from metaextract_billing.adapters.storage import sqlite_statements as sql
from metaextract_billing.adapters.storage.reading import Asked, books
from metaextract_billing.adapters.storage.row_values import Row
from metaextract_billing.adapters.storage.rows import Rows, Writes
from metaextract_billing.adapters.storage.sqlite_file import SqliteFile
from metaextract_billing.domain.accounts import Account
from metaextract_billing.domain.holds import Resolved
from metaextract_billing.domain.ports import ConflictError

_BY_IDENTITY: Final = (
    ("quotes", "images_mvp_quotes", sql.by_key("images_mvp_quotes")),
    ("allowances", "client_usage", sql.DEVICES),
    ("allowances", "trial_usages", sql.EMAILS),
    ("allowances", "daily_allowances", sql.DAILY),
    ("answers", "answers", sql.ANSWERS),
    ("orders", "orders", sql.by_key("orders")),
    ("subscriptions", "subscriptions", sql.by_key("subscriptions")),
    ("webhooks", "processed_webhooks", sql.by_key("processed_webhooks")),
)
"""What is asked for, where it lies, and how it is found: records that nothing else is needed for."""


def write(file: SqliteFile, writes: Writes) -> None:
    """Write the rows of a commit. Raises ConflictError."""
    for table, rows in writes.changed.items():
        for row in rows:
            if file.count(sql.update(table, tuple(row)), row) != 1:
                raise ConflictError
    for table, rows in writes.added.items():
        for row in rows:
            file.count(sql.insert(table, tuple(row)), row)


def found(file: SqliteFile, asked: Asked) -> Rows:
    """Return the rows that were asked for, with those that belong to them."""
    wanted: Asked = defaultdict(list, {what: list(identities) for what, identities in asked.items()})
    rows = {"credit_holds": _holds(file, wanted), "payments": _payments(file, wanted)}
    for what, table, statement in _BY_IDENTITY:
        if wanted[what]:
            rows[table] = file.rows(statement, {"keys": wanted[what]})
    wanted["owners"] += [row["owner"] for row in rows.get("orders", ())]
    return {**rows, **_accounts(file, wanted["owners"], wanted["payments"])}


def _holds(file: SqliteFile, wanted: Asked) -> list[Row]:
    """Return the holds that are wanted; all that belongs to those that were named is wanted too."""
    named = file.rows(sql.HOLDS, {"keys": wanted["holds"]}) if wanted["holds"] else []
    for hold in named:
        wanted["owners"].append(hold["owner"])
        if hold["quote_id"] is not None:
            wanted["quotes"].append(hold["quote_id"])
        wanted["allowances"] += hold["allowances"]
    if not wanted["requests"]:
        return named
    return named + file.rows(sql.HOLDS_BY_REQUEST, {"keys": wanted["requests"]})


def _payments(file: SqliteFile, wanted: Asked) -> list[Row]:
    """Return the payments that are wanted; their orders and who has lots of them are wanted too."""
    if not wanted["payments"]:
        return []
    payments = file.rows(sql.by_key("payments"), {"keys": wanted["payments"]})
    wanted["orders"] += [row["order_id"] for row in payments]
    wanted["owners"] += [
        row["owner"] for row in file.rows(sql.OWNERS_OF_PAYMENTS, {"keys": wanted["payments"]})
    ]
    return payments


def page(file: SqliteFile, after_owner: str, count_max: int) -> list[tuple[Account, Resolved]]:
    """Return the next accounts in the order of their owners, with all their lots and their resolved holds."""
    owners = file.rows(sql.NEXT_OWNERS, {"after": after_owner, "count_max": count_max})
    rows = dict(_accounts(file, [row["owner"] for row in owners], []))
    rows["credit_balances"] = sorted(rows.get("credit_balances", ()), key=itemgetter("owner"))
    balances = [row["id"] for row in rows["credit_balances"]]
    rows["credit_grants"] = file.rows(sql.ALL_LOTS, {"keys": balances})
    rows["resolved_holds"] = file.rows(sql.RESOLVED_HOLDS, {"keys": balances})
    return books(rows)


def _accounts(file: SqliteFile, owners: list[str], payments: list[str]) -> Rows:
    if not owners:
        return {}
    balances = file.rows(sql.BALANCES, {"keys": owners})
    ids = [row["id"] for row in balances]
    return {
        "credit_balances": balances,
        "credit_grants": file.rows(sql.LOTS, {"balances": ids, "payments": payments}),
        "open_holds": file.rows(sql.OPEN_HOLDS, {"keys": ids}),
    }
