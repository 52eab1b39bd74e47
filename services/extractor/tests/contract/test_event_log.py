"""What an event log promises."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from metaextract_common.bus.memory import MemoryBus
from metaextract_common.bus.nats import Retention, connected
from metaextract_common.bus.outbox import Outbox
from metaextract_common.bus.port import Bus
from metaextract_common.errors import ServiceError
from metaextract_extractor.adapters.event_log.memory import MemoryEventLog
from metaextract_extractor.adapters.event_log.shared import SharedEventLog
from metaextract_extractor.domain.model import (
    Ended,
    Event,
    Happening,
    PartialResult,
    Progress,
    RevisedField,
    Revision,
    State,
    StateChange,
)
from metaextract_extractor.domain.ports import EventLog
from metaextract_extractor.domain.result import Agreement, ByteRange, Field, Standard

NAME = "extractions/1"
RECEIVING = StateChange(State.RECEIVING)
SECONDS_MAX = 60


class Clock:
    time = datetime(2026, 11, 23, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Elsewhere:
    """What is written at one replica, seen from another."""

    def __init__(self, clock: Clock, one: Bus, two: Bus) -> None:
        self._outbox = Outbox(one)
        self._one = SharedEventLog(MemoryEventLog(clock), self._outbox, one)
        self._two = SharedEventLog(MemoryEventLog(clock), Outbox(two), two)

    async def append(self, name: str, happening: Happening) -> Event:
        event = await self._one.append(name, happening)
        await self._outbox.flushed()
        return event

    async def end(self, name: str, sequence: int, at: datetime) -> None:
        await self._one.end(name, sequence, at)
        await self._outbox.flushed()

    def follow(self, name: str, after_sequence: int) -> AsyncGenerator[Event, None]:
        return self._two.follow(name, after_sequence)

    async def wait_for(self, name: str, seconds: float) -> bool:
        return await self._two.wait_for(name, seconds)

    async def forget(self, older_than: datetime) -> None:
        await self._one.forget(older_than)
        await self._outbox.flushed()


def bus_in_memory() -> Bus:
    return MemoryBus(bytes_max=10_000_000, keep_seconds=60)


@asynccontextmanager
async def two_replicas(url: str) -> AsyncIterator[tuple[Bus, Bus]]:
    name, retention = uuid.uuid4().hex, Retention(3600, 10_000_000)
    async with connected(url, name, retention) as one, connected(url, name, retention) as two:
        yield one, two


@pytest.fixture(params=["memory", "shared", "elsewhere in memory", "elsewhere by NATS"])
async def log(clock: Clock, request: pytest.FixtureRequest) -> AsyncIterator[EventLog]:
    if request.param == "memory":
        yield MemoryEventLog(clock)
    elif request.param == "shared":
        bus = bus_in_memory()
        yield SharedEventLog(MemoryEventLog(clock), Outbox(bus), bus)
    elif request.param == "elsewhere in memory":
        bus = bus_in_memory()
        yield Elsewhere(clock, bus, bus)
    else:
        async with two_replicas(request.getfixturevalue("nats_server").url) as (one, two):
            yield Elsewhere(clock, one, two)


def progress(number: int) -> Progress:
    return Progress(State.RECEIVING, number, None, None)


async def followed(log: EventLog, after: int = 0) -> list[Event]:
    async with asyncio.timeout(SECONDS_MAX):
        return [event async for event in log.follow(NAME, after)]


async def test_events_are_numbered_and_dated(log: EventLog, clock: Clock) -> None:
    happenings = [RECEIVING, progress(1), StateChange(State.QUEUED), Ended()]
    appended = [await log.append(NAME, one) for one in happenings]
    assert appended == [Event(NAME, at, clock.time, one) for at, one in enumerate(happenings, 1)]
    assert await followed(log) == appended


async def test_a_follower_may_start_in_the_middle(log: EventLog) -> None:
    for happening in (RECEIVING, progress(1), StateChange(State.QUEUED), Ended()):
        await log.append(NAME, happening)
    assert [event.sequence for event in await followed(log, 2)] == [3, 4]
    assert await followed(log, 4) == []
    assert await followed(log, 99) == []


async def test_many_followers_each_see_every_event_as_it_happens(log: EventLog) -> None:
    await log.append(NAME, RECEIVING)
    followers = [asyncio.create_task(followed(log, after)) for after in (0, 0, 1, 5)]
    for number in range(20):
        await log.append(NAME, StateChange(State.QUEUED))
        if number % 3 == 0:
            await asyncio.sleep(0)
    assert not any(one.done() for one in followers)
    await log.append(NAME, Ended())
    for one, after in zip(followers, (0, 0, 1, 5), strict=True):
        assert [event.sequence for event in await one] == list(range(after + 1, 23))


async def test_a_follower_that_left_disturbs_nobody(log: EventLog) -> None:
    await log.append(NAME, RECEIVING)
    async with aclosing(log.follow(NAME, 0)) as events:
        assert (await anext(events)).sequence == 1
    task = asyncio.create_task(followed(log))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await log.append(NAME, Ended())
    assert len(await followed(log)) == 2


async def test_extractions_have_logs_of_their_own(log: EventLog) -> None:
    await log.append(NAME, RECEIVING)
    assert (await log.append("extractions/2", RECEIVING)).sequence == 1


async def test_a_replay_leaves_out_nothing_but_what_later_events_replaced(log: EventLog) -> None:
    parsing = Progress(State.PARSING, 9, None, None)
    for happening in (
        RECEIVING,
        PartialResult((), 1),
        progress(1),
        PartialResult((), 2),
        progress(2),
        parsing,
    ):
        await log.append(NAME, happening)
    seen: list[int] = []
    async with aclosing(log.follow(NAME, 0)) as events:
        async for event in events:
            seen.append(event.sequence)
            if len(seen) == 4:
                break
    assert seen == [1, 4, 5, 6]
    await log.append(NAME, Ended())
    assert [event.sequence for event in await followed(log)] == [1, 5, 6, 7]


async def test_the_log_of_a_long_upload_stays_short(log: EventLog) -> None:
    await log.append(NAME, RECEIVING)
    for number in range(1000):
        await log.append(NAME, progress(number))
    await log.append(NAME, Ended())
    assert [event.sequence for event in await followed(log)] == [1, 1001, 1002]


async def test_what_never_began_cannot_be_followed(log: EventLog) -> None:
    with pytest.raises(ServiceError) as caught:
        await followed(log)
    assert caught.value.reason == "EXTRACTION_NOT_FOUND"


async def test_waiting_ends_with_the_first_event(log: EventLog) -> None:
    waiting = [asyncio.create_task(log.wait_for(NAME, 60)) for _ in range(3)]
    await asyncio.sleep(0)
    await log.append(NAME, RECEIVING)
    async with asyncio.timeout(SECONDS_MAX):
        assert await asyncio.gather(*waiting) == [True] * 3
    assert await log.wait_for(NAME, 0)


async def test_waiting_in_vain_ends_in_time_and_leaves_nothing(log: EventLog) -> None:
    assert not await log.wait_for(NAME, 0)
    assert not await log.wait_for(NAME, 0.01)
    with pytest.raises(ServiceError):
        await followed(log)


async def test_one_that_stops_waiting_does_not_make_the_others_miss_the_event(log: EventLog) -> None:
    patient = asyncio.create_task(log.wait_for(NAME, 60))
    await asyncio.sleep(0)
    assert not await log.wait_for(NAME, 0.01)
    gone = asyncio.create_task(log.wait_for(NAME, 60))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    await log.append(NAME, RECEIVING)
    assert await asyncio.wait_for(patient, SECONDS_MAX)


async def test_whoever_waits_and_leaves_takes_no_memory() -> None:
    log = MemoryEventLog(Clock())
    waiting = [asyncio.create_task(log.wait_for(f"extractions/{number}", 60)) for number in range(10)]
    await asyncio.sleep(0)
    for one in waiting:
        one.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert not log._logs


async def test_what_ended_long_ago_is_forgotten_and_nothing_else(log: EventLog, clock: Clock) -> None:
    await log.append(NAME, Ended())
    await log.append("extractions/open", RECEIVING)
    clock.time += timedelta(hours=1)
    await log.append("extractions/new", Ended())
    await log.forget(clock.time)
    assert not await log.wait_for(NAME, 0)
    assert await log.wait_for("extractions/open", 0)
    assert await log.wait_for("extractions/new", 0)


async def test_events_arrive_as_they_were_appended(log: EventLog) -> None:
    read = Field(
        path="JPEG-APP1-IFD0",
        standard=Standard.EXIF,
        group="IFD0",
        category="camera",
        name="Make",
        tag_id="0x010f",
        raw=[1, 2.5, "ä", None, True],
        printed="ä",
        type="string",
        engine="exiftool",
        location=ByteRange(12, 6),
        occurrence=1,
        agreement=Agreement(2, 1, 0.5),
    )
    happenings: list[Happening] = [
        RECEIVING,
        Progress(State.PARSING, 5, 9, 0.1, "exiftool"),
        Revision((RevisedField("p", "g", "n", 0, "1", None),)),
        PartialResult((read,), 65536),
    ]
    appended = [await log.append(NAME, one) for one in happenings]
    async with asyncio.timeout(SECONDS_MAX), aclosing(log.follow(NAME, 0)) as events:
        assert [await anext(events) for _ in appended] == appended


async def test_a_partial_result_may_be_long(log: EventLog) -> None:
    long = Field("p", Standard.EXIF, "g", "c", "n", "1", "x" * 3_000_000, "", "string", "exiftool")
    event = await log.append(NAME, PartialResult((long,), 1))
    async with asyncio.timeout(SECONDS_MAX), aclosing(log.follow(NAME, 0)) as events:
        assert await anext(events) == event


async def test_what_a_process_left_behind_when_it_died_gets_an_end(log: EventLog, clock: Clock) -> None:
    await log.append(NAME, RECEIVING)
    following = asyncio.create_task(followed(log))
    await asyncio.sleep(0)
    await log.end(NAME, 2**53 - 1, clock.time)
    for seen in (await following, await followed(log)):
        assert [event.sequence for event in seen][-1] == 2**53 - 1
        assert seen[-1].happening == Ended()
    await log.end("extractions/unheard of", 7, clock.time)
    assert await log.wait_for("extractions/unheard of", SECONDS_MAX)


async def test_an_upload_does_not_notice_that_the_bus_is_away(clock: Clock) -> None:
    class AwayBus(MemoryBus):
        async def publish(self, topic: str, payload: bytes, *, replaces: str = "") -> int:
            await asyncio.sleep(3600)
            return 0

    bus = AwayBus(bytes_max=1, keep_seconds=1)
    outbox = Outbox(bus)
    log = SharedEventLog(MemoryEventLog(clock), outbox, bus)
    for happening in (RECEIVING, *map(progress, range(1000)), Ended()):
        await log.append(NAME, happening)
    assert [event.sequence for event in await followed(log)] == [1, 1001, 1002]
    await outbox.stop()
