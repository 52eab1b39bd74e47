"""What every answer carries, and what no request may be: headers for browsers, hosts, lengths."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from metaextract_common.errors import ServiceError
from metaextract_gateway.adapters.http import refusals
from metaextract_gateway.domain import errors

URL_BYTES_MAX: Final = 8 * 1024
JSON_BYTES_MAX: Final = 1024 * 1024
"""The body of a request that carries no file; legacy routes refuse those over 100 kB themselves."""

UPLOADS: Final = re.compile(
    r"/api/images_mvp/extract|/v1/(extractions|redactions|batches)|/v1/uploads(/[^/]*)?"
)
"""Paths to which files are sent; their routes bound what they read."""

ALWAYS: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
}
"""Unless the route says otherwise: pages bring a policy of their own."""

STRICT_TRANSPORT: Final = "max-age=31536000; includeSubDomains"


class SecurityHeadersMiddleware:
    """Adds the headers. `Strict-Transport-Security` only where the client came by TLS (RFC 6797, 7.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def secured_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in ALWAYS.items():
                    headers.setdefault(name, value)
                if scope["scheme"] == "https":
                    headers.setdefault("Strict-Transport-Security", STRICT_TRANSPORT)
            await send(message)

        await self._app(scope, receive, secured_send)


@dataclass(frozen=True, slots=True)
class Doors:
    """Who may come in. Empty collections let everybody in.

    `hosts`: names in `Host`; `*.example.org` stands for all below it. `origins`: sites whose pages may use
    the API from a browser and open sockets, as pages of this server may.
    """

    hosts: Collection[str] = ()
    origins: Collection[str] = ()

    def serves(self, host: str) -> bool:
        """Tell whether a `Host` is served here."""
        name = host.rpartition(":")[0] if re.search(r":\d+$", host) else host
        return not self.hosts or any(_fits(name.lower(), one.lower()) for one in self.hosts)

    def may_open_sockets(self, headers: Headers) -> bool:
        """Tell whether whoever asks is no page, one of ours, or one of a site on the list (CWE-1385)."""
        origin = headers.get("origin")
        if origin is None or not self.origins:
            return origin is None or _is_own(origin, headers)
        return origin in self.origins or _is_own(origin, headers)


def _fits(host: str, pattern: str) -> bool:
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern


def _is_own(origin: str, headers: Headers) -> bool:
    return origin.partition("://")[2] == headers.get("host", "")


class DoorMiddleware:
    """Refuses what no route should see, before any work."""

    def __init__(self, app: ASGIApp, doors: Doors) -> None:
        self._app = app
        self._doors = doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        error = self._fault(scope)
        if error is not None:
            await refusals.response(error, scope["path"])(scope, receive, send)
            return
        if scope["type"] == "http" and not UPLOADS.fullmatch(scope["path"]):
            receive = _bounded(receive)
        await self._app(scope, receive, send)

    def _fault(self, scope: Scope) -> ServiceError | None:
        headers = Headers(scope=scope)
        if len(scope.get("raw_path", b"")) + len(scope["query_string"]) > URL_BYTES_MAX:
            return errors.url_too_long(URL_BYTES_MAX)
        if not self._doors.serves(headers.get("host", "")):
            return errors.host_unknown()
        if scope["type"] == "websocket":
            return None if self._doors.may_open_sockets(headers) else errors.origin_not_allowed()
        if UPLOADS.fullmatch(scope["path"]):
            return None
        length = headers.get("content-length", "0")
        too_large = length.isascii() and length.isdigit() and int(length) > JSON_BYTES_MAX
        return errors.body_too_large(JSON_BYTES_MAX) if too_large else None


def _bounded(receive: Receive) -> Receive:
    """Count what comes without having been declared."""
    received = 0

    async def counted_receive() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > JSON_BYTES_MAX:
            raise errors.body_too_large(JSON_BYTES_MAX)
        return message

    return counted_receive
