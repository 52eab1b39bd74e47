"""Several processes keep their spans in one file."""

import json
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult

from metaextract_common.telemetry import span_store
from metaextract_common.telemetry.span_store import SqliteSpanExporter

PROGRAM = """
import sys
from metaextract_common import telemetry
from opentelemetry import trace

with telemetry.reporting(sys.argv[2], span_store=sys.argv[1], metrics_listen=""):
    for number in range(100):
        with trace.get_tracer("test").start_as_current_span("outer", attributes={"number": number}):
            trace.get_tracer("test").start_span("inner").end()
"""


def rows(path: Path, query: str) -> list[tuple]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def spans(count: int, service: str = "example") -> list[ReadableSpan]:
    tracer = TracerProvider(resource=Resource({"service.name": service})).get_tracer("test")
    made = []
    for number in range(count):
        span = tracer.start_span(f"span {number}", attributes={"number": number})
        span.end()
        made.append(span)
    return made


def test_processes_that_start_at_once_share_a_file(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "spans.sqlite"
    services = ["gateway", "extractor", "billing"]
    started = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(path), service], stderr=subprocess.PIPE, text=True
        )
        for service in services
    ]
    for process in started:
        _, complaints = process.communicate(timeout=60)
        assert (process.returncode, complaints) == (0, "")
    assert rows(path, "SELECT service, count(*) FROM spans GROUP BY 1 ORDER BY 1") == [
        (service, 200) for service in sorted(services)
    ]
    orphans = """
    SELECT count(*) FROM spans AS child LEFT JOIN spans AS parent ON parent.span_id = child.parent_span_id
    WHERE child.name = 'inner' AND (parent.name IS NOT 'outer' OR parent.trace_id <> child.trace_id)
    """
    assert rows(path, orphans) == [(0,)]


def test_threads_may_open_and_write_one_fresh_file_at_once(tmp_path: Path) -> None:
    def write(number: int) -> SpanExportResult:
        exporter = SqliteSpanExporter(str(tmp_path / "spans.sqlite"))
        try:
            return exporter.export(spans(50, f"service {number}"))
        finally:
            exporter.shutdown()

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(write, range(8))) == {SpanExportResult.SUCCESS}
    assert rows(tmp_path / "spans.sqlite", "SELECT count(*) FROM spans") == [(400,)]


def test_a_span_is_kept_once_with_all_that_it_says(tmp_path: Path) -> None:
    exporter = SqliteSpanExporter(str(tmp_path / "spans.sqlite"))
    (span,) = spans(1)
    exporter.export([span])
    exporter.export([span])
    exporter.shutdown()
    ((span_id, trace_id, parent, service, name, kind, start, end, status, attributes),) = rows(
        tmp_path / "spans.sqlite",
        "SELECT span_id, trace_id, parent_span_id, service, name, kind, start_ns, end_ns, status, attributes"
        " FROM spans",
    )
    assert (int(span_id, 16), int(trace_id, 16)) == (span.context.span_id, span.context.trace_id)
    assert (parent, service, name, kind, status) == (None, "example", "span 0", "INTERNAL", "UNSET")
    assert (start, end) == (span.start_time, span.end_time)
    assert json.loads(attributes) == {"number": 0}


def test_the_oldest_spans_make_room(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(span_store, "SPANS_COUNT_MAX", 10)
    exporter = SqliteSpanExporter(str(tmp_path / "spans.sqlite"))
    for _ in range(3):
        exporter.export(spans(7))
    exporter.shutdown()
    kept = rows(tmp_path / "spans.sqlite", "SELECT name FROM spans ORDER BY rowid")
    assert [name for (name,) in kept] == [f"span {number % 7}" for number in range(11, 21)]


def test_a_locked_file_loses_a_batch_and_nothing_else(tmp_path: Path) -> None:
    exporter = SqliteSpanExporter(str(tmp_path / "spans.sqlite"))
    exporter._connection.execute("PRAGMA busy_timeout = 50")
    other = sqlite3.connect(tmp_path / "spans.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert exporter.export(spans(1)) is SpanExportResult.FAILURE
    other.execute("COMMIT")
    other.close()
    assert exporter.export(spans(1)) is SpanExportResult.SUCCESS
    exporter.shutdown()
