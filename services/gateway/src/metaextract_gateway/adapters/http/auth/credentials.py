"""What a request carries to prove who sends it."""

from dataclasses import dataclass
from typing import Final

from starlette.requests import HTTPConnection

from metaextract_gateway.adapters.http.auth import cookies

API_KEY_HEADER: Final = "x-api-key"
_BEARER: Final = "bearer "


@dataclass(frozen=True, slots=True)
class Credential:
    """A token or a key. `by_cookie`: the browser added it unasked."""

    secret: str
    by_cookie: bool = False


def credential_of(connection: HTTPConnection) -> Credential | None:
    """Return the first of: a bearer token, an API key, the cookie."""
    authorization = connection.headers.get("authorization", "")
    if authorization.lower().startswith(_BEARER):
        return Credential(authorization[len(_BEARER) :].strip())
    if key := connection.headers.get(API_KEY_HEADER):
        return Credential(key.strip())
    if token := connection.cookies.get(cookies.NAME):
        return Credential(token, by_cookie=True)
    return None
