"""GET /v1/extractions/{id}/result: what one reading found, in the language that the client asks for.

A resource of its own beside the extraction: that has a state and a life, and is JSON; this is a document.
Programs choose its language by `Accept`, links by `?format=`.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import grpc
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract.extractor.v1.extractor_pb2_grpc import ExtractorServiceStub
from metaextract_common import errors as common_errors
from metaextract_gateway.adapters.http import negotiation
from metaextract_gateway.adapters.http.attachments import disposition
from metaextract_gateway.adapters.http.renderings.lines import ndjson
from metaextract_gateway.adapters.http.renderings.spreadsheet import as_csv
from metaextract_gateway.adapters.http.renderings.xmp import sidecar
from metaextract_gateway.adapters.http.transcoding import refuse_others, to_json
from metaextract_gateway.domain import errors

if TYPE_CHECKING:  # the typed face of the stub, which exists for type checkers only
    from metaextract.extractor.v1.extractor_pb2_grpc import ExtractorServiceAsyncStub

PATH: Final = "/v1/extractions/{extraction}/result"


@dataclass(frozen=True, slots=True)
class Rendering:
    """One language. `shown` in a browser, or saved."""

    media_type: str
    render: Callable[[pb.Extraction], bytes]
    parameters: str = ""
    shown: bool = False


def _json(extraction: pb.Extraction) -> bytes:
    return to_json(extraction.result)


RENDERINGS: Final[Mapping[str, Rendering]] = {
    "json": Rendering(negotiation.JSON, _json, shown=True),
    "ndjson": Rendering("application/x-ndjson", ndjson),
    "csv": Rendering("text/csv", as_csv, "; charset=utf-8; header=present"),
    "xmp": Rendering("application/rdf+xml", sidecar),
}
"""By the value of `format`, which is the ending of the file too."""


def routes(extractor: grpc.aio.Channel) -> list[BaseRoute]:
    """Return the route."""
    stub: ExtractorServiceAsyncStub = ExtractorServiceStub(extractor)

    async def result(request: Request) -> Response:
        name = _format(request)
        get = pb.GetExtractionRequest(name=f"extractions/{request.path_params['extraction']}")
        extraction = (await stub.GetExtraction(get)).extraction
        if extraction.state != pb.Extraction.STATE_SUCCEEDED:
            raise errors.result_not_available(pb.Extraction.State.Name(extraction.state))
        rendering = RENDERINGS[name]
        body = await asyncio.to_thread(rendering.render, extraction)  # thousands of fields take a while
        kind = "inline" if rendering.shown else "attachment"
        headers = {
            "Content-Type": rendering.media_type + rendering.parameters,
            "Content-Disposition": disposition(extraction.result.file.file_name, f".{name}", kind),
            "X-Content-Type-Options": "nosniff",
            "Vary": "Accept",
        }
        return Response(body, headers=headers)

    return [Route(PATH, result)]


def _format(request: Request) -> str:
    refuse_others(request, ["format"])
    stated = request.query_params.get("format")
    if stated is None:
        media_type = negotiation.chosen(request, [one.media_type for one in RENDERINGS.values()])
        return next(name for name, one in RENDERINGS.items() if one.media_type == media_type)
    if stated not in RENDERINGS:
        raise common_errors.invalid_request("format", f"must be one of {', '.join(RENDERINGS)}")
    return stated
