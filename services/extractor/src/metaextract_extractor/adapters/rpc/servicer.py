"""metaextract.extractor.v1.ExtractorService over gRPC: unpack, call, pack."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract.extractor.v1 import extractor_pb2_grpc as pb_grpc
from metaextract_common import errors as common_errors
from metaextract_common.rpc.server import Context
from metaextract_common.rpc.serving import Draining, until_draining
from metaextract_common.version import VERSION
from metaextract_extractor.adapters.rpc.mapping import (
    event_to_proto,
    extraction_to_proto,
    format_to_proto,
    upload_from_proto,
)
from metaextract_extractor.adapters.rpc.messages import to_message
from metaextract_extractor.application.comparing import Comparing
from metaextract_extractor.application.extractions import ExtractionQueries
from metaextract_extractor.application.status import Status
from metaextract_extractor.application.uploads import Uploads
from metaextract_extractor.domain.formats import FORMATS
from metaextract_extractor.domain.measured_support import MeasuredSupport
from metaextract_extractor.domain.model import Ended, Event


class ExtractorServicer(pb_grpc.ExtractorServiceServicer):
    """Translates one protocol to one set of use cases, and nothing else."""

    def __init__(
        self,
        uploads: Uploads,
        queries: ExtractionQueries,
        comparing: Comparing,
        status: Status,
        support: MeasuredSupport,
        draining: Draining,
    ) -> None:
        self._uploads = uploads
        self._comparing = comparing
        self._queries = queries
        self._status = status
        self._support = support
        self._draining = draining

    async def Extract(  # noqa: N802 - named by the contract
        self,
        request_iterator: AsyncIterator[pb.ExtractRequest],
        context: Context,
    ) -> AsyncGenerator[pb.ExtractResponse, None]:
        if self._draining.begun:
            raise common_errors.draining()
        header, parts = await upload_from_proto(request_iterator)
        async with aclosing(self._uploads.extract(header, parts)) as events:
            async for event in events:
                yield pb.ExtractResponse(event=await self._rendered(event))

    async def WatchExtraction(  # noqa: N802 - named by the contract
        self,
        request: pb.WatchExtractionRequest,
        context: Context,
    ) -> AsyncGenerator[pb.WatchExtractionResponse, None]:
        wait_seconds = request.wait_for_creation.ToMilliseconds() / 1000
        watched = self._queries.watch(request.name, request.after_sequence, wait_seconds)
        async with aclosing(until_draining(self._draining, watched)) as events:
            async for event in events:
                yield pb.WatchExtractionResponse(event=await self._rendered(event))

    async def GetExtraction(  # noqa: N802 - named by the contract
        self,
        request: pb.GetExtractionRequest,
        context: Context,
    ) -> pb.GetExtractionResponse:
        found = await self._queries.get(request.name)
        return pb.GetExtractionResponse(extraction=extraction_to_proto(found))

    async def CancelExtraction(  # noqa: N802 - named by the contract
        self,
        request: pb.CancelExtractionRequest,
        context: Context,
    ) -> pb.CancelExtractionResponse:
        cancelled = await self._queries.cancel(request.name)
        return pb.CancelExtractionResponse(extraction=extraction_to_proto(cancelled))

    async def CompareExtractions(  # noqa: N802 - named by the contract
        self,
        request: pb.CompareExtractionsRequest,
        context: Context,
    ) -> pb.CompareExtractionsResponse:
        response = pb.CompareExtractionsResponse()
        to_message(await self._comparing.compare(request.names), response.comparison)
        return response

    async def ListFormats(  # noqa: N802 - named by the contract
        self,
        request: pb.ListFormatsRequest,
        context: Context,
    ) -> pb.ListFormatsResponse:
        entries = sorted(FORMATS, key=lambda one: one.name)
        return pb.ListFormatsResponse(
            formats=[format_to_proto(one, self._support.of(one.name)) for one in entries]
        )

    async def GetServerInfo(  # noqa: N802 - named by the contract
        self,
        request: pb.GetServerInfoRequest,
        context: Context,
    ) -> pb.GetServerInfoResponse:
        now = self._status.now()
        return pb.GetServerInfoResponse(
            version=VERSION,
            engines=_engines(now.engines),
            workers_count=now.workers_count,
            workers_busy_count=now.workers_busy_count,
            uploads_count=now.uploads_count,
            queued_count=now.queued_count,
            sandbox_level=now.sandbox_level,
        )

    async def _rendered(self, event: Event) -> pb.ExtractionEvent:
        is_end = isinstance(event.happening, Ended)
        return event_to_proto(event, await self._queries.get(event.name) if is_end else None)


def _engines(engines: Mapping[str, str]) -> list[pb.EngineInfo]:
    return [pb.EngineInfo(name=name, version=version) for name, version in sorted(engines.items())]
