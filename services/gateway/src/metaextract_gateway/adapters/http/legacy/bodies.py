"""JSON bodies of legacy routes, read as the original read them: up to 100 kB, and only if they say JSON."""

import json
from typing import Any, Final, NoReturn

from starlette.requests import Request
from starlette.responses import JSONResponse

JSON_BYTES_MAX: Final = 100 * 1024


class BodyError(Exception):
    """A body that is not read. `response` says so in the legacy shape (§0.2)."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.response = JSONResponse({"message": message}, status)


async def json_body(request: Request, *, any_type: bool = False) -> dict[str, Any]:
    """Return the members of the body; none if it is another kind of body. Raises BodyError.

    `any_type` reads it as JSON whatever it calls itself.
    """
    content = await raw_body(request, JSON_BYTES_MAX)
    says_json = any_type or "json" in request.headers.get("content-type", "").lower()
    if not content or not says_json:
        return {}
    try:
        document = json.loads(content, parse_constant=_refuse)
        json.dumps(document, ensure_ascii=False).encode()  # half a surrogate pair is no character
    except (ValueError, RecursionError):
        raise BodyError(400, "The body is not valid JSON") from None
    if not isinstance(document, dict | list):
        raise BodyError(400, "The body is not valid JSON")
    return document if isinstance(document, dict) else {}


async def raw_body(request: Request, bytes_max: int) -> bytes:
    """Return the body as it was sent. Raises BodyError if it is larger."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > bytes_max:
            raise BodyError(413, "request entity too large")
    return bytes(body)


def text(value: object, characters_max: int) -> str:
    """Return a text that can name something; empty if it is none, or too long, or not printable."""
    usable = isinstance(value, str) and len(value) <= characters_max and value.isprintable()
    return str(value) if usable else ""


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
