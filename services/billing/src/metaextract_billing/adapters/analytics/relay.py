"""Sends committed events to analytics: each at least once, and told apart there by its id."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

import grpc
import structlog

from metaextract.analytics.v1 import analytics_pb2 as pb
from metaextract.analytics.v1.analytics_pb2_grpc import AnalyticsServiceStub
from metaextract_billing.domain.ports import Store, Waiting
from metaextract_common.errors import Kind, ServiceError

if TYPE_CHECKING:  # the typed face of the stub, which exists for type checkers only
    from metaextract.analytics.v1.analytics_pb2_grpc import AnalyticsServiceAsyncStub

log = structlog.stdlib.get_logger()

BATCH_COUNT_MAX: Final = 500
PAUSE_SECONDS: Final = 0.25
PAUSE_AFTER_FAILURE_SECONDS: Final = 2.0


class Relay:
    """Any number of replicas may relay the same events."""

    def __init__(self, store: Store, channel: grpc.aio.Channel) -> None:
        self._store = store
        self._stub: AnalyticsServiceAsyncStub = AnalyticsServiceStub(channel)

    async def keep_sending(self) -> None:
        """Send what waits, for ever."""
        while True:
            try:
                sent_count = await self.send_waiting()
            except ServiceError as error:
                log.warning("events.not_sent", reason=error.reason)
                await asyncio.sleep(PAUSE_AFTER_FAILURE_SECONDS)
            except Exception:
                log.exception("events.not_sent")
                await asyncio.sleep(PAUSE_AFTER_FAILURE_SECONDS)
            else:
                await asyncio.sleep(0 if sent_count == BATCH_COUNT_MAX else PAUSE_SECONDS)

    async def send_waiting(self) -> int:
        """Send one batch and forget it; return how many there were."""
        waiting = await self._store.waiting(BATCH_COUNT_MAX)
        if waiting:
            await self._send(waiting)
        return len(waiting)

    async def _send(self, batch: Sequence[Waiting]) -> None:
        """Send events and forget them; one that would be refused for ever keeps no other from arriving."""
        try:
            await self._stub.RecordEvents(pb.RecordEventsRequest(events=[_event(one) for one in batch]))
        except ServiceError as error:
            if error.kind is not Kind.INVALID:
                raise
            if len(batch) > 1:
                for one in batch:
                    await self._send([one])
                return
            log.exception("event.refused", name=batch[0].event.name)
        await self._store.delivered([one.id for one in batch])


def _event(waiting: Waiting) -> pb.Event:
    event = pb.Event(
        event_id=waiting.id,
        name=waiting.event.name,
        source="billing",
        attributes=dict(waiting.event.attributes),
        traceparent=waiting.traceparent,
    )
    event.time.FromDatetime(waiting.time)
    return event


@asynccontextmanager
async def relaying(store: Store, channel: grpc.aio.Channel) -> AsyncIterator[None]:
    """Relay in the background; at the end send what waits, once, and leave the rest to the next start."""
    relay = Relay(store, channel)
    task = asyncio.create_task(relay.keep_sending())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        with suppress(ServiceError):
            await relay.send_waiting()
