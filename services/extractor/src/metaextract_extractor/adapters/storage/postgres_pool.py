"""Connections to PostgreSQL, and what their failures mean."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import asyncpg
import structlog
from asyncpg.pool import PoolConnectionProxy

from metaextract_extractor.adapters.storage.postgres_schema import SCHEMA
from metaextract_extractor.domain import errors

log = structlog.stdlib.get_logger()

WAIT_SECONDS_MAX: Final = 5.0
"""For a free connection, for a new one, and for an answer. What takes longer is as good as away."""

CONNECTIONS_COUNT_MAX: Final = 10

_AWAY: Final = ("08", "25006", "28", "3D", "40", "53", "55000", "55P03", "57", "58", "XX001", "XX002")
"""Connections, read-only, logins, databases, deadlocks, resources, locks, operators, files, damage."""


class Connections:
    """Borrows a pool; lends its connections."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", wait_seconds_max: float) -> None:
        self._pool = pool
        self._wait_seconds_max = wait_seconds_max

    @asynccontextmanager
    async def one(self) -> AsyncIterator["PoolConnectionProxy[asyncpg.Record]"]:
        """Lend a connection. What fails within becomes STORE_UNAVAILABLE, or is a defect."""
        with _told():
            async with self._pool.acquire(timeout=self._wait_seconds_max) as connection:
                try:
                    yield connection
                except TimeoutError:  # also an OSError; asyncpg has ended the statement
                    raise
                except (OSError, asyncpg.InternalClientError):
                    connection.terminate()  # it broke while sending, and asyncpg does not know yet
                    raise


@asynccontextmanager
async def opened(
    url: str,
    connections_count_max: int = CONNECTIONS_COUNT_MAX,
    wait_seconds_max: float = WAIT_SECONDS_MAX,
) -> AsyncIterator[Connections]:
    """Open connections to `url`; at the end wait for what is under way.

    Connections that broke are replaced when the next one is needed.
    """
    async with asyncpg.create_pool(
        url,
        min_size=0,
        max_size=connections_count_max,
        max_inactive_connection_lifetime=0,
        timeout=wait_seconds_max,
        command_timeout=wait_seconds_max,
        reset=_kept_as_it_is,
        server_settings={
            "application_name": "metaextract-extractor",
            "search_path": SCHEMA,
            "timezone": "UTC",
            "statement_timeout": str(round(wait_seconds_max * 1000)),
            # Plans are kept by connections that made them while tables were still empty.
            "plan_cache_mode": "force_custom_plan",
        },
    ) as pool:
        yield Connections(pool, wait_seconds_max)


async def _kept_as_it_is(_: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Spare the round trip that would reset what nobody changes."""


@contextmanager
def _told() -> Iterator[None]:
    """Translate what PostgreSQL, and the way to it, raise; what breaks a unique key stays as it is."""
    try:
        yield
    except asyncpg.PostgresError as error:
        if not (error.sqlstate or "").startswith(_AWAY):
            raise
        raise _away(error) from error
    except asyncpg.DataError:
        raise
    except (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError) as error:
        raise _away(error) from error


def _away(error: Exception) -> Exception:
    log.warning("store.unavailable", error=f"{type(error).__name__}: {error}")
    return errors.store_unavailable()
