"""What waits for a bus that is away, and what does not."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from metaextract_common.bus.memory import MemoryBus
from metaextract_common.bus.outbox import Outbox, sending


class SlowBus(MemoryBus):
    """Is away until `there` is set."""

    def __init__(self) -> None:
        super().__init__(bytes_max=1000, keep_seconds=60)
        self.there = asyncio.Event()
        self.asked = 0

    async def publish(self, topic: str, payload: bytes, *, replaces: str = "") -> int:
        self.asked += 1
        await self.there.wait()
        if payload == b"bad":
            raise ValueError(payload)
        return await super().publish(topic, payload, replaces=replaces)

    async def forget(self, topic: str) -> None:
        await self.there.wait()
        await super().forget(topic)


@pytest.fixture
async def bus() -> SlowBus:
    return SlowBus()


@pytest.fixture
async def outbox(bus: SlowBus) -> AsyncIterator[Outbox]:
    async with sending(bus, flush_seconds=60) as made:
        yield made
        bus.there.set()


async def payloads(bus: SlowBus, topic: str) -> list[bytes]:
    return [one.payload for one in await bus.read(topic)]


async def test_messages_of_a_topic_keep_their_order_and_topics_do_not_wait_for_each_other(
    bus: SlowBus, outbox: Outbox
) -> None:
    for number in range(10):
        outbox.publish("t", b"%d" % number)
        outbox.publish("u", b"%d" % number)
    await asyncio.sleep(0)
    assert bus.asked == 2
    bus.there.set()
    await outbox.flushed()
    assert await payloads(bus, "t") == [b"%d" % number for number in range(10)]
    assert await payloads(bus, "u") == [b"%d" % number for number in range(10)]


async def test_what_was_replaced_while_it_waited_is_not_sent(bus: SlowBus, outbox: Outbox) -> None:
    outbox.publish("t", b"first")
    await asyncio.sleep(0)
    for number in range(100):
        outbox.publish("t", b"%d" % number, replaces="progress")
    outbox.publish("t", b"state")
    bus.there.set()
    await outbox.flushed()
    assert await payloads(bus, "t") == [b"first", b"99", b"state"]
    assert bus.asked == 3


async def test_forgetting_takes_what_waits_and_leaves_what_comes(bus: SlowBus, outbox: Outbox) -> None:
    for payload in (b"on its way", b"waits"):
        outbox.publish("t", payload)
    await asyncio.sleep(0)
    outbox.forget("t")
    outbox.publish("t", b"comes")
    bus.there.set()
    await outbox.flushed()
    assert await payloads(bus, "t") == [b"comes"]
    assert bus.asked == 2


async def test_what_waits_is_bounded_and_what_was_sent_makes_room(bus: SlowBus) -> None:
    outbox = Outbox(bus, waiting_bytes_max=10)
    outbox.publish("s", b"")
    outbox.publish("t", b"on its way")
    await asyncio.sleep(0)
    for payload in (b"12345", b"67890", b"dropped"):
        outbox.publish("t", payload)
    bus.there.set()
    await outbox.flushed()
    assert await payloads(bus, "t") == [b"on its way", b"12345", b"67890"]
    outbox.publish("t", b"0123456789")
    await outbox.flushed()
    assert (await payloads(bus, "t"))[-1] == b"0123456789"


async def test_a_message_that_the_bus_refuses_does_not_stop_the_others(bus: SlowBus, outbox: Outbox) -> None:
    bus.there.set()
    for payload in (b"bad", b"good"):
        outbox.publish("t", payload)
    await outbox.flushed()
    assert await payloads(bus, "t") == [b"good"]


async def test_the_end_does_not_wait_for_ever(bus: SlowBus) -> None:
    async with asyncio.timeout(60), sending(bus, flush_seconds=0.01) as outbox:
        outbox.publish("t", b"never")
    assert await payloads(bus, "t") == []
