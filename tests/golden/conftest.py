"""Where the sample files are. They are not part of this repository: their licences differ."""

import csv
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from metaextract_testing.fleet import Fleet

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


def sample_paths() -> list[str]:
    """Paths of the public samples, below SAMPLES_DIR."""
    manifest = SAMPLES_DIR / "public" / "MANIFEST.tsv"
    if not manifest.exists():
        return ["no samples"]
    with manifest.open(newline="") as lines:
        return [row["path"] for row in csv.DictReader(lines, delimiter="\t")]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `sample` runs on each."""
    if "sample" in metafunc.fixturenames:
        metafunc.parametrize("sample", sample_paths())


@pytest.fixture(scope="session")
def samples_dir() -> Path:
    return SAMPLES_DIR


@pytest.fixture(scope="session")
def fleet(unmetered_fleet: Fleet) -> Fleet:
    return unmetered_fleet


@pytest.fixture(scope="session")
def extraction(fleet: Fleet) -> Callable[[str], dict[str, Any]]:
    """Upload a sample, once, and return its extraction."""

    @cache
    def of(path: str) -> dict[str, Any]:
        file = SAMPLES_DIR / path
        with file.open("rb") as content:
            answer = httpx.post(
                f"{fleet.url}/v1/extractions", files={"file": (file.name, content)}, timeout=60
            )
        assert answer.status_code == 201, answer.text
        return answer.json()

    return of
