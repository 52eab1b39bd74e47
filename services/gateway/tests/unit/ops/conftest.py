"""A span store that real spans are written to, and the operations port that shows it."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from metaextract_common.telemetry.span_store import SqliteSpanExporter
from metaextract_gateway.adapters.ops.app import build_ops_app

MS = 1_000_000
BASE_NS = 1_760_000_000 * 1000 * MS  # 2025-10-09T08:53:20Z

Record = Callable[..., Span]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spans.sqlite"


@pytest.fixture
def record(path: Path) -> Iterator[Record]:
    """A function that stores a finished span of a service; times are ms after BASE_NS."""
    exporter = SqliteSpanExporter(str(path))
    providers: dict[str, TracerProvider] = {}

    def _record(
        service: str,
        name: str,
        start_ms: float,
        end_ms: float,
        parent: Span | None = None,
        attributes: Mapping[str, str | int] | None = None,
        *,
        failed: bool = False,
    ) -> Span:
        if service not in providers:
            resource = Resource.create({"service.name": service})
            providers[service] = TracerProvider(resource=resource, shutdown_on_exit=False)
            providers[service].add_span_processor(SimpleSpanProcessor(exporter))
        context = trace.set_span_in_context(parent) if parent else None
        span = (
            providers[service]
            .get_tracer("test")
            .start_span(name, context, SpanKind.SERVER, attributes, start_time=round(BASE_NS + start_ms * MS))
        )
        if failed:
            span.set_status(Status(StatusCode.ERROR))
        span.end(round(BASE_NS + end_ms * MS))
        return span

    yield _record
    exporter.shutdown()


@pytest.fixture
def damaged(path: Path) -> None:
    path.write_bytes(b"not a database at all" * 100)


@pytest.fixture
async def ops(path: Path) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(build_ops_app(path))
    async with httpx.AsyncClient(transport=transport, base_url="http://ops") as client:
        yield client


@pytest.fixture
def capture(record: Record) -> Span:
    """One request through three services, its children stored before their parents and out of order."""
    root = record("gateway", "POST /v1/captures", 0, 100, attributes={"http.response.status_code": 200})
    late = record("billing", "metaextract.billing.v1.BillingService/CaptureHold", 60, 80, root)
    early = record("extractor", "parse", 10, 50, root)
    record("analytics", "record hold.captured", 90, 90.25, late)
    record("extractor", "read header", 20, 30, early)
    return root
