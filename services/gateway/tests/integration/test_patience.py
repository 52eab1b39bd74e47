"""Connections that are slow, large or silent are ended; those that are merely busy are not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

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
SLOW_READ_SECONDS = 1.0
ENDLESS_BYTES = 64 * 1024 * 1024


class Client:
    """A connection on which one sends what one likes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

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


@pytest.fixture
async def address() -> AsyncIterator[str]:
    async def size(request: Request) -> Response:
        if "slowly" in request.query_params:
            await asyncio.sleep(SLOW_READ_SECONDS)
        return PlainTextResponse(str(len(await request.body())))

    async def endless(_request: Request) -> Response:
        async def zeros() -> AsyncIterator[bytes]:
            for _ in range(ENDLESS_BYTES // 65_536):
                yield bytes(65_536)

        return StreamingResponse(zeros())

    app = Starlette(routes=[Route("/", size, methods=["GET", "POST"]), Route("/endless", endless)])
    async with http_serving(app, "127.0.0.1:0", drain_seconds=1, patience=PATIENCE) as bound:
        yield bound


@pytest.fixture
async def client(address: str) -> AsyncIterator[Client]:
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    yield Client(reader, writer)
    writer.close()


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


async def test_a_body_that_comes_at_the_slowest_rate_is_waited_for(client: Client) -> None:
    await client.says(b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\n")
    await client.says(*[b"x" * 100] * 10, pause_seconds=0.05)

    assert await client.status() == 200


async def test_a_body_on_a_connection_that_stayed_has_all_the_time_there_is(client: Client) -> None:
    await client.says(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n", pause_seconds=0.25)
    assert await client.status() == 200
    await client.read_body()

    await client.says(b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\n")
    await client.says(*[b"x" * 100] * 10, pause_seconds=0.05)

    assert await client.status() == 200


async def test_a_body_that_we_do_not_read_is_not_the_senders_fault(client: Client) -> None:
    body = b"x" * 1_000_000
    head = b"POST /?slowly HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\n\r\n" % len(body)

    await client.says(head + body)

    assert await client.status() == 200


async def test_an_answer_that_nobody_reads_is_given_up(client: Client) -> None:
    client.writer.transport.pause_reading()  # type: ignore[attr-defined]
    await client.says(b"GET /endless HTTP/1.1\r\nHost: here\r\n\r\n")
    await asyncio.sleep(1.0)
    client.writer.transport.resume_reading()  # type: ignore[attr-defined]

    assert len(await client.rest()) < ENDLESS_BYTES


async def test_a_connection_may_stay_and_ask_again(client: Client) -> None:
    for _ in range(3):
        await client.says(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n", pause_seconds=0.4)
        assert await client.status() == 200
        await client.read_body()
