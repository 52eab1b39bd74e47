"""GET /v1/batches/{id}/results: everything that the files of a batch came to, as NDJSON."""

import asyncio
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Final

import grpc
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from metaextract.extractor.v1 import batches_pb2, extractor_pb2
from metaextract.extractor.v1.batches_pb2_grpc import BatchServiceStub
from metaextract.extractor.v1.extractor_pb2_grpc import ExtractorServiceStub
from metaextract_common.errors import ServiceError
from metaextract_gateway.adapters.http import negotiation
from metaextract_gateway.adapters.http.attachments import disposition
from metaextract_gateway.adapters.http.transcoding import to_json

if TYPE_CHECKING:  # the typed face of the stubs, which exists for type checkers only
    from metaextract.extractor.v1.batches_pb2_grpc import BatchServiceAsyncStub
    from metaextract.extractor.v1.extractor_pb2_grpc import ExtractorServiceAsyncStub

PATH: Final = "/v1/batches/{batch}/results"
NDJSON: Final = "application/x-ndjson"
PAGE_SIZE: Final = 100


def routes(extractor: grpc.aio.Channel) -> list[BaseRoute]:
    """Return the route."""
    reading = _Reading(extractor)

    async def results(request: Request) -> Response:
        negotiation.chosen(request, [NDJSON])
        batch = request.path_params["batch"]
        first = await reading.page(f"batches/{batch}")  # a batch that does not exist is a 404
        headers = {
            "Content-Disposition": disposition(batch, ".ndjson", "attachment"),
            "X-Content-Type-Options": "nosniff",
        }
        lines = reading.lines(f"batches/{batch}", first)
        return StreamingResponse(lines, media_type=NDJSON, headers=headers)

    return [Route(PATH, results)]


class _Reading:
    """Reads what the extractor knows of a batch."""

    def __init__(self, extractor: grpc.aio.Channel) -> None:
        self._batches: BatchServiceAsyncStub = BatchServiceStub(extractor)
        self._extractions: ExtractorServiceAsyncStub = ExtractorServiceStub(extractor)

    async def page(self, batch: str, token: str = "") -> batches_pb2.ListBatchExtractionsResponse:
        """Return a page; raises BATCH_NOT_FOUND."""
        asked = batches_pb2.ListBatchExtractionsRequest(parent=batch, page_size=PAGE_SIZE, page_token=token)
        return await self._batches.ListBatchExtractions(asked)

    async def lines(
        self, batch: str, page: batches_pb2.ListBatchExtractionsResponse
    ) -> AsyncGenerator[bytes, None]:
        """Yield one extraction a line, in the order of creation; one result at a time is in memory.

        A service that goes away breaks the answer off: its end is then missing, and the client knows.
        """
        while True:
            for listed in page.extractions:
                extraction = await self._whole(listed)
                if extraction is not None:
                    yield await asyncio.to_thread(to_json, extraction) + b"\n"
            if not page.next_page_token:
                return
            page = await self.page(batch, page.next_page_token)

    async def _whole(self, listed: extractor_pb2.Extraction) -> extractor_pb2.Extraction | None:
        """Return an extraction with its result, if it has one; None if it is forgotten meanwhile."""
        if listed.state != extractor_pb2.Extraction.STATE_SUCCEEDED:
            return listed
        try:
            asked = extractor_pb2.GetExtractionRequest(name=listed.name)
            return (await self._extractions.GetExtraction(asked)).extraction
        except ServiceError as error:
            if error.reason != "EXTRACTION_NOT_FOUND":
                raise
            return None
