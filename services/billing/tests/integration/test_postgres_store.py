"""What only a store in PostgreSQL must do: refuse by itself, fail safely, come back."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from urllib.parse import urlsplit

import asyncpg
import pytest
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from metaextract_billing.adapters.storage import postgres, postgres_pool, postgres_schema
from metaextract_billing.application.accounts import GrantCredits
from metaextract_billing.application.audit import AuditLedger
from metaextract_billing.application.desk import Desk
from metaextract_billing.application.free_uses import FreeUses
from metaextract_billing.application.holds import CaptureHold, CreateHold, HoldRequest
from metaextract_billing.application.quotes import CreateQuote
from metaextract_billing.domain.allowances import Limits
from metaextract_billing.domain.holds import Hold
from metaextract_billing.domain.identities import Identities
from metaextract_billing.domain.models import Operations
from metaextract_billing.domain.ports import Store
from metaextract_billing.domain.records import AccountKey
from metaextract_common.errors import ServiceError
from metaextract_common.storage.postgres import opened
from metaextract_testing.postgres import PostgresServer, started

LIFETIME = timedelta(minutes=15)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PLAIN = HoldRequest(None, 1000, Operations(), None)
"""Costs one credit."""
FROM_DEVICE = HoldRequest("device", 1000, Operations(), None, client_address="192.0.2.1")

insisting = retry(
    retry=retry_if_exception_type(ServiceError), wait=wait_fixed(0.05), stop=stop_after_delay(50)
)
"""As callers do: again with the same request id, until there is an answer."""


def billing_on(store: Store) -> SimpleNamespace:
    """Return a process of billing."""
    desk = Desk(store)
    free = FreeUses(Limits(), Identities(b"k" * 32), frozenset())

    def now() -> datetime:
        return NOW

    return SimpleNamespace(
        hold=CreateHold(desk, now, metered=True, lifetime=LIFETIME, free=free),
        capture=CaptureHold(desk, now),
        grant=GrantCredits(desk, now),
        quote=CreateQuote(desk, now, LIFETIME),
    )


async def refusal(awaitable: Awaitable[object]) -> str:
    with pytest.raises(ServiceError) as caught:
        await awaitable
    return caught.value.reason


async def test_a_connection_that_nobody_gives_back_does_not_keep_a_process_from_ending(
    billing_database: str,
) -> None:
    async with opened(billing_database, lambda _: None, {}, wait_seconds_max=0.5) as connections:
        lent = connections.one()
        connection = await lent.__aenter__()
        assert await connection.fetchval("SELECT 1") == 1

    with pytest.raises(asyncpg.InterfaceError):
        await connection.fetchval("SELECT 1")


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE credit_balances SET credits = -1",
        "UPDATE credit_balances SET credits_held = -1",
        "UPDATE credit_balances SET credits_owed = -1",
        "UPDATE credit_grants SET remaining = remaining + 1",
        "UPDATE credit_grants SET remaining = -1, consumed = consumed + remaining + 1",
        "UPDATE credit_grants SET amount = amount + 1, remaining = remaining + 1",
        "DELETE FROM credit_grants",
        "UPDATE credit_transactions SET amount = amount + 1",
        "DELETE FROM credit_transactions",
        "TRUNCATE credit_transactions",
        "INSERT INTO credit_transactions SELECT * FROM credit_transactions WHERE number = 1",
        "UPDATE credit_holds SET state = 'held', committed_at = NULL, credits_captured = 0",
        "DELETE FROM credit_holds",
        "UPDATE client_usage SET free_used = -1",
        "INSERT INTO trial_usages VALUES ('somebody@example.com', 1, '[]', now(), 1)",
        "INSERT INTO credit_balances SELECT 'i', owner, 0, 0, 0, 0, seal, created_at, 1 FROM credit_balances",
    ],
)
async def test_the_database_itself_refuses_money_that_is_not_there(
    billing_database: str, tampering: str
) -> None:
    async with postgres.connected(billing_database) as store:
        billing = billing_on(store)
        await billing.grant("alice", "g", 10)
        hold = await billing.hold("alice", "r", PLAIN)
        await billing.capture(hold.name, Operations(), 1000, None)
        await billing.hold("bob", "r", FROM_DEVICE)

    connection = await asyncpg.connect(billing_database)
    try:
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await connection.execute(tampering)
    finally:
        await connection.close()


@contextmanager
def role_of(server: PostgresServer, url: str) -> Iterator[str]:
    """Yield a role that may do what a service does, and no more."""
    database = urlsplit(url).path.removeprefix("/")
    role = f"role_{uuid.uuid4().hex}"
    server.execute(f"CREATE ROLE {role} LOGIN")
    server.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}", database)
    try:
        yield role
    finally:
        server.execute(f"DROP OWNED BY {role}", database)
        server.execute(f"DROP ROLE {role}")


@pytest.mark.parametrize(
    ("away", "back"),
    [
        ("ALTER ROLE {role} SET default_transaction_read_only = on", "ALTER ROLE {role} RESET ALL"),
        ("ALTER ROLE {role} CONNECTION LIMIT 0", "ALTER ROLE {role} CONNECTION LIMIT -1"),
        ("ALTER ROLE {role} NOLOGIN", "ALTER ROLE {role} LOGIN"),
        ("ALTER DATABASE {database} ALLOW_CONNECTIONS off", "ALTER DATABASE {database} ALLOW_CONNECTIONS on"),
    ],
    ids=["read-only", "too many connections", "no login", "no database"],
)
async def test_a_database_that_cannot_be_written_is_unavailable_and_comes_back(
    postgres_server: PostgresServer, billing_database: str, away: str, back: str
) -> None:
    database = urlsplit(billing_database).path.removeprefix("/")
    with role_of(postgres_server, billing_database) as role:
        url = billing_database.replace("postgres@", f"{role}@")
        disconnect = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{role}'"  # noqa: S608
        async with postgres.connected(url) as store:
            billing = billing_on(store)
            await billing.grant("alice", "g", 10)
            postgres_server.execute(away.format(role=role, database=database))
            postgres_server.execute(disconnect)

            assert await refusal(billing.grant("alice", "g2", 1)) == "LEDGER_UNAVAILABLE"
            assert await refusal(store.check()) == "LEDGER_UNAVAILABLE"

            postgres_server.execute(back.format(role=role, database=database))
            postgres_server.execute(disconnect)
            assert await insisting(billing.grant)("alice", "g2", 1) == 11
            await store.check()


async def test_a_commit_that_takes_too_long_is_unavailable_and_its_repetition_is_answered(
    billing_database: str,
) -> None:
    other = await asyncpg.connect(billing_database)
    async with postgres_pool.opened(billing_database, 2, wait_seconds_max=1) as connections:
        store = postgres.PostgresStore(connections)
        billing = billing_on(store)
        await billing.grant("alice", "g", 10)
        async with other.transaction():
            await other.execute("LOCK TABLE credit_balances")
            assert await refusal(billing.grant("alice", "g2", 1)) == "LEDGER_UNAVAILABLE"

        assert await billing.grant("alice", "g2", 1) == 11
        assert await billing.grant("alice", "g2", 1) == 11
    await other.close()


async def test_callers_that_give_up_leave_no_transaction_open_and_no_half_movement(
    billing_database: str,
) -> None:
    async with postgres.connected(billing_database, connections_count_max=3) as store:
        billing = billing_on(store)
        await billing.grant("alice", "g", 100)
        for waits in range(0, 60, 2):
            calls = [asyncio.create_task(billing.hold("alice", f"r{waits}-{n}", PLAIN)) for n in range(2)]
            for _ in range(waits):
                await asyncio.sleep(0)
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
        assert (await AuditLedger(store)()).violations == ()

        for waits in range(0, 60, 2):
            for n in range(2):
                await billing.hold("alice", f"r{waits}-{n}", PLAIN)
        [account] = (await store.load([AccountKey("alice")])).values()
        assert (account.credits_available, account.credits_held) == (40, 60)

        connection = await asyncpg.connect(billing_database)
        open_transactions = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
        )
        await connection.close()
        assert open_transactions == 0


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A server that a test may kill."""
    with started(fsync="off") as server:
        yield server


