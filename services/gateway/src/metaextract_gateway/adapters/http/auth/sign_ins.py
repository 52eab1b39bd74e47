"""Finds out who sends a request, from what it carries."""

import time
from collections.abc import Callable, Collection
from typing import Final

from cachetools import TTLCache
from starlette.requests import HTTPConnection

from metaextract_gateway.adapters.http.addresses import address_of
from metaextract_gateway.adapters.http.auth.api_keys import REMEMBERED, ApiKeys
from metaextract_gateway.adapters.http.auth.credentials import credential_of
from metaextract_gateway.adapters.http.auth.csrf import CsrfTokens
from metaextract_gateway.adapters.http.auth.oidc import OidcTokens
from metaextract_gateway.adapters.http.auth.renewals import SignedInSessions
from metaextract_gateway.adapters.http.auth.same_origin import SAFE_METHODS, is_ours
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
_REMEMBERED_COUNT_MAX: Final = 10_000


class SignIns:
    """Recognises callers by access token, API key, or token of the identity provider (None: there is none).

    What the users service says of keys and identities is remembered for a few seconds. `origins`: whose pages
    may use our cookies, besides those of the host that a request names.
    """

    def __init__(
        self,
        tokens: AccessTokens,
        csrf: CsrfTokens,
        users: Users,
        sessions: SignedInSessions,
        oidc: OidcTokens | None = None,
        *,
        origins: Collection[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tokens = tokens
        self._csrf = csrf
        self._users = users
        self._sessions = sessions
        self._oidc = oidc
        self._origins = origins
        self._keys = ApiKeys(users, clock)
        seconds = REMEMBERED.total_seconds()
        self._by_identity: TTLCache[Identity, User] = TTLCache(_REMEMBERED_COUNT_MAX, seconds, clock)

    async def caller(self, connection: HTTPConnection) -> Caller:
        """Return who sends the request; `ANYBODY` if it carries nothing to prove it.

        Raises TOKEN_INVALID, API_KEY_INVALID, CROSS_SITE_REQUEST, RATE_LIMITED, or what keeps it from being
        known.
        """
        credential = credential_of(connection)
        if credential is None:
            return ANYBODY
        foreign = credential.by_cookie and self._is_foreign(connection)
        csrf = connection.headers.get("x-csrf-token", "")
        if foreign and not csrf:
            raise errors.cross_site_request()
        caller = await self._caller(credential.secret, address_of(connection))
        if foreign and not self._csrf.is_of(caller, csrf):
            raise errors.cross_site_request()
        return caller

    async def prolonged(self, connection: HTTPConnection) -> Session | None:
        """Return the session of a browser whose access token has expired; None if it cannot go on.

        Not while a file is sent: its answer, and with it the browser's next token, may come too late.
        """
        credential = credential_of(connection)
        if credential is None or not credential.by_cookie or not _is_short(connection):
            return None
        return await self._sessions.prolonged(connection)

    def access_token(self, session: Session) -> str:
        """Return an access token for a session that was prolonged."""
        return self._sessions.access_token(session)

    async def _caller(self, secret: str, address: str) -> Caller:
        if secret.startswith(API_KEY_PREFIX):
            return signed_in(await self._keys.user(secret, address), SignIn.API_KEY)
        if self._oidc is not None and self._oidc.is_from_issuer(secret):
            return signed_in(await self._with_identity(await self._oidc.identity(secret)), SignIn.OIDC)
        return self._tokens.caller(secret)

    async def _with_identity(self, identity: Identity) -> User:
        user = self._by_identity.get(identity)
        if user is None:
            user = self._by_identity[identity] = await self._users.with_identity(identity)
        return user

    def _is_foreign(self, connection: HTTPConnection) -> bool:
        """Tell whether a page of another origin asks for something that changes anything."""
        acts = connection.scope["type"] == "websocket" or connection.scope["method"] not in SAFE_METHODS
        return acts and not is_ours(connection, self._origins)


def _is_short(connection: HTTPConnection) -> bool:
    length = connection.headers.get("content-length", "0")
    chunked = "transfer-encoding" in connection.headers
    return not chunked and length.isascii() and length.isdigit() and int(length) <= JSON_BYTES_MAX
