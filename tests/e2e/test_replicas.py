"""Two gateways and two extractors with NATS between: any of them may be asked, any of them may die.

Each gateway calls one extractor only, so that whatever is seen at the other one came over the bus.
"""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from metaextract_testing import postgres
from metaextract_testing.factory import large_image, make
from metaextract_testing.hostile import slow_jpeg
from metaextract_testing.replicas import Process, Replicas, started

SECONDS_MAX = 90
SMALL = make("png")
IMAGE = large_image("jpeg", 6_000_000)
CONTENT = b"".join(IMAGE.chunks())
PIECES = [CONTENT[at : at + 100_000] for at in range(0, len(CONTENT), 100_000)]
SLOW = slow_jpeg(2_000_000)
"""A worker is busy with it for seconds."""


@pytest.fixture(scope="module")
def running(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: postgres.PostgresServer
) -> Iterator[Replicas]:
    with started(tmp_path_factory.mktemp("replicas"), postgres_server) as replicas:
        yield replicas


@pytest.fixture
async def replicas(running: Replicas) -> Replicas:
    """Two of each, alive and connected to each other again."""
    if await asyncio.to_thread(running.restore):
        for gateway in running.gateways:
            await until_it_reads(gateway)
    return running


async def until_it_reads(gateway: Process) -> None:
    """Return when an upload goes through: connections to what was restarted come back by themselves."""
    async with asyncio.timeout(SECONDS_MAX), httpx.AsyncClient(base_url=gateway.url, timeout=60) as client:
        while True:
            with suppress(httpx.TransportError):
                headers = {"Content-Type": SMALL.media_type}
                answer = await client.post("/v1/extractions", content=SMALL.content, headers=headers)
                if answer.status_code == 201:
                    return
            await asyncio.sleep(0.2)


@pytest.fixture
def name() -> str:
    return f"extractions/{uuid.uuid4()}"


@dataclass
class Upload:
    """A file that arrives as fast as the test allows."""

    gateway: Process
    name: str
    allowed: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    def begin(self) -> asyncio.Task[httpx.Response]:
        return asyncio.create_task(self._send())

    async def advances_before(self, watcher: "Watcher") -> None:
        """Send piece by piece until the watcher sees progress that it has not seen."""
        seen_count = watcher.kinds.count("progress")
        async with asyncio.timeout(SECONDS_MAX):
            while watcher.kinds.count("progress") == seen_count:
                self.allowed.release()
                await asyncio.sleep(0.2)

    def send_the_rest(self) -> None:
        for _ in PIECES:
            self.allowed.release()

    async def _pieces(self) -> AsyncIterator[bytes]:
        for piece in PIECES:
            await self.allowed.acquire()
            yield piece

    async def _send(self) -> httpx.Response:
        parameters = {"extraction_id": self.name.removeprefix("extractions/")}
        headers = {"Content-Type": "image/jpeg", "Content-Length": str(len(CONTENT))}
        async with httpx.AsyncClient(base_url=self.gateway.url, timeout=SECONDS_MAX) as client:
            return await client.post(
                "/v1/extractions", params=parameters, headers=headers, content=self._pieces()
            )


@dataclass
class Watcher:
    """A client of the event stream that can go on at another gateway: `Last-Event-ID`, nothing else."""

    name: str
    events: list[dict] = field(default_factory=list)

    @property
    def sequences(self) -> list[int]:
        return [int(event["sequence"]) for event in self.events]

    @property
    def kinds(self) -> list[str]:
        """What was told: states, progress, partial results, the end."""
        return [_kind(event) for event in self.events]

    async def watch(self, gateway: Process) -> bool:
        """Follow until the end (True), or until the stream breaks or is not to be had now."""
        headers = {"Last-Event-ID": str(self.sequences[-1])} if self.events else {}
        async with httpx.AsyncClient(base_url=gateway.url, timeout=SECONDS_MAX) as client:
            path = f"/v1/{self.name}/events"
            try:
                async with client.stream(
                    "GET", path, headers=headers, params={"wait_seconds": "30"}
                ) as answer:
                    if answer.status_code == 503:
                        return False
                    assert answer.status_code == 200, await answer.aread()
                    async for line in answer.aiter_lines():
                        if line.startswith("data: "):
                            self.events.append(json.loads(line.removeprefix("data: ")))
            except httpx.TransportError:
                return False
        return "ended" in self.events[-1]

    async def sees(self, kind: str) -> None:
        async with asyncio.timeout(SECONDS_MAX):
            while kind not in self.kinds:
                await asyncio.sleep(0.01)


