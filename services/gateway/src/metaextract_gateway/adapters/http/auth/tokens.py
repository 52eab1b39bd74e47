"""Access tokens: who somebody is, for an hour, without asking the users service."""

import base64
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from metaextract_gateway.adapters.http.auth.signing import Signing, derived_key
from metaextract_gateway.domain import errors
from metaextract_gateway.domain.identity import Caller, Role, Session, SignIn

LIFETIME: Final = timedelta(hours=1)
TIER: Final = "enterprise"
"""A label that old clients show (§1.11). It gives no right to anything: roles do."""


class AccessTokens:
    """Makes and reads them: the claims of the original, the roles, and, sealed, the refresh token.

    Clients of the original keep nothing but their token (§1.11). With the refresh token inside, they can go
    on with their session as long as it lives, and not longer.
    """

    def __init__(self, secrets: Sequence[bytes], now: Callable[[], datetime]) -> None:
        self._signing = Signing(secrets, "access", LIFETIME, now)
        keys = [base64.urlsafe_b64encode(derived_key(secret, "session")) for secret in secrets]
        self._seal = MultiFernet([Fernet(key) for key in keys])

    def issue(self, session: Session) -> str:
        """Return a token of a session that has just begun or been refreshed."""
        user = session.user
        return self._signing.sign(
            {
                "sub": user.id,
                "id": user.id,
                "email": user.email,
                "username": user.username,
                "tier": TIER,
                "roles": sorted(user.roles),
                "session": self._seal.encrypt(session.refresh_token.encode()).decode(),
            }
        )

    def caller(self, token: str) -> Caller:
        """Return whose token it is; raises TOKEN_INVALID."""
        claims = self._signing.claims(token)
        try:
            return Caller(
                user=claims["sub"],
                email=claims["email"],
                username=claims["username"],
                roles=frozenset(Role(role) for role in claims["roles"]),
                sign_in=SignIn.SESSION,
            )
        except (KeyError, ValueError):  # made by a version of ours that spoke otherwise
            raise errors.token_invalid("malformed") from None

    def refresh_token(self, token: str) -> str:
        """Return the refresh token inside, also of a token that has expired; raises TOKEN_INVALID."""
        sealed = self._signing.claims(token, also_expired=True).get("session", "")
        try:
            return self._seal.decrypt(sealed).decode()
        except InvalidToken:
            raise errors.token_invalid("malformed") from None
