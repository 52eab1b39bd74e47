"""Forward migrations of the PostgreSQL store, in a schema of the extractor's own."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from metaextract_common.storage.sqlite import MigrationError

MIGRATIONS: Final = Path(__file__).parent / "migrations" / "postgres"
SCHEMA: Final = "extractor"


async def migrate(url: str, migrations: Path = MIGRATIONS) -> None:
    """Bring a database to the newest schema (plain SQL files, run by dbmate, which makes the schema too).

    `url`: `postgres://user:password@host:port/database?sslmode=…`; libpq's names of options. Safe to call
    again and from several processes: one migrates at a time. Raises MigrationError.
    """
    command = [
        str(Path(sys.executable).with_name("dbmate")),
        f"--migrations-dir={migrations}",
        f"--migrations-table={SCHEMA}.schema_migrations",  # other services may have the same database
        "--no-dump-schema",
        "--migration-lock",
        "migrate",
    ]
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "DATABASE_URL": url},  # not an argument: everybody can read those
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise MigrationError(output.decode(errors="replace").strip())
