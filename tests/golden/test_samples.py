"""Every tag that ExifTool prints for a real file is in our result, with the value that it prints."""

import csv
import json
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from metaextract_testing.fleet import Fleet, started

SAMPLES_DIR = Path(os.environ.get("SAMPLES_DIR", Path(__file__).parents[2].parent / "shared" / "samples"))
MANIFEST = SAMPLES_DIR / "public" / "MANIFEST.tsv"

# Facts about the copy that the expectation was made from, not about what the file says.
ABOUT_THE_COPY = {"SourceFile", "System:FileName", "System:Directory"}
DEVIATIONS_SHARE_MAX = 0.005


def samples() -> list[str]:
    if not MANIFEST.exists():
        return ["no samples"]
    with MANIFEST.open(newline="") as lines:
        return [row["path"] for row in csv.DictReader(lines, delimiter="\t")]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with started(tmp_path_factory.mktemp("golden")) as running:
        yield running


@pytest.fixture(scope="module")
def counts() -> dict[str, int]:
    return {"tags": 0, "deviations": 0}


@pytest.mark.parametrize("path", samples())
def test_every_tag_that_exiftool_prints_is_in_the_result(
    fleet: Fleet, counts: dict[str, int], path: str
) -> None:
    file = SAMPLES_DIR / path
    relative = Path(path).relative_to("public")
    expected = json.loads((SAMPLES_DIR / "public" / "expected" / f"{relative}.json").read_text())[0]

    with file.open("rb") as content:
        answer = httpx.post(f"{fleet.url}/v1/extractions", files={"file": (file.name, content)}, timeout=60)

    assert answer.status_code == 201, answer.text
    result = answer.json()["result"]
    found: dict[str, list[str]] = {}
    for field in result["fields"]:
        found.setdefault(f"{field['group']}:{field['name']}", []).append(field.get("printed", ""))
    wanted = {tag: value for tag, value in expected.items() if tag not in ABOUT_THE_COPY}
    missing = sorted(tag for tag in wanted if tag not in found)
    other = sorted(tag for tag, value in wanted.items() if tag in found and not same(value, found[tag]))
    counts["tags"] += len(wanted)
    counts["deviations"] += len(other)
    assert not missing
    assert result["file"]["file_name"] == file.name
    assert int(result["file"]["size_bytes"]) == file.stat().st_size
    assert not other, {tag: (wanted[tag], found[tag]) for tag in other}


def test_fewer_than_one_value_in_two_hundred_is_printed_otherwise(counts: dict[str, int]) -> None:
    assert counts["tags"] > 0
    assert counts["deviations"] <= DEVIATIONS_SHARE_MAX * counts["tags"]


def same(value: object, found: list[str]) -> bool:
    return any(_same(value, one) for one in found)


def _same(value: object, found: str) -> bool:
    if isinstance(value, list):
        parts = found.split(", ")
        return text(value) == found or (len(parts) == len(value) and all(map(_same, value, parts)))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(found) == value  # what is printed as 1.10 is written as 1.1 there
    return text(value) == found


def _number(printed: str) -> float | None:
    try:
        return float(printed)
    except ValueError:
        return None


def text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(text, value))
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