def _kind(event: dict) -> str:
    for kind in ("state_change", "ended"):
        if kind in event:
            return event[kind]["state"].removeprefix("STATE_")
    return next(kind for kind in ("progress", "partial_result", "revision") if kind in event)


async def replayed(gateway: Process, name: str) -> Watcher:
    """Return what somebody sees who comes when all is over."""
    late = Watcher(name)
    async with asyncio.timeout(SECONDS_MAX):
        while not await late.watch(gateway):
            await asyncio.sleep(0.2)
    return late


async def assert_nothing_lost_or_doubled(watcher: Watcher, replicas: Replicas) -> None:
    """Compare with the log: later progress replaces earlier, everything else must have been seen once."""
    assert watcher.sequences == sorted(set(watcher.sequences))
    here, there = [await replayed(gateway, watcher.name) for gateway in replicas.gateways]
    assert here.events == there.events
    seen = {int(event["sequence"]): event for event in watcher.events}
    assert [seen.get(int(event["sequence"])) for event in here.events] == here.events


async def test_an_upload_at_one_gateway_is_seen_whole_at_the_other(replicas: Replicas, name: str) -> None:
    here, there = replicas.gateways
    watchers = [Watcher(name) for _ in range(3)]
    watching = [asyncio.create_task(one.watch(there)) for one in watchers]
    upload = Upload(here, name)
    sending = upload.begin()
    await upload.advances_before(watchers[0])
    upload.send_the_rest()
    assert (await sending).status_code == 201
    assert all(await asyncio.gather(*watching))
    for watcher in watchers:
        states = [kind for kind in watcher.kinds if kind.isupper()]
        assert states == ["RECEIVING", "QUEUED", "PARSING", "SUCCEEDED"]
        await assert_nothing_lost_or_doubled(watcher, replicas)
    result = [httpx.get(f"{one.url}/v1/{name}", timeout=30).json() for one in replicas.gateways]
    assert result[0] == result[1] == watchers[0].events[-1]["ended"]


async def test_whoever_watches_at_a_gateway_that_is_killed_goes_on_at_the_other(
    replicas: Replicas, name: str
) -> None:
    here, there = replicas.gateways
    watcher, upload = Watcher(name), Upload(here, name)
    watching = asyncio.create_task(watcher.watch(there))
    sending = upload.begin()
    await upload.advances_before(watcher)
    await asyncio.to_thread(there.kill)
    assert not await watching
    watching = asyncio.create_task(watcher.watch(here))
    await upload.advances_before(watcher)
    await asyncio.to_thread(there.start)
    watching.cancel()  # and back again
    await asyncio.gather(watching, return_exceptions=True)
    watching = asyncio.create_task(watcher.watch(there))
    upload.send_the_rest()
    assert (await sending).status_code == 201
    assert await watching
    await assert_nothing_lost_or_doubled(watcher, replicas)


async def test_when_the_uploading_gateway_is_killed_the_other_tells_how_it_ends(
    replicas: Replicas, name: str
) -> None:
    here, there = replicas.gateways
    watcher, upload = Watcher(name), Upload(here, name)
    watching = asyncio.create_task(watcher.watch(there))
    sending = upload.begin()
    await upload.advances_before(watcher)
    await asyncio.to_thread(here.kill)
    upload.send_the_rest()
    with pytest.raises(httpx.TransportError):
        await sending
    assert await watching
    assert watcher.kinds[-1] == "CANCELLED"
    await asyncio.to_thread(replicas.restore)
    await assert_nothing_lost_or_doubled(watcher, replicas)