@pytest.mark.parametrize("end", [PostgresServer.kill, PostgresServer.stop], ids=["killed", "restarted"])
async def test_a_server_that_ends_in_the_middle_loses_and_doubles_nothing(
    own_server: PostgresServer, end: Callable[[PostgresServer], None]
) -> None:
    await postgres_schema.migrate(own_server.url())
    async with postgres.connected(own_server.url()) as one, postgres.connected(own_server.url()) as two:
        replicas = [billing_on(store) for store in (one, two)]
        for owner in ("alice", "bob"):
            await replicas[0].grant(owner, "g", 1000)
        enough = asyncio.Event()
        captured: list[Hold] = []

        async def client(number: int) -> None:
            billing, owner = replicas[number % 2], ("alice", "bob")[number // 2 % 2]
            for n in range(10):
                hold = await insisting(billing.hold)(owner, f"r{number}-{n}", PLAIN)
                captured.append(await insisting(billing.capture)(hold.name, Operations(), 1000, None))
                if len(captured) == 50:
                    enough.set()

        clients = [asyncio.create_task(client(number)) for number in range(20)]
        await enough.wait()
        await asyncio.to_thread(end, own_server)
        await asyncio.to_thread(own_server.start)
        await asyncio.gather(*clients)

        report = await AuditLedger(one)()
        found = await two.load([AccountKey("alice"), AccountKey("bob")])
    assert report.violations == ()
    assert len({hold.request for hold in captured}) == len({hold.name for hold in captured}) == 200
    assert [(one.credits_available, one.credits_held) for one in found.values()] == [(900, 0)] * 2
