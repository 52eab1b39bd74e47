"""Secrets that are made here, shown once, and kept as digests: 256 random bits each, so SHA-256 is enough."""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import Final

SECRET_BYTES_COUNT: Final = 32
ID_BYTES_COUNT: Final = 8
API_KEY: Final = "mx"
SESSION: Final = "mxs"
_WRITTEN: Final = re.compile(r"(?P<prefix>[a-z]+)_(?P<id>[0-9a-f]+)_(?P<secret>[A-Za-z0-9_-]+)")


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
        found = _WRITTEN.fullmatch(text)
        return cls(found["id"], found["secret"]) if found and found["prefix"] == prefix else None

    def successor(self, key: bytes) -> "Token":
        """Return the token that this one is taken for, with the same id: always the same.

        Without the key, which is secret, nobody learns anything of it from this one (RFC 2104).
        """
        secret = base64.urlsafe_b64encode(hmac.digest(key, self.secret.encode(), "sha256"))
        return Token(self.id, secret.rstrip(b"=").decode())

    @property
    def digest(self) -> str:
        """What is kept of the secret."""
        return digest_of(self.secret)

    def written(self, prefix: str) -> str:
        """Return what is shown, once."""
        return f"{prefix}_{self.id}_{self.secret}"
