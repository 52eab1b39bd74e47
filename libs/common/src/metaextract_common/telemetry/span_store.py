"""Keeps finished spans in a SQLite file, so that a trace can be looked at without other software."""

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import format_span_id, format_trace_id

from metaextract_common.storage.sqlite import locked

SPANS_COUNT_MAX: Final = 200_000
"""Oldest spans beyond this many are deleted."""

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS spans (
    span_id TEXT PRIMARY KEY,
    trace_id TEXT NOT NULL,
    parent_span_id TEXT,
    service TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    start_ns INTEGER NOT NULL,
    end_ns INTEGER NOT NULL,
    status TEXT NOT NULL,
    attributes TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS spans_by_trace ON spans (trace_id);
CREATE INDEX IF NOT EXISTS spans_by_start ON spans (start_ns);
"""

_INSERT = """
INSERT OR IGNORE INTO spans
    (span_id, trace_id, parent_span_id, service, name, kind, start_ns, end_ns, status, attributes)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_PRUNE = """
DELETE FROM spans WHERE rowid <= (SELECT max(rowid) FROM spans) - ?
"""


class SqliteSpanExporter(SpanExporter):
    """Writes batches of spans to one file that several processes may share (WAL mode)."""

    def __init__(self, path: str) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, timeout=5, check_same_thread=False)
        with locked(Path(path)):
            self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.executescript(SCHEMA)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Store `spans`; a file that is locked for more than 5 s loses this batch."""
        try:
            with self._connection:
                self._connection.executemany(_INSERT, [_row(span) for span in spans])
                self._connection.execute(_PRUNE, (SPANS_COUNT_MAX,))
        except sqlite3.OperationalError:
            return SpanExportResult.FAILURE
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Close the file."""
        self._connection.close()


def _row(span: ReadableSpan) -> tuple[object, ...]:
    context = span.get_span_context()
    if context is None:
        raise ValueError("a finished span has a context")
    return (
        format_span_id(context.span_id),
        format_trace_id(context.trace_id),
        format_span_id(span.parent.span_id) if span.parent else None,
        str(span.resource.attributes.get("service.name", "")),
        span.name,
        span.kind.name,
        span.start_time,
        span.end_time,
        span.status.status_code.name,
        json.dumps(dict(span.attributes or {}), default=str),
    )
