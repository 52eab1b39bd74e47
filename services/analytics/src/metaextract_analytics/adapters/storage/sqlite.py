"""Events in SQLite. Rows in, domain values out; no row leaves this file."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import aiosqlite

from metaextract_analytics.adapters.storage import usage_sql
from metaextract_analytics.domain import errors
from metaextract_analytics.domain.model import Event, Period, Report
from metaextract_analytics.domain.usage import SESSION, USER, Usage, UsageQuery

MIGRATIONS: Final = Path(__file__).parent / "migrations" / "sqlite"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_TIME_US_MIN: Final = -(2**63)
_TIME_US_MAX: Final = 2**63 - 1

# One statement: the unique key decides which event was first, and a batch is stored whole or not at all
# without a transaction that other tasks could slip into.
_INSERT = """
INSERT INTO events (event_id, name, time_us, source, attributes, traceparent)
VALUES {rows}
ON CONFLICT (event_id) DO NOTHING
RETURNING event_id
"""
_INSERT_ROW = "(?, ?, ?, ?, ?, ?)"
_REPORT = """
SELECT name, count(*) AS events_count, min(time_us) AS first_time_us, max(time_us) AS last_time_us
FROM events
WHERE time_us >= :start_us AND time_us < :end_us
GROUP BY name
"""
_DELETE = """
DELETE FROM events
WHERE event_id IN (SELECT event_id FROM events WHERE time_us < :before_us ORDER BY time_us LIMIT :count_max)
"""
_CHECK = "SELECT event_id FROM events LIMIT 1"


class SqliteEventStore:
    """Implements `domain.ports.EventStore`. Borrows its connection, which is in autocommit mode."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def add(self, events: Sequence[Event]) -> tuple[Event, ...]:
        """Store the events whose ids are unknown and return them."""
        if not events:
            return ()
        statement = _INSERT.format(rows=", ".join([_INSERT_ROW] * len(events)))
        values = [value for event in events for value in _values(event)]
        with _failures_named():
            stored = {row["event_id"] for row in await self._connection.execute_fetchall(statement, values)}
        first: dict[str, Event] = {}
        for event in events:
            first.setdefault(event.event_id, event)
        return tuple(event for event in first.values() if event.event_id in stored)

    async def report(self, period: Period) -> Report:
        """Count the events of `period`."""
        start_us, end_us = _limits(period)
        limits = {"start_us": start_us, "end_us": end_us}
        with _failures_named():
            rows = list(await self._connection.execute_fetchall(_REPORT, limits))
        if not rows:
            return Report({}, None, None)
        return Report(
            {row["name"]: row["events_count"] for row in rows},
            _from_us(min(row["first_time_us"] for row in rows)),
            _from_us(max(row["last_time_us"] for row in rows)),
        )

    async def usage(self, query: UsageQuery) -> Usage:
        """Count what was done."""
        statement, values = usage_sql.statement(query, *_limits(query.period))
        with _failures_named():
            rows = list(await self._connection.execute_fetchall(statement, values))
        named = [row for row in rows if row["kind"] == "name"]
        return Usage(
            counts_by_name={row["text"]: row["number"] for row in named},
            sessions_count=usage_sql.distinct(rows, SESSION),
            users_count=usage_sql.distinct(rows, USER),
            first_time=_from_us(min(row["first_us"] for row in named)) if named else None,
            last_time=_from_us(max(row["last_us"] for row in named)) if named else None,
            counts_by_value=tuple(usage_sql.counts(rows, at) for at in range(len(query.counted))),
            means=tuple(usage_sql.mean(rows, at) for at in range(len(query.averaged))),
        )

    async def delete_before(self, time: datetime, *, count_max: int) -> int:
        """Delete up to `count_max` events that happened before `time`, the oldest first."""
        with _failures_named():
            cursor = await self._connection.execute(
                _DELETE, {"before_us": _to_us(time), "count_max": count_max}
            )
            await cursor.close()
        return cursor.rowcount

    async def check(self) -> None:
        """Return if events can be read now."""
        with _failures_named():
            await self._connection.execute_fetchall(_CHECK)


@contextmanager
def _failures_named() -> Iterator[None]:
    """Turn what the file or the file system does to us into STORE_UNAVAILABLE; our own defects stay.

    SQLite reports a damaged file as a plain DatabaseError and nearly all else (locked, full, unreadable,
    schema missing) as OperationalError; the other classes say that a statement of ours is wrong.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        if type(error) not in (sqlite3.DatabaseError, sqlite3.OperationalError):
            raise
        raise errors.store_unavailable() from error


def _values(event: Event) -> tuple[str | int, ...]:
    attributes = json.dumps(dict(event.attributes), ensure_ascii=False)
    return event.event_id, event.name, _to_us(event.time), event.source, attributes, event.traceparent


def _limits(period: Period) -> tuple[int, int]:
    """Return the first moment that counts and the first that no longer does."""
    start_us = _TIME_US_MIN if period.start is None else _to_us(period.start)
    return start_us, _TIME_US_MAX if period.end is None else _to_us(period.end)


def _to_us(time: datetime) -> int:
    return (time - _EPOCH) // _MICROSECOND


def _from_us(time_us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=time_us)
