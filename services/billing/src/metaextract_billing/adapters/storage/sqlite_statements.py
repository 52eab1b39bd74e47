"""The statements of the SQLite store. Lists of identities come as JSON arrays."""

from functools import cache
from typing import Final

_KEYS: Final = {
    "client_usage": ("client_id",),
    "trial_usages": ("email",),
    "daily_allowances": ("kind", "key"),
    "payments": ("dodo_payment_id",),
    "subscriptions": ("dodo_subscription_id",),
}
"""What identifies a row where that is not `id`."""

_BALANCE: Final = "(SELECT id FROM credit_balances WHERE owner = :owner)"


@cache
def insert(table: str, columns: tuple[str, ...]) -> str:
    """Return the statement that adds a row; a hold is of the balance of its owner."""
    values = {column: f":{column}" for column in columns}
    if table == "credit_holds":
        del values["owner"]
        values["balance_id"] = _BALANCE
    names = ", ".join(values)
    return f"INSERT INTO {table} ({names}) VALUES ({', '.join(values.values())})"  # noqa: S608 - our names


@cache
def update(table: str, columns: tuple[str, ...]) -> str:
    """Return the statement that changes a row, if it has the version before."""
    key = _KEYS.get(table, ("id",))
    kept = {*key, "owner"} if table == "credit_holds" else set(key)
    changes = ", ".join(f"{column} = :{column}" for column in columns if column not in kept)
    conditions = [f"{column} = :{column}" for column in key]
    if "version" in columns:
        conditions.append("version = :version - 1")
    return f"UPDATE {table} SET {changes} WHERE {' AND '.join(conditions)}"  # noqa: S608 - our names


def by_key(table: str) -> str:
    """Return the statement that finds rows by their identities."""
    [key] = _KEYS.get(table, ("id",))
    return f"SELECT * FROM {table} WHERE {key} IN (SELECT value FROM json_each(:keys))"  # noqa: S608 - ours


_HOLD: Final = """
SELECT credit_holds.*, credit_balances.owner
FROM credit_holds JOIN credit_balances ON credit_balances.id = credit_holds.balance_id
"""
HOLDS: Final = f"{_HOLD} WHERE credit_holds.id IN (SELECT value FROM json_each(:keys))"  # noqa: S608 - ours
HOLDS_BY_REQUEST: Final = (
    _HOLD
    + """
JOIN json_each(:keys) AS asked
    ON credit_balances.owner = asked.value ->> 'owner'
    AND credit_holds.request_id = asked.value ->> 'request_id'
"""
)
ANSWERS: Final = """
SELECT answers.*
FROM json_each(:keys) AS asked JOIN answers
    ON answers.owner = asked.value ->> 'owner' AND answers.request_id = asked.value ->> 'request_id'
"""
DEVICES: Final = """
SELECT client_usage.*
FROM json_each(:keys) AS asked JOIN client_usage
    ON asked.value ->> 'kind' = 'device' AND client_usage.client_id = asked.value ->> 'key'
"""
EMAILS: Final = """
SELECT trial_usages.*
FROM json_each(:keys) AS asked JOIN trial_usages
    ON asked.value ->> 'kind' = 'email' AND trial_usages.email = asked.value ->> 'key'
"""
DAILY: Final = """
SELECT daily_allowances.*
FROM json_each(:keys) AS asked JOIN daily_allowances
    ON daily_allowances.kind = asked.value ->> 'kind' AND daily_allowances.key = asked.value ->> 'key'
"""
OWNERS_OF_PAYMENTS: Final = """
SELECT DISTINCT credit_balances.owner
FROM credit_grants JOIN credit_balances ON credit_balances.id = credit_grants.balance_id
WHERE dodo_payment_id IN (SELECT value FROM json_each(:keys))
"""
BALANCES: Final = "SELECT * FROM credit_balances WHERE owner IN (SELECT value FROM json_each(:keys))"
LOTS: Final = """
SELECT * FROM credit_grants
WHERE balance_id IN (SELECT value FROM json_each(:balances)) AND remaining + held + disputed > 0
UNION ALL
SELECT * FROM credit_grants
WHERE dodo_payment_id IN (SELECT value FROM json_each(:payments)) AND remaining + held + disputed = 0
ORDER BY number
"""
OPEN_HOLDS: Final = f"""
{_HOLD}
WHERE balance_id IN (SELECT value FROM json_each(:keys)) AND state = 'held' AND access = 'credits'
ORDER BY number
"""  # noqa: S608 - ours

