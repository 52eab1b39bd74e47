"""Running the fake payment service, within a test or for a person."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import httpx
import uvicorn
from starlette.types import ASGIApp

from metaextract_testing.dodo.app import make_app
from metaextract_testing.dodo.behaviour import Behaviour
from metaextract_testing.dodo.books import Books
from metaextract_testing.dodo.deliveries import Deliveries


@dataclass(frozen=True)
class FakeDodo:
    """A running fake payment service; `url` is the base URL for the SDK."""

    url: str
    books: Books
    deliveries: Deliveries


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the process."""
        yield


@asynccontextmanager
async def served(make: Callable[[str], ASGIApp], port: int = 0) -> AsyncIterator[str]:
    """Serve the application that `make` returns for a base URL on loopback; yield the URL."""
    bound = socket.create_server(("127.0.0.1", port))
    url = f"http://127.0.0.1:{bound.getsockname()[1]}"
    server = _Server(uvicorn.Config(make(url), lifespan="off", log_config=None, access_log=False))
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn offers no event
        await asyncio.sleep(0.01)
    try:
        yield url
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def fake_dodo(behaviour: Behaviour, port: int = 0) -> AsyncIterator[FakeDodo]:
    """Serve on loopback, on a free port by default, until the end; webhooks under way are given up then."""
    books = Books(behaviour.products)
    async with httpx.AsyncClient(timeout=60) as client:
        deliveries = Deliveries(behaviour, client)
        async with served(lambda url: make_app(url, behaviour, books, deliveries), port) as url:
            try:
                yield FakeDodo(url, books, deliveries)
            finally:
                await deliveries.stop()
