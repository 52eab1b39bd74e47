"""A store of users that forgets everything at the end: for tests, which want its rules without its files."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from metaextract_billing.domain.ports import ConflictError
from metaextract_billing.domain.user_ports import Allowed, TakenError, Unique, UserChange
from metaextract_billing.domain.users import (
    ApiKey,
    Identity,
    OneTimeToken,
    Purpose,
    Session,
    User,
    email_key,
    username_key,
)


class MemoryUsers:
    """Implements `domain.user_ports.UserStore`. Nothing in it waits, so nothing comes between."""

    def __init__(self) -> None:
        self._users: dict[str, User] = {}
        self._identities: dict[Identity, str] = {}
        self._sessions: dict[str, Session] = {}
        self._api_keys: dict[str, ApiKey] = {}
        self._tokens: dict[str, OneTimeToken] = {}
        self._tries: dict[str, tuple[int, datetime]] = {}

    async def add(self, user: User, identity: Identity | None = None) -> None:
        """Keep the user."""
        if user.email is not None and await self.user_with_email(user.email):
            raise TakenError(Unique.EMAIL)
        if any(username_key(one.username) == username_key(user.username) for one in self._users.values()):
            raise TakenError(Unique.USERNAME)
        if identity in self._identities:
            raise TakenError(Unique.IDENTITY)
        if identity is not None:
            self._identities[identity] = user.id
        self._users[user.id] = replace(user, version=1)

    async def user(self, id_: str) -> User | None:
        """Look the user up."""
        return self._users.get(id_)

    async def user_with_email(self, email: str) -> User | None:
        """Search everybody."""
        key = email_key(email)
        users = self._users.values()
        return next((one for one in users if one.email is not None and email_key(one.email) == key), None)

    async def user_with_identity(self, identity: Identity) -> User | None:
        """Look the user up."""
        return self._users.get(self._identities.get(identity, ""))

    async def change(self, change: UserChange) -> None:
        """Check everything, then change everything."""
        user = change.user
        if self._users[user.id].version != user.version:
            raise ConflictError
        if change.token is not None and change.token not in self._tokens:
            raise ConflictError
        if change.identity in self._identities:
            raise TakenError(Unique.IDENTITY)
        if change.ends_access:
            self._identities = {key: one for key, one in self._identities.items() if one != user.id}
            self._api_keys = {id_: key for id_, key in self._api_keys.items() if key.user != user.id}
        if change.identity is not None:
            self._identities[change.identity] = user.id
        self._users[user.id] = replace(user, version=user.version + 1)
        self._tokens.pop(change.token or "", None)
        if change.ends_sessions:
            self._sessions = {id_: one for id_, one in self._sessions.items() if one.user != user.id}
            self._tokens = {
                digest: one
                for digest, one in self._tokens.items()
                if (one.user, one.purpose) != (user.id, Purpose.PASSWORD)
            }

    async def take_try(self, allowed: Sequence[Allowed], now: datetime, until: datetime) -> datetime | None:
        """Count, unless something forbids it."""
        counted: dict[str, tuple[int, datetime]] = {}
        for one in allowed:
            count, end = self._tries.get(one.key, (0, until))
            if end <= now:
                count, end = 0, until
            if count >= one.count_max:
                return end
            counted[one.key] = count + 1, end
        self._tries.update(counted)
        return None

    async def give_back_try(self, keys: Sequence[str], forgotten: Sequence[str]) -> None:
        """Count down."""
        for key in forgotten:
            self._tries.pop(key, None)
        for key in set(keys) & set(self._tries):
            count, end = self._tries[key]
            self._tries[key] = max(0, count - 1), end

    async def add_session(self, session: Session) -> None:
        """Keep the session."""
        self._sessions[session.id] = session

    async def rotate_session(
        self, id_: str, token_digest: str, new_digest: str, now: datetime, repeated_since: datetime
    ) -> tuple[User, Session] | None:
        """Replace the token, or end the session."""
        session = self._sessions.get(id_)
        if session is None:
            return None
        rotated = session.rotate_time
        is_repeated = session.token_digest == new_digest and rotated is not None and rotated > repeated_since
        is_newest = session.token_digest == token_digest
        if not is_newest and not (is_repeated and now < session.expire_time):
            del self._sessions[id_]
            return None
        if session.expire_time <= now:
            return None
        if is_newest:
            self._sessions[id_] = replace(session, token_digest=new_digest, rotate_time=now)
        return self._users[session.user], self._sessions[id_]

    async def end_session(self, id_: str) -> None:
        """Forget the session."""
        self._sessions.pop(id_, None)

    async def add_api_key(self, key: ApiKey, count_max: int) -> bool:
        """Keep the key."""
        if len(await self.api_keys(key.user)) >= count_max:
            return False
        self._api_keys[key.id] = key
        return True

    async def api_keys(self, user: str) -> Sequence[ApiKey]:
        """Search all keys."""
        keys = (key for key in self._api_keys.values() if key.user == user)
        return sorted(keys, key=lambda key: (key.create_time, key.id))

    async def api_key(self, id_: str) -> tuple[User, ApiKey] | None:
        """Look the key up."""
        key = self._api_keys.get(id_)
        return (self._users[key.user], key) if key else None

    async def use_api_key(self, id_: str, now: datetime) -> None:
        """Note the time."""
        if id_ in self._api_keys:
            self._api_keys[id_] = replace(self._api_keys[id_], last_use_time=now)

    async def revoke_api_key(self, user: str, id_: str) -> bool:
        """Forget the key."""
        if id_ not in self._api_keys or self._api_keys[id_].user != user:
            return False
        del self._api_keys[id_]
        return True

    async def add_token(self, token: OneTimeToken) -> None:
        """Keep the token."""
        self._tokens[token.digest] = token

    async def user_with_token(self, digest: str, purpose: Purpose, now: datetime) -> User | None:
        """Look the token up."""
        token = self._tokens.get(digest)
        if token is None or token.purpose is not purpose or token.expire_time <= now:
            return None
        return self._users[token.user]

    async def forget_expired(self, now: datetime) -> None:
        """Search everything."""
        self._sessions = {id_: one for id_, one in self._sessions.items() if one.expire_time > now}
        self._tokens = {id_: one for id_, one in self._tokens.items() if one.expire_time > now}
        self._tries = {key: (count, end) for key, (count, end) in self._tries.items() if end > now}
