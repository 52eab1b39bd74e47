"""/v1/batches: many files as one resource. Calls of the contract are transcoded; uploads stand here."""

import hashlib
import json
import uuid
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import grpc
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from metaextract.extractor.v1 import batches_pb2 as pb
from metaextract.extractor.v1.batches_pb2_grpc import BatchServiceStub
from metaextract_common.errors import ServiceError
from metaextract_gateway.adapters.http import (
    batch_results,
    event_streams,
    negotiation,
    problems,
    transcoding,
    uploads,
)
from metaextract_gateway.adapters.http.event_streams import Watching
from metaextract_gateway.adapters.http.intake import Intake, check_batch, idempotency_key
from metaextract_gateway.adapters.http.legacy.sessions import Sessions
from metaextract_gateway.adapters.http.transcoding import to_json
from metaextract_gateway.adapters.http.uploads import IncomingUpload
from metaextract_gateway.adapters.http.v1 import operations_of
from metaextract_gateway.domain.model import Happening, Operations, Payer

if TYPE_CHECKING:  # the typed face of the stub, which exists for type checkers only
    from metaextract.extractor.v1.batches_pb2_grpc import BatchServiceAsyncStub

BATCHES: Final = pb.DESCRIPTOR.services_by_name["BatchService"]
PAYMENT_REQUIRED: Final = 402
_CLOSED: Final = ("BATCH_CANCELLED", "BATCH_FULL")
FILES_COUNT_MAX: Final = 10_000
"""Files of one request."""


@dataclass(slots=True)
class _File:
    """What became of one file. `extraction` is empty if none began."""

    file_name: str
    extraction: str = ""
    batch: str = ""
    error: ServiceError | None = None

    def saw(self, happening: Happening) -> None:
        """Note the extraction, which is an earlier one for a repeated file."""
        self.extraction = happening.message.name
        if happening.message.HasField("ended"):
            self.batch = happening.message.ended.batch

    def document(self, instance: str) -> dict[str, Any]:
        """Return it as JSON."""
        state = "STATE_FAILED" if self.error else "STATE_SUCCEEDED"
        if self.error is not None and self.error.reason == "EXTRACTION_CANCELLED":
            state = "STATE_CANCELLED"
        told: dict[str, Any] = {"file_name": self.file_name, "state": state}
        if self.extraction:
            told["extraction"] = self.extraction
        if self.error is not None:
            told["error"] = problems.document(self.error, instance)
        return told


def routes(intake: Intake, extractor: grpc.aio.Channel, who: Sessions, watching: Watching) -> list[BaseRoute]:
    """Return the routes."""
    stub: BatchServiceAsyncStub = BatchServiceStub(extractor)

    async def create(request: Request) -> Response:
        negotiation.chosen(request, [negotiation.JSON])
        transcoding.refuse_others(request, ("batch", "operations"))
        batch, operations = request.query_params.get("batch", ""), operations_of(request)
        check_batch(batch)
        visitor = intake.visitor(
            request, who.account_of_upload(request, request.headers.get("x-session-id", ""))
        )
        sending = _Sending(request, intake, visitor.payer, operations, batch or f"batches/{uuid.uuid4()}")
        async with aclosing(uploads.each_opened(request, files_count_max=FILES_COUNT_MAX)) as each:
            async for incoming in each:
                await sending.send(incoming)
        if not sending.began:
            raise sending.error
        found = (await stub.GetBatch(pb.GetBatchRequest(name=sending.batch))).batch
        body = {
            "batch": json.loads(to_json(found)),
            "files": [file.document(request.url.path) for file in sending.files],
        }
        response = JSONResponse(body, 201, {"Location": f"/v1/{found.name}"})
        return intake.leave_cookie(visitor, response)

    return [
        Route("/v1/batches", create, methods=["POST"]),
        *event_streams.routes(BATCHES, extractor, watching),
        *batch_results.routes(extractor),
        *transcoding.routes(BATCHES, extractor),
    ]


class _Sending:
    """The files of one request, one after the other; one that goes wrong does not end the others.

    What will be so for all that follow is not asked again: that nothing is left to pay with, or that the
    batch takes no more.
    """

    def __init__(
        self, request: Request, intake: Intake, payer: Payer, operations: Operations, batch: str
    ) -> None:
        self._request = request
        self._intake = intake
        self._payer = payer
        self._operations = operations
        self.batch = batch
        self.files: list[_File] = []
        self._end: ServiceError | None = None

    @property
    def began(self) -> bool:
        """Whether there is an extraction, and so a batch."""
        return any(file.extraction for file in self.files)

    @property
    def error(self) -> ServiceError:
        """What kept the first file from beginning, where none began."""
        return next(file.error for file in self.files if file.error)

    async def send(self, incoming: IncomingUpload) -> None:
        """Extract one file and note what became of it; raises `ClientDisconnect`."""
        file = _File(incoming.file_name, error=self._end)
        self.files.append(file)
        if self._end is not None:
            return
        upload = self._intake.upload(self._request, incoming, operations=self._operations, batch=self.batch)
        if key := idempotency_key(self._request):
            upload = replace(upload, request_id=_key_of_file(key, len(self.files) - 1))
        try:
            await self._intake.run_one_of_many(self._payer, upload, incoming, file.saw)
        except ServiceError as error:
            file.error = error
            if problems.status_of(error) == PAYMENT_REQUIRED or error.reason in _CLOSED:
                self._end = error
        if file.batch:  # that of the first time, if the request is repeated
            self.batch = file.batch


def _key_of_file(key: str, index: int) -> str:
    """Return the idempotency key of one file of a request."""
    return f"batch-{hashlib.sha256(f'{index}:{key}'.encode()).hexdigest()}"
