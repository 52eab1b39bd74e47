"""Tokens of an identity provider: signed JWTs (RFC 9068, OpenID Connect Core 1.0) that it issued for us."""

from dataclasses import dataclass
from typing import Any, Final

import jwt

from metaextract_gateway.adapters.http.auth.issuer_keys import ALGORITHMS, IssuerKeys
from metaextract_gateway.adapters.http.auth.refusals import refused
from metaextract_gateway.adapters.http.auth.signing import LEEWAY
from metaextract_gateway.domain import errors
from metaextract_gateway.domain.identity import Identity

EMAIL_CHARACTERS_MAX: Final = 254
_REQUIRED: Final = ("iss", "aud", "exp", "sub")


@dataclass(frozen=True, slots=True)
class OidcTokens:
    """Verifies what `issuer` issued for `audience`."""

    issuer: str
    audience: str
    keys: IssuerKeys

    def is_from_issuer(self, token: str) -> bool:
        """Tell whether a token says that the provider issued it; this proves nothing."""
        try:
            said = jwt.decode(token, options={"verify_signature": False}).get("iss")
        except jwt.PyJWTError:
            return False
        return bool(said == self.issuer)

    async def identity(self, token: str) -> Identity:
        """Return whom the token vouches for; raises TOKEN_INVALID or IDENTITY_PROVIDER_UNAVAILABLE."""
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") not in ALGORITHMS:
                raise jwt.InvalidAlgorithmError
            key = await self.keys.key(str(header.get("kid", "")))
            if key is None:
                raise errors.token_invalid("unknown")
            claims = jwt.decode(
                token,
                key,
                [key.algorithm_name],
                {"require": list(_REQUIRED), "enforce_minimum_key_length": True},
                audience=self.audience,
                issuer=self.issuer,
                leeway=LEEWAY,
            )
        except jwt.PyJWTError as error:
            raise refused(error) from None
        return Identity(self.issuer, claims["sub"], _email(claims), claims.get("email_verified") is True)


def _email(claims: dict[str, Any]) -> str:
    email = claims.get("email")
    usable = isinstance(email, str) and "@" in email and len(email) <= EMAIL_CHARACTERS_MAX
    return str(email) if usable else ""
