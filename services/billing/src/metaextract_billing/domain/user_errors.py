"""Every way in which what concerns users fails on purpose: one function for each of their `ErrorReason`s."""

from metaextract_billing.domain.errors import DOMAIN
from metaextract_common.errors import Kind, ServiceError


def email_taken() -> ServiceError:
    """Somebody has the e-mail address."""
    return ServiceError(Kind.ALREADY_EXISTS, DOMAIN, "EMAIL_TAKEN", "The e-mail address is taken.")


def username_taken() -> ServiceError:
    """Somebody has the username."""
    return ServiceError(Kind.ALREADY_EXISTS, DOMAIN, "USERNAME_TAKEN", "The username is taken.")


def registration_invalid(email: str, username: str, password: str) -> ServiceError:
    """Fields of a registration break rules, given by field as names separated by commas; empty: none."""
    fields = {"email": email, "username": username, "password": password}
    broken = {field: rules for field, rules in fields.items() if rules}
    told = "; ".join(f"{field}: {rules}" for field, rules in broken.items())
    message = f"The registration breaks rules: {told}."
    return ServiceError(Kind.INVALID, DOMAIN, "REGISTRATION_INVALID", message, broken)


def password_weak(rules: str) -> ServiceError:
    """A new password breaks rules, which are given as names separated by commas."""
    return ServiceError(
        Kind.INVALID, DOMAIN, "PASSWORD_WEAK", f"The password breaks rules: {rules}.", {"rules": rules}
    )


def credentials_invalid() -> ServiceError:
    """E-mail address and password do not belong together: which is wrong is not told."""
    return ServiceError(
        Kind.UNAUTHENTICATED, DOMAIN, "CREDENTIALS_INVALID", "The e-mail address or the password is wrong."
    )


def login_locked(retry_after_seconds: int) -> ServiceError:
    """Too many sign-ins failed; none is tried before that time has passed."""
    return ServiceError(
        Kind.EXHAUSTED,
        DOMAIN,
        "LOGIN_LOCKED",
        f"Too many sign-ins failed; try again in {retry_after_seconds} seconds.",
        {"retry_after_seconds": str(retry_after_seconds)},
        retry_after_seconds,
    )


def user_not_found(user: str) -> ServiceError:
    """There is no such user."""
    return ServiceError(Kind.NOT_FOUND, DOMAIN, "USER_NOT_FOUND", f"{user} does not exist.", {"user": user})


def refresh_token_invalid() -> ServiceError:
    """The token is not the newest of a session that goes on."""
    return ServiceError(
        Kind.UNAUTHENTICATED, DOMAIN, "REFRESH_TOKEN_INVALID", "The session has ended; sign in again."
    )


def api_key_invalid() -> ServiceError:
    """The secret is that of no API key that is good."""
    return ServiceError(Kind.UNAUTHENTICATED, DOMAIN, "API_KEY_INVALID", "The API key is not valid.")


def api_key_not_found(api_key: str) -> ServiceError:
    """There is no such key, or it is not the caller's: the two are not told apart."""
    return ServiceError(
        Kind.NOT_FOUND, DOMAIN, "API_KEY_NOT_FOUND", f"{api_key} does not exist.", {"api_key": api_key}
    )


def api_keys_too_many(api_keys_count_max: int) -> ServiceError:
    """One must be revoked before another one is made."""
    return ServiceError(
        Kind.PRECONDITION,
        DOMAIN,
        "API_KEYS_TOO_MANY",
        f"There are {api_keys_count_max} API keys, which is as many as there may be.",
        {"api_keys_count_max": str(api_keys_count_max)},
    )


def mail_not_configured() -> ServiceError:
    """Nobody told billing how to send mail."""
    return ServiceError(Kind.PRECONDITION, DOMAIN, "MAIL_NOT_CONFIGURED", "Sending mail is not configured.")


def mail_unavailable() -> ServiceError:
    """More mail waits than should."""
    return ServiceError(
        Kind.UNAVAILABLE, DOMAIN, "MAIL_UNAVAILABLE", "No mail can be sent now.", {}, retry_after_seconds=60
    )


def one_time_token_invalid() -> ServiceError:
    """The token was not sent for this, was used, or is too old."""
    return ServiceError(
        Kind.INVALID, DOMAIN, "ONE_TIME_TOKEN_INVALID", "The link is not valid any more; ask for another one."
    )
