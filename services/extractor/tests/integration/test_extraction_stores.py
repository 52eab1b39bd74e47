"""What databases bring with them: older schemas, outages, several processes."""

import asyncio
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from metaextract_common.errors import ServiceError
from metaextract_common.storage import sqlite as sqlite_files
from metaextract_extractor.adapters.storage import postgres, postgres_schema, sqlite
from metaextract_extractor.domain.findings import ExtractionResult, FileFacts, Timings
from metaextract_extractor.domain.model import Extraction, State
from metaextract_extractor.domain.result import Basis, DetectedFormat, Field, Hashes, Standard

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
KEEP = timedelta(hours=1)
FIRST_MIGRATION = "20261123000000_extractions.sql"


def result(fields_count: int) -> ExtractionResult:
    one = Field("p", Standard.EXIF, "g", "c", "n", "1", "x\u00e9", "printed", "t", "e", None, 0)
    form = DetectedFormat("JPEG", "image/jpeg", Basis.SIGNATURE)
    facts = FileFacts("a.jpg", 7, Hashes("a", "b", "c", "d"), form)
    return ExtractionResult(facts, Timings(0.5, 0.25, 1.5, None, 1000), fields=(one,) * fields_count)


def extraction(number: int) -> Extraction:
    return Extraction(f"extractions/{number}", "alice", "", State.RECEIVING, NOW)


async def reason(awaitable) -> str:
    with pytest.raises(ServiceError) as caught:
        await awaitable
    return caught.value.reason


async def test_what_an_older_extractor_stored_can_be_read(tmp_path: Path) -> None:
    older = tmp_path / "migrations"
    older.mkdir()
    shutil.copy(sqlite.MIGRATIONS / FIRST_MIGRATION, older)
    file = tmp_path / "data.sqlite"
    await sqlite_files.migrate(file, older)
    text = TypeAdapter(ExtractionResult).dump_json(result(3)).decode()
    time = NOW.isoformat(timespec="microseconds")
    connection = sqlite3.connect(file)
    insert = "INSERT INTO extractions VALUES (?, 'alice', ?, ?, ?, ?, ?, ?, NULL, 7)"
    connection.execute(insert, ("extractions/1", "r", "succeeded", time, time, time, text))
    connection.execute(insert, ("extractions/2", "", "parsing", time, None, None, None))
    connection.commit()
    connection.close()

    async with sqlite.opened(file, "new") as stores:
        found = await stores.extractions.get("extractions/1")
        assert (found.result, found.batch, found.end_time) == (result(3), "", NOW)
        assert await stores.extractions.find_by_request("alice", "r") == found
        left = await stores.extractions.abandoned(NOW, running=[], since=NOW)
        assert [one.name for one in left] == ["extractions/2"]


async def test_whoever_opens_the_file_finds_nobody_else_alive(tmp_path: Path) -> None:
    async with sqlite.opened(tmp_path / "data.sqlite", "killed") as stores:
        await stores.extractions.renew(NOW + KEEP, [])
        await stores.extractions.add(extraction(1))
    async with sqlite.opened(tmp_path / "data.sqlite", "next") as stores:
        await stores.extractions.renew(NOW + KEEP, [])
        left = await stores.extractions.abandoned(NOW, running=[], since=NOW)
        assert [one.name for one in left] == ["extractions/1"]


async def test_replicas_that_start_at_once_migrate_once(postgres_server) -> None:
    with postgres_server.database() as name:
        url = postgres_server.url(name)
        await asyncio.gather(*(postgres_schema.migrate(url) for _ in range(3)))
        async with postgres.opened(url, "one") as stores:
            await stores.extractions.check()
        tables = postgres_server.execute(
            "SELECT string_agg(tablename, ',' ORDER BY tablename) FROM pg_tables "
            "WHERE schemaname NOT IN ('pg_catalog', 'information_schema') AND schemaname = 'extractor'",
            name,
        )
        assert tables == "batches,extractions,replicas,schema_migrations"
        others = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        assert postgres_server.execute(others, name) == "0"


async def test_a_database_that_is_not_there_is_unavailable(postgres_server) -> None:
    async with postgres.connected(postgres_server.url("nowhere"), "one") as stores:
        assert await reason(stores.extractions.get("extractions/1")) == "STORE_UNAVAILABLE"
        assert await reason(stores.extractions.add(extraction(1))) == "STORE_UNAVAILABLE"
        assert await reason(stores.extractions.renew(NOW, [])) == "STORE_UNAVAILABLE"
        assert await reason(stores.batches.get("batches/1")) == "STORE_UNAVAILABLE"


async def test_connections_that_break_are_replaced(postgres_server, extractor_database) -> None:
    name = extractor_database.rpartition("?")[0].rpartition("/")[2]
    async with postgres.connected(extractor_database, "one") as stores:
        await stores.extractions.add(extraction(1))
        others = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        assert int(postgres_server.execute(f"{others} AND datname = current_database()", name)) >= 1
        tried = [
            await asyncio.gather(stores.extractions.get("extractions/1"), return_exceptions=True)
            for _ in range(2)
        ]
        failed = [one for (one,) in tried if isinstance(one, Exception)]
        assert {getattr(one, "reason", one) for one in failed} <= {"STORE_UNAVAILABLE"}
        assert tried[-1] == [extraction(1)]


async def test_a_long_result_is_small_in_the_database(postgres_server, extractor_database) -> None:
    name = extractor_database.rpartition("?")[0].rpartition("/")[2]
    long = result(20_000)
    async with postgres.connected(extractor_database, "one") as stores:
        await stores.extractions.add(extraction(1))
        parsing = extraction(1).to(State.QUEUED).to(State.PARSING)
        succeeded = parsing.succeeded(long, at=NOW, keep=KEEP, sequence=7)
        await stores.extractions.update(succeeded)
        assert await stores.extractions.get("extractions/1") == succeeded
    stored = postgres_server.execute("SELECT pg_column_size(result) FROM extractor.extractions", name)
    assert int(stored) < len(TypeAdapter(ExtractionResult).dump_json(long)) / 20
