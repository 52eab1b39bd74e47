"""`bench bus`: from publishing to the follower, in one process, over NATS, and over bare NATS."""

import argparse
import asyncio
import statistics
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from typing import Any, Final

import nats
from nats.js.api import DeliverPolicy, StreamConfig

from metaextract_common.bus.memory import MemoryBus
from metaextract_common.bus.nats import Retention, connected
from metaextract_common.bus.port import Bus, Message
from metaextract_testing.nats import started

BYTES: Final = 200
"""A progress event."""

WARMUP_COUNT: Final = 50
IDLE_SECONDS: Final = 30
KEPT_BYTES: Final = 64 * 1024 * 1024


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the sub-command."""
    parser = commands.add_parser("bus", help="latency and rate of the bus between replicas")
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument(
        "--followers", type=int, default=1000, help="idle ones beside those that are measured"
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    asyncio.run(_measure(arguments.messages, arguments.followers))
    return 0


async def _measure(count: int, followers_count: int) -> None:
    print(f"{count} messages of {BYTES} bytes, one after the other")
    print("| | p50 ms | p99 ms | messages/s | CPU ms a message, both ends |")
    print("|---|---|---|---|---|")
    with started() as server:
        ways: dict[str, Callable[[], AbstractAsyncContextManager[Any]]] = {
            "in one process": _in_memory,
            "NATS": lambda: _replicas(server.url),
            "bare JetStream: publish, ordered consumer": lambda: _bare(server.url),
        }
        for name, opened in ways.items():
            async with opened() as (publish, follow):
                await _show(name, publish, follow, count)
        async with _replicas(server.url) as (publish, follow), _idle(follow, followers_count):
            await _show(f"NATS, beside {followers_count} idle followers", publish, follow, count)
        for name, opened in ways.items():
            async with opened() as (_, follow), _idle(follow, followers_count):
                began = time.process_time()
                await asyncio.sleep(IDLE_SECONDS)
                share = (time.process_time() - began) / IDLE_SECONDS
                print(f"\n{followers_count} idle followers, {name}: {share:.1%} of a core")


@asynccontextmanager
async def _idle(follow: Any, count: int) -> AsyncIterator[None]:  # noqa: ANN401 - two protocols
    """Have followers to whom nothing is said."""
    followers = [asyncio.create_task(_drained(follow(f"idle{at}"))) for at in range(count)]
    await asyncio.sleep(3)
    try:
        yield
    finally:
        for one in followers:
            one.cancel()
        await asyncio.gather(*followers, return_exceptions=True)


async def _show(name: str, publish: Any, follow: Any, count: int) -> None:  # noqa: ANN401 - two protocols
    seconds: list[float] = []
    async with aclosing(follow("topic")) as messages:
        first = asyncio.ensure_future(anext(messages))
        await asyncio.sleep(0.2)
        await publish("topic", _payload())
        await first
        for _ in range(WARMUP_COUNT):
            await publish("topic", _payload())
            await anext(messages)
        began, cpu = time.perf_counter(), time.process_time()
        for _ in range(count):
            sent = time.perf_counter()
            following = asyncio.ensure_future(anext(messages))
            await publish("topic", _payload())
            await following
            seconds.append(time.perf_counter() - sent)
        wall, used = time.perf_counter() - began, time.process_time() - cpu
    ms = [1000 * one for one in seconds]
    p99 = statistics.quantiles(ms, n=100)[98]
    rate, cost = count / wall, 1000 * used / count
    print(f"| {name} | {statistics.median(ms):.2f} | {p99:.2f} | {rate:.0f} | {cost:.2f} |")


def _payload() -> bytes:
    return bytes(BYTES)


async def _drained(messages: AsyncGenerator[Message, None]) -> None:
    async with aclosing(messages):
        async for _ in messages:
            pass


def _faces(one: Bus, two: Bus) -> tuple[Any, Any]:
    async def publish(topic: str, payload: bytes) -> None:
        await one.publish(topic, payload, replaces="progress")

    return publish, two.follow


@asynccontextmanager
async def _in_memory() -> AsyncIterator[tuple[Any, Any]]:
    bus = MemoryBus(bytes_max=KEPT_BYTES, keep_seconds=60)
    yield _faces(bus, bus)


@asynccontextmanager
async def _replicas(url: str) -> AsyncIterator[tuple[Any, Any]]:
    name, retention = uuid.uuid4().hex, Retention(60, KEPT_BYTES)
    async with connected(url, name, retention) as one, connected(url, name, retention) as two:
        yield _faces(one, two)


@asynccontextmanager
async def _bare(url: str) -> AsyncIterator[tuple[Any, Any]]:
    """What the library offers for this: the floor."""
    one, two = await nats.connect(url), await nats.connect(url)
    name = uuid.uuid4().hex
    config = StreamConfig(name=name, subjects=[f"{name}.>"], max_msgs_per_subject=1, max_bytes=KEPT_BYTES)
    await one.jetstream().add_stream(config)

    async def publish(topic: str, payload: bytes) -> None:
        await one.jetstream().publish(f"{name}.{topic}", payload)

    async def follow(topic: str) -> AsyncGenerator[bytes, None]:
        subscribed = await two.jetstream().subscribe(
            f"{name}.{topic}", ordered_consumer=True, deliver_policy=DeliverPolicy.ALL
        )
        try:
            while True:
                yield (await subscribed.next_msg(timeout=600)).data
        finally:
            await subscribed.unsubscribe()

    try:
        yield publish, follow
    finally:
        await one.close()
        await two.close()
