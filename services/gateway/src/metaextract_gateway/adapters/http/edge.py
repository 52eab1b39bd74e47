"""The edge: what stands between the server and the routes, outermost first."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from metaextract_gateway.adapters.http.addresses import ForwardedMiddleware, Trust
from metaextract_gateway.adapters.http.admission import Admission, AdmissionMiddleware, Room
from metaextract_gateway.adapters.http.hardening import DoorMiddleware, Doors, SecurityHeadersMiddleware
from metaextract_gateway.adapters.http.lingering import LingeringCloseMiddleware
from metaextract_gateway.adapters.http.rate_limits import RateLimitMiddleware, RateLimits

PREFLIGHT_SECONDS: Final = 600
EXPOSED: Final = (
    "Content-Disposition", "Location", "Retry-After", "MetaExtract-Extraction", "MetaExtract-Redaction",
    "Preference-Applied",
    "RateLimit", "RateLimit-Limit", "RateLimit-Policy", "RateLimit-Remaining", "RateLimit-Reset",
    "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset",
    "X-RateLimit-Daily-Limit", "X-RateLimit-Daily-Remaining", "X-RateLimit-Daily-Reset",
    "Tus-Checksum-Algorithm", "Tus-Extension", "Tus-Max-Size", "Tus-Resumable", "Tus-Version",
    "Upload-Defer-Length", "Upload-Expires", "Upload-Length", "Upload-Metadata", "Upload-Offset",
    "traceparent", "tracestate",
)  # fmt: skip
"""Headers that pages of other sites may read."""


@dataclass(frozen=True)
class Edge:
    """What the edge is set to. `limits`: None counts nothing. `closing`: whether connections end now."""

    trust: Trust = field(default_factory=Trust)
    doors: Doors = field(default_factory=Doors)
    limits: RateLimits | None = None
    admission: Admission = field(default_factory=lambda: Admission(Room()))
    closing: Callable[[], bool] = lambda: False


def limited(app: Starlette, edge: Edge) -> None:
    """Add what needs to know the caller: limits, then room. Before the middleware that finds the caller."""
    app.add_middleware(AdmissionMiddleware, admission=edge.admission)
    if edge.limits is not None:
        app.add_middleware(RateLimitMiddleware, limits=edge.limits)


def guarded(app: ASGIApp, edge: Edge) -> ASGIApp:
    """Wrap what needs no caller."""
    app = LingeringCloseMiddleware(DoorMiddleware(app, edge.doors))
    if edge.doors.origins:
        app = CORSMiddleware(
            app,
            allow_origins=tuple(edge.doors.origins),
            allow_methods=("GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"),
            allow_headers=("*",),
            allow_credentials=True,
            expose_headers=EXPOSED,
            max_age=PREFLIGHT_SECONDS,
        )
    return ClosingMiddleware(SecurityHeadersMiddleware(app), edge.closing)


def addressed(app: ASGIApp, edge: Edge) -> ASGIApp:
    """Find out who asks: the outermost of all."""
    return ForwardedMiddleware(app, edge.trust)


class ClosingMiddleware:
    """Has clients connect anew, and so to another gateway, once this one has been told to stop."""

    def __init__(self, app: ASGIApp, closing: Callable[[], bool]) -> None:
        self._app = app
        self._closing = closing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request."""

        async def closing_send(message: Message) -> None:
            if message["type"] == "http.response.start" and self._closing():
                kept = [(name, value) for name, value in message.get("headers", []) if name != b"connection"]
                message["headers"] = [*kept, (b"connection", b"close")]
            await send(message)

        await self._app(scope, receive, closing_send)
