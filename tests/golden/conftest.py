"""Where the sample files are. They are not part of this repository: their licences differ."""

import os
from pathlib import Path

import pytest

SAMPLES_DIR = Path(os.environ.get("SAMPLES_DIR", Path(__file__).parents[2].parent / "shared" / "samples"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say plainly that nothing was compared where there are no samples; in CI that is a failure."""
    if SAMPLES_DIR.is_dir():
        return
    if os.environ.get("CI"):
        raise pytest.UsageError(f"CI compares with the sample files, and {SAMPLES_DIR} does not exist")
    reason = f"NOT COMPARED: no sample files at {SAMPLES_DIR} (set SAMPLES_DIR)"
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=reason))
