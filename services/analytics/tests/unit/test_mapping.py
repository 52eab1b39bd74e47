import uuid
from datetime import UTC, datetime

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from metaextract.analytics.v1 import analytics_pb2 as pb
from metaextract_analytics.adapters.rpc import mapping
from metaextract_analytics.domain.model import Period, Report
from metaextract_common.errors import ServiceError

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def test_every_field_of_an_event_is_read() -> None:
    event_id = str(uuid.uuid4())
    message = pb.Event(
        event_id=event_id, name="hold.captured", time=NOON, source="billing", attributes={"credits": "3"}
    )
    message.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    event = mapping.event_from_proto(message)

    assert (event.event_id, event.name, event.time) == (event_id, "hold.captured", NOON)
    assert (event.source, event.attributes) == ("billing", {"credits": "3"})
    assert event.traceparent == message.traceparent


def test_an_event_id_in_capitals_is_the_same_id() -> None:
    event_id = str(uuid.uuid4())

    event = mapping.event_from_proto(pb.Event(event_id=event_id.upper(), time=NOON))

    assert event.event_id == event_id


def test_a_time_that_no_calendar_has_is_refused_by_name() -> None:
    with pytest.raises(ServiceError) as caught:
        mapping.period_from_proto(pb.GetEventReportRequest(start_time=Timestamp(seconds=10**15)))

    assert (caught.value.reason, caught.value.metadata["field"]) == ("INVALID_REQUEST", "start_time")


def test_absent_limits_stay_absent() -> None:
    assert mapping.period_from_proto(pb.GetEventReportRequest()) == Period(None, None)


def test_a_report_of_nothing_has_no_times() -> None:
    response = mapping.report_to_proto(Report({}, None, None))

    assert response == pb.GetEventReportResponse()
