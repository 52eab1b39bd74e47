"""Domain <-> protobuf."""

import uuid
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from metaextract.analytics.v1 import analytics_pb2 as pb
from metaextract_analytics.domain.model import Event, Period, Recording, Report
from metaextract_analytics.domain.usage import EventAttribute, Usage, UsageQuery
from metaextract_common.errors import invalid_request


def event_from_proto(event: pb.Event) -> Event:
    """Read an event. Its id becomes lower case: a UUID is the same in capitals (RFC 9562, section 4)."""
    return Event(
        event_id=str(uuid.UUID(event.event_id)),
        name=event.name,
        time=_time_from_proto(event.time, "events.time"),
        source=event.source,
        attributes=dict(event.attributes),
        traceparent=event.traceparent,
    )


def period_from_proto(request: pb.GetEventReportRequest | pb.GetUsageReportRequest) -> Period:
    """Read the period of a report; raises PERIOD_INVALID."""
    start = _time_from_proto(request.start_time, "start_time") if request.HasField("start_time") else None
    end = _time_from_proto(request.end_time, "end_time") if request.HasField("end_time") else None
    return Period(start, end)


def recording_to_proto(recording: Recording) -> pb.RecordEventsResponse:
    """Render what became of a batch."""
    return pb.RecordEventsResponse(
        recorded_count=len(recording.recorded), duplicate_count=recording.duplicate_count
    )


def report_to_proto(report: Report) -> pb.GetEventReportResponse:
    """Render a report; times that are `None` stay absent."""
    return pb.GetEventReportResponse(
        events_count=report.events_count,
        events_by_name=report.counts_by_name,
        first_event_time=report.first_time,
        last_event_time=report.last_time,
    )


def usage_query_from_proto(request: pb.GetUsageReportRequest) -> UsageQuery:
    """Read what is asked; raises PERIOD_INVALID."""
    return UsageQuery(
        source=request.source,
        period=period_from_proto(request),
        events_count_max=request.events_count_max,
        counted=tuple(EventAttribute(one.event, one.attribute) for one in request.counted),
        averaged=tuple(EventAttribute(one.event, one.attribute) for one in request.averaged),
    )


def usage_to_proto(query: UsageQuery, usage: Usage) -> pb.GetUsageReportResponse:
    """Render what was counted; times and means that are `None` stay absent."""
    return pb.GetUsageReportResponse(
        events_count=usage.events_count,
        sessions_count=usage.sessions_count,
        users_count=usage.users_count,
        events_by_name=usage.counts_by_name,
        first_event_time=usage.first_time,
        last_event_time=usage.last_time,
        value_counts=[
            pb.ValueCounts(attribute=_attribute(one), events_by_value=counts)
            for one, counts in zip(query.counted, usage.counts_by_value, strict=True)
        ],
        value_means=[
            pb.ValueMean(attribute=_attribute(one), mean=mean)
            for one, mean in zip(query.averaged, usage.means, strict=True)
        ],
    )


def _attribute(one: EventAttribute) -> pb.EventAttribute:
    return pb.EventAttribute(event=one.event, attribute=one.attribute)


def _time_from_proto(time: Timestamp, field: str) -> datetime:
    try:
        return time.ToDatetime(tzinfo=UTC)
    except ValueError as error:  # the contract's rules do not look inside a Timestamp
        raise invalid_request(field, "must lie between the years 1 and 9999") from error
