"""What follows from a file beyond its tags: each line of `extras.py` is a fact about a named sample."""

import importlib.util
import math
from pathlib import Path
from typing import Any

import pytest

_SPECIFICATION = importlib.util.spec_from_file_location("extras", Path(__file__).with_name("extras.py"))
assert _SPECIFICATION is not None
assert _SPECIFICATION.loader is not None
_EXTRAS = importlib.util.module_from_spec(_SPECIFICATION)
_SPECIFICATION.loader.exec_module(_EXTRAS)


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


def test_there_are_at_least_forty_of_them() -> None:
    assert len({attribute for _, attribute, _ in _EXTRAS.EXTRAS}) >= 40
