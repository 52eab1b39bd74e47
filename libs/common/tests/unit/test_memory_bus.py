"""What a bus in memory forgets by itself."""

from metaextract_common.bus.memory import MemoryBus


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


async def kept(bus: MemoryBus, *topics: str) -> list[str]:
    return [topic for topic in topics if await bus.read(topic)]


async def test_topics_to_which_nothing_was_added_for_long_are_forgotten() -> None:
    clock = Clock()
    bus = MemoryBus(bytes_max=1000, keep_seconds=60, monotonic=clock)
    await bus.publish("old", b"1")
    await bus.publish("used", b"1")
    clock.seconds = 50
    await bus.publish("used", b"2")
    assert await kept(bus, "old", "used") == ["old", "used"]
    clock.seconds = 61
    await bus.publish("new", b"3")
    assert await kept(bus, "old", "used", "new") == ["used", "new"]


async def test_the_least_recent_topics_make_room() -> None:
    bus = MemoryBus(bytes_max=100, keep_seconds=60, monotonic=Clock())
    for topic in "abcd":
        await bus.publish(topic, bytes(30))
    assert await kept(bus, *"abcd") == ["b", "c", "d"]
    await bus.publish("b", bytes(30), replaces="progress")
    assert await kept(bus, *"bcd") == ["b", "d"]
    for _ in range(10):  # takes no more room than one
        await bus.publish("d", bytes(10), replaces="progress")
    assert await kept(bus, *"bcd") == ["b", "d"]
    await bus.forget("b")
    await bus.publish("e", bytes(60))
    assert await kept(bus, *"de") == ["d", "e"]
    await bus.publish("f", bytes(200))  # the newest in any case
    assert await kept(bus, *"def") == ["f"]
