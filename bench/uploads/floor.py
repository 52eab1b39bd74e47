"""The least that a gateway could do: parse the form, drop the file at the given pace, keep nothing.

A program of its own, started by path: `floor.py PORT BYTES_PER_SECOND` (0: no pause).
"""

import asyncio
import sys
from typing import Any

import uvicorn
from python_multipart import MultipartParser
from python_multipart.multipart import parse_options_header
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route


def build(bytes_per_second: float) -> Starlette:
    """Return the application: POST / counts the bytes of all parts."""

    async def count(request: Request) -> Response:
        _, options = parse_options_header(request.headers.get("content-type"))
        found = 0

        def data(_data: bytes, start: int, end: int) -> None:
            nonlocal found
            found += end - start

        callbacks: Any = {"on_part_data": data}
        parser = MultipartParser(options[b"boundary"], callbacks)
        loop = asyncio.get_running_loop()
        async for chunk in request.stream():
            until = loop.time() + len(chunk) / bytes_per_second if bytes_per_second else 0.0
            parser.write(chunk)
            if bytes_per_second:
                await asyncio.sleep(max(0.0, until - loop.time()))
        return PlainTextResponse(f"{found}\n", 201)

    async def health(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    return Starlette(routes=[Route("/", count, methods=["POST"]), Route("/health", health)])


def main() -> None:
    """Serve on loopback until told to stop."""
    port, bytes_per_second = int(sys.argv[1]), float(sys.argv[2])
    uvicorn.run(
        build(bytes_per_second),
        host="127.0.0.1",
        port=port,
        http="httptools",
        loop="uvloop",
        lifespan="off",
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
