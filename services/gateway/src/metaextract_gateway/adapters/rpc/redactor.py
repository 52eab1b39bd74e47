"""Redaction over gRPC: sends an upload as it arrives, and hands on the copy as it comes."""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

import grpc

from metaextract.extractor.v1 import extractor_pb2, redaction_pb2
from metaextract.extractor.v1.redaction_pb2_grpc import RedactionServiceStub
from metaextract_common.errors import ServiceError, internal
from metaextract_gateway.adapters.rpc.sending import Sending
from metaextract_gateway.domain.model import RedactedCopy

if TYPE_CHECKING:  # the typed face of the stub, which exists for type checkers only
    from metaextract.extractor.v1.redaction_pb2_grpc import RedactionServiceAsyncStub

PROFILES: Final = {
    name.removeprefix("REDACTION_PROFILE_").lower(): name
    for name, number in redaction_pb2.RedactionProfile.items()
    if number != redaction_pb2.REDACTION_PROFILE_UNSPECIFIED
}
"""The contract's profiles by their names on the outside, such as `position`."""


class RpcRedactor:
    """Implements `domain.ports.Redactor`. `upload_seconds_max` is the deadline of all of it."""

    def __init__(self, channel: grpc.aio.Channel, *, upload_seconds_max: float) -> None:
        self._stub: RedactionServiceAsyncStub = RedactionServiceStub(channel)
        self._upload_seconds_max = upload_seconds_max

    @property
    def profiles(self) -> tuple[str, ...]:
        """What a copy can be made without."""
        return tuple(PROFILES)

    async def redact(
        self, profile: str, file_name: str, chunks: AsyncIterator[bytes]
    ) -> AsyncGenerator[RedactedCopy | bytes, None]:
        """Redact. An error that `chunks` raises ends the call and is raised here."""
        sending = Sending(chunks)
        call = self._stub.Redact(_requests(profile, file_name, sending), timeout=self._upload_seconds_max)
        digest = hashlib.sha256()
        finished = False
        try:
            async for response in call:
                match response.WhichOneof("part"):
                    case "report":
                        yield _copy(response.report)
                    case "chunk":
                        chunk = response.chunk  # each access makes a copy
                        digest.update(chunk)
                        yield chunk
                    case _:
                        finished = response.finish.sha256 == digest.digest()
        except ServiceError:
            if sending.error is None:
                raise
        finally:
            call.cancel()
        if sending.error is not None:  # the cause of whatever the extractor made of it
            raise sending.error
        if not finished:
            raise internal()


async def _requests(
    profile: str, file_name: str, sending: Sending
) -> AsyncGenerator[redaction_pb2.RedactRequest, None]:
    header = redaction_pb2.RedactionHeader(profile=PROFILES[profile], file_name=file_name)
    yield redaction_pb2.RedactRequest(header=header)
    async with aclosing(sending.parts()) as parts:
        async for part in parts:
            if isinstance(part, extractor_pb2.UploadFinish):
                yield redaction_pb2.RedactRequest(finish=part)
            else:
                yield redaction_pb2.RedactRequest(chunk=part)


def _copy(report: redaction_pb2.RedactionReport) -> RedactedCopy:
    return RedactedCopy(report, report.media_type, report.file_extension, report.size_bytes)
