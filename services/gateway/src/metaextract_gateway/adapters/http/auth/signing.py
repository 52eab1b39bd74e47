"""Tokens that only this server reads: JWT (RFC 7519) signed by HS256 with a key of their own purpose.

The secret file holds one secret a line. The first signs; all verify, so that a secret is changed by putting
the new one above the old one, and removing that a lifetime later. Each purpose derives its own key (HKDF,
RFC 5869): a token for one purpose can never be one for another, nor a device cookie, which is signed by the
secret itself.
"""

import hashlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from metaextract_gateway.adapters.http.auth.refusals import refused
from metaextract_gateway.domain import errors

ISSUER: Final = "metaextract"
ALGORITHM: Final = "HS256"
LEEWAY: Final = timedelta(seconds=30)
"""How far the clocks of two servers may differ."""
_KEY_BYTES: Final = 32
_REQUIRED: Final = ("iss", "aud", "iat", "exp", "jti")


class Signing:
    """Signs and verifies the tokens of one purpose."""

    def __init__(
        self, secrets: Sequence[bytes], purpose: str, lifetime: timedelta, now: Callable[[], datetime]
    ) -> None:
        keys = [derived_key(secret, purpose) for secret in secrets]
        self._keys = {_name(key): key for key in keys}
        self._signing = keys[0]
        self._audience = f"{ISSUER}/{purpose}"
        self._now = now
        self.lifetime = lifetime

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Return a token with the claims, valid from now on."""
        now = self._now()
        registered = {
            "iss": ISSUER,
            "aud": self._audience,
            "iat": now,
            "exp": now + self.lifetime,
            "jti": str(uuid.uuid4()),
        }
        headers = {"kid": _name(self._signing)}
        return jwt.encode({**claims, **registered}, self._signing, ALGORITHM, headers)

    def claims(self, token: str, *, also_expired: bool = False) -> dict[str, Any]:
        """Return what a token of ours says; raises TOKEN_INVALID."""
        try:
            key = self._keys.get(str(jwt.get_unverified_header(token).get("kid")))
            if key is None:
                raise errors.token_invalid("unknown")
            return jwt.decode(
                token,
                key,
                [ALGORITHM],
                {"require": list(_REQUIRED), "verify_exp": not also_expired},
                audience=self._audience,
                issuer=ISSUER,
                leeway=LEEWAY,
            )
        except jwt.PyJWTError as error:
            raise refused(error) from None


def derived_key(secret: bytes, purpose: str) -> bytes:
    """Return the key of a purpose; no key leads to another one or to the secret."""
    return HKDF(SHA256(), _KEY_BYTES, None, f"{ISSUER}/{purpose}".encode()).derive(secret)


def _name(key: bytes) -> str:
    """A key is named by its digest: the same on all servers, and of no use to find it."""
    return hashlib.sha256(key).hexdigest()[:16]
