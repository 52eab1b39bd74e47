"""Answers to requests that reach no route, in the shape that the path's clients know."""

from typing import Final

from starlette.responses import Response

from metaextract_common.errors import ServiceError
from metaextract_gateway.adapters.http import problems
from metaextract_gateway.adapters.http.legacy import refusals as legacy
from metaextract_gateway.adapters.http.legacy.paths import is_legacy

_PAGES: Final = "/images_mvp/"


def response(error: ServiceError, path: str) -> Response:
    """Render a refusal."""
    is_old = is_legacy(path) or path.startswith(_PAGES)
    return legacy.refused(error) if is_old else problems.problem(error, path)
