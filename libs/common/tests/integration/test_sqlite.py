"""Migrations and connections on real files."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from metaextract_common.storage.sqlite import MigrationError, connected, migrate

FIRST = "-- migrate:up\nCREATE TABLE one (id INTEGER PRIMARY KEY);\n-- migrate:down\nDROP TABLE one;\n"
SECOND = (
    "-- migrate:up\nCREATE TABLE two (id INTEGER REFERENCES one (id));\n-- migrate:down\nDROP TABLE two;\n"
)


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "20260101000000_one.sql").write_text(FIRST)
    return folder


def tables(database: Path) -> set[str]:
    with sqlite3.connect(database) as connection:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    connection.close()
    return {name for (name,) in rows} - {"schema_migrations"}


async def test_migrating_makes_the_folder_and_applies_what_is_new(tmp_path: Path, migrations: Path) -> None:
    database = tmp_path / "not yet there" / "data.sqlite"
    await migrate(database, migrations)
    assert tables(database) == {"one"}
    await migrate(database, migrations)
    (migrations / "20260102000000_two.sql").write_text(SECOND)
    await migrate(database, migrations)
    assert tables(database) == {"one", "two"}


async def test_several_processes_may_migrate_a_fresh_file_at_once(tmp_path: Path, migrations: Path) -> None:
    (migrations / "20260102000000_two.sql").write_text(SECOND)
    for attempt in range(4):
        database = tmp_path / f"{attempt}.sqlite"
        await asyncio.gather(*(migrate(database, migrations) for _ in range(4)))
        assert tables(database) == {"one", "two"}


async def test_a_broken_migration_is_told_and_leaves_nothing(tmp_path: Path, migrations: Path) -> None:
    (migrations / "20260102000000_two.sql").write_text("-- migrate:up\nCREATE TABEL two;\n-- migrate:down\n")
    with pytest.raises(MigrationError, match="TABEL"):
        await migrate(tmp_path / "data.sqlite", migrations)
    assert tables(tmp_path / "data.sqlite") == {"one"}


async def test_a_connection_checks_foreign_keys_and_shares_the_file(tmp_path: Path, migrations: Path) -> None:
    (migrations / "20260102000000_two.sql").write_text(SECOND)
    database = tmp_path / "data.sqlite"
    await migrate(database, migrations)
    async with connected(database) as one, connected(database) as other:
        with pytest.raises(sqlite3.IntegrityError):
            await one.execute("INSERT INTO two (id) VALUES (7)")
        await one.execute("INSERT INTO one (id) VALUES (7)")  # autocommit: others see it at once
        (row,) = await other.execute_fetchall("SELECT id FROM one")
        assert row["id"] == 7


async def test_several_connections_may_open_a_fresh_file_at_once(tmp_path: Path) -> None:
    async def use(database: Path) -> None:
        async with connected(database) as connection:
            await connection.execute("CREATE TABLE IF NOT EXISTS one (id INTEGER)")
            await connection.execute("INSERT INTO one (id) VALUES (1)")

    for attempt in range(4):
        database = tmp_path / f"{attempt}.sqlite"
        await asyncio.gather(*(use(database) for _ in range(8)))
        async with connected(database) as connection:
            assert len(list(await connection.execute_fetchall("SELECT id FROM one"))) == 8
