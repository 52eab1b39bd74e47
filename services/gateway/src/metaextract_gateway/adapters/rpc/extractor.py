"""The extractor over gRPC: re-cuts an upload into chunks of the best size and sends it as it arrives."""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

import grpc

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract.extractor.v1.extractor_pb2_grpc import ExtractorServiceStub
from metaextract_common.errors import ServiceError
from metaextract_common.rpc.channel_options import CHUNK_BYTES, CHUNK_BYTES_MAX
from metaextract_common.rpc.errors import from_status
from metaextract_gateway.domain.model import Delivered, Happening, Upload

if TYPE_CHECKING:  # the typed face of the stub, which exists for type checkers only
    from metaextract.extractor.v1.extractor_pb2_grpc import ExtractorServiceAsyncStub

FIRST_BYTES: Final = 4096
"""What the extractor needs to see before it can refuse a file."""

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
)
"""Reads, and a call that changes nothing the second time."""

OPERATIONS: Final = {
    "embedding": pb.OPERATION_EMBEDDING,
    "ocr": pb.OPERATION_OCR,
    "forensics": pb.OPERATION_FORENSICS,
}
"""The contract's names of what `Operations` holds."""


class RpcExtractor:
    """Implements `domain.ports.Extractor`. `upload_seconds_max` is the deadline of a whole upload."""

    def __init__(self, channel: grpc.aio.Channel, *, upload_seconds_max: float) -> None:
        self._stub: ExtractorServiceAsyncStub = ExtractorServiceStub(channel)
        self._upload_seconds_max = upload_seconds_max

    async def extract(
        self, owner: str, upload: Upload, chunks: AsyncIterator[bytes]
    ) -> AsyncGenerator[Happening, None]:
        """Extract. An error that `chunks` raises ends the call and is raised here."""
        sending = _Sending(owner, upload, chunks)
        call = self._stub.Extract(sending.requests(), timeout=self._upload_seconds_max)
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


class _Sending:
    """The client's side of one upload. `error` is what reading the file raised."""

    def __init__(self, owner: str, upload: Upload, chunks: AsyncIterator[bytes]) -> None:
        self._owner = owner
        self._upload = upload
        self._chunks = chunks
        self.error: Exception | None = None

    async def requests(self) -> AsyncGenerator[pb.ExtractRequest, None]:
        """Header, chunks, finish; without the finish if the file did not arrive whole."""
        yield pb.ExtractRequest(header=_header(self._owner, self._upload))
        digest, size_bytes = hashlib.sha256(), 0
        try:
            async with aclosing(_recut(self._chunks)) as chunks:
                async for chunk in chunks:
                    digest.update(chunk)
                    size_bytes += len(chunk)
                    yield pb.ExtractRequest(chunk=chunk)
        except Exception as error:  # noqa: BLE001 - gRPC would swallow it; `extract` raises it
            self.error = error
            return
        yield pb.ExtractRequest(finish=pb.UploadFinish(size_bytes=size_bytes, sha256=digest.digest()))


async def _recut(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """Join small chunks, pass large ones on as they are: each copy would cost memory for every upload.

    The first goes out at once, so that refusals come early.
    """
    waiting: list[bytes] = []
    waiting_bytes, wanted = 0, FIRST_BYTES
    async for chunk in chunks:
        waiting.append(chunk)
        waiting_bytes += len(chunk)
        if waiting_bytes >= wanted:
            joined = waiting[0] if len(waiting) == 1 else b"".join(waiting)
            waiting.clear()
            del chunk  # nothing may hold it while the next hop is slow
            waiting_bytes, wanted = 0, CHUNK_BYTES // 2
            for at in range(0, len(joined), CHUNK_BYTES_MAX):
                yield joined[at : at + CHUNK_BYTES_MAX]
    if waiting:
        yield b"".join(waiting)


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
    )


def _happening(event: pb.ExtractionEvent) -> Happening:
    if event.WhichOneof("event") != "ended":
        return Happening(event)
    ended = event.ended
    if ended.state != pb.Extraction.STATE_SUCCEEDED:
        return Happening(event, from_status(ended.error))
    file = ended.result.file
    return Happening(
        event,
        Delivered(
            size_bytes=file.size_bytes,
            width_pixels=file.width_pixels if file.HasField("width_pixels") else None,
            height_pixels=file.height_pixels if file.HasField("height_pixels") else None,
        ),
    )
