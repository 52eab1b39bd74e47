"""Runs an ASGI application on uvicorn inside our own event loop, with our own signals."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp

from metaextract_gateway.adapters.http.patience import Patience, patient

KEEP_ALIVE_SECONDS = 20
SOCKET_MESSAGE_BYTES_MAX = 64 * 1024
CONNECTIONS_COUNT_MAX = 4096
BACKLOG_COUNT = 2048


class _ClientsFault(logging.Filter):
    """Keeps what a client did wrong from being told as our error, with a stack for each frame."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record is to be written."""
        return not record.getMessage().startswith("Invalid UTF-8 sequence received")


_CLIENTS_FAULT = _ClientsFault()


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the process: it drains in its own order."""
        yield


@asynccontextmanager
async def http_serving(
    app: ASGIApp,
    listen: str,
    *,
    drain_seconds: float,
    patience: Patience = Patience(),  # noqa: B008 - frozen
) -> AsyncIterator[str]:
    """Serve `app` on `host:port` (port 0: a free one), yield the bound address, drain at the end.

    Draining: no new connections, requests in flight get `drain_seconds`.
    """
    host, _, port = listen.rpartition(":")
    bound = socket.create_server((host or "0.0.0.0", int(port)), backlog=BACKLOG_COUNT)  # noqa: S104
    config = uvicorn.Config(
        app,
        http=patient(patience),  # type: ignore[arg-type]  # called like the class that it makes
        ws="websockets-sansio",
        ws_max_size=SOCKET_MESSAGE_BYTES_MAX,
        ws_per_message_deflate=False,  # frames are short, and each socket would hold two compressors
        proxy_headers=False,  # ours know `Forwarded` and the host, too
        lifespan="off",
        log_config=None,
        log_level="warning",  # below, it tells paths, and those of sockets are what opens them
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=int(drain_seconds),
        limit_concurrency=CONNECTIONS_COUNT_MAX,
    )
    logging.getLogger("uvicorn.error").addFilter(_CLIENTS_FAULT)
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn offers no event
        await asyncio.sleep(0.01)
    if serving.done():
        await serving
    try:
        yield f"{host}:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
