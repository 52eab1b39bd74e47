"""People who have an account: what is kept of them, and the rules of names, addresses and passwords."""

import re
import unicodedata
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from metaextract_billing.domain import user_errors

USERNAME_LENGTH_MIN: Final = 3
USERNAME_LENGTH_MAX: Final = 50
EMAIL_LENGTH_MAX: Final = 254
"""RFC 5321, section 4.5.3.1.3, with the brackets that a path has around it."""
PASSWORD_LENGTH_MIN: Final = 8
PASSWORD_LENGTH_MAX: Final = 72
API_KEYS_COUNT_MAX: Final = 100
"""Of each user."""
USERS: Final = "users/"
_LABEL: Final = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_EMAIL: Final = re.compile(rf"[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{_LABEL}(?:\.{_LABEL})*")
"""What the HTML standard calls a valid e-mail address, and forms of pages take."""


class Role(StrEnum):
    """What a user may do beyond what every user may."""

    ADMIN = "admin"


class Purpose(StrEnum):
    """What a one-time token is good for."""

    PASSWORD = "password"  # noqa: S105 - no password, but what one is reset by
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who has an account. `id` is a UUID; `version` counts the commits.

    `email` is None if an identity provider gave none, `password_hash` if no password was ever set.
    """

    id: str
    username: str
    create_time: datetime
    email: str | None = None
    email_verified: bool = False
    password_hash: str | None = field(default=None, repr=False)
    roles: frozenset[Role] = frozenset()
    version: int = 0

    @property
    def name(self) -> str:
        """The name of the resource."""
        return f"{USERS}{self.id}"

    @property
    def account(self) -> str:
        """Whose credits are theirs, as the ledger names owners."""
        return f"user:{self.id}"

    def with_password(self, password_hash: str) -> "User":
        """Return the user with another password."""
        return replace(self, password_hash=password_hash)

    def with_email_verified(self) -> "User":
        """Return the user, whose address was proved."""
        return replace(self, email_verified=True)

    def with_role(self, role: Role) -> "User":
        """Return the user with one role more."""
        return replace(self, roles=self.roles | {role})


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is for an identity provider (OpenID Connect Core 1.0, section 2: `iss` and `sub`)."""

    issuer: str
    subject: str


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in that goes on. Only the newest of its refresh tokens is good, of which this is the digest.

    `rotate_time` is when that one took the place of another.
    """

    id: str
    user: str
    token_digest: str = field(repr=False)
    create_time: datetime
    expire_time: datetime
    rotate_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key with which programs act for a user; of its secret there is only the digest."""

    id: str
    user: str
    title: str
    secret_digest: str = field(repr=False)
    create_time: datetime
    expire_time: datetime | None = None
    last_use_time: datetime | None = None

    @property
    def name(self) -> str:
        """The name of the resource."""
        return f"{USERS}{self.user}/apiKeys/{self.id}"

    def is_good(self, now: datetime) -> bool:
        """Whether it has not expired."""
        return self.expire_time is None or now < self.expire_time


@dataclass(frozen=True, slots=True)
class OneTimeToken:
    """Something that was sent to a user by mail, to be used once; only its digest is kept."""

    digest: str = field(repr=False)
    user: str
    purpose: Purpose
    create_time: datetime
    expire_time: datetime


def new_user_id() -> str:
    """Return the id of a user who is about to be made."""
    return str(uuid.uuid4())


def email_key(email: str) -> str:
    """Return what is the same for two addresses that are one, for users: letters in any case.

    Not the normal form that trials are counted by: there, two mailboxes that are taken for one cost
    somebody a trial; here they would give one person the account of the other, and whether what follows
    a "+" makes another mailbox is for the host to say (RFC 5321, section 2.3.11).
    """
    return email.strip().lower()


def username_key(username: str) -> str:
    """Return what is the same for two usernames that look alike: forms and cases of letters."""
    return unicodedata.normalize("NFKC", username.strip()).casefold()


def check_registration(email: str, username: str, password: str) -> None:
    """Raise REGISTRATION_INVALID, which names all that is wrong, if nobody can register with this."""
    broken = (
        ",".join(_rules_broken_by_email(email)),
        ",".join(_rules_broken_by_username(username)),
        ",".join(_rules_broken_by_password(password)),
    )
    if any(broken):
        raise user_errors.registration_invalid(*broken)


def checked_password(password: str) -> str:
    """Return a password that somebody wants to have. Raises PASSWORD_WEAK."""
    if broken := list(_rules_broken_by_password(password)):
        raise user_errors.password_weak(",".join(broken))
    return password


def _rules_broken_by_email(email: str) -> Iterator[str]:
    if len(email) > EMAIL_LENGTH_MAX or not _EMAIL.fullmatch(email):
        yield "form"


def _rules_broken_by_username(username: str) -> Iterator[str]:
    if len(username) < USERNAME_LENGTH_MIN:
        yield "too_short"
    if len(username) > USERNAME_LENGTH_MAX:
        yield "too_long"
    if not username.isprintable():
        yield "characters"


def _rules_broken_by_password(password: str) -> Iterator[str]:
    if len(password) < PASSWORD_LENGTH_MIN:
        yield "too_short"
    if len(password) > PASSWORD_LENGTH_MAX:
        yield "too_long"
    if not any(one.isupper() for one in password):
        yield "upper_case"
    if not any(one.islower() for one in password):
        yield "lower_case"
    if not any(one.isdigit() for one in password):
        yield "digit"
    if all(one.isascii() and one.isalnum() for one in password):
        yield "special"
