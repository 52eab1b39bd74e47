"""Sessions as they are begun, prolonged and ended over HTTP."""

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Final

from cachetools import TTLCache
from starlette.requests import HTTPConnection

from metaextract_common.errors import ServiceError
from metaextract_gateway.adapters.http.auth.credentials import credential_of
from metaextract_gateway.adapters.http.auth.tokens import AccessTokens
from metaextract_gateway.domain.identity import Session, User, Users

SAME_SECONDS: Final = 30
_SAME_COUNT_MAX: Final = 10_000


@dataclass(slots=True)
class _Line:
    """A refresh token with those that came of it. No answer is given again once the session has ended."""

    has_ended: bool = False


class SignedInSessions:
    """Sessions of users. A refresh token is good once, and one that comes again ends its session.

    A browser sends several requests at once, all with the same one: they get the same answer.
    """

    def __init__(self, users: Users, tokens: AccessTokens) -> None:
        self._users = users
        self._tokens = tokens
        self._same: TTLCache[bytes, asyncio.Task[Session]] = TTLCache(_SAME_COUNT_MAX, SAME_SECONDS)
        self._lines: TTLCache[bytes, _Line] = TTLCache(2 * _SAME_COUNT_MAX, SAME_SECONDS)

    async def begin(self, user: User) -> Session:
        """Begin a session of somebody who has just proven who they are."""
        return await self._users.start_session(user)

    async def prolonged(self, connection: HTTPConnection) -> Session | None:
        """Return the session that a request goes on with; None if it names none, or one that has ended."""
        token = self._refresh_token(connection)
        if not token:
            return None
        name = _digest(token)
        task = self._same.get(name)
        if task is None or (task.done() and task.exception() is not None):
            task = self._same[name] = asyncio.create_task(self._users.refresh_session(token))
        line = self._lines.setdefault(name, _Line())
        try:
            session = await asyncio.shield(task)
        except ServiceError as error:
            if error.reason == "REFRESH_TOKEN_INVALID":
                return None
            raise
        self._lines[_digest(session.refresh_token)] = line
        return None if line.has_ended else session

    async def end(self, connection: HTTPConnection) -> None:
        """End the session that a request names, if it names one."""
        if token := self._refresh_token(connection):
            self._lines.setdefault(_digest(token), _Line()).has_ended = True
            await self._users.end_session(token)

    def access_token(self, session: Session) -> str:
        """Return an access token for a session that has just begun or been refreshed."""
        return self._tokens.issue(session)

    def _refresh_token(self, connection: HTTPConnection) -> str:
        credential = credential_of(connection)
        try:
            return self._tokens.refresh_token(credential.secret) if credential else ""
        except ServiceError:  # an API key, or a token that is none of ours
            return ""


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
