"""What the designs have in common: tables, accounts that begin rich, and connections."""

from typing import Final, Protocol, TypeAlias

import asyncpg

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Connection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"

CONNECTIONS_COUNT_MAX: Final = 10
"""As many as billing opens."""

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS peer_accounts (
    id text PRIMARY KEY,
    available bigint NOT NULL CHECK (available >= 0),
    held bigint NOT NULL CHECK (held >= 0)
) WITH (fillfactor = 70);
CREATE TABLE IF NOT EXISTS peer_holds (
    id text PRIMARY KEY,
    account text NOT NULL REFERENCES peer_accounts (id),
    request text NOT NULL,
    amount bigint NOT NULL,
    captured bigint,
    UNIQUE (account, request)
);
CREATE TABLE IF NOT EXISTS peer_entries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account text NOT NULL REFERENCES peer_accounts (id),
    hold text NOT NULL REFERENCES peer_holds (id),
    debit text NOT NULL,
    credit text NOT NULL,
    amount bigint NOT NULL
);
CREATE OR REPLACE FUNCTION peer_hold(account_id text, hold_id text, request_id text, credits bigint)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE peer_accounts SET available = available - credits, held = held + credits
    WHERE id = account_id AND available >= credits;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'insufficient credits';
    END IF;
    INSERT INTO peer_holds VALUES (hold_id, account_id, request_id, credits, NULL);
    INSERT INTO peer_entries (account, hold, debit, credit, amount)
    VALUES (account_id, hold_id, 'available', 'held', credits);
END;
$$;
CREATE OR REPLACE FUNCTION peer_capture(hold_id text, credits bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    hold peer_holds;
BEGIN
    UPDATE peer_holds SET captured = credits WHERE id = hold_id AND captured IS NULL RETURNING * INTO hold;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'already resolved';
    END IF;
    UPDATE peer_accounts SET held = held - hold.amount, available = available + hold.amount - credits
    WHERE id = hold.account;
    INSERT INTO peer_entries (account, hold, debit, credit, amount)
    VALUES (hold.account, hold_id, 'held', 'revenue', credits);
END;
$$;
"""


class Ledger(Protocol):
    """A design. It borrows its connections."""

    async def hold(self, account: str, hold: str, request: str, credits_held: int) -> None:
        """Set credits aside."""
        ...

    async def capture(self, hold: str, credits_captured: int) -> None:
        """Charge them, and give the rest back."""
        ...


async def move_to_held(
    connection: Connection, account: str, hold: str, request: str, credits_held: int, *, lock: str
) -> None:
    """Hold in an open transaction, statement by statement, deciding here; `lock` ends the SELECT."""
    row = await connection.fetchrow(
        f"SELECT available, held FROM peer_accounts WHERE id = $1 {lock}",  # noqa: S608 - ours
        account,
    )
    if row is None or row["available"] < credits_held:
        raise ValueError("insufficient credits")
    await connection.execute(
        "UPDATE peer_accounts SET available = $2, held = $3 WHERE id = $1",
        account,
        row["available"] - credits_held,
        row["held"] + credits_held,
    )
    await connection.execute(
        "INSERT INTO peer_holds VALUES ($1, $2, $3, $4, NULL)", hold, account, request, credits_held
    )
    await _entered(connection, account, hold, "available", "held", credits_held)


async def move_to_revenue(connection: Connection, hold: str, credits_captured: int, *, lock: str) -> None:
    """Capture in an open transaction, statement by statement, deciding here; `lock` ends the SELECTs."""
    found = await connection.fetchrow(
        f"SELECT account, amount, captured FROM peer_holds WHERE id = $1 {lock}",  # noqa: S608 - ours
        hold,
    )
    if found is None or found["captured"] is not None:
        raise ValueError("already resolved")
    row = await connection.fetchrow(
        f"SELECT available, held FROM peer_accounts WHERE id = $1 {lock}",  # noqa: S608 - ours
        found["account"],
    )
    if row is None:
        raise ValueError("no account")
    await connection.execute(
        "UPDATE peer_accounts SET available = $2, held = $3 WHERE id = $1",
        found["account"],
        row["available"] + found["amount"] - credits_captured,
        row["held"] - found["amount"],
    )
    await connection.execute("UPDATE peer_holds SET captured = $2 WHERE id = $1", hold, credits_captured)
    await _entered(connection, found["account"], hold, "held", "revenue", credits_captured)


async def _entered(
    connection: Connection, account: str, hold: str, debit: str, credit: str, amount: int
) -> None:
    await connection.execute(
        "INSERT INTO peer_entries (account, hold, debit, credit, amount) VALUES ($1, $2, $3, $4, $5)",
        account,
        hold,
        debit,
        credit,
        amount,
    )
