"""What somebody acts with who has proved who they are: sessions, and keys for their programs."""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from metaextract_billing.application.user_secrets import API_KEY, SESSION, Token
from metaextract_billing.application.users import existing
from metaextract_billing.domain import user_errors
from metaextract_billing.domain.ports import Clock
from metaextract_billing.domain.user_ports import UserStore
from metaextract_billing.domain.users import API_KEYS_COUNT_MAX, USERS, ApiKey, Session, User

SESSION_ID_BYTES_COUNT: Final = 16
"""Nobody can guess it: whoever knows the id of a session, with any secret, can end it."""
REPEATED: Final = timedelta(seconds=10)
"""How long a refresh token that was used is answered as before, if no later one was: what a browser sends at
once may meet different gateways."""
USE_NOTED: Final = timedelta(hours=1)
"""How long a use of an API key stands for those after it."""


@dataclass(frozen=True, slots=True)
class StartSession:
    """Begins a session of somebody who has proved who they are."""

    store: UserStore
    now: Clock
    lifetime: timedelta

    async def __call__(self, name: str) -> tuple[str, datetime]:
        """Return a refresh token, and when the session ends. Raises USER_NOT_FOUND."""
        user = await existing(self.store, name)
        token = Token.new(secrets.token_hex(SESSION_ID_BYTES_COUNT))
        now = self.now()
        session = Session(token.id, user.id, token.digest, now, now + self.lifetime)
        await self.store.add_session(session)
        return token.written(SESSION), session.expire_time


@dataclass(frozen=True, slots=True)
class RefreshSession:
    """Takes a refresh token for another one, which follows from it under `key`.

    So whoever is asked with the same token at the same moment, of how many there are, answers the same.
    """

    store: UserStore
    now: Clock
    key: bytes = field(repr=False)

    async def __call__(self, refresh_token: str) -> tuple[User, str, datetime]:
        """Return the user, another token, and when the session ends. Raises REFRESH_TOKEN_INVALID."""
        token = Token.read(SESSION, refresh_token)
        if token is None:
            raise user_errors.refresh_token_invalid()
        new, now = token.successor(self.key), self.now()
        rotated = await self.store.rotate_session(token.id, token.digest, new.digest, now, now - REPEATED)
        if rotated is None:
            raise user_errors.refresh_token_invalid()
        user, session = rotated
        return user, new.written(SESSION), session.expire_time


@dataclass(frozen=True, slots=True)
class EndSession:
    """Ends a session."""

    store: UserStore

    async def __call__(self, refresh_token: str) -> None:
        """Forget the session of a token, used up or not."""
        if token := Token.read(SESSION, refresh_token):
            await self.store.end_session(token.id)


@dataclass(frozen=True, slots=True)
class CreateApiKey:
    """Makes an API key."""

    store: UserStore
    now: Clock

    async def __call__(self, name: str, title: str, expire_time: datetime | None) -> tuple[ApiKey, str]:
        """Return the key and its secret. Raises USER_NOT_FOUND, API_KEYS_TOO_MANY."""
        user = await existing(self.store, name)
        token = Token.new()
        key = ApiKey(token.id, user.id, title, token.digest, self.now(), expire_time)
        if not await self.store.add_api_key(key, API_KEYS_COUNT_MAX):
            raise user_errors.api_keys_too_many(API_KEYS_COUNT_MAX)
        return key, token.written(API_KEY)


@dataclass(frozen=True, slots=True)
class ListApiKeys:
    """Lists API keys."""

    store: UserStore

    async def __call__(self, name: str) -> Sequence[ApiKey]:
        """Return the keys of a user, oldest first."""
        return await self.store.api_keys(name.removeprefix(USERS))


@dataclass(frozen=True, slots=True)
class RevokeApiKey:
    """Makes an API key worthless."""

    store: UserStore

    async def __call__(self, user: str, name: str) -> None:
        """Forget the key. Raises API_KEY_NOT_FOUND."""
        owner, _, id_ = name.partition("/apiKeys/")
        if owner != user or not await self.store.revoke_api_key(user.removeprefix(USERS), id_):
            raise user_errors.api_key_not_found(name)


@dataclass(frozen=True, slots=True)
class VerifyApiKey:
    """Says which key a secret is."""

    store: UserStore
    now: Clock

    async def __call__(self, secret: str) -> tuple[User, ApiKey]:
        """Return whose key it is, and the key. Raises API_KEY_INVALID."""
        token = Token.read(API_KEY, secret)
        found = await self.store.api_key(token.id) if token else None
        if token is None or found is None:
            raise user_errors.api_key_invalid()
        user, key = found
        now = self.now()
        if not hmac.compare_digest(key.secret_digest, token.digest) or not key.is_good(now):
            raise user_errors.api_key_invalid()
        if key.last_use_time is None or now - key.last_use_time >= USE_NOTED:
            await self.store.use_api_key(key.id, now)
        return user, key
