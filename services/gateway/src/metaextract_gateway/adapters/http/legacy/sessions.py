"""Whose credits a legacy request is about (§0.3).

A session is whatever the client calls it: knowing its id is the right to its credits. So the account of a
session always bears the prefix `session:`, and no id leads to an account of another kind.
"""

import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from starlette.requests import Request
from starlette.responses import Response

from metaextract_gateway.adapters.http.legacy.bodies import text
from metaextract_gateway.adapters.http.same_site import LAX

COOKIE: Final = "metaextract_session_id"
LIFETIME_SECONDS: Final = 31_536_000
SESSION_CHARACTERS_MAX: Final = 190
"""So that the account's name, which begins with `session:`, is not longer than billing takes."""

SignedIn: TypeAlias = Callable[[Request], str]
"""Returns the account of whoever is signed in; empty if nobody is."""


def nobody_is(_request: Request) -> str:
    """Where nobody can sign in, every request is anonymous."""
    return ""


class Sessions:
    """Finds accounts. `signed_in` is the one place through which people with an account of their own come."""

    def __init__(self, signed_in: SignedIn = nobody_is) -> None:
        self._signed_in = signed_in

    def user_account_of(self, request: Request) -> str:
        """Return the account of whoever is signed in; empty if nobody is."""
        return self._signed_in(request)

    def session_of(self, request: Request, body: Mapping[str, Any]) -> str:
        """Return the session id: query, body, header, cookie; empty if there is none."""
        given = (
            request.query_params.get("sessionId"),
            request.query_params.get("session_id"),
            body.get("sessionId"),
            body.get("session_id"),
            request.headers.get("x-session-id"),
            request.cookies.get(COOKIE),
        )
        return _first(given)

    def account_of(self, request: Request, body: Mapping[str, Any]) -> str:
        """Return the account that a request about credits is for; empty if it names none."""
        return self._signed_in(request) or session_account(self.session_of(request, body))

    def account_of_upload(self, request: Request, session_id: str) -> str:
        """Return the account that pays for an upload; empty if the request names none.

        The original looked at the session that the upload names and not at the cookie, and so did not see
        the credits of whoever bought them with the cookie alone (§10.A, 5).
        """
        return next(iter(self.accounts_of_upload(request, session_id)), "")

    def accounts_of_upload(self, request: Request, session_id: str) -> tuple[str, ...]:
        """Return all accounts that an upload proves to be the caller's; the first one pays.

        The shipped client asks for a quote without its session's id, and so for the session of the cookie.
        """
        cookie = request.cookies.get(COOKIE)
        named = [self._signed_in(request)]
        named += [session_account(_first((one,))) for one in (session_id, cookie)]
        return tuple(dict.fromkeys(one for one in named if one))


def new_session() -> str:
    """Return an id for a client that has none."""
    return str(uuid.uuid4())


def session_account(session_id: str) -> str:
    """Return the account of a session; empty if there is no session."""
    return f"session:{session_id}" if session_id else ""


def leave_cookie(request: Request, response: Response, session_id: str) -> None:
    """Let the client keep its session."""
    response.set_cookie(
        COOKIE,
        session_id,
        max_age=LIFETIME_SECONDS,
        expires=LIFETIME_SECONDS,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite=LAX,
    )


def _first(given: tuple[object, ...]) -> str:
    return next((id_ for one in given if (id_ := text(one, SESSION_CHARACTERS_MAX))), "")
