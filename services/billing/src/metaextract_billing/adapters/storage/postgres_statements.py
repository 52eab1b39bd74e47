"""The statements of the PostgreSQL store. Rows come as JSON, in the shape of adapters/storage/reading.py."""

from typing import Final

LOAD: Final = "SELECT billing_load_1($1)"
COMMIT: Final = "SELECT billing_commit_1($1, $2)"
DUE: Final = """
SELECT
    ARRAY(
        SELECT id FROM credit_holds
        WHERE state = 'held' AND expires_at <= $1
        ORDER BY expires_at, id
        LIMIT $2
    ),
    ARRAY(
        SELECT b.owner
        FROM credit_grants AS g JOIN credit_balances AS b ON b.id = g.balance_id
        WHERE g.remaining > 0 AND g.expires_at <= $1
        GROUP BY b.owner
        ORDER BY min(g.expires_at), b.owner
        LIMIT $2
    )
"""
WAITING: Final = "SELECT to_jsonb(outbox) FROM outbox ORDER BY number LIMIT $1"
DELIVERED: Final = "DELETE FROM outbox WHERE id = ANY ($1)"
FORGET: Final = "DELETE FROM daily_allowances WHERE created_at < $1"
FORGET_RECEIPTS: Final = "DELETE FROM processed_webhooks WHERE processed_at < $1"
PARKED_PAYMENTS: Final = """
SELECT to_jsonb(p) FROM payments AS p
WHERE parked <> 'subscription' AND dodo_payment_id COLLATE "C" > $1
ORDER BY dodo_payment_id COLLATE "C"
LIMIT $2
"""
OWNER: Final = "SELECT owner FROM credit_balances WHERE id = $1"
PAYMENT_IDS: Final = """
SELECT dodo_payment_id FROM payments
WHERE dodo_payment_id COLLATE "C" > $1
ORDER BY dodo_payment_id COLLATE "C"
LIMIT $2
"""
TRANSFERS: Final = """
SELECT to_jsonb(t)
FROM credit_transactions AS t JOIN credit_balances AS b ON b.id = t.balance_id
WHERE b.owner = $1 AND t.number > $2
ORDER BY t.number
LIMIT $3
"""
NEWEST_TRANSFERS: Final = """
SELECT to_jsonb(t)
FROM credit_transactions AS t JOIN credit_balances AS b ON b.id = t.balance_id
WHERE b.owner = $1 AND t.number > $2 AND t.number < $3
ORDER BY t.number DESC
LIMIT $4
"""
PAGE: Final = """
WITH page AS MATERIALIZED (SELECT * FROM credit_balances WHERE owner > $1 ORDER BY owner LIMIT $2)
SELECT jsonb_build_object(
    'credit_balances',
    (SELECT jsonb_agg(to_jsonb(page) ORDER BY owner) FROM page),
    'credit_grants',
    (
        SELECT jsonb_agg(to_jsonb(g) ORDER BY g.number)
        FROM credit_grants AS g JOIN page ON page.id = g.balance_id
    ),
    'open_holds',
    (
        SELECT jsonb_agg(to_jsonb(h) || jsonb_build_object('owner', page.owner) ORDER BY h.number)
        FROM credit_holds AS h JOIN page ON page.id = h.balance_id
        WHERE h.state = 'held' AND h.access = 'credits'
    ),
    'resolved_holds',
    (
        SELECT jsonb_agg(to_jsonb(r)) FROM (
            SELECT balance_id, count(*) AS holds_count, sum(credits_captured) AS credits_captured
            FROM credit_holds AS h JOIN page ON page.id = h.balance_id
            WHERE h.state <> 'held' AND h.amount + h.credits_captured > 0
            GROUP BY balance_id
        ) AS r
    )
)
"""
STRAY_LOTS: Final = """
SELECT count(*) FROM credit_grants WHERE balance_id NOT IN (SELECT id FROM credit_balances)
"""
FIGURES: Final = """
SELECT to_jsonb(f) FROM (
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
) AS f
"""
CHECK: Final = "UPDATE store_checks SET checks_count = checks_count + 1"
