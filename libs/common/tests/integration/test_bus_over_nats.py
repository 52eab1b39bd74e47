"""A NATS server that goes and comes back under those who publish and those who follow."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, aclosing

import pytest

from metaextract_common.bus.nats import BusUnreachableError, NatsBus, Retention, connected
from metaextract_common.errors import ServiceError
from metaextract_testing import nats

SECONDS_MAX = 60
COUNT = 40
RETENTION = Retention(3600, 64 * 1024 * 1024)


@pytest.fixture(scope="module")
def server() -> Iterator[nats.NatsServer]:
    with nats.started() as started:
        yield started


@pytest.fixture
def name() -> str:
    return uuid.uuid4().hex


@pytest.fixture
async def bus(server: nats.NatsServer, name: str) -> AsyncIterator[NatsBus]:
    async with bus_of(server, name) as connected_bus:
        yield connected_bus


def bus_of(
    server: nats.NatsServer, name: str, retention: Retention = RETENTION
) -> AbstractAsyncContextManager[NatsBus]:
    return connected(server.url, name, retention)


async def numbers(bus: NatsBus, count: int) -> list[int]:
    found: list[int] = []
    async with asyncio.timeout(SECONDS_MAX), aclosing(bus.follow("t")) as messages:
        while len(found) < count:
            found.append(int((await anext(messages)).payload))
    return found


async def again(server: nats.NatsServer) -> None:
    """Kill the server and start it."""
    await asyncio.to_thread(server.kill)
    await asyncio.to_thread(server.start)


async def test_a_kill_between_two_messages_loses_nothing(server: nats.NatsServer, bus: NatsBus) -> None:
    following = asyncio.create_task(numbers(bus, 3))
    await bus.publish("t", b"0")
    await again(server)
    await bus.publish("t", b"1")
    await again(server)
    await bus.publish("t", b"2")
    assert await following == [0, 1, 2]
    assert await numbers(bus, 3) == [0, 1, 2]


async def test_kills_amid_the_messages_lose_double_and_reorder_nothing(
    server: nats.NatsServer, bus: NatsBus, name: str
) -> None:
    async with bus_of(server, name) as other:
        following = [asyncio.create_task(numbers(other, COUNT)) for _ in range(3)]

        async def publish() -> None:
            for number in range(COUNT):
                await bus.publish("t", b"%d" % number)
                await asyncio.sleep(0.01)

        publishing = asyncio.create_task(publish())
        for _ in range(2):
            await asyncio.sleep(0.1)
            await again(server)
        await publishing
        for seen in await asyncio.gather(*following):
            assert seen == list(range(COUNT))


async def test_who_publishes_meanwhile_waits_and_who_asks_is_told(
    server: nats.NatsServer, bus: NatsBus
) -> None:
    await asyncio.to_thread(server.kill)
    publishing = asyncio.create_task(bus.publish("t", b"1"))
    forgetting = asyncio.create_task(bus.forget("u"))
    with pytest.raises(ServiceError) as caught:
        await bus.read("t")
    assert caught.value.reason == "SERVICE_UNREACHABLE"
    with pytest.raises(Exception, match="nats"):
        await bus.check()
    assert not publishing.done()
    await asyncio.to_thread(server.start)
    async with asyncio.timeout(SECONDS_MAX):
        sequence = await publishing
        await forgetting
    assert [one.sequence for one in await bus.read("t")] == [sequence]
    await bus.check()


async def test_a_server_that_kept_all_in_memory_is_followed_on(server: nats.NatsServer, name: str) -> None:
    async with bus_of(server, name, Retention(3600, 64 * 1024 * 1024, in_memory=True)) as bus:
        following = asyncio.create_task(numbers(bus, 2))
        first = await bus.publish("t", b"1")
        while len(await bus.read("t")) < 1 or not bus._followers:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        await again(server)
        assert await bus.publish("t", b"2") > first
        assert await following == [1, 2]
        assert [one.payload for one in await bus.read("t")] == [b"2"]


async def test_limits_of_an_existing_stream_are_brought_up_to_date(
    server: nats.NatsServer, bus: NatsBus, name: str
) -> None:
    await bus.publish("t", b"1")
    async with bus_of(server, name, Retention(60, 1024 * 1024)) as other:
        config = (await other._jetstream.stream_info(other._stream)).config
        assert (config.max_age, config.max_bytes) == (60, 1024 * 1024)
        assert [one.payload for one in await other.read("t")] == [b"1"]


async def test_what_topics_are_called_cannot_be_read_from_the_server(
    server: nats.NatsServer, bus: NatsBus
) -> None:
    await bus.publish("a-session-of-somebody", b"1")
    await bus.publish("a-session-of-somebody", bytes(2_000_000), replaces="partial")
    info = await bus._jetstream.stream_info(bus._stream, subjects_filter=">")
    assert info.state.subjects
    assert not any("somebody" in subject for subject in info.state.subjects)


async def test_without_a_server_the_start_fails_and_says_what_to_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("metaextract_common.bus.nats.CONNECT_SECONDS", 0.3)
    with pytest.raises(BusUnreachableError, match="check the URL") as caught:
        async with connected("nats://user:secret@127.0.0.1:1", "x", RETENTION):
            pass
    assert "secret" not in str(caught.value)
