import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from metaextract.analytics.v1 import analytics_pb2 as pb
from metaextract.analytics.v1.analytics_pb2_grpc import AnalyticsServiceStub
from metaextract_analytics.main import SERVICE, running
from metaextract_analytics.settings import Settings
from metaextract_common.errors import Kind, ServiceError
from metaextract_common.rpc.client import open_channel

if TYPE_CHECKING:
    from metaextract.analytics.v1.analytics_pb2_grpc import AnalyticsServiceAsyncStub

MakeMessage = Callable[..., pb.Event]
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


async def test_recorded_events_are_reported_for_their_period(
    analytics: "AnalyticsServiceAsyncStub", make_message: MakeMessage
) -> None:
    events = [
        make_message(name="hold.captured", time=NOON),
        make_message(name="hold.captured", time=NOON + timedelta(hours=1)),
        make_message(name="hold.released", time=NOON + timedelta(hours=2)),
    ]

    recorded = await analytics.RecordEvents(pb.RecordEventsRequest(events=events))
    report = await analytics.GetEventReport(
        pb.GetEventReportRequest(start_time=NOON, end_time=NOON + timedelta(hours=2))
    )

    assert recorded == pb.RecordEventsResponse(recorded_count=3)
    assert report == pb.GetEventReportResponse(
        events_count=2,
        events_by_name={"hold.captured": 2},
        first_event_time=NOON,
        last_event_time=NOON + timedelta(hours=1),
    )


async def test_a_repeated_batch_is_all_duplicates(
    analytics: "AnalyticsServiceAsyncStub", make_message: MakeMessage
) -> None:
    request = pb.RecordEventsRequest(events=[make_message() for _ in range(1000)])
    await analytics.RecordEvents(request)

    again = await analytics.RecordEvents(request)

    assert again == pb.RecordEventsResponse(duplicate_count=1000)


async def test_two_callers_at_once_record_an_event_once(
    analytics: "AnalyticsServiceAsyncStub", make_message: MakeMessage
) -> None:
    request = pb.RecordEventsRequest(events=[make_message() for _ in range(50)])

    responses = await asyncio.gather(*(analytics.RecordEvents(request) for _ in range(8)))

    assert sum(response.recorded_count for response in responses) == 50
    assert sum(response.duplicate_count for response in responses) == 350


@pytest.mark.parametrize("count", [0, 1001])
async def test_a_batch_of_a_size_that_the_contract_forbids_is_refused(
    analytics: "AnalyticsServiceAsyncStub", make_message: MakeMessage, count: int
) -> None:
    with pytest.raises(ServiceError) as caught:
        await analytics.RecordEvents(pb.RecordEventsRequest(events=[make_message() for _ in range(count)]))

    assert (caught.value.reason, caught.value.metadata["field"]) == ("INVALID_REQUEST", "events")


async def test_a_period_that_ends_before_it_begins_is_refused_with_its_reason(
    analytics: "AnalyticsServiceAsyncStub",
) -> None:
    with pytest.raises(ServiceError) as caught:
        await analytics.GetEventReport(
            pb.GetEventReportRequest(start_time=NOON, end_time=NOON - timedelta(microseconds=1))
        )

    assert (caught.value.domain, caught.value.reason) == ("analytics.metaextract", "PERIOD_INVALID")
    assert caught.value.kind is Kind.INVALID


async def test_a_store_that_fails_is_unavailable_and_recovers(
    analytics: "AnalyticsServiceAsyncStub", settings: Settings, make_message: MakeMessage
) -> None:
    request = pb.RecordEventsRequest(events=[make_message()])
    with closing(sqlite3.connect(settings.database_path)) as other:
        other.execute("ALTER TABLE events RENAME TO hidden")
        for call, message in (
            (analytics.RecordEvents, request),
            (analytics.GetEventReport, pb.GetEventReportRequest()),
        ):
            with pytest.raises(ServiceError) as caught:
                await call(message)
            assert (caught.value.reason, caught.value.kind) == ("STORE_UNAVAILABLE", Kind.UNAVAILABLE)
            assert "hidden" not in caught.value.message
        other.execute("ALTER TABLE hidden RENAME TO events")

    assert (await analytics.RecordEvents(request)).recorded_count == 1


