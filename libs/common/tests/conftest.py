"""What the tests of the library share: sockets with short names."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def socket_folder() -> Iterator[Path]:
    """The name of a Unix socket has 107 bytes at most; pytest's own folders can be longer."""
    folder = Path(tempfile.mkdtemp(prefix="mx-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder)
