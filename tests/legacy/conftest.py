"""The recordings of the legacy system, which lie outside the clone."""

import os
from pathlib import Path

import pytest

from metaextract_testing.recordings import LEGACY_DIR


@pytest.fixture(scope="module")
def legacy_dir() -> Path:
    """The folder of the recordings. Without it nothing is compared, and CI fails."""
    if not LEGACY_DIR.is_dir():
        message = f"NOT COMPARED: the recordings of the legacy are not at {LEGACY_DIR}; set LEGACY_DIR"
        if "CI" in os.environ:
            pytest.fail(message)
        pytest.skip(message)
    return LEGACY_DIR / "recordings"