async def test_a_damaged_file_is_unavailable_not_a_crash(
    analytics: "AnalyticsServiceAsyncStub", settings: Settings, make_message: MakeMessage
) -> None:
    with closing(sqlite3.connect(settings.database_path)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    settings.database_path.write_bytes(b"not a database at all" * 1000)

    with pytest.raises(ServiceError) as caught:
        await analytics.RecordEvents(pb.RecordEventsRequest(events=[make_message()]))

    assert caught.value.reason == "STORE_UNAVAILABLE"


async def test_a_running_service_says_that_it_serves(channel: grpc.aio.Channel) -> None:
    health = health_pb2_grpc.HealthStub(channel)

    response = await health.Check(health_pb2.HealthCheckRequest(service=SERVICE))

    assert response.status == health_pb2.HealthCheckResponse.SERVING


async def test_events_outlive_the_process_and_old_ones_do_not(
    settings: Settings, make_message: MakeMessage
) -> None:
    now = datetime.now(UTC)
    kept = make_message(name="kept", time=now - timedelta(days=settings.retention_days - 1))
    old = make_message(name="old", time=now - timedelta(days=settings.retention_days + 1))
    async with running(settings) as address, open_channel(address, timeout_seconds=60) as channel:
        await AnalyticsServiceStub(channel).RecordEvents(pb.RecordEventsRequest(events=[old, kept]))

    async with running(settings) as address, open_channel(address, timeout_seconds=60) as channel:
        names = await _names_once_there_are(1, AnalyticsServiceStub(channel))

    assert names == {"kept"}


async def _names_once_there_are(count: int, analytics: "AnalyticsServiceAsyncStub") -> set[str]:
    while True:
        report = await analytics.GetEventReport(pb.GetEventReportRequest())
        if report.events_count <= count:
            return set(report.events_by_name)
        await asyncio.sleep(0.01)


async def test_usage_is_reported_as_it_was_asked_for(
    analytics: "AnalyticsServiceAsyncStub", make_message: MakeMessage
) -> None:
    tab = pb.EventAttribute(event="tab_changed", attribute="tab")
    took = pb.EventAttribute(event="analysis_completed", attribute="processing_ms")
    events = [
        make_message(name="tab_changed", source="images_mvp", attributes={"tab": "raw", "session": "a"}),
        make_message(
            name="analysis_completed", source="images_mvp", attributes={"processing_ms": "12", "session": "a"}
        ),
        make_message(name="hold.captured"),
    ]
    await analytics.RecordEvents(pb.RecordEventsRequest(events=events))

    request = pb.GetUsageReportRequest(
        source="images_mvp", events_count_max=10, counted=[tab], averaged=[took]
    )
    report = await analytics.GetUsageReport(request)

    assert report == pb.GetUsageReportResponse(
        events_count=2,
        sessions_count=1,
        events_by_name={"tab_changed": 1, "analysis_completed": 1},
        first_event_time=NOON,
        last_event_time=NOON,
        value_counts=[pb.ValueCounts(attribute=tab, events_by_value={"raw": 1})],
        value_means=[pb.ValueMean(attribute=took, mean=12)],
    )


@pytest.mark.parametrize("count_max", [0, 100_001])
async def test_a_report_on_no_or_too_many_events_is_refused(
    analytics: "AnalyticsServiceAsyncStub", count_max: int
) -> None:
    with pytest.raises(ServiceError) as caught:
        await analytics.GetUsageReport(
            pb.GetUsageReportRequest(source="images_mvp", events_count_max=count_max)
        )

    assert (caught.value.reason, caught.value.metadata["field"]) == ("INVALID_REQUEST", "events_count_max")
