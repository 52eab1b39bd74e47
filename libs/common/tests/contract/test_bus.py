"""What a bus promises: the same of one process and of NATS."""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metaextract_common.bus.memory import MemoryBus
from metaextract_common.bus.nats import Retention, connected
from metaextract_common.bus.port import Bus, Message
from metaextract_testing import nats

SECONDS_MAX = 60
KEEP_SECONDS = 3600
MEBIBYTE = 1024 * 1024
END = b"end"

Opened = Callable[[], AbstractAsyncContextManager[tuple[Bus, Bus]]]
"""Makes an empty bus: one to publish on and one to follow, of another replica where there are several."""


@asynccontextmanager
async def in_memory() -> AsyncIterator[tuple[Bus, Bus]]:
    bus = MemoryBus(bytes_max=64 * MEBIBYTE, keep_seconds=KEEP_SECONDS)
    yield bus, bus


@asynccontextmanager
async def replicas(server: nats.NatsServer) -> AsyncIterator[tuple[Bus, Bus]]:
    name = uuid.uuid4().hex
    retention = Retention(KEEP_SECONDS, 64 * MEBIBYTE)
    async with connected(server.url, name, retention) as one, connected(server.url, name, retention) as two:
        yield one, two


@pytest.fixture(params=["memory", "nats"])
def opened(request: pytest.FixtureRequest) -> Opened:
    if request.param == "memory":
        return in_memory
    server = request.getfixturevalue("nats_server")
    return lambda: replicas(server)


@pytest.fixture
async def buses(opened: Opened) -> AsyncIterator[tuple[Bus, Bus]]:
    async with opened() as made:
        yield made


async def followed(bus: Bus, topic: str, after: int = 0) -> list[Message]:
    """Follow up to the message `end`."""
    found = []
    async with asyncio.timeout(SECONDS_MAX), aclosing(bus.follow(topic, after)) as messages:
        async for message in messages:
            found.append(message)
            if message.payload == END:
                break
    return found


def payloads(messages: list[Message]) -> list[bytes]:
    return [one.payload for one in messages]


async def test_messages_come_in_order_with_their_sequences(buses: tuple[Bus, Bus]) -> None:
    one, two = buses
    published = [Message(await one.publish("t", word), word) for word in (b"a", b"", b"c", END)]
    assert [message.sequence for message in published] == sorted({m.sequence for m in published})
    assert await two.read("t") == published
    assert await followed(two, "t") == published
    assert await followed(two, "t", published[1].sequence) == published[2:]
    assert await two.read("t", published[-1].sequence) == []


async def test_a_follower_may_come_before_the_first_message(buses: tuple[Bus, Bus]) -> None:
    one, two = buses
    following = [asyncio.create_task(followed(two, "t")) for _ in range(5)]
    for number in range(20):
        await one.publish("t", b"%d" % number)
    await one.publish("t", END)
    for seen in await asyncio.gather(*following):
        assert payloads(seen) == [b"%d" % number for number in range(20)] + [END]


async def test_topics_do_not_meet_whatever_they_are_called(buses: tuple[Bus, Bus]) -> None:
    one, two = buses
    topics = ["a", "a.b", "a.*", ">", " ", "ä/\n", "x" * 5000, ""]
    for topic in topics:
        await one.publish(topic, topic.encode())
    for topic in topics:
        assert payloads(await two.read(topic)) == [topic.encode()]


async def test_what_was_replaced_is_not_shown_to_those_who_come_later(buses: tuple[Bus, Bus]) -> None:
    one, two = buses
    for number in range(100):
        await one.publish("t", b"%d" % number, replaces="progress")
        if number == 50:
            await one.publish("t", b"state")
    await one.publish("u", b"other", replaces="progress")
    await one.publish("t", END, replaces="partial")
    assert payloads(await followed(two, "t")) == [b"state", b"99", END]


async def test_only_a_plain_word_can_say_what_is_replaced(buses: tuple[Bus, Bus]) -> None:
    for word in ("a.b", "*", "A", "a b", "1"):
        with pytest.raises(ValueError, match="no word"):
            await buses[0].publish("t", b"", replaces=word)


async def test_a_message_may_be_longer_than_what_a_server_takes_at_once(buses: tuple[Bus, Bus]) -> None:
    one, two = buses
    following = asyncio.create_task(followed(two, "t"))
    long = [os.urandom(size * MEBIBYTE + 17) for size in (1, 3, 2)]
    for payload in long:
        await one.publish("t", payload, replaces="partial")
    await one.publish("t", long[0])
    await one.publish("t", END)
    assert payloads(await two.read("t")) == [long[2], long[0], END]
    assert payloads(await following)[-3:] == [long[2], long[0], END]


