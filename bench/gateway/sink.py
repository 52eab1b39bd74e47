"""An extractor that keeps nothing: it reads uploads to their end and says how large they were.

A program of its own, started by path: `sink.py TARGET`, where TARGET is where it listens.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator

import grpc
import uvloop

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract.extractor.v1.extractor_pb2_grpc import (
    ExtractorServiceServicer,
    add_ExtractorServiceServicer_to_server,
)
from metaextract_common.rpc.channel_options import SERVER_OPTIONS


class Sink(ExtractorServiceServicer):
    """Answers what the gateway asks of an extractor while files are sent."""

    async def Extract(  # noqa: N802 - the contract's name
        self, requests: AsyncIterator[pb.ExtractRequest], _context: object
    ) -> AsyncIterator[pb.ExtractResponse]:
        """Read to the end."""
        extraction, size_bytes = "", 0
        async for request in requests:
            match request.WhichOneof("part"):
                case "header":
                    extraction = request.header.extraction_id
                case "chunk":
                    size_bytes += len(request.chunk)
        ended = pb.Extraction(name=f"extractions/{extraction}", state=pb.Extraction.STATE_SUCCEEDED)
        ended.result.file.size_bytes = size_bytes
        yield pb.ExtractResponse(event=pb.ExtractionEvent(sequence=1, ended=ended))

    async def GetServerInfo(  # noqa: N802 - the contract's name
        self, _request: pb.GetServerInfoRequest, _context: object
    ) -> pb.GetServerInfoResponse:
        """Let the gateway be healthy."""
        return pb.GetServerInfoResponse()


async def serve(target: str) -> None:
    """Serve until told to stop."""
    server = grpc.aio.server(options=SERVER_OPTIONS)
    sink = Sink()  # type: ignore[abstract]  # without what the gateway does not ask for here
    add_ExtractorServiceServicer_to_server(sink, server)
    server.add_insecure_port(target)
    await server.start()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    await server.stop(1)


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1]))
