"""`metaextract_common.events` delivers to this service, whatever happens in between."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from opentelemetry import trace
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from metaextract.analytics.v1 import analytics_pb2 as pb
from metaextract.analytics.v1.analytics_pb2_grpc import AnalyticsServiceStub
from metaextract_analytics.main import running
from metaextract_analytics.settings import Settings
from metaextract_common.events import QUEUED_COUNT_MAX, EventPublisher, publishing
from metaextract_common.rpc.client import open_channel

if TYPE_CHECKING:
    from metaextract.analytics.v1.analytics_pb2_grpc import AnalyticsServiceAsyncStub


def _publish(publisher: EventPublisher, name: str, count: int) -> None:
    for number in range(count):
        publisher.publish(name, {"number": str(number)})


async def _reported(address: str) -> dict[str, int]:
    async with open_channel(address, timeout_seconds=60) as channel:
        analytics: AnalyticsServiceAsyncStub = AnalyticsServiceStub(channel)
        report = await analytics.GetEventReport(pb.GetEventReportRequest())
    return dict(report.events_by_name)


async def _until_reported(address: str) -> None:
    while True:
        if await _reported(address):
            return
        await asyncio.sleep(0.01)


async def test_nothing_is_lost_or_doubled_while_analytics_is_restarted(settings: Settings) -> None:
    async with (
        open_channel(settings.listen, timeout_seconds=60) as channel,
        publishing("billing", channel, flush_seconds=60) as publisher,
    ):
        async with running(settings):
            _publish(publisher, "before", 40)
            await publisher.flushed()
            _publish(publisher, "at.the.end", 700)
            await asyncio.sleep(0)  # the first of them are under way when the service drains
        _publish(publisher, "away", 50)

        async with running(settings) as address:
            _publish(publisher, "after", 30)
            await publisher.flushed()
            names = await _reported(address)

    assert names == {"before": 40, "at.the.end": 700, "away": 50, "after": 30}


async def test_events_whose_answer_was_lost_are_sent_again_and_counted_once(
    spans: InMemorySpanExporter, settings: Settings
) -> None:
    front = Path(settings.listen.removeprefix("unix:")).with_name("front")
    async with (
        running(settings) as address,
        _answers_lost(front, settings.listen.removeprefix("unix:")) as restored,
        open_channel(f"unix:{front}", timeout_seconds=60) as channel,
        publishing("billing", channel, flush_seconds=60) as publisher,
    ):
        _publish(publisher, "hold.captured", 5)
        await _until_reported(address)
        sent_again = asyncio.create_task(publisher.flushed())
        await asyncio.sleep(0)
        assert not sent_again.done()  # stored, and the publisher does not know

        restored.set()
        await sent_again

        assert await _reported(address) == {"hold.captured": 5}

    deliveries = [span for span in spans.get_finished_spans() if span.name.endswith("/RecordEvents")]
    assert [span.kind for span in deliveries].count(SpanKind.SERVER) == 2
    assert len([span for span in spans.get_finished_spans() if span.kind is SpanKind.CONSUMER]) == 5


async def test_events_beyond_the_bound_are_dropped_without_raising(settings: Settings) -> None:
    async with (
        open_channel(settings.listen, timeout_seconds=60) as channel,
        publishing("billing", channel, flush_seconds=60) as publisher,
    ):
        _publish(publisher, "kept", QUEUED_COUNT_MAX)
        _publish(publisher, "dropped", 3)

        async with running(settings) as address:
            await publisher.flushed()
            names = await _reported(address)

    assert names == {"kept": QUEUED_COUNT_MAX}


async def test_a_published_event_continues_the_trace_of_its_publisher(
    spans: InMemorySpanExporter, settings: Settings
) -> None:
    async with (
        running(settings) as address,
        open_channel(address, timeout_seconds=60) as channel,
        publishing("billing", channel, flush_seconds=60) as publisher,
    ):
        with trace.get_tracer("test").start_as_current_span("capture") as capture:
            publisher.publish("hold.captured", {})
        await publisher.flushed()

    by_kind = {span.kind: span for span in spans.get_finished_spans() if "hold.captured" in span.name}
    produced, consumed = by_kind[SpanKind.PRODUCER], by_kind[SpanKind.CONSUMER]
    assert consumed.context.trace_id == capture.get_span_context().trace_id
    assert consumed.parent.span_id == produced.context.span_id
    assert produced.parent.span_id == capture.get_span_context().span_id


@asynccontextmanager
async def _answers_lost(front: Path, back: str) -> AsyncIterator[asyncio.Event]:
    """Forward `front` to `back`; answers of the service are swallowed until the yielded event is set.

    Then the connections of that time break, as they do when a network heals. What the service says
    before it has a request (the HTTP/2 handshake) passes.
    """
    restored = asyncio.Event()
    relays: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back_reader, back_writer = await asyncio.open_unix_connection(back)
        lossy = not restored.is_set()
        asked = asyncio.Event()
        tasks = {
            asyncio.create_task(_forward(reader, back_writer, asked)),
            asyncio.create_task(_answer(back_reader, writer, asked if lossy else asyncio.Event())),
        }
        if lossy:
            tasks.add(asyncio.create_task(_wait(restored)))
        relays.update(tasks)
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        writer.close()
        back_writer.close()

    server = await asyncio.start_unix_server(accept, front)
    try:
        yield restored
    finally:
        server.close()
        for relay in relays:
            relay.cancel()
        await asyncio.gather(*relays, return_exceptions=True)
        await server.wait_closed()


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: asyncio.Event) -> None:
    while data := await reader.read(65536):
        if b"RecordEvents" in data:  # the first request's path is sent as it is (HPACK without Huffman)
            asked.set()
        writer.write(data)
        await writer.drain()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, lost: asyncio.Event) -> None:
    while data := await reader.read(65536):
        if not lost.is_set():
            writer.write(data)
            await writer.drain()
