"""What every storage of counters promises, shown on the one in this process and on the one in NATS."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from typing import Any

import nats
import pytest
from limits import RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter

from metaextract_gateway.adapters.counters import nats as nats_counters
from metaextract_gateway.adapters.counters.falling_back import FallingBack
from metaextract_gateway.adapters.counters.memory import MemoryCounters
from metaextract_gateway.adapters.counters.nats import NatsCounters, made_stream
from metaextract_testing.nats import NatsServer, started


@pytest.fixture(scope="module")
def server() -> Iterator[NatsServer]:
    with started() as running:
        yield running


@pytest.fixture(params=["memory", "nats"])
async def replicas(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[list[Storage]]:
    """Two gateways: their storages. In one process they share the storage itself."""
    if request.param == "memory":
        yield [MemoryCounters()] * 2
        return
    monkeypatch.setattr(nats_counters, "CALL_SECONDS", 60)  # what is promised of a server that answers
    url = request.getfixturevalue("server").url
    async with AsyncExitStack() as stack:
        storages: list[Storage] = []
        for _ in range(2):
            connection = await nats.connect(url)
            stack.push_async_callback(connection.close)
            storages.append(NatsCounters(await made_stream(connection)))
        await storages[0].reset()
        yield storages


async def test_of_many_hits_at_once_exactly_the_limit_is_admitted(replicas: list[Storage]) -> None:
    limiters = [FixedWindowRateLimiter(storage) for storage in replicas]
    limit = RateLimitItemPerMinute(30)

    admitted = await asyncio.gather(*(limiters[at % 2].hit(limit, "somebody") for at in range(100)))

    assert sum(admitted) == 30


async def test_keys_are_counted_apart(replicas: list[Storage]) -> None:
    limiter = FixedWindowRateLimiter(replicas[0])
    limit = RateLimitItemPerMinute(1)

    assert await limiter.hit(limit, "one")
    assert await limiter.hit(limit, "two")
    assert not await limiter.hit(limit, "one")


async def test_what_one_gateway_counted_the_other_knows(replicas: list[Storage]) -> None:
    first, second = (FixedWindowRateLimiter(storage) for storage in replicas)
    limit = RateLimitItemPerMinute(10)
    await first.hit(limit, "somebody")
    await second.hit(limit, "somebody")
    await first.hit(limit, "somebody")

    stats = await first.get_window_stats(limit, "somebody")

    assert stats.remaining == 7
    assert 0 < stats.reset_time - time.time() <= 60


async def test_a_window_begins_with_its_first_hit_and_ends_by_itself(replicas: list[Storage]) -> None:
    first, second = (FixedWindowRateLimiter(storage) for storage in replicas)
    limit = RateLimitItemPerSecond(1, multiples=6)
    assert await first.hit(limit, "somebody")
    assert not await second.hit(limit, "somebody")
    ends_at = (await second.get_window_stats(limit, "somebody")).reset_time

    await asyncio.sleep(max(0.0, ends_at - time.time()) + 0.01)

    assert await second.hit(limit, "somebody")
    assert not await first.hit(limit, "somebody")


async def test_a_key_can_be_forgotten(replicas: list[Storage]) -> None:
    limiter = FixedWindowRateLimiter(replicas[0])
    limit = RateLimitItemPerMinute(1)
    await limiter.hit(limit, "somebody")

    await limiter.clear(limit, "somebody")

    assert await limiter.hit(limit, "somebody")


async def test_keys_of_any_content_are_counted(replicas: list[Storage]) -> None:
    limiter = FixedWindowRateLimiter(replicas[0])
    limit = RateLimitItemPerMinute(1)

    for key in ("", "a.b", "*", ">", "\n", "ä" * 5000):
        assert await limiter.hit(limit, key)
        assert not await limiter.hit(limit, key)


async def test_what_has_ended_is_forgotten_and_so_is_what_there_is_no_room_for() -> None:
    counters = MemoryCounters(count_max=100)
    for at in range(200):
        await counters.incr(f"long-{at}", 60)
    await counters.incr("short", 1)
    kept = [at for at in range(200) if await counters.get(f"long-{at}")]
    assert await counters.get("short") == 0  # the first to end is the first to go
    assert kept == list(range(100, 200))

    assert await counters.reset() == 100
    assert await counters.get("long-199") == 0


async def test_while_the_store_is_away_each_gateway_counts_for_itself() -> None:
    limit = RateLimitItemPerMinute(3)
    with started() as own:
        connection = await nats.connect(own.url, allow_reconnect=False, error_cb=_ignored)
        limiter = FixedWindowRateLimiter(FallingBack(NatsCounters(await made_stream(connection))))
        assert await limiter.hit(limit, "somebody")
    while connection.is_connected:
        await asyncio.sleep(0.01)

    admitted = [await limiter.hit(limit, "somebody") for _ in range(5)]

    assert admitted == [True, True, True, False, False]
    assert (await limiter.get_window_stats(limit, "somebody")).remaining == 0
    await connection.close()


async def _ignored(_error: Any) -> None:
    """The server was stopped on purpose."""