async def test_a_detached_upload_goes_on_when_its_gateway_is_killed(replicas: Replicas, name: str) -> None:
    here, there = replicas.gateways
    watcher = Watcher(name)
    watching = asyncio.create_task(watcher.watch(there))
    async with httpx.AsyncClient(base_url=here.url, timeout=SECONDS_MAX) as client:
        answer = await client.post(
            "/v1/extractions",
            params={"extraction_id": name.removeprefix("extractions/")},
            headers={"Content-Type": "image/jpeg", "Prefer": "respond-async"},
            content=SLOW,
        )
    assert answer.status_code == 202
    await watcher.sees("PARSING")
    await asyncio.to_thread(here.kill)
    assert await watching
    assert watcher.kinds[-1] == "SUCCEEDED"
    await asyncio.to_thread(replicas.restore)
    await assert_nothing_lost_or_doubled(watcher, replicas)


async def test_whoever_watches_an_extractor_that_is_killed_is_told_of_the_end(
    replicas: Replicas, name: str
) -> None:
    here, there = replicas.gateways
    watcher, upload = Watcher(name), Upload(here, name)
    watching = asyncio.create_task(watcher.watch(there))
    sending = upload.begin()
    await upload.advances_before(watcher)
    await asyncio.to_thread(replicas.extractors[0].kill)
    upload.send_the_rest()
    assert (await sending).status_code in (502, 503)
    assert await watching
    assert watcher.kinds[-1] == "FAILED"
    await asyncio.to_thread(replicas.restore)
    await assert_nothing_lost_or_doubled(watcher, replicas)


async def test_a_restart_of_nats_is_noticed_by_nobody(replicas: Replicas, name: str) -> None:
    here, there = replicas.gateways
    watcher, upload = Watcher(name), Upload(here, name)
    watching = asyncio.create_task(watcher.watch(there))
    sending = upload.begin()
    await upload.advances_before(watcher)
    await asyncio.to_thread(replicas.nats_server.kill)
    upload.send_the_rest()
    assert (await sending).status_code == 201  # an upload needs no bus
    await asyncio.to_thread(replicas.nats_server.start)
    assert await watching
    await assert_nothing_lost_or_doubled(watcher, replicas)


async def frames(gateway: Process, session_id: str, until: str = "") -> list[dict]:
    """Return the frames of a progress socket up to a stage, or until it is closed."""
    found: list[dict] = []
    address = f"{gateway.url.replace('http', 'ws')}/api/images_mvp/progress/{session_id}"
    async with asyncio.timeout(SECONDS_MAX), connect(address) as socket:
        try:
            while not found or found[-1].get("stage", "no") != until:
                found.append(json.loads(await socket.recv()))
        except ConnectionClosed:
            pass
    return [frame for frame in found if frame["type"] not in ("heartbeat", "connected")]


async def test_a_progress_socket_is_opened_again_at_the_other_gateway(
    replicas: Replicas,
) -> None:
    here, there = replicas.gateways
    session_id = uuid.uuid4().hex

    async def upload() -> httpx.Response:
        async with httpx.AsyncClient(base_url=here.url, timeout=SECONDS_MAX) as client:
            files, data = {"file": ("slow.jpg", SLOW, "image/jpeg")}, {"session_id": session_id}
            return await client.post("/api/images_mvp/extract", files=files, data=data)

    watching = asyncio.create_task(frames(there, session_id, until="extraction_start"))
    sending = asyncio.create_task(upload())
    before = await watching
    await asyncio.to_thread(there.kill)
    after = await frames(here, session_id)
    assert (await sending).status_code == 200
    assert after[: len(before)] == before
    percents = [frame["progress"] for frame in after if frame["type"] == "progress"]
    assert percents == sorted(percents)
    assert (percents[:2], percents[-2:]) == ([10, 20], [90, 100])
    assert len(percents) > 4
    assert [frame["type"] for frame in after].count("complete") == 1
