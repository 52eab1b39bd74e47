"""Connections are kept unless a body is left unread."""

import pytest
from starlette.types import Message, Receive, Scope, Send

from metaextract_gateway.adapters.http.lingering import LingeringCloseMiddleware


async def answers_at_once(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 201, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@pytest.mark.parametrize(
    ("headers", "kept"),
    [
        ([], True),
        ([(b"content-length", b"0")], True),
        ([(b"content-length", b"5")], False),
        ([(b"transfer-encoding", b"chunked")], False),
        ([(b"content-length", b"0"), (b"transfer-encoding", b"chunked")], False),
    ],
)
async def test_a_connection_is_kept_where_no_body_was_announced(
    headers: list[tuple[bytes, bytes]], *, kept: bool
) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/v1/uploads", "headers": headers}
    await LingeringCloseMiddleware(answers_at_once)(scope, receive, send)

    assert ((b"connection", b"close") not in sent[0]["headers"]) is kept
