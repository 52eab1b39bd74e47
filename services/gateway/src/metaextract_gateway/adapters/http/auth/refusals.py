"""What is wrong with a token, in the few words that a client can act on."""

from collections.abc import Mapping
from typing import Final

import jwt

from metaextract_common.errors import ServiceError
from metaextract_gateway.domain import errors

_CAUSES: Final[Mapping[type[jwt.PyJWTError], str]] = {
    jwt.ExpiredSignatureError: "expired",
    jwt.InvalidAudienceError: "audience",
    jwt.InvalidIssuerError: "issuer",
    jwt.InvalidAlgorithmError: "signature",
    jwt.InvalidSignatureError: "signature",
    jwt.InvalidKeyError: "signature",
}


def refused(error: jwt.PyJWTError) -> ServiceError:
    """Return TOKEN_INVALID with the cause."""
    return errors.token_invalid(_CAUSES.get(type(error), "malformed"))
