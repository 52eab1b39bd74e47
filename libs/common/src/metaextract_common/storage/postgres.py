"""PostgreSQL, the store that replicas share: connections, what their failures mean, forward migrations."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

import asyncpg
import structlog
from asyncpg.pool import PoolConnectionProxy
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from metaextract_common.storage.sqlite import MigrationError

log = structlog.stdlib.get_logger()

CONNECTIONS_COUNT_MAX: Final = 10
WAIT_SECONDS_MAX: Final = 5.0
"""For a free connection, for a new one, and for an answer. What takes longer is as good as away."""

_AWAY: Final = ("08", "25006", "28", "3D", "53", "55000", "55P03", "57", "58", "XX001", "XX002")
"""Connections, read-only, logins, databases, resources, locks, operators, files, damage."""

_IN_THE_WAY: Final = ("(40001)", "(40P01)", "(55P03)")
"""How dbmate tells that a migration met other transactions: serialization failures, deadlocks, locks."""

MIGRATION_SECONDS_MAX: Final = 60.0
"""So long a migration is begun anew because others are in its way."""

Failure = Callable[[str], Exception | None]
"""What an SQLSTATE means to a store, None if nothing in particular. The empty one: PostgreSQL is away."""


class Connections:
    """Borrows a pool; lends its connections."""

    def __init__(
        self, pool: "asyncpg.Pool[asyncpg.Record]", wait_seconds_max: float, failure: Failure
    ) -> None:
        self._pool = pool
        self._wait_seconds_max = wait_seconds_max
        self._failure = failure

    @asynccontextmanager
    async def one(self) -> AsyncIterator["PoolConnectionProxy[asyncpg.Record]"]:
        """Lend a connection. What fails within becomes what the store makes of it, or is a defect."""
        with self._told():
            async with self._pool.acquire(timeout=self._wait_seconds_max) as connection:
                try:
                    yield connection
                except TimeoutError:  # also an OSError; asyncpg has ended the statement
                    raise
                except (OSError, asyncpg.InternalClientError):
                    connection.terminate()  # it broke while sending, and asyncpg does not know yet
                    raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Translate what PostgreSQL, and the way to it, raise.

        Whether a commit took place is unknown if the connection broke. A broken CHECK is a defect of ours and
        stays as it is.
        """
        try:
            yield
        except asyncpg.PostgresError as error:
            sqlstate = error.sqlstate or ""
            if sqlstate and (meant := self._failure(sqlstate)):
                raise meant from error
            if not sqlstate.startswith(_AWAY):
                raise
            raise self._away(error) from error
        except asyncpg.DataError:
            raise
        except (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError) as error:
            raise self._away(error) from error

    def _away(self, error: Exception) -> Exception:
        log.warning("store.unavailable", error=f"{type(error).__name__}: {error}")
        return self._failure("") or error


@asynccontextmanager
async def opened(
    url: str,
    failure: Failure,
    server_settings: Mapping[str, str],
    connections_count_max: int = CONNECTIONS_COUNT_MAX,
    wait_seconds_max: float = WAIT_SECONDS_MAX,
) -> AsyncIterator[Connections]:
    """Open connections to `url`; at the end wait for what is under way, as long as an answer may take.

    Connections that broke are replaced when the next one is needed.
    """
    pool = asyncpg.create_pool(
        url,
        min_size=0,
        max_size=connections_count_max,
        max_inactive_connection_lifetime=0,
        timeout=wait_seconds_max,
        command_timeout=wait_seconds_max,
        reset=_kept_as_it_is,
        server_settings={"timezone": "UTC", **server_settings},
    )
    await pool
    try:
        yield Connections(pool, wait_seconds_max, failure)
    finally:
        try:
            await asyncio.wait_for(pool.close(), wait_seconds_max)
        except TimeoutError:  # the pool has cut what was left
            log.warning("store.cut_off", meaning="a connection was not given back in time")


async def _kept_as_it_is(_: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Spare the round trip that would reset what nobody changes."""


class _InTheWayError(MigrationError):
    """Others work on the tables that a migration changes."""


async def migrate(url: str, migrations: Path, *, table: str = "schema_migrations") -> None:
    """Bring a database to the newest schema in `migrations` (plain SQL files, run by dbmate).

    `url`: `postgres://user:password@host:port/database?sslmode=…`; libpq's names of options. `table` is where
    dbmate notes what it applied. Safe to call again and from several processes: one migrates at a time.
    Each file is one transaction, begun anew if it met those of a version that still serves.
    Raises MigrationError.
    """
    retrying = AsyncRetrying(
        retry=retry_if_exception_type(_InTheWayError),
        wait=wait_random_exponential(multiplier=0.1, max=2),
        stop=stop_after_delay(MIGRATION_SECONDS_MAX),
        reraise=True,
    )
    await retrying(_migrated, url, migrations, table)


async def _migrated(url: str, migrations: Path, table: str) -> None:
    command = [
        str(Path(sys.executable).with_name("dbmate")),
        f"--migrations-dir={migrations}",
        f"--migrations-table={table}",
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
    if not process.returncode:
        return
    told = output.decode(errors="replace").strip()
    if any(sqlstate in told for sqlstate in _IN_THE_WAY):
        log.warning("store.migration_waits", meaning="others work on the tables that it changes")
        raise _InTheWayError(told)
    raise MigrationError(told)
