"""C_reach: how much is behind the references that led nowhere.

The plain share of resolved references would weigh a pointer to a whole directory like one to a single number.
So each unresolved reference counts with the number of tags that such references lead to on average, by the
kind of container that it stands for and the bytes it is known to have; the averages are fitted on truncated
files (`python -m bench quality`, `reach.json`):

    reach = tags read / (tags read + tags expected behind unresolved references)
"""

import json
import re
from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

from metaextract_extractor.domain.result import Why
from metaextract_extractor.reading.evidence import Evidence

OTHER: Final = "other"
COUNT_MAX: Final = 3
"""More of one kind are seldom more tags: one break makes many complaints."""

COMPLAINT_CHARACTERS_MAX: Final = 200
KILOBYTES_MAX: Final = 64.0
"""Longer containers hold data rather than tags."""

_REASONS: Final = {Why.MISSING: "missing", Why.DAMAGED: "damaged"}
_BAD_DIRECTORY: Final = re.compile(
    r"Bad (\w+?)\d* directory|Error reading value for \w+ entry \d+, ID (0x[0-9a-f]{4})"
)
_TRUNCATED: Final = re.compile(
    r"truncated|past end|unexpected end|format error|not enough data", re.IGNORECASE
)


def unresolved(evidence: Evidence) -> dict[str, float]:
    """Count what leads nowhere, by kind: `missing ExifIFD`, `damaged MOV`, `engine SubIFD`, `reference` …

    With each kind goes another one, `missing kilobytes ExifIFD`, that adds up the bytes.
    """
    walk = evidence.walk
    kinds: Counter[str] = Counter()
    kilobytes: dict[str, float] = {}
    for one in walk.unread:
        if one.why in _REASONS:
            reason, kind = _REASONS[one.why], _kind(one.path)
            kinds[f"{reason} {kind}"] += 1
            size = f"{reason} kilobytes {kind}"
            kilobytes[size] = min(KILOBYTES_MAX, kilobytes.get(size, 0.0) + one.place.length_bytes / 1000)
    missing_count = sum(1 for one in walk.unread if one.why is Why.MISSING)
    kinds["reference"] = max(0, walk.references_known - walk.references_resolved - missing_count)
    for field in evidence.fields:
        if field.group == "ExifTool" and field.name in ("Warning", "Error"):
            complaint = field.printed[:COMPLAINT_CHARACTERS_MAX]
            if bad := _BAD_DIRECTORY.search(complaint):
                kinds[f"engine {bad[1] or bad[2]}"] += 1
            elif _TRUNCATED.search(complaint):
                kinds["engine truncated"] += 1
    return {kind: float(min(count, COUNT_MAX)) for kind, count in kinds.items() if count} | kilobytes


def reach(evidence: Evidence, tags_count: int, expected: Mapping[str, float]) -> float:
    """Return the share, 0 to 1; 1 if every reference led somewhere. `expected`: tags behind one of a kind."""
    behind = sum(count * _expected(kind, expected) for kind, count in unresolved(evidence).items())
    return tags_count / (tags_count + behind) if behind else 1.0


@cache
def expected_tags() -> Mapping[str, float]:
    """Return the averages of this build."""
    content: dict[str, float] = json.loads(resources.files(__package__).joinpath("reach.json").read_text())
    return content


def lumped(kind: str) -> str:
    """Return the kind that stands for all rare ones of the same reason."""
    return f"{kind.rpartition(' ')[0] or kind} {OTHER}"


def _expected(kind: str, expected: Mapping[str, float]) -> float:
    return expected.get(kind, expected.get(lumped(kind), 0.0))


def _kind(path: str) -> str:
    """Return the innermost container without its number."""
    return path.rpartition("-")[2].rstrip("0123456789")
