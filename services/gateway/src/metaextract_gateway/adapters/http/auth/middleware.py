"""Finds the caller of each request once, before any route runs."""

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from metaextract_common.errors import Kind, ServiceError
from metaextract_gateway.adapters.http import refusals
from metaextract_gateway.adapters.http.auth import cookies, legacy_answers
from metaextract_gateway.adapters.http.auth.callers import STATE
from metaextract_gateway.adapters.http.auth.sign_ins import SignIns
from metaextract_gateway.domain.identity import ANYBODY, Caller, Session, SignIn, signed_in

_STRICT = "/v1"


class CallerMiddleware:
    """Puts the caller on `request.state`, where `caller_of` reads it.

    On /v1, credentials that prove nothing are refused. On other routes they count as none, as they did in
    the original (§0.3); what cannot be checked at all is refused there too, lest somebody else pays.
    A browser's session is prolonged when its access token has expired: pages of the original never ask.
    """

    def __init__(self, app: ASGIApp, sign_ins: SignIns) -> None:
        self._app = app
        self._sign_ins = sign_ins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request with its caller."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        caller, session = ANYBODY, None
        try:
            caller, session = await self._found(connection)
        except ServiceError as error:
            refusal = _refusal(scope, error)
            if refusal is not None:
                await refusal(scope, receive, send)
                return
        scope.setdefault("state", {})[STATE] = caller
        await self._app(scope, receive, self._keeping(connection, session, send) if session else send)

    async def _found(self, connection: HTTPConnection) -> tuple[Caller, Session | None]:
        """Return the caller, and the session if it was prolonged for this request."""
        try:
            return await self._sign_ins.caller(connection), None
        except ServiceError as error:
            session = await self._prolonged(connection, error)
            if session is None:
                raise
            return signed_in(session.user, SignIn.SESSION), session

    async def _prolonged(self, connection: HTTPConnection, error: ServiceError) -> Session | None:
        expired = error.metadata.get("cause") == "expired" and connection.scope["type"] == "http"
        return await self._sign_ins.prolonged(connection) if expired else None

    def _keeping(self, connection: HTTPConnection, session: Session, send: Send) -> Send:
        """Return a `send` that lets the browser keep the session, unless the route tells it otherwise."""
        told = Response()
        cookies.leave(connection, told, session, self._sign_ins.access_token(session))

        async def keeping_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if not any(one.startswith(f"{cookies.NAME}=") for one in headers.getlist("set-cookie")):
                    headers.append("Set-Cookie", told.headers["set-cookie"])
                    headers["Cache-Control"] = told.headers["cache-control"]
            await send(message)

        return keeping_send


def _refusal(scope: Scope, error: ServiceError) -> Response | None:
    """Return the answer to a request whose caller is not known; None if it may go on as anybody's."""
    if scope["type"] == "websocket":
        return None
    if scope["path"].startswith(_STRICT):
        return refusals.response(error, scope["path"])
    if error.reason == "CROSS_SITE_REQUEST":
        return legacy_answers.cross_site()
    away = error.kind in (Kind.UNAVAILABLE, Kind.DEADLINE)
    return refusals.response(error, scope["path"]) if away else None
