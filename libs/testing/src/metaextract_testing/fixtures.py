"""Fixtures that the tests of several packages share (a pytest plugin, loaded by conftest.py at the root)."""

from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from metaextract_testing import fleet, nats, postgres


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.PostgresServer]:
    """A PostgreSQL server for the whole run; a killed process loses nothing that it has confirmed."""
    with postgres.started(fsync="off") as server:
        yield server


@pytest.fixture(scope="session")
def nats_server() -> Iterator[nats.NatsServer]:
    """A NATS server for the whole run, for tests that leave it alive; each names a bus of its own."""
    with nats.started() as server:
        yield server


@pytest.fixture(scope="session")
def unmetered_fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[fleet.Fleet]:
    """The whole product for the whole run, for tests that leave it alive."""
    with fleet.started(tmp_path_factory.mktemp("unmetered")) as running:
        yield running


@pytest.fixture(scope="session")
def span_exporter() -> InMemorySpanExporter:
    """Record the spans of this process, which can have one tracer provider only."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    trace.set_tracer_provider(provider)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return exporter


@pytest.fixture
def spans(span_exporter: InMemorySpanExporter) -> InMemorySpanExporter:
    """The spans that end during a test."""
    span_exporter.clear()
    return span_exporter
