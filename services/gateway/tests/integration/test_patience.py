"""Connections that are slow, large or silent are ended; those that are merely busy are not."""

import asyncio
import dataclasses
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from metaextract_gateway.adapters.http.patience import Patience
from metaextract_gateway.adapters.http.serving import http_serving

PATIENCE = Patience(
    head_seconds=0.3, head_bytes_max=2000, headers_count_max=10, stall_seconds=0.3, tick_seconds=0.05
)
"""So that those who are given up are given up soon."""
KIND = dataclasses.replace(PATIENCE, head_seconds=1, stall_seconds=1, bytes_per_second_min=100)
"""For those who are waited for, on a machine that may be busy between two words of theirs."""
SLOW_READ_SECONDS = 2.0
ENDLESS_BYTES = 64 * 1024 * 1024


class Client:
    """A connection on which one sends what one likes."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, ended: asyncio.Event
    ) -> None:
        self._reader = reader
        self.writer = writer
        self.answer_ended = ended

    async def says(self, *parts: bytes, pause_seconds: float = 0) -> None:
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()
            await asyncio.sleep(pause_seconds)

    async def status(self) -> int:
        """Return the status of the answer; 0 if the connection ends without one."""
        try:
            line = await self._reader.readline()
        except ConnectionResetError:
            return 0
        return int(line.split()[1]) if line else 0

    async def read_body(self) -> None:
        """Read what an empty request is answered with, behind the status."""
        await self._reader.readuntil(b"\r\n\r\n")
        assert await self._reader.readexactly(1) == b"0"

    async def rest(self) -> bytes:
        """Return what still comes, also if the connection breaks after it."""
        received = b""
        with suppress(ConnectionResetError):
            while chunk := await self._reader.read(1_048_576):
                received += chunk
        return received


@asynccontextmanager
async def connected(patience: Patience) -> AsyncIterator[Client]:
    ended = asyncio.Event()

    async def size(request: Request) -> Response:
        if "slowly" in request.query_params:
            await asyncio.sleep(SLOW_READ_SECONDS)
        return PlainTextResponse(str(len(await request.body())))

    async def endless(_request: Request) -> Response:
        async def zeros() -> AsyncIterator[bytes]:
            try:
                for _ in range(ENDLESS_BYTES // 65_536):
                    yield bytes(65_536)
            finally:
                ended.set()

        return StreamingResponse(zeros())

    app = Starlette(routes=[Route("/", size, methods=["GET", "POST"]), Route("/endless", endless)])
    async with http_serving(app, "127.0.0.1:0", drain_seconds=1, patience=patience) as bound:
        host, _, port = bound.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        yield Client(reader, writer, ended)
        writer.close()


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with connected(PATIENCE) as one:
        yield one


@pytest.fixture
async def slow_client() -> AsyncIterator[Client]:
    async with connected(KIND) as one:
        yield one


async def test_whoever_says_nothing_is_not_waited_for(client: Client) -> None:
    assert await client.status() == 0


async def test_a_head_that_comes_letter_by_letter_is_not_waited_for(client: Client) -> None:
    await client.says(b"GET / HTTP/1.1\r\n")

    async def drip() -> None:
        while True:
            await client.says(b"A", pause_seconds=0.05)

    dripping = asyncio.create_task(drip())
    status = await client.status()
    dripping.cancel()
    await asyncio.gather(dripping, return_exceptions=True)

    assert status == 408


@pytest.mark.parametrize(
    "headers",
    [
        b"".join(b"A%d: b\r\n" % at for at in range(20)) + b"\r\n",
        b"A: " + b"b" * 3000 + b"\r\n\r\n",
        b"A: " + b"b" * 3000,
    ],
)
async def test_a_head_that_is_too_large_is_refused_whole_or_not(client: Client, headers: bytes) -> None:
    await client.says(b"GET / HTTP/1.1\r\n" + headers)

    assert await client.status() == 431


@pytest.mark.parametrize(
    ("said", "status", "title"),
    [
        (b"nonsense\r\n\r\n", 400, "Bad Request"),
        (b"GET / HTTP/1.1\r\nA: ", 408, "Request Timeout"),
        (b"GET / HTTP/1.1\r\nA: " + b"b" * 3000, 431, "Request Header Fields Too Large"),
    ],
)
async def test_what_never_became_a_request_is_refused_with_a_problem_too(
    client: Client, said: bytes, status: int, title: str
) -> None:
    await client.says(said)

    head, _, body = (await client.rest()).partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} {title}\r\n".encode())
    assert b"\r\ncontent-type: application/problem+json\r\n" in head
    assert json.loads(body) == {"type": "about:blank", "title": title, "status": status}


async def test_a_request_that_is_on_its_way_when_the_server_stops_is_answered() -> None:
    async def hello(_request: Request) -> Response:
        return PlainTextResponse("hello")

    serving = http_serving(Starlette(routes=[Route("/", hello)]), "127.0.0.1:0", drain_seconds=5)
    host, _, port = (await serving.__aenter__()).rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    silent_reader, silent_writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
    assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200")
    stopping = asyncio.create_task(serving.__aexit__(None, None, None))
    with pytest.raises(ConnectionError):
        while True:
            (await asyncio.open_connection(host, int(port)))[1].close()
    writer.write(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
    answer = await reader.read()
    silence = await silent_reader.read()
    await stopping
    writer.close()
    silent_writer.close()

    assert b"connection: close" in answer
    assert answer.endswith(b"hello")
    assert silence == b""


async def test_a_body_that_does_not_come_is_not_waited_for(client: Client) -> None:
    await client.says(b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\nabc")

    assert await client.status() == 408


async def test_a_body_that_drips_is_not_waited_for(client: Client) -> None:
    await client.says(b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\n")

    async def drip() -> None:
        while True:
            await client.says(b"A", pause_seconds=0.02)

    dripping = asyncio.create_task(drip())
    status = await client.status()
    dripping.cancel()
    await asyncio.gather(dripping, return_exceptions=True)

    assert status == 408


async def test_a_body_that_comes_at_the_slowest_rate_is_waited_for(slow_client: Client) -> None:
    await slow_client.says(b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\n")
    await slow_client.says(*[b"x" * 100] * 10, pause_seconds=0.15)

    assert await slow_client.status() == 200


async def test_a_body_on_a_connection_that_stayed_has_all_the_time_there_is(slow_client: Client) -> None:
    await slow_client.says(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n", pause_seconds=0.9)
    assert await slow_client.status() == 200
    await slow_client.read_body()

    await slow_client.says(b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\n")
    await slow_client.says(*[b"x" * 100] * 10, pause_seconds=0.15)

    assert await slow_client.status() == 200


async def test_a_body_that_we_do_not_read_is_not_the_senders_fault(slow_client: Client) -> None:
    body = b"x" * 1_000_000
    head = b"POST /?slowly HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\n\r\n" % len(body)

    await slow_client.says(head + body)

    assert await slow_client.status() == 200


async def test_an_answer_that_nobody_reads_is_given_up(client: Client) -> None:
    client.writer.transport.pause_reading()  # type: ignore[attr-defined]
    await client.says(b"GET /endless HTTP/1.1\r\nHost: here\r\n\r\n")
    await client.answer_ended.wait()
    client.writer.transport.resume_reading()  # type: ignore[attr-defined]

    assert len(await client.rest()) < ENDLESS_BYTES


@pytest.mark.parametrize("before", [b"", b"Host: here\r\nContent-Length: 5\r\n\r\nx"])
async def test_nobody_is_blamed_for_a_time_in_which_we_stood_still(client: Client, before: bytes) -> None:
    rest = b"yyyy" if before else b"Host: here\r\nContent-Length: 0\r\n\r\n"
    await client.says(b"POST / HTTP/1.1\r\n" + before, pause_seconds=0.01)

    time.sleep(2 * PATIENCE.stall_seconds)  # noqa: ASYNC251 - the whole process, as a suspended machine does
    await asyncio.sleep(0.01)  # what was due meanwhile happens now
    await client.says(rest)

    assert await client.status() == 200


async def test_a_connection_may_stay_and_ask_again(slow_client: Client) -> None:
    for _ in range(2):
        await slow_client.says(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n", pause_seconds=1.2)
        assert await slow_client.status() == 200
        await slow_client.read_body()
