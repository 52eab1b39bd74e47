"""Events reach analytics in the end, and nobody waits for them."""

import asyncio
from contextlib import asynccontextmanager

import grpc
import pytest
from opentelemetry import trace

from metaextract.analytics.v1 import analytics_pb2 as pb
from metaextract.analytics.v1 import analytics_pb2_grpc as pb_grpc
from metaextract_common import events
from metaextract_common.errors import Kind, ServiceError
from metaextract_common.events import BATCH_COUNT_MAX, EventPublisher, publishing
from metaextract_common.rpc.client import open_channel
from metaextract_common.rpc.server import RequestInterceptor


class Analytics(pb_grpc.AnalyticsServiceServicer):
    """Keeps what it is sent; fails as often as it is told."""

    def __init__(self) -> None:
        self.failures: list[Exception] = []
        self.batches: list[list[pb.Event]] = []
        self.attempts: list[list[str]] = []

    async def RecordEvents(self, request, context):
        self.attempts.append([event.event_id for event in request.events])
        if self.failures:
            raise self.failures.pop()
        self.batches.append(list(request.events))
        return pb.RecordEventsResponse()

    @property
    def names(self) -> list[str]:
        return [event.name for batch in self.batches for event in batch]


@pytest.fixture
async def analytics(socket_folder):
    server = grpc.aio.server(
        interceptors=[RequestInterceptor(default_seconds=60, max_seconds=60, stream_max_seconds=60)]
    )
    servicer = Analytics()
    pb_grpc.add_AnalyticsServiceServicer_to_server(servicer, server)
    server.add_insecure_port(f"unix:{socket_folder}/s")
    await server.start()
    yield servicer
    await server.stop(None)


@pytest.fixture
def publisher(socket_folder, monkeypatch):
    monkeypatch.setattr(events, "RETRY_SECONDS", 0.02)

    @asynccontextmanager
    async def start(flush_seconds: float = 60):
        async with (
            open_channel(f"unix:{socket_folder}/s", timeout_seconds=60) as channel,
            publishing("example", channel, flush_seconds=flush_seconds) as publisher,
        ):
            yield publisher

    return start


async def test_what_was_published_is_sent_before_the_end(publisher, analytics, spans) -> None:
    async with publisher() as one:
        with trace.get_tracer("test").start_as_current_span("work"):
            one.publish("example.happened", {"format": "JPEG"})
    ((event,),) = analytics.batches
    assert (event.name, event.source, event.attributes) == ("example.happened", "example", {"format": "JPEG"})
    assert event.time.seconds > 0
    work = next(span for span in spans.get_finished_spans() if span.name == "work")
    assert f"{work.context.trace_id:032x}" in event.traceparent


async def test_events_go_in_order_and_in_batches(publisher, analytics) -> None:
    names = [f"example.{number}" for number in range(BATCH_COUNT_MAX * 2 + 50)]
    async with publisher() as one:
        for name in names:
            one.publish(name, {})
    assert analytics.names == names
    assert len(analytics.batches) == 3
    assert max(map(len, analytics.batches)) == BATCH_COUNT_MAX


async def test_a_batch_that_failed_is_sent_again_with_the_same_ids(publisher, analytics) -> None:
    away = ServiceError(Kind.UNAVAILABLE, "analytics.metaextract", "AWAY", "a text")
    analytics.failures = [away, away]
    async with publisher() as one:
        one.publish("example.happened", {})
    assert len(analytics.attempts) == 3
    assert len({tuple(ids) for ids in analytics.attempts}) == 1
    assert analytics.names == ["example.happened"]


async def test_a_batch_that_analytics_refuses_does_not_hold_up_the_next_ones(publisher, analytics) -> None:
    async with publisher() as one:
        one.publish("x" * 101, {})  # longer than the contract allows
        await asyncio.wait_for(one.flushed(), 60)
        one.publish("example.happened", {})
    assert analytics.names == ["example.happened"]


async def test_events_beyond_the_bound_are_dropped_without_a_word(publisher, analytics, monkeypatch) -> None:
    monkeypatch.setattr(events, "QUEUED_COUNT_MAX", 10)
    async with publisher() as one:
        for number in range(25):  # nothing is sent before we let others run
            one.publish(f"example.{number}", {})
    assert analytics.names == [f"example.{number}" for number in range(10)]


async def test_analytics_that_is_away_delays_nobody_but_the_flush(publisher) -> None:
    async with asyncio.timeout(60):
        async with publisher(flush_seconds=0.1) as one:
            one.publish("example.happened", {})


async def test_events_wait_for_analytics_to_come_back(publisher, socket_folder) -> None:
    async with publisher() as one:
        one.publish("example.happened", {})
        await asyncio.sleep(0.1)  # at least one attempt has failed
        server, servicer = grpc.aio.server(), Analytics()
        pb_grpc.add_AnalyticsServiceServicer_to_server(servicer, server)
        server.add_insecure_port(f"unix:{socket_folder}/s")
        await server.start()
        await asyncio.wait_for(one.flushed(), 60)
    assert servicer.names == ["example.happened"]
    await server.stop(None)


def test_a_service_without_analytics_publishes_into_the_void() -> None:
    assert events.NullEvents().publish("example.happened", {}) is None
    assert callable(EventPublisher.publish)
