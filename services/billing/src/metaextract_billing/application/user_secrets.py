"""Secrets that are made here, shown once, and kept as digests: 256 random bits each, so SHA-256 is enough."""

import hashlib
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

    @property
    def digest(self) -> str:
        """What is kept of the secret."""
        return digest_of(self.secret)

    def written(self, prefix: str) -> str:
        """Return what is shown, once."""
        return f"{prefix}_{self.id}_{self.secret}"
