"""Finds out who sends a request, from what it carries."""

import hashlib
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from cachetools import TTLCache
from starlette.requests import HTTPConnection

from metaextract_gateway.adapters.http.auth.credentials import credential_of
from metaextract_gateway.adapters.http.auth.csrf import CsrfTokens
from metaextract_gateway.adapters.http.auth.oidc import OidcTokens
from metaextract_gateway.adapters.http.auth.renewals import SignedInSessions
from metaextract_gateway.adapters.http.auth.same_origin import SAFE_METHODS, is_same_origin
from metaextract_gateway.adapters.http.auth.tokens import AccessTokens
from metaextract_gateway.adapters.http.legacy.bodies import JSON_BYTES_MAX
from metaextract_gateway.domain import errors
from metaextract_gateway.domain.identity import (
    ANYBODY,
    Caller,
    Identity,
    Session,
    SignIn,
    User,
    Users,
    signed_in,
)

API_KEY_PREFIX: Final = "mx_"
REMEMBERED: Final = timedelta(seconds=20)
"""So long a key that was revoked may still be taken."""
_REMEMBERED_COUNT_MAX: Final = 10_000


class SignIns:
    """Recognises callers by access token, API key, or token of the identity provider (None: there is none).

    What the users service says of keys and identities is remembered for a few seconds.
    """

    def __init__(
        self,
        tokens: AccessTokens,
        csrf: CsrfTokens,
        users: Users,
        sessions: SignedInSessions,
        oidc: OidcTokens | None = None,
        *,
        public_url: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tokens = tokens
        self._csrf = csrf
        self._users = users
        self._sessions = sessions
        self._oidc = oidc
        self._public_url = public_url
        seconds = REMEMBERED.total_seconds()
        self._by_key: TTLCache[bytes, User] = TTLCache(_REMEMBERED_COUNT_MAX, seconds, clock)
        self._by_identity: TTLCache[Identity, User] = TTLCache(_REMEMBERED_COUNT_MAX, seconds, clock)

    async def caller(self, connection: HTTPConnection) -> Caller:
        """Return who sends the request; `ANYBODY` if it carries nothing to prove it.

        Raises TOKEN_INVALID, API_KEY_INVALID or CROSS_SITE_REQUEST, or what keeps it from being known.
        """
        credential = credential_of(connection)
        if credential is None:
            return ANYBODY
        caller = await self._caller(credential.secret)
        if credential.by_cookie:
            self._refuse_cross_site(connection, caller)
        return caller

    async def prolonged(self, connection: HTTPConnection) -> Session | None:
        """Return the session of a browser whose access token has expired; None if it cannot go on.

        Not while a file is sent: its answer, and with it the browser's next token, may come too late.
        """
        credential = credential_of(connection)
        may = credential is not None and credential.by_cookie and is_same_origin(connection, self._public_url)
        return await self._sessions.prolonged(connection) if may and _is_short(connection) else None

    def access_token(self, session: Session) -> str:
        """Return an access token for a session that was prolonged."""
        return self._sessions.access_token(session)

    async def _caller(self, secret: str) -> Caller:
        if secret.startswith(API_KEY_PREFIX):
            return signed_in(await self._with_key(secret), SignIn.API_KEY)
        if self._oidc is not None and self._oidc.is_from_issuer(secret):
            return signed_in(await self._with_identity(await self._oidc.identity(secret)), SignIn.OIDC)
        return self._tokens.caller(secret)

    async def _with_key(self, secret: str) -> User:
        digest = hashlib.sha256(secret.encode()).digest()
        user = self._by_key.get(digest)
        if user is None:
            user = self._by_key[digest] = await self._users.with_api_key(secret)
        return user

    async def _with_identity(self, identity: Identity) -> User:
        user = self._by_identity.get(identity)
        if user is None:
            user = self._by_identity[identity] = await self._users.with_identity(identity)
        return user

    def _refuse_cross_site(self, connection: HTTPConnection, caller: Caller) -> None:
        """Let no page of another origin act with our cookies, unless it shows the caller's CSRF token."""
        acts = connection.scope["type"] == "websocket" or connection.scope["method"] not in SAFE_METHODS
        if not acts or is_same_origin(connection, self._public_url):
            return
        if not self._csrf.is_of(caller, connection.headers.get("x-csrf-token", "")):
            raise errors.cross_site_request()


def _is_short(connection: HTTPConnection) -> bool:
    length = connection.headers.get("content-length", "0")
    chunked = "transfer-encoding" in connection.headers
    return not chunked and length.isascii() and length.isdigit() and int(length) <= JSON_BYTES_MAX
