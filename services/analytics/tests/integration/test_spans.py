"""A recorded event shows up in the trace of the work that caused it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from opentelemetry import propagate, trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from metaextract.analytics.v1 import analytics_pb2 as pb

if TYPE_CHECKING:
    from metaextract.analytics.v1.analytics_pb2_grpc import AnalyticsServiceAsyncStub

MakeMessage = Callable[..., pb.Event]
TRACE_ID = 0x0AF7651916CD43DD8448EB211C80319C
CAUSE_ID = 0xB7AD6B7169203331
TRACEPARENT = f"00-{TRACE_ID:032x}-{CAUSE_ID:016x}-01"


def _consumed(spans: InMemorySpanExporter) -> list[ReadableSpan]:
    return [span for span in spans.get_finished_spans() if span.kind is SpanKind.CONSUMER]


async def test_the_span_of_an_event_is_a_child_of_the_work_that_caused_it(
    spans: InMemorySpanExporter, analytics: "AnalyticsServiceAsyncStub", make_message: MakeMessage
) -> None:
    event = make_message(name="hold.captured", traceparent=TRACEPARENT)

    await analytics.RecordEvents(pb.RecordEventsRequest(events=[event]))

    (span,) = _consumed(spans)
    assert span.name == "record hold.captured"
    assert (span.context.trace_id, span.parent.span_id) == (TRACE_ID, CAUSE_ID)
    assert span.parent.is_remote
    assert span.attributes == {"event.id": event.event_id, "event.source": "billing"}
    assert span.start_time < span.end_time


async def test_the_span_of_an_event_is_linked_to_the_call_that_brought_it(
    spans: InMemorySpanExporter, analytics: "AnalyticsServiceAsyncStub", make_message: MakeMessage
) -> None:
    with trace.get_tracer("test").start_as_current_span("publisher"):
        await analytics.RecordEvents(
            pb.RecordEventsRequest(events=[make_message(traceparent=TRACEPARENT) for _ in range(2)])
        )

    (call,) = [span for span in spans.get_finished_spans() if span.kind is SpanKind.SERVER]
    assert [span.links[0].context.span_id for span in _consumed(spans)] == [call.context.span_id] * 2


async def test_an_event_that_was_known_makes_no_second_span(
    spans: InMemorySpanExporter, analytics: "AnalyticsServiceAsyncStub", make_message: MakeMessage
) -> None:
    known = make_message(name="known", traceparent=TRACEPARENT)
    await analytics.RecordEvents(pb.RecordEventsRequest(events=[known]))

    new = make_message(name="new", traceparent=TRACEPARENT)
    await analytics.RecordEvents(pb.RecordEventsRequest(events=[known, new]))

    assert [span.name for span in _consumed(spans)] == ["record known", "record new"]


@pytest.mark.parametrize("traceparent", ["", "junk", f"00-{0:032x}-{0:016x}-01"])
async def test_an_event_of_no_trace_makes_no_span(
    spans: InMemorySpanExporter,
    analytics: "AnalyticsServiceAsyncStub",
    make_message: MakeMessage,
    traceparent: str,
) -> None:
    event = make_message(traceparent=traceparent)

    response = await analytics.RecordEvents(pb.RecordEventsRequest(events=[event]))

    assert response.recorded_count == 1
    assert _consumed(spans) == []


async def test_work_that_is_not_sampled_stays_unsampled(
    spans: InMemorySpanExporter, analytics: "AnalyticsServiceAsyncStub", make_message: MakeMessage
) -> None:
    unsampled = TRACEPARENT.removesuffix("01") + "00"

    await analytics.RecordEvents(pb.RecordEventsRequest(events=[make_message(traceparent=unsampled)]))

    assert propagate.extract({"traceparent": unsampled})
    assert _consumed(spans) == []
