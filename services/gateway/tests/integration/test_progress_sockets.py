"""The legacy progress socket, over real sockets: two gateways that share a bus."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from metaextract_common.bus import nats
from metaextract_common.bus.memory import MemoryBus
from metaextract_common.bus.outbox import sending
from metaextract_common.bus.port import Bus
from metaextract_common.rpc.serving import Draining
from metaextract_gateway.adapters.http.legacy import progress as progress_
from metaextract_gateway.adapters.http.legacy import sockets as sockets_
from metaextract_gateway.adapters.http.legacy.progress import SessionProgress
from metaextract_gateway.adapters.http.legacy.sockets import ProgressSockets
from metaextract_gateway.adapters.http.serving import http_serving

SECONDS_MAX = 60
LINGER_SECONDS = 0.5
HEARTBEAT_SECONDS = 0.2
SOCKETS_COUNT_MAX = 3
RESTART, TRY_LATER, NO_CODE, PROTOCOL_ERROR = 1012, 1013, 1005, 1002


@dataclass
class Gateway:
    url: str
    progress: SessionProgress
    draining: Draining

    def connect(self, session_id: str) -> connect:
        return connect(f"{self.url}/{session_id}")


async def started(bus: Bus, stack: AsyncExitStack) -> Gateway:
    outbox = await stack.enter_async_context(sending(bus, flush_seconds=1))
    progress, draining = SessionProgress(bus, outbox), Draining()
    served = ProgressSockets(progress, draining, session_count_max=SOCKETS_COUNT_MAX)
    app = Starlette(routes=[WebSocketRoute("/{session_id}", served.serve), WebSocketRoute("/", served.serve)])
    address = await stack.enter_async_context(http_serving(app, "127.0.0.1:0", drain_seconds=1))
    return Gateway(f"ws://{address}", progress, draining)


@pytest.fixture(params=["one process", "NATS"])
async def gateways(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Gateway, Gateway]]:
    """One gateway twice, or two with NATS between."""
    monkeypatch.setattr(progress_, "LINGER_SECONDS", LINGER_SECONDS)
    monkeypatch.setattr(sockets_, "HEARTBEAT_SECONDS", HEARTBEAT_SECONDS)
    async with AsyncExitStack() as stack:
        if request.param == "one process":
            one = await started(MemoryBus(bytes_max=1_000_000, keep_seconds=60), stack)
            yield one, one
        else:
            name, retention = uuid.uuid4().hex, nats.Retention(60, 1_000_000)
            url = request.getfixturevalue("nats_server").url
            buses = [await stack.enter_async_context(nats.connected(url, name, retention)) for _ in range(2)]
            yield await started(buses[0], stack), await started(buses[1], stack)


async def heard(socket: ClientConnection, *, beats: bool = False) -> dict:
    """Return the next frame, heartbeats only if asked for."""
    async with asyncio.timeout(SECONDS_MAX):
        while True:
            frame = json.loads(await socket.recv())
            if beats or frame["type"] != "heartbeat":
                return frame


async def to_the_end(socket: ClientConnection) -> tuple[list[dict], int]:
    """Return the frames until the server closes the socket, and the code."""
    found = []
    with pytest.raises(ConnectionClosed) as closed:
        async with asyncio.timeout(SECONDS_MAX):
            while True:
                found.append(await heard(socket))
    assert closed.value.rcvd is not None
    return found, closed.value.rcvd.code


async def steps(gateway: Gateway, session_id: str, *percents: int) -> None:
    for percent in percents:
        gateway.progress.publish(session_id, "progress", progress=percent)
        await asyncio.sleep(0)


def told(frames: list[dict]) -> list[object]:
    return [frame.get("progress", frame["type"]) for frame in frames]


async def test_a_socket_at_one_gateway_sees_an_upload_at_the_other(
    gateways: tuple[Gateway, Gateway],
) -> None:
    here, there = gateways
    async with there.connect("s") as socket, there.connect("other") as other:
        assert (await heard(socket)).keys() == {"type", "sessionId", "timestamp"}
        here.progress.begin("s")
        await steps(here, "s", 10, 20, 50, 90, 100)
        here.progress.publish("s", "complete", metadata={})
        frames, code = await to_the_end(socket)
        assert (told(frames), code) == ([10, 20, 50, 90, 100, "complete"], NO_CODE)
        assert {frame["sessionId"] for frame in frames} == {"s"}
        assert (await heard(other))["type"] == "connected"
        beat = await heard(other, beats=True)
        assert (beat["type"], beat.keys()) == ("heartbeat", {"type", "sessionId", "timestamp"})


async def test_whoever_joins_late_is_told_what_happened_and_sees_the_rest(
    gateways: tuple[Gateway, Gateway], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = gateways
    monkeypatch.setattr(progress_, "LINGER_SECONDS", SECONDS_MAX)
    here.progress.begin("s")
    await steps(here, "s", 10, 20, 30)
    async with there.connect("s") as socket:
        assert [(await heard(socket))["type"] for _ in range(4)] == ["connected", *["progress"] * 3]
        here.progress.publish("s", "error", error="no")
        assert (await heard(socket))["type"] == "error"
        async with here.connect("s") as late:  # within the time that sockets linger
            assert told([await heard(late) for _ in range(5)]) == ["connected", 10, 20, 30, "error"]


async def test_what_was_over_before_is_not_told_again(gateways: tuple[Gateway, Gateway]) -> None:
    here, there = gateways
    await steps(here, "s", 10)
    here.progress.publish("s", "complete", metadata={})
    async with there.connect("s") as socket:
        await to_the_end(socket)
    async with there.connect("s") as socket:
        assert (await heard(socket))["type"] == "connected"
        assert (await heard(socket, beats=True))["type"] == "heartbeat"
        await steps(here, "s", 15)  # more of the same session
        assert (await heard(socket))["progress"] == 15


async def test_a_new_upload_of_a_session_takes_the_place_of_one_that_never_ended(
    gateways: tuple[Gateway, Gateway],
) -> None:
    here, there = gateways
    await steps(here, "s", 10, 20)
    async with aclosing(there.progress.watch("s")) as frames:
        assert [(await anext(frames))["progress"] for _ in range(2)] == [10, 20]
    there.progress.begin("s")
    await steps(there, "s", 11)
    async with here.connect("s") as socket:
        assert told([await heard(socket) for _ in range(2)]) == ["connected", 11]


async def test_pings_are_answered_and_nonsense_is_passed_over(gateways: tuple[Gateway, Gateway]) -> None:
    async with gateways[0].connect("s") as socket:
        assert (await heard(socket))["type"] == "connected"
        for nonsense in (
            "no json",
            "[1]",
            '"ping"',
            "{}",
            b"\xff\x00",
            '{"type": "pong"}',
            "nul",
            "1" * 5000,
        ):
            await socket.send(nonsense)
        await socket.send(json.dumps({"type": "ping", "more": 1}))
        pong = await heard(socket)
        assert (pong["type"], pong.keys()) == ("pong", {"type", "timestamp"})


async def test_a_session_has_so_many_sockets_at_once_and_no_more(gateways: tuple[Gateway, Gateway]) -> None:
    here, _ = gateways
    async with AsyncExitStack() as stack:
        for _number in range(SOCKETS_COUNT_MAX):
            assert (await heard(await stack.enter_async_context(here.connect("s"))))["type"] == "connected"
        async with here.connect("s") as refused:
            assert await to_the_end(refused) == ([], TRY_LATER)
        async with here.connect("t") as other:
            assert (await heard(other))["type"] == "connected"
    async with asyncio.timeout(SECONDS_MAX):
        while True:  # the server hears a little later that they have gone
            async with here.connect("s") as socket:
                try:
                    await heard(socket)
                except ConnectionClosed:
                    continue
                return


async def test_sockets_are_told_to_come_again_when_the_gateway_drains(
    gateways: tuple[Gateway, Gateway],
) -> None:
    here, there = gateways
    await steps(here, "s", 10, 20)
    async with there.connect("s") as socket:
        assert [(await heard(socket))["type"] for _ in range(3)] == ["connected", "progress", "progress"]
        there.draining.begin()
        assert await to_the_end(socket) == ([], RESTART)
    async with here.connect("s") as socket:
        assert (await heard(socket))["type"] == "connected"


@pytest.mark.parametrize("session_id", ["", "s" * 201])
async def test_a_socket_needs_a_session(gateways: tuple[Gateway, Gateway], session_id: str) -> None:
    async with gateways[0].connect(session_id) as socket:
        assert await to_the_end(socket) == ([], PROTOCOL_ERROR)


async def test_a_socket_outlives_an_outage_of_the_bus(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Away(MemoryBus):
        fails = True

        async def read(self, topic: str, after: int = 0) -> list:
            if self.fails:
                raise progress_.ServiceError("unavailable", "d", "SERVICE_UNREACHABLE", "away")
            return await super().read(topic, after)

    monkeypatch.setattr(progress_, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(sockets_, "HEARTBEAT_SECONDS", HEARTBEAT_SECONDS)
    bus = Away(bytes_max=1_000_000, keep_seconds=60)
    async with AsyncExitStack() as stack:
        gateway = await started(bus, stack)
        await steps(gateway, "s", 10)
        async with gateway.connect("s") as socket:
            said = [(await heard(socket, beats=True))["type"] for _ in range(2)]
            assert said == ["connected", "heartbeat"]
            bus.fails = False
            assert (await heard(socket))["progress"] == 10