HOLDS_DUE: Final = """
SELECT id FROM credit_holds
WHERE state = 'held' AND expires_at <= :now
ORDER BY expires_at, id
LIMIT :count_max
"""
OWNERS_DUE: Final = """
SELECT owner
FROM credit_grants JOIN credit_balances ON credit_balances.id = credit_grants.balance_id
WHERE remaining > 0 AND expires_at <= :now
GROUP BY owner
ORDER BY min(expires_at), owner
LIMIT :count_max
"""
WAITING: Final = "SELECT * FROM outbox ORDER BY number LIMIT :count_max"
DELIVERED: Final = "DELETE FROM outbox WHERE id IN (SELECT value FROM json_each(:keys))"
FORGET: Final = "DELETE FROM daily_allowances WHERE created_at < :before"
FORGET_RECEIPTS: Final = "DELETE FROM processed_webhooks WHERE processed_at < :before"
PARKED_PAYMENTS: Final = """
SELECT * FROM payments
WHERE parked <> 'subscription' AND dodo_payment_id > :after
ORDER BY dodo_payment_id
LIMIT :count_max
"""
OWNER: Final = "SELECT owner FROM credit_balances WHERE id = :id"
PAYMENT_IDS: Final = """
SELECT dodo_payment_id AS id FROM payments
WHERE dodo_payment_id > :after
ORDER BY dodo_payment_id
LIMIT :count_max
"""
TRANSFERS: Final = """
SELECT * FROM credit_transactions
WHERE balance_id = (SELECT id FROM credit_balances WHERE owner = :owner) AND number > :after_number
ORDER BY number
LIMIT :count_max
"""
NEWEST_TRANSFERS: Final = """
SELECT * FROM credit_transactions
WHERE balance_id = (SELECT id FROM credit_balances WHERE owner = :owner) AND number > :after_number
    AND number < :before_number
ORDER BY number DESC
LIMIT :count_max
"""
NEXT_OWNERS: Final = "SELECT owner FROM credit_balances WHERE owner > :after ORDER BY owner LIMIT :count_max"
ALL_LOTS: Final = """
SELECT * FROM credit_grants
WHERE balance_id IN (SELECT value FROM json_each(:keys))
ORDER BY number
"""
RESOLVED_HOLDS: Final = """
SELECT balance_id, count(*) AS holds_count, sum(credits_captured) AS credits_captured
FROM credit_holds
WHERE balance_id IN (SELECT value FROM json_each(:keys)) AND state <> 'held' AND amount + credits_captured > 0
GROUP BY balance_id
"""
STRAY_LOTS: Final = """
SELECT count(*) AS lots_count FROM credit_grants WHERE balance_id NOT IN (SELECT id FROM credit_balances)
"""
FIGURES: Final = """
SELECT
    (SELECT count(*) FROM credit_holds WHERE state = 'held') AS open_holds_count,
    (SELECT min(created_at) FROM credit_holds WHERE state = 'held') AS oldest_hold_time,
    (SELECT min(expires_at) FROM credit_holds WHERE state = 'held') AS hold_due_time,
    (
        SELECT min(expires_at) FROM credit_grants WHERE remaining > 0 AND expires_at IS NOT NULL
    ) AS lot_due_time,
    (SELECT count(*) FROM outbox) AS waiting_events_count,
    (SELECT created_at FROM outbox ORDER BY number LIMIT 1) AS oldest_event_time,
    (SELECT count(*) FROM payments WHERE parked <> 'subscription') AS parked_payments_count
"""
CHECK: Final = "UPDATE store_checks SET checks_count = checks_count + 1"
