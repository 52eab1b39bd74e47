"""The folder that holds everything one server keeps."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_SECRET_BYTES: Final = 32


class DataFolderInUseError(Exception):
    """Another server works on the same folder."""


@contextmanager
def data_folder(path: Path) -> Iterator[Path]:
    """Create the folder (mode 0700) with its token secret, and keep other servers out while in the context.

    Yields the absolute path. Raises DataFolderInUseError, or OSError when the folder cannot be written.
    """
    folder = path.absolute()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DataFolderInUseError(f"another server uses the data folder {path}") from error
        _write_secret_once(folder / "token-secret")
        yield folder
    finally:
        os.close(lock)


def _write_secret_once(path: Path) -> None:
    """Write 32 random bytes in hexadecimal with mode 0600, unless they are there."""
    if path.exists():
        return
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(_SECRET_BYTES))
    new.replace(path)  # in one step: a crash leaves a whole secret or none
