"""The cookie of a signed-in browser: an access token, for as long as its session lives."""

from datetime import UTC, datetime
from typing import Final

from starlette.requests import HTTPConnection
from starlette.responses import Response

from metaextract_gateway.adapters.http.same_site import LAX
from metaextract_gateway.domain.identity import Session

NAME: Final = "auth_token"


def leave(connection: HTTPConnection, response: Response, session: Session, access_token: str) -> None:
    """Let the browser keep its session, and no cache the answer."""
    response.headers["Cache-Control"] = "no-store"
    response.set_cookie(
        NAME,
        access_token,
        max_age=max(0, round((session.expire_time - datetime.now(UTC)).total_seconds())),
        expires=session.expire_time,
        path="/",
        secure=connection.url.scheme == "https",
        httponly=True,
        samesite=LAX,
    )


def clear(response: Response) -> None:
    """Let the browser forget its session."""
    response.headers.append("Set-Cookie", f"{NAME}=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT")
