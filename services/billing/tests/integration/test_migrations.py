"""Migrations only go forward, and run while the version before serves."""

import asyncio
import re
import shutil
from pathlib import Path

import asyncpg
import pytest

from metaextract_billing.adapters.storage import postgres, postgres_schema, sqlite
from metaextract_billing.application.audit import AuditLedger
from metaextract_common.storage.sqlite import MigrationError, migrate
from metaextract_testing.postgres import PostgresServer

FOLDERS = [sqlite.MIGRATIONS, postgres_schema.MIGRATIONS]

# What a version that still serves does not survive: what it uses goes, changes, or is asked for more.
CONTRACTING = re.compile(
    r"DROP\s+(TABLE|COLUMN|FUNCTION|INDEX)|RENAME|ALTER\s+COLUMN|SET\s+NOT\s+NULL|CREATE\s+OR\s+REPLACE"
    r"|ADD\s+COLUMN\s+\w+\s+\w+\s+NOT\s+NULL(?!\s+DEFAULT)",
    re.IGNORECASE,
)

EXPANDING = """-- migrate:up
ALTER TABLE credit_holds ADD COLUMN later TEXT;
ALTER TABLE credit_balances ADD COLUMN more INTEGER NOT NULL DEFAULT 0;
CREATE INDEX later_of_hold ON credit_holds (later);
CREATE TABLE later (id TEXT PRIMARY KEY);
-- migrate:down
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "billing.sqlite"


def next_version(migrations: Path, folder: Path, migration: str = EXPANDING) -> Path:
    """Return a folder with one migration more."""
    later = folder / "migrations"
    shutil.copytree(migrations, later)
    (later / "20991231235959_later.sql").write_text(migration)
    return later


@pytest.mark.parametrize("migration", [file for folder in FOLDERS for file in sorted(folder.glob("*.sql"))])
def test_no_migration_takes_away_or_goes_back(migration: Path) -> None:
    up, down = migration.read_text().split("-- migrate:down")

    assert CONTRACTING.findall(up) == []
    assert [line for line in down.splitlines() if line and not line.startswith("--")] == []


async def test_a_file_is_migrated_while_another_process_keeps_committing(
    database: Path, make_billing, start_holding, tmp_path: Path
) -> None:
    async with sqlite.opened(database) as store:
        await make_billing(store).grant_credits("alice", "g", 1_000_000)
        process = await start_holding(database, "old")
        await process.hear(10)
        await migrate(database, next_version(sqlite.MIGRATIONS, tmp_path))
        await process.hear(10)
        await process.end()

        captured = process.told("captured")
        assert process.told("failed") == []
        assert await make_billing(store).credits("alice") == (1_000_000 - len(captured), 0)
        assert (await AuditLedger(store)()).violations == ()


async def test_a_database_is_migrated_while_another_process_keeps_committing(
    billing_database: str, make_billing, start_holding, tmp_path: Path
) -> None:
    async with postgres.connected(billing_database) as store:
        await make_billing(store).grant_credits("alice", "g", 1_000_000)
        process = await start_holding(billing_database, "old")
        await process.hear(10)
        await postgres_schema.migrate(billing_database, next_version(postgres_schema.MIGRATIONS, tmp_path))
        await process.hear(10)
        await process.end()

        captured = process.told("captured")
        assert process.told("failed") == []
        assert await make_billing(store).credits("alice") == (1_000_000 - len(captured), 0)
        assert (await AuditLedger(store)()).violations == ()


async def test_a_migration_that_meets_a_deadlock_begins_anew(billing_database: str, tmp_path: Path) -> None:
    connection = await asyncpg.connect(billing_database, server_settings={"deadlock_timeout": "1min"})
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("LOCK credit_balances IN ROW EXCLUSIVE MODE")
    later = next_version(postgres_schema.MIGRATIONS, tmp_path)
    migrating = asyncio.create_task(postgres_schema.migrate(billing_database, later))
    waits = "SELECT count(*) FROM pg_locks WHERE relation = 'credit_balances'::regclass AND NOT granted"
    while not await connection.fetchval(waits):
        await asyncio.sleep(0.01)

    await connection.execute("LOCK credit_holds IN ROW EXCLUSIVE MODE")  # the migration has it, and gives way
    assert not migrating.done()
    await transaction.commit()
    await migrating

    assert await connection.fetchval("SELECT to_regclass('later')") == "later"
    await connection.close()


async def test_several_processes_that_start_at_once_migrate_an_empty_database_once(
    postgres_server: PostgresServer,
) -> None:
    with postgres_server.database() as name:
        url = postgres_server.url(name)
        await asyncio.gather(*(postgres_schema.migrate(url) for _ in range(3)))

        connection = await asyncpg.connect(url)
        versions = await connection.fetch("SELECT version FROM schema_migrations ORDER BY version")
        await connection.close()
    files = sorted(postgres_schema.MIGRATIONS.glob("*.sql"))
    assert [row["version"] for row in versions] == [file.name.partition("_")[0] for file in files]


async def test_a_migration_that_fails_says_why_and_keeps_nothing_and_no_secret(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    broken = "-- migrate:up\nCREATE TABLE later (id TEXT);\nSELECT nothing FROM nowhere;\n-- migrate:down\n"
    with postgres_server.database() as name:
        url = postgres_server.url(name).replace("postgres@", "postgres:secret@")
        with pytest.raises(MigrationError, match="nowhere") as caught:
            await postgres_schema.migrate(url, next_version(postgres_schema.MIGRATIONS, tmp_path, broken))
        connection = await asyncpg.connect(url)
        found = await connection.fetchval("SELECT to_regclass('later')")
        await connection.close()

    assert found is None
    assert "secret" not in str(caught.value)


async def test_both_stores_have_the_same_tables_and_columns(billing_database: str, database: Path) -> None:
    async with sqlite.opened(database):
        pass
    connection = await asyncpg.connect(billing_database)
    rows = await connection.fetch(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    )
    await connection.close()
    in_postgres = {(row["table_name"], row["column_name"]) for row in rows}

    in_file: set[tuple[str, str]] = set()
    async with sqlite.sqlite_file.opened(database) as file:
        for table in {table for table, _ in in_postgres}:
            columns = await file.reading(lambda table=table: file.rows(f"PRAGMA table_info({table})", {}))
            in_file |= {(table, column["name"]) for column in columns}
    assert in_file == in_postgres
