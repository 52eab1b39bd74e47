"""The public HTTP application."""

from collections.abc import Mapping
from typing import Any

import structlog
from opentelemetry import propagate, trace
from opentelemetry.trace import SpanKind
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from metaextract_common.errors import ServiceError, internal
from metaextract_gateway.adapters.http import problems
from metaextract_gateway.adapters.http.auth.middleware import CallerMiddleware
from metaextract_gateway.adapters.http.auth.sign_ins import SignIns
from metaextract_gateway.adapters.http.edge import Edge, addressed, guarded, limited
from metaextract_gateway.adapters.http.legacy import errors as legacy
from metaextract_gateway.adapters.http.legacy.charset import LegacyCharsetMiddleware
from metaextract_gateway.adapters.http.legacy.paths import LegacyPathsMiddleware, is_legacy
from metaextract_gateway.domain import errors

log = structlog.stdlib.get_logger()

CLIENT_CLOSED = 499
METHOD_NOT_ALLOWED = 405
_SPANLESS = ("/api/health", "/healthz")


def build_app(routes: list[BaseRoute], sign_ins: SignIns | None = None, edge: Edge | None = None) -> ASGIApp:
    """Return the application. Errors that no route renders become problem documents.

    Where nobody can sign in (`sign_ins` is None), every caller is anybody. Without `edge` nothing is counted.
    """
    edge = edge or Edge()
    app = Starlette(
        routes=routes,
        exception_handlers={
            ServiceError: problems.render,
            HTTPException: _unrouted,
            ClientDisconnect: _disconnected,
            Exception: _crashed,
        },
    )
    limited(app, edge)
    if sign_ins is not None:
        app.add_middleware(CallerMiddleware, sign_ins)
    served = TracingMiddleware(LegacyCharsetMiddleware(guarded(app, edge)))
    return LegacyPathsMiddleware(addressed(served, edge))


async def _unrouted(request: Request, error: Exception) -> Response:
    """Nothing answers at this path, or not to this method."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type only
    if is_legacy(request.url.path):
        return legacy.no_endpoint(request)
    if error.status_code != METHOD_NOT_ALLOWED:
        response = problems.problem(errors.path_not_found(), request.url.path)
        response.headers.update(error.headers or {})
        return response
    allowed = {"Allow": ", ".join(sorted(_methods_of(request)))}
    if request.method == "OPTIONS":
        return Response(status_code=204, headers=allowed)
    response = problems.problem(errors.method_not_allowed(request.method), request.url.path)
    response.headers.update(allowed)
    return response


def _methods_of(request: Request) -> set[str]:
    """Return the methods that a path answers, of all its routes; the framework tells those of the first."""
    routes = [one for one in request.app.routes if isinstance(one, Route)]
    answering = [one for one in routes if one.matches(request.scope)[0] is not Match.NONE]
    return {"OPTIONS", *(method for one in answering for method in one.methods or ())}


async def _disconnected(_request: Request, _error: Exception) -> Response:
    """Nobody reads this; the status is for our own log."""
    return Response(status_code=CLIENT_CLOSED)


async def _crashed(request: Request, error: Exception) -> Response:
    log.error("http.crashed", exc_info=error)
    if is_legacy(request.url.path):
        return legacy.crashed()
    return problems.problem(internal(), request.url.path)


class TracingMiddleware:
    """One SERVER span and one log line for each request; accepts `traceparent`, returns the trace's."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._tracer = trace.get_tracer("metaextract.http")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request inside its span."""
        if scope["type"] != "http" or scope["path"] in _SPANLESS:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        carrier = {name: headers[name] for name in ("traceparent", "tracestate") if name in headers}
        attributes = {"http.request.method": scope["method"]}
        with self._tracer.start_as_current_span(
            scope["method"], propagate.extract(carrier), SpanKind.SERVER, attributes, record_exception=False
        ) as span:
            status = CLIENT_CLOSED

            async def traced_send(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                    message["headers"] = [*message.get("headers", []), *_trace_headers()]
                await send(message)

            try:
                await self._app(scope, receive, traced_send)
            finally:
                # The route's template, not the path: paths hold ids that whoever knows may use.
                route = _route(scope)
                span.update_name(f"{scope['method']} {route}")
                span.set_attributes({"http.route": route, "http.response.status_code": status})
                log.info("http.finished", method=scope["method"], route=route, status=status)


def _route(scope: Mapping[str, Any]) -> str:
    route = scope.get("route")
    return str(getattr(route, "path", "unmatched"))


def _trace_headers() -> list[tuple[bytes, bytes]]:
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return [(name.encode(), value.encode()) for name, value in carrier.items()]
