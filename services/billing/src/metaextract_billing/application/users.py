"""Who somebody is: users are made, and prove themselves by a password or by an identity provider."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Final, TypeVar

from tenacity import AsyncRetrying, RetryError, retry_if_exception_type, stop_after_attempt, wait_random

from metaextract_billing.domain import errors, user_errors
from metaextract_billing.domain.identities import Identities
from metaextract_billing.domain.ports import Clock, ConflictError
from metaextract_billing.domain.user_ports import (
    Allowed,
    Passwords,
    TakenError,
    Unique,
    UserChange,
    UserStore,
)
from metaextract_billing.domain.users import (
    USERS,
    Identity,
    Role,
    User,
    check_registration,
    checked_password,
    email_key,
    new_user_id,
)

T = TypeVar("T")

LOCK: Final = timedelta(minutes=15)
NETWORK_FAILURES_COUNT_MAX: Final = 5
"""Failed sign-ins with one address from one network within LOCK."""
FAILURES_COUNT_MAX: Final = 100
"""Failed sign-ins with one address from everywhere within LOCK. Greater, so that strangers do not easily lock
somebody out; small enough that guessing from many networks is hopeless (NIST SP 800-63B, section 5.2.2)."""
CONFLICTS_COUNT_MAX: Final = 10


async def again(decide: Callable[[], Awaitable[T]]) -> T:
    """Decide again, from what is stored then, while somebody else is quicker. Raises LEDGER_UNAVAILABLE."""
    try:
        return await AsyncRetrying(
            retry=retry_if_exception_type((ConflictError, TakenError)),
            stop=stop_after_attempt(CONFLICTS_COUNT_MAX),
            wait=wait_random(0, 0.05),
        )(decide)
    except RetryError as error:
        raise errors.ledger_unavailable() from error


async def existing(store: UserStore, name: str) -> User:
    """Return a user by name. Raises USER_NOT_FOUND."""
    user = await store.user(name.removeprefix(USERS))
    if user is None:
        raise user_errors.user_not_found(name)
    return user


@dataclass(frozen=True, slots=True)
class GetUser:
    """Returns a user."""

    store: UserStore

    async def __call__(self, name: str) -> User:
        """Look the user up. Raises USER_NOT_FOUND."""
        return await existing(self.store, name)


@dataclass(frozen=True, slots=True)
class CreateUser:
    """Makes a user with a password, and without any role."""

    store: UserStore
    now: Clock
    passwords: Passwords

    async def __call__(self, email: str, username: str, password: str) -> User:
        """Keep the user. Raises REGISTRATION_INVALID, EMAIL_TAKEN, USERNAME_TAKEN."""
        email, username = email.strip(), username.strip()
        check_registration(email, username, password)
        password_hash = await self.passwords.hashed(password)
        user = User(new_user_id(), username, self.now(), email, password_hash=password_hash)
        try:
            await self.store.add(user)
        except TakenError as error:
            taken = user_errors.email_taken if error.what is Unique.EMAIL else user_errors.username_taken
            raise taken() from error
        return user


@dataclass(frozen=True, slots=True)
class SignIns:
    """Lets passwords be tried only so often.

    A try counts before it is made, so that those that are made at once count too, and is forgotten if it
    succeeds.
    """

    store: UserStore
    now: Clock
    passwords: Passwords
    identities: Identities

    async def prove(self, email: str, password: str, client_address: str) -> User:
        """Return the user who has this address and password. Raises CREDENTIALS_INVALID, LOGIN_LOCKED."""
        who = f"to sign in as {email_key(email)}"
        near, anywhere = self.identities.tries(who, client_address), self.identities.tries(who)
        now = self.now()
        allowed = [Allowed(near, NETWORK_FAILURES_COUNT_MAX), Allowed(anywhere, FAILURES_COUNT_MAX)]
        locked_until = await self.store.take_try(allowed, now, now + LOCK)
        if locked_until is not None:
            raise user_errors.login_locked(ceil((locked_until - now).total_seconds()))
        user = await self.store.user_with_email(email)
        matches = await self.passwords.matches(password, user.password_hash if user else None)
        if user is None or not matches:
            raise user_errors.credentials_invalid()
        await self.store.give_back_try([anywhere], forgotten=[near])
        return user


@dataclass(frozen=True, slots=True)
class VerifyPassword:
    """Says who has an e-mail address and a password."""

    sign_ins: SignIns

    async def __call__(self, email: str, password: str, client_address: str) -> User:
        """Try the password. Raises CREDENTIALS_INVALID, LOGIN_LOCKED."""
        user = await self.sign_ins.prove(email, password, client_address)
        passwords = self.sign_ins.passwords
        if user.password_hash is not None and passwords.is_outdated(user.password_hash):
            password_hash = await passwords.hashed(password)
            with suppress(ConflictError):  # somebody changes the user now; the next sign-in does it
                await self.sign_ins.store.change(UserChange(user.with_password(password_hash)))
        return user


@dataclass(frozen=True, slots=True)
class ChangePassword:
    """Replaces a password by whoever knows it."""

    sign_ins: SignIns

    async def __call__(self, name: str, old_password: str, new_password: str, client_address: str) -> User:
        """End all sessions too. Raises USER_NOT_FOUND, CREDENTIALS_INVALID, LOGIN_LOCKED, PASSWORD_WEAK."""
        store, passwords = self.sign_ins.store, self.sign_ins.passwords
        checked_password(new_password)
        email = (await existing(store, name)).email
        if email is None:  # nobody can set a password without an address
            raise user_errors.credentials_invalid()

        async def decide() -> User:
            user = await self.sign_ins.prove(email, old_password, client_address)
            changed = user.with_password(await passwords.hashed(new_password))
            await store.change(UserChange(changed, ends_sessions=True))
            return changed

        return await again(decide)


@dataclass(frozen=True, slots=True)
class SignInWithIdentity:
    """Says who somebody is whom an identity provider vouches for; makes them at the first time."""

    store: UserStore
    now: Clock

    async def __call__(
        self, identity: Identity, email: str | None, *, email_verified: bool
    ) -> tuple[User, bool]:
        """Return the user, and whether they were made now. Raises EMAIL_TAKEN."""

        async def decide() -> tuple[User, bool]:
            if user := await self.store.user_with_identity(identity):
                return user, False
            if email is not None and (user := await self.store.user_with_email(email)):
                # A provider's word alone gives nobody what somebody else may have made under that address.
                if not (email_verified and user.email_verified):
                    raise user_errors.email_taken()
                await self.store.change(UserChange(user, identity=identity))
                return user, False
            id_ = new_user_id()
            verified = email is not None and email_verified
            user = User(id_, f"user-{id_[-12:]}", self.now(), email, verified)
            await self.store.add(user, identity)
            return user, True

        return await again(decide)


@dataclass(frozen=True, slots=True)
class GrantRole:
    """Gives a role. Not reachable by any call: only whoever has the database can."""

    store: UserStore

    async def __call__(self, email: str, role: Role) -> User | None:
        """Return the user with the role; None if nobody has the address."""

        async def decide() -> User | None:
            user = await self.store.user_with_email(email)
            if user is None or role in user.roles:
                return user
            changed = user.with_role(role)
            await self.store.change(UserChange(changed))
            return changed

        return await again(decide)
