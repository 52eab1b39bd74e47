"""One statement for a report on usage: all of it sees the same events."""

from collections.abc import Iterator, Sequence
from sqlite3 import Row
from typing import Final

from metaextract_analytics.domain.usage import SESSION, USER, EventAttribute, UsageQuery

_SEEN: Final = """
WITH seen AS MATERIALIZED (
    SELECT name, time_us, attributes FROM events
    WHERE source = ? AND time_us >= ? AND time_us < ?
    ORDER BY time_us DESC LIMIT ?
)
SELECT 'name' AS kind, 0 AS place, name AS text, count(*) AS number, min(time_us) AS first_us,
    max(time_us) AS last_us
FROM seen GROUP BY name
"""
_DISTINCT: Final = """
UNION ALL
SELECT 'distinct', 0, '{attribute}', count(DISTINCT attributes ->> '{attribute}'), NULL, NULL FROM seen
"""
_COUNTED: Final = """
UNION ALL
SELECT 'counted', ?, coalesce(attributes ->> ?, '') AS text, count(*), NULL, NULL
FROM seen WHERE name = ? GROUP BY text
"""
# A number: digits, and perhaps a point between digits.
_AVERAGED: Final = """
UNION ALL
SELECT 'averaged', ?, '', avg(CAST(text AS REAL)), NULL, NULL
FROM (SELECT attributes ->> ? AS text FROM seen WHERE name = ?)
WHERE text GLOB '[0-9]*' AND text GLOB '*[0-9]' AND text NOT GLOB '*[^0-9.]*' AND text NOT GLOB '*.*.*'
"""


def statement(query: UsageQuery, start_us: int, end_us: int) -> tuple[str, list[str | int]]:
    """Return the statement and its values."""
    parts = [_SEEN, *(_DISTINCT.format(attribute=one) for one in (SESSION, USER))]
    values: list[str | int] = [query.source, start_us, end_us, query.events_count_max]
    for part, asked in ((_COUNTED, query.counted), (_AVERAGED, query.averaged)):
        parts += [part] * len(asked)
        values += _placed(asked)
    return "".join(parts), values


def _placed(asked: Sequence[EventAttribute]) -> Iterator[str | int]:
    for place, one in enumerate(asked):
        yield from (place, one.attribute, one.event)


def distinct(rows: Sequence[Row], attribute: str) -> int:
    """Return how many values an attribute has."""
    return next(int(row["number"]) for row in rows if (row["kind"], row["text"]) == ("distinct", attribute))


def counts(rows: Sequence[Row], place: int) -> dict[str, int]:
    """Return the events by value."""
    return {row["text"]: row["number"] for row in rows if (row["kind"], row["place"]) == ("counted", place)}


def mean(rows: Sequence[Row], place: int) -> float | None:
    """Return the mean; None of nothing."""
    means = (row["number"] for row in rows if (row["kind"], row["place"]) == ("averaged", place))
    return next(means, None)
