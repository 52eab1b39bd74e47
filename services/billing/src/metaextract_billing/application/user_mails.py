"""What is proved by mail: whoever can read what is sent to an address has it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from metaextract_billing.application.user_secrets import digest_of, new_secret
from metaextract_billing.application.users import again, existing
from metaextract_billing.domain import user_errors
from metaextract_billing.domain.identities import Identities
from metaextract_billing.domain.ports import Clock
from metaextract_billing.domain.user_ports import Allowed, Letter, Mail, Passwords, UserChange, UserStore
from metaextract_billing.domain.users import OneTimeToken, Purpose, User, checked_password, email_key

TOKEN_LIFETIME: Final = timedelta(hours=1)
LETTERS_COUNT_MAX: Final = 3
"""Letters of a kind to one address within LETTERS_TIME, so that nobody's mailbox can be filled."""
LETTERS_TIME: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Letters:
    """Writes letters with one-time tokens. `site` is the address that the links in them begin with."""

    store: UserStore
    now: Clock
    identities: Identities
    site: str

    async def of_password(self, email: str) -> Letter | None:
        """Write to whoever has the address; None if nobody has, or was written to often enough."""
        user = await self.store.user_with_email(email)
        secret = await self._token(user, Purpose.PASSWORD)
        if user is None or user.email is None or secret is None:
            return None
        return Letter(
            user.email,
            "Reset your MetaExtract password",
            f"Somebody, hopefully you, asked to reset the password of {user.username}.\n\n"
            "To choose another one, open this link within an hour:\n"
            f"{self.site}/reset-password?token={secret}\n\n"
            "If it was not you, do nothing: your password stays as it is.\n",
        )

    async def of_email(self, user: User) -> Letter | None:
        """Write to a user; None if they were written to often enough."""
        secret = await self._token(user, Purpose.EMAIL)
        if user.email is None or secret is None:
            return None
        return Letter(
            user.email,
            "Verify your e-mail address for MetaExtract",
            f"Somebody, hopefully you, made the account {user.username} with this e-mail address.\n\n"
            "To verify the address, open this link within an hour:\n"
            f"{self.site}/verify-email?token={secret}\n\n"
            "If it was not you, do nothing.\n",
        )

    async def _token(self, user: User | None, purpose: Purpose) -> str | None:
        if user is None or user.email is None:
            return None
        now = self.now()
        allowed = Allowed(
            self.identities.tries(f"to write of {purpose} to {email_key(user.email)}"), LETTERS_COUNT_MAX
        )
        if await self.store.take_try([allowed], now, now + LETTERS_TIME) is not None:
            return None
        secret = new_secret()
        await self.store.add_token(
            OneTimeToken(digest_of(secret), user.id, purpose, now, now + TOKEN_LIFETIME)
        )
        return secret


@dataclass(frozen=True, slots=True)
class RequestPasswordReset:
    """Sends a token with which a password can be replaced."""

    mail: Mail
    letters: Letters

    def __call__(self, email: str) -> None:
        """Have it looked up, written and sent later. Raises MAIL_NOT_CONFIGURED, MAIL_UNAVAILABLE."""
        self.mail.post(lambda: self.letters.of_password(email))


@dataclass(frozen=True, slots=True)
class ConfirmPasswordReset:
    """Replaces a password by whoever reads the mail of its user."""

    store: UserStore
    now: Clock
    passwords: Passwords

    async def __call__(self, token: str, new_password: str) -> User:
        """Use the token up, and end all sessions. Raises PASSWORD_WEAK, ONE_TIME_TOKEN_INVALID.

        An address that nobody had proved before is taken from whoever made the user with it: they may have
        joined identities and made keys, which would outlive the password.
        """
        checked_password(new_password)
        digest = digest_of(token)

        async def decide() -> User:
            user = await self.store.user_with_token(digest, Purpose.PASSWORD, self.now())
            if user is None:
                raise user_errors.one_time_token_invalid()
            changed = user.with_password(await self.passwords.hashed(new_password)).with_email_verified()
            await self.store.change(
                UserChange(changed, digest, ends_sessions=True, ends_access=not user.email_verified)
            )
            return changed

        return await again(decide)


@dataclass(frozen=True, slots=True)
class RequestEmailVerification:
    """Sends a token with which an e-mail address is verified."""

    store: UserStore
    mail: Mail
    letters: Letters

    async def __call__(self, name: str) -> bool:
        """Return whether it was verified before.

        Raises USER_NOT_FOUND, MAIL_NOT_CONFIGURED, MAIL_UNAVAILABLE.
        """
        user = await existing(self.store, name)
        if not user.email_verified:
            self.mail.post(lambda: self.letters.of_email(user))
        return user.email_verified


@dataclass(frozen=True, slots=True)
class VerifyEmail:
    """Counts an e-mail address as verified."""

    store: UserStore
    now: Clock

    async def __call__(self, token: str) -> User:
        """Use the token up. Raises ONE_TIME_TOKEN_INVALID."""
        digest = digest_of(token)

        async def decide() -> User:
            user = await self.store.user_with_token(digest, Purpose.EMAIL, self.now())
            if user is None:
                raise user_errors.one_time_token_invalid()
            changed = user.with_email_verified()
            await self.store.change(UserChange(changed, digest))
            return changed

        return await again(decide)
