"""GET /v1/openapi.json and GET /docs."""

import hashlib
import json
from importlib.resources import files
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from metaextract_gateway.adapters.http import negotiation
from metaextract_gateway.adapters.http.reference import page

FILE: Final = "openapi.json"
_CACHED: Final = "no-cache"
"""Kept, and asked for again each time: the tag says whether it is still the same."""


def routes(*, public_url: str) -> list[BaseRoute]:
    """Return the routes. `public_url`: where people reach this server; empty for what a request names."""
    document = json.loads(files(__package__).joinpath(FILE).read_text("utf-8"))
    compact = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    shown = page.made_of(document)

    async def openapi(request: Request) -> Response:
        negotiation.chosen(request, [negotiation.JSON])
        return _cached(request, Response(compact, media_type=negotiation.JSON))

    async def docs(request: Request) -> Response:
        response = HTMLResponse(shown.at(public_url or str(request.base_url).rstrip("/")))
        response.headers["Content-Security-Policy"] = shown.content_security_policy
        return _cached(request, response)

    return [Route("/v1/openapi.json", openapi), Route("/docs", docs)]


def _cached(request: Request, response: Response) -> Response:
    tag = f'"{hashlib.sha256(bytes(response.body)).hexdigest()[:32]}"'
    told = {"ETag": tag, "Cache-Control": _CACHED}
    known = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    if tag in known or "*" in known:
        return Response(status_code=304, headers=told)
    response.headers.update(told)
    return response
