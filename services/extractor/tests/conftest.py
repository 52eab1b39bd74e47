"""What the tests of all layers share: recorded spans, short folders, and processes to look at."""

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import psutil
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

SECONDS_MAX = 20

Becomes = Callable[[Callable[[], bool | Awaitable[bool]]], Awaitable[None]]


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
def folder() -> Iterator[Path]:
    """The name of a Unix socket has 107 bytes at most; pytest's own folders can be longer."""
    made = Path(tempfile.mkdtemp(prefix="mx-", dir="/tmp"))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def becomes() -> Becomes:
    """Wait until a condition (plain or asynchronous) holds."""

    async def wait(condition: Callable[[], bool | Awaitable[bool]]) -> None:
        async with asyncio.timeout(SECONDS_MAX):
            while True:
                holds = condition()
                if isinstance(holds, Awaitable):
                    holds = await holds
                if holds:
                    return
                await asyncio.sleep(0.01)

    return wait


@pytest.fixture
def worker_pids() -> Callable[[], set[int]]:
    """Return the workers that this process has started and that are alive."""

    def find() -> set[int]:
        found = set()
        for child in psutil.Process().children():
            try:
                if (
                    "metaextract_extractor.worker" in child.cmdline()
                    and child.status() != psutil.STATUS_ZOMBIE
                ):
                    found.add(child.pid)
            except psutil.NoSuchProcess:
                continue
        return found

    return find
