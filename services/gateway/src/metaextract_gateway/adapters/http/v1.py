"""/v1: extractions as resources. Calls of the contract are transcoded; uploads stand here."""

import asyncio
import dataclasses
from typing import Final

import grpc
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from metaextract.extractor.v1 import dictionary_pb2
from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract_common import errors as common_errors
from metaextract_common.rpc.serving import Draining
from metaextract_common.version import VERSION
from metaextract_gateway.adapters.http import event_streams, negotiation, transcoding, uploads
from metaextract_gateway.adapters.http.event_streams import Watching
from metaextract_gateway.adapters.http.intake import Intake
from metaextract_gateway.adapters.http.legacy.sessions import Sessions
from metaextract_gateway.adapters.http.quoted import quoted
from metaextract_gateway.adapters.http.renderings import results
from metaextract_gateway.adapters.http.transcoding import to_json
from metaextract_gateway.domain import errors
from metaextract_gateway.domain.model import Happening, Operations

EXTRACTOR: Final = pb.DESCRIPTOR.services_by_name["ExtractorService"]
FIELD_DICTIONARY: Final = dictionary_pb2.DESCRIPTOR.services_by_name["FieldDictionaryService"]
PARAMETERS: Final = (
    "operations",
    "extraction_id",
    "batch",
    "partial_results",
    "file_name",
    "quote",
    "quote_file",
)
RESPOND_ASYNC: Final = "respond-async"
INDEX: Final = {
    "name": "MetaExtract",
    "version": VERSION,
    "reference": "GET /docs (a page), GET /v1/openapi.json (OpenAPI 3.1)",
    "upload": "POST /v1/extractions (multipart part `file`, or the raw body with its media type); "
    "?operations= embedding, ocr, forensics; ?quote=quotes/{id}&quote_file= for a quoted price",
    "upload_in_pieces": "POST /v1/uploads (tus 1.0; OPTIONS says what of it)",
    "read": "GET /v1/extractions/{id}",
    "result": "GET /v1/extractions/{id}/result?format= json, ndjson, csv, xmp (or by Accept)",
    "upload_many": "POST /v1/batches (multipart parts `file`), or ?batch=batches/{uuid} with each upload",
    "batch": "GET /v1/batches/{id}; /extractions, /results (NDJSON), /events (server-sent events); "
    "POST /v1/batches/{id}:cancel",
    "watch": "GET /v1/extractions/{id}/events (server-sent events)",
    "cancel": "POST /v1/extractions/{id}:cancel",
    "compare": "GET /v1/extractions:compare?names=extractions/{id}&names=extractions/{id}",
    "redact": "POST /v1/redactions?profile= remove_all, position, coarse_position, "
    "keep_colour_and_orientation (a file as above; answers with the copy, or its report with ?report=only)",
    "quote": "POST /v1/quotes",
    "credits": "GET /v1/credits, /v1/credits/transfers, /v1/credits/packs; POST /v1/credits/orders",
    "formats": "GET /v1/formats",
    "fields": "GET /v1/fieldDefinitions?query= (also group, language, view, page_size, page_token)",
    "field": "GET /v1/fieldDefinitions/{id}",
    "field_groups": "GET /v1/fieldGroups",
    "field_dictionary": "GET /v1/fieldDictionary",
    "server": "GET /v1/server",
    "me": "GET /v1/users/me (signed in: by POST /api/auth/login, a token of the identity provider, or a key)",
    "api_keys": "POST /v1/apiKeys {title, expire_time?}, GET /v1/apiKeys, DELETE /v1/apiKeys/{id}; "
    "programs send them as X-API-Key",
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
    intake: Intake,
    extractor: grpc.aio.Channel,
    draining: Draining,
    who: Sessions,
    *,
    watch_seconds_max: float,
) -> list[BaseRoute]:
    """Return the routes of /v1. Event streams end when `draining` begins; their clients resume."""

    async def create(request: Request) -> Response:
        negotiation.chosen(request, [negotiation.JSON])
        transcoding.refuse_others(request, PARAMETERS)
        refuse_other_media(request)
        operations, asked = operations_of(request), request.query_params
        price = quoted(asked.get("quote", ""), asked.get("quote_file", ""))
        incoming = await uploads.opened(request, upload_bytes_max=intake.upload_bytes_max)
        account = who.account_of_upload(request, request.headers.get("x-session-id", ""))
        visitor = intake.visitor(request, account)
        upload = intake.upload(
            request,
            incoming,
            extraction_id=asked.get("extraction_id", ""),
            partial_results=asked.get("partial_results") == "true",
            operations=operations,
            quoted=price,
            batch=asked.get("batch", ""),
        )
        if _prefers_async(request):
            name = await intake.begin(visitor.payer, dataclasses.replace(upload, detached=True), incoming)
            headers = {"Location": f"/v1/{name}", "Preference-Applied": RESPOND_ASYNC}
            return intake.leave_cookie(visitor, JSONResponse({"name": name}, 202, headers))
        outcome = await intake.run(request, visitor.payer, upload, incoming, _unseen)
        if outcome.last is None:
            raise common_errors.internal()
        extraction = outcome.last.message.ended
        headers = {"Location": f"/v1/{extraction.name}"}
        body = await asyncio.to_thread(to_json, extraction)  # thousands of fields take milliseconds
        response = Response(body, 201, headers, media_type="application/json")
        return intake.leave_cookie(visitor, response)

    async def index(_request: Request) -> Response:
        return JSONResponse(INDEX)

    return [
        Route("/", index),
        Route("/v1/extractions", create, methods=["POST"]),
        *event_streams.routes(EXTRACTOR, extractor, Watching(draining, watch_seconds_max)),
        *results.routes(extractor),
        *transcoding.routes(EXTRACTOR, extractor),
        *transcoding.routes(FIELD_DICTIONARY, extractor),
    ]


def _prefers_async(request: Request) -> bool:
    """Tell whether the client would rather not wait (RFC 7240, section 4.1)."""
    preferences = ",".join(request.headers.getlist("prefer")).split(",")
    return RESPOND_ASYNC in {one.partition(";")[0].strip().lower() for one in preferences}


def refuse_other_media(request: Request) -> None:
    """Raise MEDIA_TYPE_UNSUPPORTED or FILE_MISSING for what is no image by its own account."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type.startswith(_NOT_IMAGES):
        raise errors.unsupported_media_type(media_type)
    if not media_type:
        raise errors.no_file()


def operations_of(request: Request) -> Operations:
    """Return what `?operations=ocr&operations=forensics` asks for."""
    asked = request.query_params.getlist("operations")
    known = [one.name for one in dataclasses.fields(Operations)]
    if not set(asked) <= set(known):
        raise common_errors.invalid_request("operations", f"must be of {', '.join(known)}")
    return Operations(**{name: name in asked for name in known})


def _unseen(_happening: Happening) -> None:
    """Events of an upload are watched on its event stream."""
