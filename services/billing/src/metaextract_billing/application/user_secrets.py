"""Secrets that are made here, shown once, and kept as digests: 256 random bits each, so SHA-256 is enough."""

import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Final

SECRET_BYTES_COUNT: Final = 32
ID_BYTES_COUNT: Final = 8
API_KEY: Final = "mx"
SESSION: Final = "mxs"


def digest_of(secret: str) -> str:
    """Return what is kept of a secret: SHA-256, 64 hexadecimal digits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_secret() -> str:
    """Return a secret that nobody can guess."""
    return secrets.token_urlsafe(SECRET_BYTES_COUNT)


@dataclass(frozen=True, slots=True)
class Token:
    """A secret and the id by which its digest is found. Written `{prefix}_{id}_{secret}`.

    The prefix lets scanners recognise one that was published by mistake.
    """

    id: str
    secret: str = field(repr=False)

    @classmethod
    def new(cls, id_: str | None = None) -> "Token":
        """Make one, under a new id if none is given."""
        return cls(id_ or secrets.token_hex(ID_BYTES_COUNT), new_secret())

    @classmethod
    def read(cls, prefix: str, text: str) -> "Token | None":
        """Return what `text` says; None if it is no such token."""
        parts = text.split("_", 2)
        if len(parts) != 3 or parts[0] != prefix or not all(parts):  # noqa: PLR2004 - prefix, id, secret
            return None
        return cls(parts[1], parts[2])

    @property
    def digest(self) -> str:
        """What is kept of the secret."""
        return digest_of(self.secret)

    def written(self, prefix: str) -> str:
        """Return what is shown, once."""
        return f"{prefix}_{self.id}_{self.secret}"
