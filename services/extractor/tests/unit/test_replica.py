"""A replica among others: whom it believes to be dead, and what it does about it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import pytest

from metaextract_common.errors import ServiceError
from metaextract_common.events import NullEvents
from metaextract_extractor.adapters.event_log.memory import MemoryEventLog
from metaextract_extractor.adapters.spool.disk import DiskSpool
from metaextract_extractor.adapters.storage.memory import MemoryData, MemoryExtractions
from metaextract_extractor.application.replica import Replica
from metaextract_extractor.application.run import Surroundings
from metaextract_extractor.application.uploads import Uploads
from metaextract_extractor.domain import errors
from metaextract_extractor.domain.model import Ended, Extraction, State, UploadHeader

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEEP = timedelta(hours=1)
LEASE = timedelta(seconds=15)
SECOND = timedelta(seconds=1)
HEADER = UploadHeader("", "alice", "", "a.png", "", None, partial_results=False)


class Outages(MemoryExtractions):
    """A store that is away when a test says so."""

    away = False
    ends_lost_count = 0

    async def update(self, extraction) -> None:
        if extraction.ended and self.ends_lost_count:
            self.ends_lost_count -= 1
            raise errors.store_unavailable()
        await super().update(extraction)

    async def renew(self, until, running) -> list[str]:
        if self.away:
            raise errors.store_unavailable()
        return await super().renew(until, running)


class Clock:
    time = NOW

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def data() -> MemoryData:
    return MemoryData()


@pytest.fixture
def store(data) -> Outages:
    return Outages(data, "this")


@pytest.fixture
def surroundings(store, clock, tmp_path) -> Surroundings:
    spool = DiskSpool(tmp_path)
    spool.open()
    return Surroundings(
        extractions=store,
        event_log=MemoryEventLog(clock),
        spool=spool,
        workers=None,  # nothing gets so far
        events=NullEvents(),
        now=clock,
        upload_bytes_max=1,
        upload_idle_seconds_max=1,
        keep=KEEP,
    )


@pytest.fixture
def uploads(surroundings) -> Uploads:
    return Uploads(surroundings, uploads_count_max=1)


@pytest.fixture
def make_replica(surroundings, uploads, clock) -> Callable[[bool], Replica]:
    """Return a function that makes a replica; whether others share the store."""
    store, log = surroundings.extractions, surroundings.event_log
    return lambda shared: Replica(store, log, uploads, lease=LEASE, keep=KEEP, now=clock, shared=shared)


@pytest.fixture
def replica(make_replica) -> Replica:
    return make_replica(True)


async def added(data: MemoryData, at: datetime = NOW) -> MemoryExtractions:
    """Another replica that has an extraction under way."""
    other = MemoryExtractions(data, "other")
    await other.add(Extraction("extractions/1", "alice", "", State.RECEIVING, at))
    return other


async def pass_time(clock: Clock, replica: Replica, seconds: int) -> None:
    for _ in range(seconds):
        clock.time += SECOND
        await replica.renew()
        await replica.end_abandoned()


async def test_a_replica_that_starts_waits_a_lease_before_it_ends_anything(data, replica, clock) -> None:
    other = await added(data)
    await replica.renew()
    await replica.end_abandoned()
    await pass_time(clock, replica, 14)
    assert (await other.get("extractions/1")).state is State.RECEIVING
    await pass_time(clock, replica, 1)
    found = await other.get("extractions/1")
    assert (found.state, found.error.reason) == (State.FAILED, "INTERNAL")
    assert found.expire_time == clock.time + KEEP


async def test_after_an_outage_the_others_have_a_lease_to_come_back(data, replica, store, clock) -> None:
    other = await added(data)
    await replica.renew()
    await other.renew(NOW + 100 * LEASE, [])
    await pass_time(clock, replica, 30)
    await other.renew(clock.time + LEASE, [])
    store.away = True
    with pytest.raises(ServiceError):
        await replica.renew()
    store.away = False
    clock.time += 2 * LEASE
    await pass_time(clock, replica, 10)
    assert (await other.get("extractions/1")).state is State.RECEIVING
    await other.renew(clock.time + LEASE, [])
    await pass_time(clock, replica, 14)
    assert (await other.get("extractions/1")).state is State.RECEIVING
    await pass_time(clock, replica, 2)
    assert (await other.get("extractions/1")).state is State.FAILED


async def test_whoever_has_a_file_alone_ends_what_was_left_at_once(data, make_replica) -> None:
    other = await added(data)
    alone = make_replica(False)
    await alone.renew()
    await alone.end_abandoned()
    assert (await other.get("extractions/1")).state is State.FAILED


async def parts(gate: asyncio.Event) -> AsyncIterator[bytes]:
    await gate.wait()
    return
    yield b""


async def test_an_end_is_stored_when_the_store_is_back(store, uploads) -> None:
    store.ends_lost_count = 1
    gate = asyncio.Event()
    gate.set()
    extracting = uploads.extract(HEADER, parts(gate))
    name = (await anext(extracting)).name
    with pytest.raises(ServiceError) as caught:
        assert [event async for event in extracting] == []
    assert caught.value.reason == "UPLOAD_INCOMPLETE"
    found = await store.get(name)
    assert (found.state, found.error.reason) == (State.FAILED, "UPLOAD_INCOMPLETE")


async def test_what_another_replica_has_ended_is_stopped_with_the_next_sign_of_life(
    data, store, uploads, replica
) -> None:
    events = uploads.extract(HEADER, parts(asyncio.Event()))
    name = (await anext(events)).name
    other = MemoryExtractions(data, "other")
    running = await other.get(name)
    ended = running.given_up(errors.worker_lost("crashed"), at=NOW, keep=KEEP, sequence=2**53 - 1)
    await other.update(ended)

    await replica.renew()

    assert isinstance((await anext(events)).happening, Ended)
    with pytest.raises(ServiceError) as caught:
        await anext(events)
    assert caught.value.reason == "EXTRACTION_CANCELLED"
    assert await store.get(name) == ended
    assert uploads.names == ()