async def test_what_is_forgotten_is_gone_and_followers_go_on(buses: tuple[Bus, Bus]) -> None:
    one, two = buses
    await one.publish("t", b"x" * 2 * MEBIBYTE, replaces="partial")
    await one.publish("u", b"kept")
    async with asyncio.timeout(SECONDS_MAX), aclosing(two.follow("t")) as messages:
        assert len((await anext(messages)).payload) == 2 * MEBIBYTE
        await one.forget("t")
        await one.forget("never was")
        assert await two.read("t") == []
        await one.publish("t", b"new")
        assert (await anext(messages)).payload == b"new"
    assert payloads(await two.read("t")) == [b"new"]
    assert payloads(await two.read("u")) == [b"kept"]


async def test_a_follower_that_is_told_to_leave_leaves_and_disturbs_nobody(buses: tuple[Bus, Bus]) -> None:
    one, two = buses
    staying = asyncio.create_task(followed(two, "t"))
    for number in range(100):
        gone = asyncio.create_task(followed(two, "t"))
        await one.publish("t", b"1", replaces="progress")
        for _ in range(number % 10):
            await asyncio.sleep(0)
        gone.cancel()
        await asyncio.wait({gone}, timeout=SECONDS_MAX)
        assert gone.cancelled()
    await one.publish("t", END)
    assert payloads(await staying)[-2:] == [b"1", END]


async def test_it_says_that_it_is_there(buses: tuple[Bus, Bus]) -> None:
    for bus in buses:
        await bus.check()


@dataclass(frozen=True)
class Publish:
    topic: int
    replaces: str


@dataclass(frozen=True)
class Join:
    """Begin to follow after one of the messages published so far, or after none."""

    topic: int
    after: int


@dataclass(frozen=True)
class Pause:
    """Let followers run for a while."""

    turns: int


steps = st.one_of(
    st.builds(Publish, st.integers(0, 1), st.sampled_from(["", "a", "b"])),
    st.builds(Join, st.integers(0, 1), st.integers(0, 40)),
    st.builds(Pause, st.integers(1, 20)),
)


@given(script=st.lists(steps, max_size=40))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whoever_joins_whenever_after_whatever_sees_what_is_left_in_order(
    opened: Opened, script: list[Publish | Join | Pause]
) -> None:
    asyncio.run(played(opened, script))


@dataclass
class Play:
    """A script carried out, and what came of it."""

    one: Bus
    two: Bus
    published: list[tuple[int, str, Message]]
    following: list[tuple[int, int, asyncio.Task[list[Message]]]]

    async def publish(self, topic: int, replaces: str, payload: bytes) -> None:
        sequence = await self.one.publish(f"t{topic}", payload, replaces=replaces)
        self.published.append((topic, replaces, Message(sequence, payload)))

    def join(self, topic: int, after: int) -> None:
        task = asyncio.create_task(followed(self.two, f"t{topic}", after))
        self.following.append((topic, after, task))

    async def take(self, step: Publish | Join | Pause) -> None:
        match step:
            case Publish(topic, replaces):
                await self.publish(topic, replaces, b"%d" % len(self.published))
            case Join(topic, after):
                count = len(self.published)
                self.join(topic, self.published[after % count][2].sequence if count else 0)
            case Pause(turns):
                for _ in range(turns):
                    await asyncio.sleep(0)

    def there(self, topic: int, after: int) -> list[tuple[Message, bool]]:
        """Return what was published, and whether something replaced it later."""
        found = [(key, one) for where, key, one in self.published if where == topic and one.sequence > after]
        keys = [key for key, _ in found]
        return [(one, bool(key) and key in keys[at + 1 :]) for at, (key, one) in enumerate(found)]


async def played(opened: Opened, script: list[Publish | Join | Pause]) -> None:
    async with opened() as (one, two):
        play = Play(one, two, [], [])
        for step in script:
            await play.take(step)
        for topic in (0, 1):
            await play.publish(topic, "", END)
        for topic, after, task in play.following:
            seen, there = await task, play.there(topic, after)
            assert seen == [message for message, _ in there if message in seen]
            assert {message for message, replaced in there if not replaced} <= set(seen)
        for topic in (0, 1):
            for after in (0, *(message.sequence for message, _ in play.there(topic, 0)[:-1])):
                left = [message for message, replaced in play.there(topic, after) if not replaced]
                assert await followed(two, f"t{topic}", after) == left
