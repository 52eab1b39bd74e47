"""The extractor over gRPC: sends an upload as it arrives, and tells what becomes of it."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

import grpc

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract.extractor.v1.extractor_pb2_grpc import ExtractorServiceStub
from metaextract_common.errors import ServiceError
from metaextract_common.rpc.errors import from_status
from metaextract_gateway.adapters.rpc.sending import Sending
from metaextract_gateway.domain.model import Delivered, Happening, Operations, Upload

if TYPE_CHECKING:  # the typed face of the stub, which exists for type checkers only
    from metaextract.extractor.v1.extractor_pb2_grpc import ExtractorServiceAsyncStub

RETRIED: Final = (
    *(
        f"metaextract.extractor.v1.ExtractorService/{method}"
        for method in (
            "GetExtraction",
            "CancelExtraction",
            "CompareExtractions",
            "ListFormats",
            "GetServerInfo",
        )
    ),
    *(
        f"metaextract.extractor.v1.FieldDictionaryService/{method}"
        for method in ("SearchFields", "GetField", "ListFieldGroups", "GetDictionaryInfo")
    ),
    *(
        f"metaextract.extractor.v1.BatchService/{method}"
        for method in ("GetBatch", "ListBatchExtractions", "CancelBatch")
    ),
)
"""Reads, and a call that changes nothing the second time."""

OPERATIONS: Final = {
    "embedding": pb.OPERATION_EMBEDDING,
    "ocr": pb.OPERATION_OCR,
    "forensics": pb.OPERATION_FORENSICS,
}
"""The contract's names of what `Operations` holds."""


class RpcExtractor:
    """Implements `domain.ports.Extractor` and `domain.resumable.Extractions`.

    `upload_seconds_max` is the deadline of a whole upload.
    """

    def __init__(self, channel: grpc.aio.Channel, *, upload_seconds_max: float) -> None:
        self._stub: ExtractorServiceAsyncStub = ExtractorServiceStub(channel)
        self._upload_seconds_max = upload_seconds_max

    async def extract(
        self, owner: str, upload: Upload, chunks: AsyncIterator[bytes]
    ) -> AsyncGenerator[Happening, None]:
        """Extract. An error that `chunks` raises ends the call and is raised here."""
        sending = Sending(chunks, bytes.fromhex(upload.sha256))
        requests = _requests(owner, upload, sending)
        call = self._stub.Extract(requests, timeout=self._upload_seconds_max)
        try:
            async for response in call:
                if sending.error is not None:
                    break
                yield _happening(response.event)
        except ServiceError:
            if sending.error is None:
                raise
        finally:
            call.cancel()
        if sending.error is not None:  # the cause of whatever the extractor made of it
            raise sending.error

    async def find(self, extraction_id: str) -> Happening | None:
        """GetExtraction."""
        request = pb.GetExtractionRequest(name=f"extractions/{extraction_id}")
        try:
            found = (await self._stub.GetExtraction(request)).extraction
        except ServiceError as error:
            if error.reason == "EXTRACTION_NOT_FOUND":
                return None
            raise
        return Happening(found, _end(found) if found.HasField("end_time") else None)


async def _requests(owner: str, upload: Upload, sending: Sending) -> AsyncGenerator[pb.ExtractRequest, None]:
    yield pb.ExtractRequest(header=_header(owner, upload))
    async with aclosing(sending.parts()) as parts:
        async for part in parts:
            if isinstance(part, pb.UploadFinish):
                yield pb.ExtractRequest(finish=part)
            else:
                yield pb.ExtractRequest(chunk=part)


def _header(owner: str, upload: Upload) -> pb.UploadHeader:
    return pb.UploadHeader(
        extraction_id=upload.extraction_id,
        owner=owner,
        request_id=upload.request_id,
        file_name=upload.file_name,
        declared_media_type=upload.media_type,
        size_bytes=upload.size_bytes_expected,
        partial_results=upload.partial_results,
        operations=[number for name, number in OPERATIONS.items() if getattr(upload.operations, name)],
        detached=upload.detached,
        batch=upload.batch,
    )


def _happening(event: pb.ExtractionEvent) -> Happening:
    if event.WhichOneof("event") != "ended":
        return Happening(event)
    return Happening(event, _end(event.ended))


def _end(ended: pb.Extraction) -> Delivered | ServiceError:
    if ended.state != pb.Extraction.STATE_SUCCEEDED:
        return from_status(ended.error)
    file = ended.result.file
    return Delivered(
        size_bytes=file.size_bytes,
        width_pixels=file.width_pixels if file.HasField("width_pixels") else None,
        height_pixels=file.height_pixels if file.HasField("height_pixels") else None,
        operations=_delivered(ended),
        extraction_id=ended.name.removeprefix("extractions/"),
        sha256=file.hashes.sha256,
        declared_otherwise=file.format.declared_media_type or file.format.declared_extension,
    )


def _delivered(extraction: pb.Extraction) -> Operations:
    delivered = {one.operation for one in extraction.operations if one.delivered}
    return Operations(**{name: name in delivered for name in OPERATIONS})
