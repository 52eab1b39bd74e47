"""The least that a gateway on this stack can do: parse the form and forward the file over gRPC.

The same server, parser, channel and messages as the gateway's; no account, no limit, no trace, no time-out.
And the same socket: accept, greet, and a heartbeat each two seconds. A program of its own, started by path:
 `floor.py PORT TARGET`, where TARGET is the extractor.
"""

import asyncio
import sys
import uuid
from collections.abc import AsyncIterator
from typing import Any

import grpc
import uvicorn
from python_multipart import MultipartParser
from python_multipart.multipart import parse_options_header
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract.extractor.v1.extractor_pb2_grpc import ExtractorServiceStub
from metaextract_common.rpc.channel_options import OPTIONS

HEARTBEAT_SECONDS = 2.0


def build(target: str) -> Starlette:
    """Return the application: POST /upload forwards what the form holds."""
    stubs: list[Any] = []

    def stub() -> Any:  # noqa: ANN401 - the typed stub exists for type checkers only
        if not stubs:  # made in the loop that uses it
            stubs.append(ExtractorServiceStub(grpc.aio.insecure_channel(target, options=list(OPTIONS))))
        return stubs[0]

    async def upload(request: Request) -> Response:
        size_bytes = 0
        async for response in stub().Extract(_requests(request)):
            size_bytes = response.event.ended.result.file.size_bytes
        return JSONResponse({"size_bytes": size_bytes}, 201)

    async def health(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def watch(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_json({"type": "connected"})
        beating = asyncio.create_task(_beat(socket))
        try:
            while True:
                await socket.receive_text()
        except WebSocketDisconnect:
            beating.cancel()

    return Starlette(
        routes=[
            Route("/upload", upload, methods=["POST"]),
            Route("/health", health),
            WebSocketRoute("/watch/{session}", watch),
        ]
    )


async def _beat(socket: WebSocket) -> None:
    while True:
        await asyncio.sleep(HEARTBEAT_SECONDS)
        await socket.send_json({"type": "heartbeat"})


async def _requests(request: Request) -> AsyncIterator[pb.ExtractRequest]:
    _, options = parse_options_header(request.headers.get("content-type"))
    found: list[bytes] = []

    def data(chunk: bytes, start: int, end: int) -> None:
        found.append(chunk[start:end])

    callbacks: Any = {"on_part_data": data}
    parser = MultipartParser(options[b"boundary"], callbacks)
    yield pb.ExtractRequest(header=pb.UploadHeader(extraction_id=str(uuid.uuid4()), file_name="a.jpg"))
    size_bytes = 0
    async for chunk in request.stream():
        parser.write(chunk)
        for part in found:
            size_bytes += len(part)
            yield pb.ExtractRequest(chunk=part)
        found.clear()
    yield pb.ExtractRequest(finish=pb.UploadFinish(size_bytes=size_bytes))


def main() -> None:
    """Serve on loopback until told to stop."""
    uvicorn.run(
        build(sys.argv[2]),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        loop="uvloop",
        lifespan="off",
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
