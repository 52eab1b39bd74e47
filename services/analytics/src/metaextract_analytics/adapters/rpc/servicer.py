"""metaextract.analytics.v1.AnalyticsService over gRPC: unpack, call, pack."""

import time
from collections.abc import Iterable

from opentelemetry import propagate, trace
from opentelemetry.trace import Link, SpanKind

from metaextract.analytics.v1 import analytics_pb2 as pb
from metaextract.analytics.v1 import analytics_pb2_grpc as pb_grpc
from metaextract_analytics.adapters.rpc.mapping import (
    event_from_proto,
    period_from_proto,
    recording_to_proto,
    report_to_proto,
    usage_query_from_proto,
    usage_to_proto,
)
from metaextract_analytics.application.events import EventUseCases
from metaextract_analytics.domain.model import Event
from metaextract_common.rpc.server import Context


class AnalyticsServicer(pb_grpc.AnalyticsServiceServicer):
    """Translates the contract to the use cases, and shows each recorded event in the trace it came from."""

    def __init__(self, use_cases: EventUseCases) -> None:
        self._use_cases = use_cases
        self._tracer = trace.get_tracer("metaextract.analytics")

    async def RecordEvents(  # noqa: N802 - named by the contract
        self, request: pb.RecordEventsRequest, context: Context
    ) -> pb.RecordEventsResponse:
        """Store a batch of events."""
        begun_ns = time.time_ns()
        recording = await self._use_cases.record([event_from_proto(event) for event in request.events])
        self._trace(recording.recorded, begun_ns)
        return recording_to_proto(recording)

    async def GetEventReport(  # noqa: N802 - named by the contract
        self, request: pb.GetEventReportRequest, context: Context
    ) -> pb.GetEventReportResponse:
        """Count the events of a period."""
        return report_to_proto(await self._use_cases.report(period_from_proto(request)))

    async def GetUsageReport(  # noqa: N802 - named by the contract
        self, request: pb.GetUsageReportRequest, context: Context
    ) -> pb.GetUsageReportResponse:
        """Count what was done."""
        query = usage_query_from_proto(request)
        return usage_to_proto(query, await self._use_cases.usage(query))

    def _trace(self, events: Iterable[Event], begun_ns: int) -> None:
        """Make a span for each event that belongs to a trace, as long as the recording took.

        A batch holds events of many traces, so the batch's own call is linked, not the parent
        (OpenTelemetry semantic conventions for messaging, "Batch receiving").
        """
        batch = Link(trace.get_current_span().get_span_context())
        for event in events:
            cause = propagate.extract({"traceparent": event.traceparent})
            if trace.get_current_span(cause).get_span_context().is_valid:
                self._tracer.start_span(
                    f"record {event.name}",
                    cause,
                    SpanKind.CONSUMER,
                    {"event.id": event.event_id, "event.source": event.source},
                    [batch],
                    begun_ns,
                ).end()
