"""C_reach: how much is behind the references that led nowhere.

The plain share of resolved references would weigh a pointer to a whole directory like one to a single number.
So whatever a file lacks (`lacking`) counts with the number of tags that such things hold: an entry of a
directory one, a container as many as such containers of its length have, the rest of a file that breaks off
what is usual behind such a place. If nothing but the primary engine complains, its complaints count.

The averages are fitted on files that were cut (`python -m bench quality`, `reach.json`):

    reach = tags read / (tags read + tags expected in what is lacking)
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Final

from metaextract_extractor.domain.result import Field, Standard
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.quality.lacking import lacking

OTHER: Final = "other"
COMPLAINT_CHARACTERS_MAX: Final = 200

_NO_TAGS: Final = frozenset({Standard.COMPOSITE, Standard.FILE})
_BAD_DIRECTORY: Final = re.compile(
    r"Bad (\w+?)\d* directory|Error reading (value) for \w+ entry \d+, ID 0x[0-9a-f]{4}"
)
_TRUNCATED: Final = re.compile(
    r"truncated(?! 'mdat')|past end|unexpected end|format error|not enough data", re.IGNORECASE
)


def is_tag(field: Field) -> bool:
    """Whether a field stands in the file, and is not computed or of the file system."""
    return field.standard not in _NO_TAGS


def unresolved(evidence: Evidence) -> dict[str, float]:
    """Count what leads nowhere, by kind: see `lacking`; `engine ExifIFD` if only an engine says so."""
    return lacking(evidence) or dict.fromkeys(_complaints(evidence), 1.0)


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


def _complaints(evidence: Evidence) -> Iterator[str]:
    for field in evidence.fields:
        if field.group == "ExifTool" and field.name in ("Warning", "Error"):
            complaint = field.printed[:COMPLAINT_CHARACTERS_MAX]
            if bad := _BAD_DIRECTORY.search(complaint):
                yield f"engine {bad[1] or bad[2]}"
            elif _TRUNCATED.search(complaint):
                yield "engine truncated"
