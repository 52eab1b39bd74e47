"""/v1: extractions as resources. Unary calls are transcoded; uploads and event streams stand here."""

import asyncio
import dataclasses
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

import grpc
from google.protobuf.duration_pb2 import Duration
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from metaextract.extractor.v1 import dictionary_pb2
from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract.extractor.v1.extractor_pb2_grpc import ExtractorServiceStub
from metaextract_common import errors as common_errors
from metaextract_common.errors import ServiceError
from metaextract_common.rpc.serving import Draining, until_draining
from metaextract_common.version import VERSION
from metaextract_gateway.adapters.http import transcoding, uploads
from metaextract_gateway.adapters.http.intake import Intake
from metaextract_gateway.adapters.http.transcoding import to_json
from metaextract_gateway.domain import errors
from metaextract_gateway.domain.model import Happening, Operations

if TYPE_CHECKING:  # the typed face of the stub, which exists for type checkers only
    from metaextract.extractor.v1.extractor_pb2_grpc import ExtractorServiceAsyncStub

EXTRACTOR: Final = pb.DESCRIPTOR.services_by_name["ExtractorService"]
FIELD_DICTIONARY: Final = dictionary_pb2.DESCRIPTOR.services_by_name["FieldDictionaryService"]
WAIT_SECONDS_MAX: Final = 60.0
INDEX: Final = {
    "name": "MetaExtract",
    "version": VERSION,
    "upload": "POST /v1/extractions (multipart part `file`, or the raw body with its media type); "
    "?operations= embedding, ocr, forensics",
    "read": "GET /v1/extractions/{id}",
    "watch": "GET /v1/extractions/{id}/events (server-sent events)",
    "cancel": "POST /v1/extractions/{id}:cancel",
    "compare": "GET /v1/extractions:compare?names=extractions/{id}&names=extractions/{id}",
    "redact": "POST /v1/redactions?profile= remove_all, position, coarse_position, "
    "keep_colour_and_orientation (a file as above; answers with the copy, or its report with ?report=only)",
    "formats": "GET /v1/formats",
    "fields": "GET /v1/fieldDefinitions?query= (also group, language, view, page_size, page_token)",
    "field": "GET /v1/fieldDefinitions/{id}",
    "field_groups": "GET /v1/fieldGroups",
    "field_dictionary": "GET /v1/fieldDictionary",
    "server": "GET /v1/server",
}
# Bodies of these types are forms or text, never an image: refused before they are read.
_NOT_IMAGES: Final = (
    "text/",
    "video/",
    "audio/",
    "application/json",
    "application/pdf",
    "application/x-www-form",
)


def routes(
    intake: Intake, extractor: grpc.aio.Channel, draining: Draining, *, watch_seconds_max: float
) -> list[BaseRoute]:
    """Return the routes of /v1. Event streams end when `draining` begins; their clients resume."""
    stub: ExtractorServiceAsyncStub = ExtractorServiceStub(extractor)

    async def create(request: Request) -> Response:
        await intake.admit(request)
        refuse_other_media(request)
        operations = _operations(request)
        incoming = await uploads.opened(request, upload_bytes_max=intake.upload_bytes_max)
        visitor = intake.visitor(request)
        upload = intake.upload(
            request,
            incoming,
            extraction_id=request.query_params.get("extraction_id", ""),
            partial_results=request.query_params.get("partial_results") == "true",
            operations=operations,
        )
        outcome = await intake.run(request, visitor.payer, upload, incoming, _unseen)
        if outcome.last is None:
            raise common_errors.internal()
        extraction = outcome.last.message.ended
        headers = {"Location": f"/v1/{extraction.name}"}
        body = await asyncio.to_thread(to_json, extraction)  # thousands of fields take milliseconds
        response = Response(body, 201, headers, media_type="application/json")
        return intake.leave_cookie(visitor, response)

    async def events(request: Request) -> Response:
        last_seen = request.headers.get("last-event-id", "0")
        if not last_seen.isascii() or not last_seen.isdigit():
            raise common_errors.invalid_request("Last-Event-ID", "must be the id of an event")
        watch = pb.WatchExtractionRequest(
            name=f"extractions/{request.path_params['extraction']}",
            after_sequence=int(last_seen),
            wait_for_creation=_wait(request),
        )
        responses = _iterated(stub.WatchExtraction(watch, timeout=watch_seconds_max))
        first = await anext(responses, None)  # an extraction that does not exist is a 404, not a stream
        return StreamingResponse(
            _sse(first, until_draining(draining, responses)),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store"},
        )

    async def index(_request: Request) -> Response:
        return JSONResponse(INDEX)

    return [
        Route("/", index),
        Route("/v1/extractions", create, methods=["POST"]),
        Route("/v1/extractions/{extraction}/events", events),
        *transcoding.routes(EXTRACTOR, extractor),
        *transcoding.routes(FIELD_DICTIONARY, extractor),
    ]


def refuse_other_media(request: Request) -> None:
    """Raise MEDIA_TYPE_UNSUPPORTED or FILE_MISSING for what is no image by its own account."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type.startswith(_NOT_IMAGES):
        raise errors.unsupported_media_type(media_type)
    if not media_type:
        raise errors.no_file()


def _operations(request: Request) -> Operations:
    """Return what `?operations=ocr&operations=forensics` asks for."""
    asked = request.query_params.getlist("operations")
    known = [one.name for one in dataclasses.fields(Operations)]
    if not set(asked) <= set(known):
        raise common_errors.invalid_request("operations", f"must be of {', '.join(known)}")
    return Operations(**{name: name in asked for name in known})


def _unseen(_happening: Happening) -> None:
    """Events of an upload are watched on its event stream."""


def _wait(request: Request) -> Duration:
    text = request.query_params.get("wait_seconds", "0")
    try:
        seconds = float(text)
    except ValueError:
        raise common_errors.invalid_request("wait_seconds", "must be a number of seconds") from None
    duration = Duration()
    duration.FromMilliseconds(round(1000 * min(max(seconds, 0.0), WAIT_SECONDS_MAX)))
    return duration


async def _iterated(
    call: "grpc.aio.UnaryStreamCall[pb.WatchExtractionRequest, pb.WatchExtractionResponse]",
) -> AsyncGenerator[pb.WatchExtractionResponse, None]:
    try:
        async for response in call:
            yield response
    finally:
        call.cancel()  # gRPC holds on to a stream that was merely dropped


async def _sse(
    first: pb.WatchExtractionResponse | None, rest: AsyncGenerator[pb.WatchExtractionResponse, None]
) -> AsyncGenerator[bytes, None]:
    """Render events (WHATWG HTML, server-sent events); `id` is the sequence, for Last-Event-ID."""
    async with aclosing(rest):
        if first is None:
            return
        yield _frame(first.event)
        try:
            async for response in rest:
                yield _frame(response.event)
        except ServiceError:
            # The extractor drains or is gone: the client resumes after this pause.
            yield b"retry: 1000\n\n"


def _frame(event: pb.ExtractionEvent) -> bytes:
    kind = event.WhichOneof("event") or "message"
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.sequence, kind.encode(), to_json(event))
