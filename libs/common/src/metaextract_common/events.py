"""Tells analytics what happened, without making anybody wait for it."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import grpc
import structlog
from opentelemetry import metrics, propagate, trace
from opentelemetry.trace import SpanKind

from metaextract.analytics.v1 import analytics_pb2 as pb
from metaextract.analytics.v1.analytics_pb2_grpc import AnalyticsServiceStub
from metaextract_common.errors import Kind, ServiceError

if TYPE_CHECKING:  # the typed face of the stub, which exists for type checkers only
    from metaextract.analytics.v1.analytics_pb2_grpc import AnalyticsServiceAsyncStub

log = structlog.stdlib.get_logger()

QUEUED_COUNT_MAX: Final = 10_000
BATCH_COUNT_MAX: Final = 500
RETRY_SECONDS: Final = 1.0
VALUE_CHARACTERS_MAX: Final = 200

_PASSING: Final = (Kind.UNAVAILABLE, Kind.DEADLINE, Kind.EXHAUSTED, Kind.CANCELLED)
"""Failures that waiting can mend."""


def _short(attributes: Mapping[str, str]) -> dict[str, str]:
    return {name: value[:VALUE_CHARACTERS_MAX] for name, value in attributes.items()}


class NullEvents:
    """For a service that runs without analytics: what is published is not kept."""

    def publish(self, name: str, attributes: Mapping[str, str]) -> None:
        """Do nothing."""


class EventPublisher:
    """Queues events in memory and sends them to analytics in batches.

    Analytics being slow or away never delays or fails the work that is reported: the queue holds
    10,000 events, further ones are dropped and counted (`events.dropped`). A batch that fails is sent
    again; analytics tells duplicates apart by the event id.
    """

    def __init__(self, source: str, channel: grpc.aio.Channel) -> None:
        self._source = source
        self._stub: AnalyticsServiceAsyncStub = AnalyticsServiceStub(channel)
        self._queue: asyncio.Queue[pb.Event] = asyncio.Queue(QUEUED_COUNT_MAX)
        self._tracer = trace.get_tracer("metaextract.events")
        self._dropped = metrics.get_meter("metaextract.events").create_counter(
            "events.dropped", unit="{event}", description="Events lost because analytics was away too long."
        )

    def publish(self, name: str, attributes: Mapping[str, str]) -> None:
        """Report that something happened, as part of the current trace. Never blocks, never raises."""
        event = pb.Event(
            event_id=str(uuid.uuid4()), name=name, source=self._source, attributes=_short(attributes)
        )
        event.time.FromDatetime(datetime.now(UTC))
        with self._tracer.start_as_current_span(f"publish {name}", kind=SpanKind.PRODUCER):
            carrier: dict[str, str] = {}
            propagate.inject(carrier)
            event.traceparent = carrier.get("traceparent", "")
        try:
            self._queue.put_nowait(event)
        except asyncio.QueueFull:
            self._dropped.add(1)

    async def keep_sending(self) -> None:
        """Send what is queued, for ever."""
        while True:
            batch = [await self._queue.get()]
            await self._send(batch)

    async def _send(self, batch: list[pb.Event]) -> None:
        try:
            while True:
                while len(batch) < BATCH_COUNT_MAX and not self._queue.empty():
                    batch.append(self._queue.get_nowait())
                try:
                    await self._stub.RecordEvents(pb.RecordEventsRequest(events=batch))
                except ServiceError as error:
                    log.warning("events.not_sent", reason=error.reason, count=len(batch))
                    if error.kind not in _PASSING:
                        self._dropped.add(len(batch))  # a defect of ours: it would be refused for ever
                        return
                    await asyncio.sleep(RETRY_SECONDS)
                else:
                    return
        finally:
            for _ in batch:
                self._queue.task_done()

    async def flushed(self) -> None:
        """Return when everything that was published has been sent."""
        await self._queue.join()


@asynccontextmanager
async def publishing(
    source: str, channel: grpc.aio.Channel, *, flush_seconds: float
) -> AsyncIterator[EventPublisher]:
    """Run a publisher; at the end give it `flush_seconds` to send what is left."""
    publisher = EventPublisher(source, channel)
    sending = asyncio.create_task(publisher.keep_sending())
    try:
        yield publisher
    finally:
        with suppress(TimeoutError):
            await asyncio.wait_for(publisher.flushed(), flush_seconds)
        sending.cancel()
        with suppress(asyncio.CancelledError):
            await sending
