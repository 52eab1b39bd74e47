"""The edge as a user meets it: limits that hold across gateways, digests, leaving without losing anything."""

import asyncio
import base64
import hashlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TypeVar

import httpx
import pytest
import websockets

from metaextract_gateway.adapters.counters.falling_back import PAUSE_SECONDS
from metaextract_testing import nats
from metaextract_testing.factory.large import large_image
from metaextract_testing.fleet import Fleet

T = TypeVar("T")
ADDRESSES = count(10)
START_SECONDS_MAX = 60
IMAGE_BYTES = 2_000_000
PIECES = 20


@dataclass
class Gateway:
    """One more gateway in front of the services of a fleet."""

    process: subprocess.Popen[bytes]
    address: str
    log: Path

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    @property
    def counted_alone_count(self) -> int:
        """How often the shared counters did not answer in time, so that this gateway counted alone."""
        return self.log.read_text().count("limits.store_away")

    def leave(self) -> None:
        self.process.send_signal(signal.SIGTERM)


@contextmanager
def gateway(fleet: Fleet, log: Path, **settings: str) -> Iterator[Gateway]:
    of_the_fleet = fleet.service("gateway").environ()
    own = {
        "GATEWAY_LISTEN": "127.0.0.1:0",
        "GATEWAY_OPS_LISTEN": "",
        "GATEWAY_LOG_FORMAT": "json",
        **settings,
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "metaextract_gateway.main"],
            env={**of_the_fleet, **own},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Gateway(process, _started(process, log), log)
    finally:
        process.kill()
        process.wait()


def _started(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline and process.poll() is None:
        for line in log.read_text().splitlines():
            if '"service.started"' in line:
                return str(json.loads(line)["address"])
        time.sleep(0.05)
    raise AssertionError(f"the gateway did not start:\n{log.read_text()}")


@pytest.fixture(scope="module")
def replicas(running: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Gateway]]:
    """Two gateways that enforce limits and share them."""
    folder = tmp_path_factory.mktemp("replicas")
    with ExitStack() as stack:
        server = stack.enter_context(nats.started())
        settings = {
            "GATEWAY_METERED": "true",
            "GATEWAY_NATS_URL": server.url,
            "GATEWAY_TRUSTED_PROXIES": "one",
            "GATEWAY_ALLOWED_HOSTS": "127.0.0.1",
        }
        yield [
            stack.enter_context(gateway(running, folder / f"{number}.log", **settings)) for number in range(2)
        ]


async def counted_together(replicas: list[Gateway], send: Callable[[str], Awaitable[T]]) -> T:
    """Do what `send` does from an address, while both gateways reach their counters the whole time.

    On a machine that stands still for a second they do not: then it is done again, from another address.
    """
    while True:
        before = [gateway.counted_alone_count for gateway in replicas]
        result = await send(f"192.0.2.{next(ADDRESSES)}")
        if [gateway.counted_alone_count for gateway in replicas] == before:
            return result
        await asyncio.sleep(PAUSE_SECONDS)


async def test_an_address_has_one_allowance_at_all_gateways(replicas: list[Gateway]) -> None:
    async def send(address: str) -> list[httpx.Response]:
        headers = {"X-Forwarded-For": address}
        return await asyncio.gather(
            *(http.post(f"{replicas[at % 2].url}/v1/extractions", headers=headers) for at in range(24))
        )

    async with httpx.AsyncClient(timeout=60) as http:
        answers = await counted_together(replicas, send)
        other = await http.post(f"{replicas[0].url}/v1/extractions", headers={"X-Forwarded-For": "192.0.2.2"})

    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(400), statuses.count(429)) == (10, 14)
    assert other.status_code == 400


async def test_a_refusal_reaches_whoever_is_still_sending(replicas: list[Gateway]) -> None:
    async def send(address: str) -> httpx.Response:
        headers = {"X-Forwarded-For": address}
        for _ in range(10):
            await http.post(f"{replicas[1].url}/v1/extractions", headers=headers)
        headers["Content-Type"] = "image/jpeg"
        return await http.post(f"{replicas[0].url}/v1/extractions", content=bytes(8_000_000), headers=headers)

    async with httpx.AsyncClient(timeout=60) as http:
        refused = await counted_together(replicas, send)

    assert (refused.status_code, refused.json()["reason"]) == (429, "RATE_LIMITED")


