"""The key of `domain.identities`, where nobody configured one: made once, and kept beside the database."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

NAME: Final = "identity.key"
KEY_BYTES: Final = 32


def identity_key(folder: Path) -> bytes:
    """Return the key of a data folder; the first call makes it, readable by nobody else (mode 0600).

    However many processes ask at once, they all get the same. Raises OSError, and ValueError if the file
    does not hold a key.
    """
    path = folder / NAME
    if not path.exists():
        _make(path)
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise ValueError(f"{path} must hold {KEY_BYTES} bytes and holds {len(key)}")
    return key


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{NAME}.{secrets.token_hex(8)}")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(file, "wb") as stream:
            stream.write(secrets.token_bytes(KEY_BYTES))
            stream.flush()
            os.fsync(stream.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)  # appears whole, and never in place of another one
    finally:
        draft.unlink()
