"""Analytics over gRPC: what clients tell of their use, and how often."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from opentelemetry import propagate

from metaextract.analytics.v1 import analytics_pb2 as pb
from metaextract.analytics.v1.analytics_pb2_grpc import AnalyticsServiceStub
from metaextract_gateway.domain.usage import EventAttribute, Usage

if TYPE_CHECKING:  # the typed face of the stub, which exists for type checkers only
    from metaextract.analytics.v1.analytics_pb2_grpc import AnalyticsServiceAsyncStub

RETRIED: Final = tuple(
    f"metaextract.analytics.v1.AnalyticsService/{method}" for method in ("RecordEvents", "GetUsageReport")
)
"""Idempotent: an event is known by its id."""

SOURCE: Final = "images_mvp"
"""The product whose clients tell; the legacy's name for it."""


class RpcUsageEvents:
    """Implements `domain.usage.UsageEvents`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: AnalyticsServiceAsyncStub = AnalyticsServiceStub(channel)

    async def record(self, name: str, attributes: Mapping[str, str]) -> None:
        """RecordEvents. Whoever tells waits, so that what was told can be counted at once."""
        carrier: dict[str, str] = {}
        propagate.inject(carrier)
        event = pb.Event(
            event_id=str(uuid.uuid4()),
            name=name,
            time=datetime.now(UTC),
            source=SOURCE,
            attributes=attributes,
            traceparent=carrier.get("traceparent", ""),
        )
        await self._stub.RecordEvents(pb.RecordEventsRequest(events=[event]))

    async def usage(
        self,
        since: datetime | None,
        events_count_max: int,
        counted: Sequence[EventAttribute],
        averaged: Sequence[EventAttribute],
    ) -> Usage:
        """GetUsageReport."""
        request = pb.GetUsageReportRequest(
            source=SOURCE,
            start_time=since,
            events_count_max=events_count_max,
            counted=[_message(one) for one in counted],
            averaged=[_message(one) for one in averaged],
        )
        report = await self._stub.GetUsageReport(request)
        return Usage(
            counts_by_name=dict(report.events_by_name),
            sessions_count=report.sessions_count,
            users_count=report.users_count,
            first_time=_time(report.first_event_time) if report.HasField("first_event_time") else None,
            last_time=_time(report.last_event_time) if report.HasField("last_event_time") else None,
            counts_by_value={
                _attribute(one.attribute): dict(one.events_by_value) for one in report.value_counts
            },
            means={
                _attribute(one.attribute): one.mean if one.HasField("mean") else None
                for one in report.value_means
            },
        )


def _message(one: EventAttribute) -> pb.EventAttribute:
    return pb.EventAttribute(event=one.event, attribute=one.attribute)


def _attribute(one: pb.EventAttribute) -> EventAttribute:
    return EventAttribute(one.event, one.attribute)


def _time(timestamp: Timestamp) -> datetime:
    return timestamp.ToDatetime(UTC)
