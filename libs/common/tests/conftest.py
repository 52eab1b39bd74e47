"""What the tests of the library share: recorded spans, and sockets with short names."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


@pytest.fixture(scope="session")
def span_exporter() -> InMemorySpanExporter:
    """A process has one tracer provider: another test suite in it may have set it before us."""
    exporter = InMemorySpanExporter()
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        provider = TracerProvider()
        trace.set_tracer_provider(provider)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return exporter


@pytest.fixture
def spans(span_exporter: InMemorySpanExporter) -> InMemorySpanExporter:
    span_exporter.clear()
    return span_exporter


@pytest.fixture
def socket_folder() -> Iterator[Path]:
    """The name of a Unix socket has 107 bytes at most; pytest's own folders can be longer."""
    folder = Path(tempfile.mkdtemp(prefix="mx-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder)
