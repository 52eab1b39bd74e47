"""Who sends a request, as far as it is proven. What cannot be proven is nobody."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol


class Role(StrEnum):
    """What somebody may do beyond what every user may."""

    ADMIN = "admin"


class SignIn(StrEnum):
    """What proved who the caller is."""

    SESSION = "session"  # an access token of ours
    OIDC = "oidc"  # a token of the identity provider
    API_KEY = "api_key"


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who has an account. `id` is a UUID; `email` is empty if a provider gave none."""

    id: str
    email: str
    username: str
    roles: frozenset[Role] = frozenset()


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who is signed in, or, with an empty `user`, anybody.

    `user` is a UUID; `sign_in` is None for anybody.
    """

    user: str = ""
    email: str = ""
    username: str = ""
    roles: frozenset[Role] = frozenset()
    sign_in: SignIn | None = None

    @property
    def is_signed_in(self) -> bool:
        """Whether it is known who this is."""
        return bool(self.user)

    @property
    def account(self) -> str:
        """The account whose credits are the caller's; empty for anybody."""
        return f"user:{self.user}" if self.user else ""

    @property
    def is_present(self) -> bool:
        """Whether the person signed in, rather than a program with a key of theirs."""
        return self.sign_in in (SignIn.SESSION, SignIn.OIDC)


ANYBODY: Final = Caller()


def signed_in(user: User, by: SignIn) -> Caller:
    """Return the user as a caller."""
    return Caller(user.id, user.email, user.username, user.roles, by)


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom an identity provider vouches for, as its token says. `email` is empty if it gives none."""

    issuer: str
    subject: str
    email: str = ""
    email_verified: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in that can be prolonged until `expire_time` (UTC), once with each refresh token."""

    user: User
    refresh_token: str
    expire_time: datetime


class Users(Protocol):
    """Keeps users and what they sign in with."""

    async def register(self, email: str, username: str, password: str) -> User:
        """Make a user."""
        ...

    async def with_password(self, email: str, password: str, client_address: str) -> User:
        """Return the user whose address and password these are."""
        ...

    async def with_identity(self, identity: Identity) -> User:
        """Return the user whom an identity provider vouches for."""
        ...

    async def with_api_key(self, secret: str) -> User:
        """Return the user whose key this is."""
        ...

    async def user(self, id_: str) -> User:
        """Return a user."""
        ...

    async def start_session(self, user: User) -> Session:
        """Begin a session of somebody who has just proven who they are."""
        ...

    async def refresh_session(self, refresh_token: str) -> Session:
        """Take a refresh token for the next one."""
        ...

    async def end_session(self, refresh_token: str) -> None:
        """End the session of a refresh token."""
        ...

    async def request_password_reset(self, email: str) -> None:
        """Send whoever has the address a one-time token."""
        ...

    async def reset_password(self, token: str, password: str) -> None:
        """Replace the password of whoever got the token."""
        ...

    async def request_email_verification(self, user: str) -> bool:
        """Send the user a one-time token; return False if their address is verified already."""
        ...

    async def verify_email(self, token: str) -> User:
        """Count the address of whoever got the token as verified."""
        ...
