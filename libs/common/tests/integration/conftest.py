"""A service whose methods the tests write, behind a real server, and a real channel to it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract.extractor.v1 import extractor_pb2_grpc as pb_grpc
from metaextract_common.rpc.channel_options import OPTIONS
from metaextract_common.rpc.client import open_channel
from metaextract_common.rpc.server import RequestInterceptor

if TYPE_CHECKING:  # the name stands in the type stubs only
    from metaextract.extractor.v1.extractor_pb2_grpc import ExtractorServiceAsyncStub

Unary = Callable[[Any, Any], Awaitable[Any]]
Streaming = Callable[[Any, Any], AsyncGenerator[Any, None]]
Serve = Callable[..., AbstractAsyncContextManager["ExtractorServiceAsyncStub"]]


class Scripted(pb_grpc.ExtractorServiceServicer):
    """Answers with what a test gave it: one method of each kind."""

    def __init__(
        self, get: Unary | None = None, watch: Streaming | None = None, extract: Streaming | None = None
    ) -> None:
        self._get, self._watch, self._extract = get, watch, extract

    async def GetExtraction(self, request: pb.GetExtractionRequest, context: Any) -> Any:
        assert self._get is not None
        return await self._get(request, context)

    async def WatchExtraction(self, request: pb.WatchExtractionRequest, context: Any) -> Any:
        assert self._watch is not None
        async with aclosing(self._watch(request, context)) as responses:
            async for response in responses:
                yield response

    async def Extract(self, request_iterator: AsyncIterator[pb.ExtractRequest], context: Any) -> Any:
        assert self._extract is not None
        async with aclosing(self._extract(request_iterator, context)) as responses:
            async for response in responses:
                yield response


@pytest.fixture
def serve(socket_folder: Path) -> Serve:
    """Serve scripted methods; yields a stub. Further arguments go to the interceptor or the channel."""

    @asynccontextmanager
    async def serving(
        get: Unary | None = None,
        watch: Streaming | None = None,
        extract: Streaming | None = None,
        *,
        default_seconds: float = 60,
        max_seconds: float = 60,
        stream_max_seconds: float = 100,
        timeout_seconds: float = 60,
        name: str = "s",
    ) -> AsyncIterator["ExtractorServiceAsyncStub"]:
        interceptor = RequestInterceptor(
            default_seconds=default_seconds, max_seconds=max_seconds, stream_max_seconds=stream_max_seconds
        )
        server = grpc.aio.server(interceptors=[interceptor], options=OPTIONS)
        pb_grpc.add_ExtractorServiceServicer_to_server(Scripted(get, watch, extract), server)
        target = f"unix:{socket_folder / name}"
        server.add_insecure_port(target)
        await server.start()
        try:
            async with open_channel(target, timeout_seconds=timeout_seconds) as channel:
                yield pb_grpc.ExtractorServiceStub(channel)
        finally:
            await server.stop(None)

    return serving


@pytest.fixture
async def complaints() -> AsyncIterator[list[dict[str, Any]]]:
    """What went wrong where nobody waited for it; must stay empty."""
    found: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: found.append(context))
    yield found
    assert found == []
