"""Answers before a request's body has arrived, so that the client can read the answer.

Closing a connection with unread bytes resets it, and the reset may overtake the answer; reading on for
ever would let a client that was refused send for ever. So: the answer goes out at once with
`Connection: close`, what still comes is thrown away for a short while, then the connection is closed
(RFC 9112, section 9.6).
"""

import asyncio
from contextlib import suppress
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

LINGER_SECONDS: Final = 10.0
LINGER_BYTES_MAX: Final = 256 * 1024 * 1024


class LingeringCloseMiddleware:
    """Around all that may refuse: sees how much of the body was asked for."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request; linger if it is answered early."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body_read = _has_no_body(scope)

        async def noticed_receive() -> Message:
            nonlocal body_read
            message = await receive()
            body_read = body_read or not message.get("more_body", False)
            return message

        async def lingering_send(message: Message) -> None:
            if body_read:
                await send(message)
            elif message["type"] == "http.response.start":
                await send({**message, "headers": [*message.get("headers", []), (b"connection", b"close")]})
            elif message.get("more_body", False):
                await send(message)
            else:
                await send({**message, "more_body": True})
                await _discard(noticed_receive)
                await send({"type": "http.response.body"})

        async def _discard(source: Receive) -> None:
            discarded = 0
            with suppress(TimeoutError):
                async with asyncio.timeout(LINGER_SECONDS):
                    while not body_read and discarded < LINGER_BYTES_MAX:
                        discarded += len((await source()).get("body", b""))

        await self._app(scope, noticed_receive, lingering_send)


def _has_no_body(scope: Scope) -> bool:
    said = dict(scope["headers"])
    return b"transfer-encoding" not in said and said.get(b"content-length", b"0") == b"0"