async def test_a_host_that_is_not_ours_is_not_answered(replicas: list[Gateway]) -> None:
    async with httpx.AsyncClient(timeout=60) as http:
        answer = await http.get(f"{replicas[0].url}/v1/formats", headers={"Host": "evil.example"})

    assert (answer.status_code, answer.json()["reason"]) == (421, "HOST_UNKNOWN")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(("content", "status"), [(b"said", 201), (b"other", 400)])
async def test_a_file_that_is_not_what_its_digest_says_is_refused(
    http: httpx.AsyncClient, content: bytes, status: int
) -> None:
    image = b"".join(large_image("jpeg", 100_000).chunks())
    of = image if content == b"said" else content
    digest = base64.b64encode(hashlib.sha256(of).digest()).decode()
    headers = {"Content-Type": "image/jpeg", "Content-Digest": f"sha-256=:{digest}:"}

    answer = await http.post("/v1/extractions", content=image, headers=headers)

    assert answer.status_code == status
    if status != 201:
        assert answer.json()["reason"] == "UPLOAD_CORRUPTED"


async def test_a_gateway_that_leaves_loses_no_upload_and_sends_watchers_elsewhere(
    running: Fleet, tmp_path: Path
) -> None:
    ids = [f"00000000-0000-4000-8000-0000000000{number:02d}" for number in range(5)]
    with gateway(running, tmp_path / "log", GATEWAY_ENDPOINT_PROPAGATION_SECONDS="0") as leaving:
        begun = asyncio.Semaphore(0)
        go_on = asyncio.Event()
        uploads = [asyncio.create_task(_slow_upload(leaving, one, begun, go_on)) for one in ids]
        for _ in ids:
            await begun.acquire()
        async with (
            httpx.AsyncClient(base_url=leaving.url, timeout=60) as http,
            websockets.connect(f"ws://{leaving.address}/api/images_mvp/progress/leaving") as socket,
            http.stream("GET", f"/v1/extractions/{ids[0]}/events?wait_seconds=20") as events,
        ):
            assert json.loads(await socket.recv())["type"] == "connected"
            lines = events.aiter_lines()
            heard = [await anext(lines)]
            while not heard[-1].startswith("id: "):
                heard.append(await anext(lines))
            idle = await asyncio.open_connection(*leaving.address.split(":"))

            leaving.leave()
            heard += [line async for line in lines]
            with pytest.raises(websockets.ConnectionClosed) as closed:
                while True:
                    await socket.recv()
            assert await idle[0].read() == b""
            idle[1].close()
            go_on.set()
            answers = await asyncio.gather(*uploads)
        code = await asyncio.to_thread(leaving.process.wait, 60)

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012
    assert "event: ended" not in heard
    assert any(line.startswith("retry: ") for line in heard)
    assert [answer.split()[1] for answer in answers] == [b"201"] * len(ids)
    assert all(b"connection: close" in answer.lower() for answer in answers)
    assert code == 0


async def _slow_upload(
    leaving: Gateway, extraction: str, begun: asyncio.Semaphore, go_on: asyncio.Event
) -> bytes:
    """Send half of an image, wait, send the other; return the answer as it came."""
    content = b"".join(large_image("jpeg", IMAGE_BYTES).chunks())
    host, _, port = leaving.address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = (
        f"POST /v1/extractions?extraction_id={extraction} HTTP/1.1\r\nHost: {leaving.address}\r\n"
        f"Content-Type: image/jpeg\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    writer.write(head.encode() + content[: len(content) // 2])
    await writer.drain()
    begun.release()
    await go_on.wait()
    piece = len(content) // PIECES
    for at in range(len(content) // 2, len(content), piece):
        writer.write(content[at : at + piece])
        await writer.drain()
        await asyncio.sleep(0.02)
    answer = await reader.read()
    writer.close()
    return answer
