"""What users need from the outside world."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeAlias

from metaextract_billing.domain.users import ApiKey, Identity, OneTimeToken, Purpose, Session, User


class Unique(StrEnum):
    """What only one user may have."""

    EMAIL = "email"
    USERNAME = "username"
    IDENTITY = "identity"


class TakenError(Exception):
    """Another user has what only one may have."""

    def __init__(self, what: Unique) -> None:
        super().__init__(what)
        self.what = what


@dataclass(frozen=True, slots=True)
class UserChange:
    """A user as they are to be, made from the version that `user` has; and what ends with that.

    `token`, a digest, is used up; it must be there. `identity` is joined. `ends_sessions` also ends one-time
    tokens of passwords; `ends_access` unjoins identities and revokes API keys.
    """

    user: User
    token: str | None = None
    identity: Identity | None = None
    ends_sessions: bool = False
    ends_access: bool = False


@dataclass(frozen=True, slots=True)
class Allowed:
    """How often something may be tried until what was counted first is forgotten. `key` names nobody."""

    key: str
    count_max: int


class UserStore(Protocol):
    """All that is kept of users. Unique keys, versions and counts are decided where the data are.

    Every method is safe against any other from any process, and raises LEDGER_UNAVAILABLE. Every
    implementation passes tests/contract/test_user_stores.py.
    """

    async def add(self, user: User, identity: Identity | None = None) -> None:
        """Keep a new user, joined to an identity if one is given. Raises TakenError."""
        ...

    async def user(self, id_: str) -> User | None:
        """Return a user."""
        ...

    async def user_with_email(self, email: str) -> User | None:
        """Return the user who has an address, in any case of letters."""
        ...

    async def user_with_identity(self, identity: Identity) -> User | None:
        """Return the user who is joined to an identity."""
        ...

    async def change(self, change: UserChange) -> None:
        """Do all of it, or nothing.

        Raises ConflictError (`domain.ports`) if the user has another version or the token is not there, and
        TakenError if somebody is joined to the identity.
        """
        ...

    async def take_try(self, allowed: Sequence[Allowed], now: datetime, until: datetime) -> datetime | None:
        """Count one try for every key, or for none if one of them has been tried as often as it may.

        A key that is counted for the first time is forgotten at `until`. Returns None if it was counted,
        else when it makes sense to ask again.
        """
        ...

    async def give_back_try(self, keys: Sequence[str], forgotten: Sequence[str]) -> None:
        """Uncount one try for every one of `keys`, and all of those of `forgotten`."""
        ...

    async def add_session(self, session: Session) -> None:
        """Keep a new session."""
        ...

    async def rotate_session(
        self, id_: str, token_digest: str, new_digest: str, now: datetime, repeated_since: datetime
    ) -> tuple[User, Session] | None:
        """Replace the token of a session that has not ended.

        Nothing changes if `new_digest` is that of its newest token already, since after `repeated_since`.
        With any other token than its newest the session is ended. Returns None if it was, or has, ended.
        """
        ...

    async def end_session(self, id_: str) -> None:
        """Forget a session."""
        ...

    async def add_api_key(self, key: ApiKey, count_max: int) -> bool:
        """Keep a new key, if its user has fewer than `count_max`. Returns whether it was kept."""
        ...

    async def api_keys(self, user: str) -> Sequence[ApiKey]:
        """Return the keys of a user, oldest first."""
        ...

    async def api_key(self, id_: str) -> tuple[User, ApiKey] | None:
        """Return a key and whose it is."""
        ...

    async def use_api_key(self, id_: str, now: datetime) -> None:
        """Note that a key was used."""
        ...

    async def revoke_api_key(self, user: str, id_: str) -> bool:
        """Forget a key of a user. Returns whether there was one."""
        ...

    async def add_token(self, token: OneTimeToken) -> None:
        """Keep a new one-time token."""
        ...

    async def user_with_token(self, digest: str, purpose: Purpose, now: datetime) -> User | None:
        """Return whom a token was sent to that has not expired."""
        ...

    async def forget_expired(self, now: datetime) -> None:
        """Delete sessions, one-time tokens and counts whose time has ended."""
        ...


class Passwords(Protocol):
    """Makes hashes of passwords, slowly on purpose."""

    async def hashed(self, password: str) -> str:
        """Return the hash of a password, with its parameters and salt in it."""
        ...

    async def matches(self, password: str, password_hash: str | None) -> bool:
        """Return whether a password has this hash; with None False, after the same time."""
        ...

    def is_outdated(self, password_hash: str) -> bool:
        """Return whether a hash was made with other parameters than a new one would be."""
        ...


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail, in plain text."""

    email: str
    subject: str
    text: str


Writing: TypeAlias = Callable[[], Awaitable[Letter | None]]
"""Writes a letter, or finds that there is none to be written."""


class Mail(Protocol):
    """Sends letters."""

    def post(self, writing: Writing) -> None:
        """Have a letter written and sent, some time after now.

        Returns at once, so that nobody learns from the time it takes whether there was a letter to write.
        Raises MAIL_NOT_CONFIGURED or MAIL_UNAVAILABLE.
        """
        ...
