"""metaextract.extractor.v1.RedactionService over gRPC: unpack, call, pack."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Final

from metaextract.extractor.v1 import redaction_pb2 as pb
from metaextract.extractor.v1 import redaction_pb2_grpc as pb_grpc
from metaextract_common import errors as common_errors
from metaextract_common.rpc.channel_options import CHUNK_BYTES_MAX
from metaextract_common.rpc.server import Context
from metaextract_common.rpc.serving import Draining
from metaextract_common.rpc.validation import validate
from metaextract_extractor.adapters.rpc.mapping import CANCELLATION_SECONDS, HEADER_SECONDS
from metaextract_extractor.adapters.rpc.messages import to_message
from metaextract_extractor.application.redacting import Handed, RedactedCopy, Redacting, RedactionHeader
from metaextract_extractor.domain import errors
from metaextract_extractor.domain.model import UploadFinish
from metaextract_extractor.domain.redaction import RedactionProfile

_PROFILES: Final = {
    pb.RedactionProfile.Value(f"REDACTION_PROFILE_{one.name}"): one for one in RedactionProfile
}


class RedactionServicer(pb_grpc.RedactionServiceServicer):
    """Translates one protocol to one use case, and nothing else."""

    def __init__(self, redacting: Redacting, draining: Draining) -> None:
        self._redacting = redacting
        self._draining = draining

    async def Redact(  # noqa: N802 - named by the contract
        self,
        request_iterator: AsyncIterator[pb.RedactRequest],
        context: Context,
    ) -> AsyncGenerator[pb.RedactResponse, None]:
        if self._draining.begun:
            raise common_errors.draining()
        header = await _header(request_iterator)
        async with aclosing(self._redacting.redact(header, _parts(request_iterator))) as handed:
            async for one in handed:
                yield _response(one)


async def _header(requests: AsyncIterator[pb.RedactRequest]) -> RedactionHeader:
    async with asyncio.timeout(HEADER_SECONDS):
        first = await anext(aiter(requests), None)
    if first is None or first.WhichOneof("part") != "header":
        raise errors.upload_out_of_order("a header first")
    validate(first)
    return RedactionHeader(_PROFILES[first.header.profile], first.header.file_name)


async def _parts(requests: AsyncIterator[pb.RedactRequest]) -> AsyncIterator[bytes | UploadFinish]:
    async for request in requests:
        match request.WhichOneof("part"):
            case "chunk":
                chunk = request.chunk  # each access makes a copy
                if len(chunk) > CHUNK_BYTES_MAX:
                    raise common_errors.invalid_request("chunk", f"at most {CHUNK_BYTES_MAX} bytes")
                yield chunk
            case "finish":
                validate(request)
                yield UploadFinish(request.finish.size_bytes, request.finish.sha256)
            case _:
                raise errors.upload_out_of_order("chunks, then one finish")
    # Not finished. A client that left looks just like this, its cancellation comes a moment later.
    await asyncio.sleep(CANCELLATION_SECONDS)


def _response(handed: Handed) -> pb.RedactResponse:
    match handed:
        case RedactedCopy():
            response = pb.RedactResponse()
            to_message(handed.report, response.report)
            response.report.media_type = handed.media_type
            response.report.file_extension = handed.file_extension
            response.report.size_bytes = handed.size_bytes
            return response
        case UploadFinish(size_bytes, sha256):
            return pb.RedactResponse(finish={"size_bytes": size_bytes, "sha256": sha256})
        case _:
            return pb.RedactResponse(chunk=handed)
