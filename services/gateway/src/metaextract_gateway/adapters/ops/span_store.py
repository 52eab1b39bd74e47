"""Reads the file that `metaextract_common.telemetry.span_store` writes. Rows in, values out."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

TRACES_COUNT_MAX: Final = 100
SPANS_COUNT_MAX: Final = 2000
"""Spans of one trace that are read; the first ones, by start."""

_BUSY_SECONDS: Final = 2.0

# The root is the span without a parent, or else the earliest one whose parent is not stored.
_NEWEST = """
WITH newest AS (
    SELECT
        trace_id,
        min(start_ns) AS start_ns,
        max(end_ns) AS end_ns,
        count(*) AS spans_count,
        sum(status = 'ERROR') AS errors_count,
        group_concat(DISTINCT service) AS services
    FROM spans
    GROUP BY trace_id
    HAVING errors_count >= :errors_count_min
    ORDER BY start_ns DESC
    LIMIT :traces_count_max
)
SELECT
    trace_id, start_ns, end_ns, spans_count, errors_count, services,
    (
        SELECT root.name
        FROM spans AS root
        LEFT JOIN spans AS parent ON parent.span_id = root.parent_span_id
        WHERE root.trace_id = newest.trace_id AND parent.span_id IS NULL
        ORDER BY root.parent_span_id IS NOT NULL, root.start_ns
        LIMIT 1
    ) AS root_name
FROM newest
ORDER BY start_ns DESC
"""
_TRACE = """
SELECT span_id, parent_span_id, service, name, kind, start_ns, end_ns, status, attributes
FROM spans
WHERE trace_id = :trace_id
ORDER BY start_ns, span_id
LIMIT :spans_count_max
"""
_COUNT = "SELECT count(*) AS spans_count FROM spans WHERE trace_id = :trace_id"


@dataclass(frozen=True, slots=True)
class Span:
    """One finished piece of work; times are nanoseconds since 1970."""

    span_id: str
    parent_span_id: str | None
    service: str
    name: str
    kind: str
    start_ns: int
    end_ns: int
    status: str
    attributes: Mapping[str, object]

    @property
    def failed(self) -> bool:
        """True if the span says that it ended in an error."""
        return self.status == "ERROR"


@dataclass(frozen=True, slots=True)
class Trace:
    """The spans of one trace in the order of their start; `spans_count` also counts those left out."""

    trace_id: str
    spans: tuple[Span, ...]
    spans_count: int


@dataclass(frozen=True, slots=True)
class TraceSummary:
    """One line of the list of traces."""

    trace_id: str
    root_name: str
    services: tuple[str, ...]
    start_ns: int
    end_ns: int
    spans_count: int
    errors_count: int


class SpansNotKeptError(Exception):
    """No process has written spans to this file yet."""


class SpanStore:
    """The finished spans of all processes. Blocks: call it from a thread."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def newest(self, *, failed_only: bool) -> list[TraceSummary]:
        """Return the newest 100 traces, newest first."""
        with closing(self._connected()) as connection:
            rows = connection.execute(
                _NEWEST, {"errors_count_min": int(failed_only), "traces_count_max": TRACES_COUNT_MAX}
            ).fetchall()
        return [
            TraceSummary(
                row["trace_id"],
                row["root_name"] or "",
                tuple(sorted(row["services"].split(","))),
                row["start_ns"],
                row["end_ns"],
                row["spans_count"],
                row["errors_count"],
            )
            for row in rows
        ]

    def trace(self, trace_id: str) -> Trace | None:
        """Return one trace, or None if it is not stored."""
        with closing(self._connected()) as connection:
            count = connection.execute(_COUNT, {"trace_id": trace_id}).fetchone()["spans_count"]
            rows = connection.execute(
                _TRACE, {"trace_id": trace_id, "spans_count_max": SPANS_COUNT_MAX}
            ).fetchall()
        if not rows:
            return None
        return Trace(trace_id, tuple(_span(row) for row in rows), count)

    def _connected(self) -> sqlite3.Connection:
        if not self._path.is_file():
            raise SpansNotKeptError
        uri = f"file:{quote(str(self._path))}?mode=ro"
        connection = sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS)
        connection.row_factory = sqlite3.Row
        return connection


def _span(row: sqlite3.Row) -> Span:
    return Span(
        row["span_id"],
        row["parent_span_id"],
        row["service"],
        row["name"],
        row["kind"],
        row["start_ns"],
        row["end_ns"],
        row["status"],
        json.loads(row["attributes"]),
    )
