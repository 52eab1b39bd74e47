"""Answers to requests that reach no route, in the shape that the path's clients know."""

from typing import Final

from starlette.responses import Response

from metaextract_common.errors import ServiceError
from metaextract_gateway.adapters.http import problems
from metaextract_gateway.adapters.http.legacy import refusals as legacy

_LEGACY: Final = ("/api/", "/images_mvp/")


def response(error: ServiceError, path: str) -> Response:
    """Render a refusal."""
    return legacy.refused(error) if path.startswith(_LEGACY) else problems.problem(error, path)
