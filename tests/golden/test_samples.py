"""Every tag that ExifTool finds in a real file is in our result, as it prints and as it reads it.

And what follows from a file beyond its tags: each line of `extras.py` is a fact about a named sample.
"""

import importlib.util
import json
import math
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

ABOUT_THE_COPY = {"SourceFile", "System:FileName", "System:Directory"}
"""Facts about the copy that the expectation was made from, not about what the file says."""
DEVIATIONS_SHARE_MAX = 0.005
READ_OTHERWISE = {
    # With -n alone ExifTool describes these as binary; with -l it tells the list that it prints.
    ("public/PNG/testdata__HUAWEI-EVA-L09-16bit_srgb8_dt.png", "IFD0:OpcodeList2"),
    ("public/PNG/testdata__HUAWEI-EVA-L09-16bit_srgb8_dt.png", "IFD0:OpcodeList3"),
}
LOCATED_SHARE_MIN = 0.5

_SPECIFICATION = importlib.util.spec_from_file_location("extras", Path(__file__).with_name("extras.py"))
assert _SPECIFICATION is not None
assert _SPECIFICATION.loader is not None
_EXTRAS = importlib.util.module_from_spec(_SPECIFICATION)
_SPECIFICATION.loader.exec_module(_EXTRAS)


@pytest.fixture(scope="module")
def counts() -> Counter[str]:
    return Counter()


def test_every_tag_is_in_the_result_with_its_printed_and_its_raw_value(
    extraction, counts: Counter[str], sample: str, samples_dir: Path
) -> None:
    result = extraction(sample)["result"]
    printed, raw = expected(samples_dir, sample, ".json"), expected(samples_dir, sample, ".n.json")
    found = defaultdict(list)
    for field in result["fields"]:
        found[f"{field['group']}:{field['name']}"].append(field)

    missing = sorted(tag for tag in printed if tag not in found)
    otherwise_printed = {
        tag: (value, [one.get("printed", "") for one in found[tag]])
        for tag, value in printed.items()
        if tag in found and not any(same(value, one.get("printed", "")) for one in found[tag])
    }
    otherwise_read = {
        tag: (value, [one.get("raw") for one in found[tag]])
        for tag, value in raw.items()
        if tag in found and not any(same_raw(value, one.get("raw")) for one in found[tag])
    }

    counts["tags"] += len(printed) + len(raw)
    counts["deviations"] += len(otherwise_printed) + len(otherwise_read)
    counts["fields"] += len(result["fields"])
    counts["located"] += sum("location" in field for field in result["fields"])
    assert not missing
    assert "fallback" not in result
    assert result["file"]["file_name"] == Path(sample).name
    assert int(result["file"]["size_bytes"]) == (samples_dir / sample).stat().st_size
    assert not otherwise_printed
    assert set(otherwise_read) == {tag for path, tag in READ_OTHERWISE if path == sample}


def test_fewer_than_one_value_in_two_hundred_deviates(counts: Counter[str]) -> None:
    assert counts["tags"] > 0
    assert counts["deviations"] <= DEVIATIONS_SHARE_MAX * counts["tags"]


def test_most_fields_have_their_place(counts: Counter[str]) -> None:
    assert counts["located"] >= LOCATED_SHARE_MIN * counts["fields"]


@pytest.mark.parametrize(
    ("sample_path", "attribute", "fact"),
    _EXTRAS.EXTRAS,
    ids=[f"{one[1]} of {one[0]}" for one in _EXTRAS.EXTRAS],
)
def test_the_insights_hold_the_fact(extraction, sample_path: str, attribute: str, fact: object) -> None:
    found: Any = extraction(sample_path)["insights"]
    for name in attribute.split("."):
        found = found[int(name)] if isinstance(found, list) else found[name]
    if isinstance(fact, float):
        assert math.isclose(found, fact, rel_tol=1e-6)
    else:
        assert found == fact


def expected(samples_dir: Path, sample: str, suffix: str) -> dict[str, Any]:
    relative = Path(sample).relative_to("public")
    file = samples_dir / "public" / "expected" / f"{relative}{suffix}"
    tags = json.loads(file.read_text())[0]
    return {tag: value for tag, value in tags.items() if tag not in ABOUT_THE_COPY}


def same(value: object, found: str) -> bool:
    if isinstance(value, list):
        parts = found.split(", ")
        return text(value) == found or (len(parts) == len(value) and all(map(same, value, parts)))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number(found) == value  # what is printed as 1.10 is written as 1.1 there
    return text(value) == found


def same_raw(value: object, found: object) -> bool:
    if isinstance(value, list) and isinstance(found, list):
        return len(value) == len(found) and all(map(same_raw, value, found))
    if isinstance(value, int | float) and not isinstance(value, bool):
        other = number(str(found)) if not isinstance(found, bool) else None
        return other is not None and math.isclose(other, value, rel_tol=1e-9)
    one, other = number(text(value)), number(text(found))  # long decimals are text in the expectation
    if one is not None and other is not None:
        return math.isclose(one, other, rel_tol=1e-9)
    return text(value) == text(found)


def number(printed: str) -> float | None:
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
