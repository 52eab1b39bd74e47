"""The media type of legacy answers, letter by letter: clients of the original saw its charset."""

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from metaextract_gateway.adapters.http.legacy.paths import is_legacy

_JSON: Final = "application/json"


class LegacyCharsetMiddleware:
    """Says of JSON under /api that it is UTF-8, which it always is (RFC 8259, section 8.1)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request."""
        if scope["type"] != "http" or not is_legacy(scope["path"]):
            await self._app(scope, receive, send)
            return

        async def named_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type") == _JSON:
                    headers["content-type"] = f"{_JSON}; charset=utf-8"
            await send(message)

        await self._app(scope, receive, named_send)
