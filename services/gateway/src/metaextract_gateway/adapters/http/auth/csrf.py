"""CSRF tokens: with one, a page of another origin that may read our answers may use our cookies (§1.11)."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from metaextract_common.errors import ServiceError
from metaextract_gateway.adapters.http.auth.signing import Signing
from metaextract_gateway.domain.identity import Caller

LIFETIME: Final = timedelta(hours=1)


class CsrfTokens:
    """Makes and checks them. Each is for one user."""

    def __init__(self, secrets: Sequence[bytes], now: Callable[[], datetime]) -> None:
        self._signing = Signing(secrets, "csrf", LIFETIME, now)

    def issue(self, caller: Caller) -> str:
        """Return a token for somebody who is signed in."""
        return self._signing.sign({"sub": caller.user})

    def is_of(self, caller: Caller, token: str) -> bool:
        """Tell whether a token is the caller's."""
        try:
            return caller.is_signed_in and self._signing.claims(token).get("sub") == caller.user
        except ServiceError:
            return False
