"""C_reach: how much is behind the references that led nowhere.

The plain share of resolved references would weigh a pointer to a whole directory like one to a single number.
So whatever a file lacks (`lacking`) counts with the number of tags that such things hold: an entry of a
directory one, a container as many as such containers of its length have, the rest of a file that breaks off
what is usual behind such a place. If nothing but the primary engine complains, its complaints count.

    reach = tags read / (tags read + tags expected in what is lacking)

What stands behind the place in which a file breaks off is announced nowhere, so beside the figure stands the
range in which the true share lies in nine of ten cut files. How far the expected number may be off depends on
how it is known (`ground_of`).

Averages and ranges are fitted on files that were cut (`python -m bench quality`, `reach.json`).
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from metaextract_extractor.domain.result import Field, Standard
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.quality.lacking import lacking

OTHER: Final = "other"
COMPLAINT_CHARACTERS_MAX: Final = 200

COUNTED: Final = frozenset({"entries", "values", "next page", "untold", "rest xmp"})
"""What was counted one by one."""

TAGS_MORE: Final = 3.0
"""Added to numbers of tags before they are compared, so that one tag or two are not several times as many."""

_NO_TAGS: Final = frozenset({Standard.COMPOSITE, Standard.FILE})
_BAD_DIRECTORY: Final = re.compile(
    r"Bad (\w+?)\d* directory|Error reading (value) for \w+ entry \d+, ID 0x[0-9a-f]{4}"
)
_TRUNCATED: Final = re.compile(
    r"truncated(?! 'mdat')|past end|unexpected end|format error|not enough data", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Reach:
    """The share of the tags that was read, 0 to 1, and the range in which nine of ten cut files have it."""

    low: float
    usual: float
    high: float


@dataclass(frozen=True, slots=True)
class ReachTable:
    """What is expected of what is lacking."""

    tags: Mapping[str, float]
    """Tags behind one of a kind, on average."""
    ranges: Mapping[str, tuple[float, float]]
    """By `ground_of` what is lacking: least and most (tags + `TAGS_MORE`) / (expected tags + `TAGS_MORE`)."""

    def behind(self, lacks: Mapping[str, float]) -> Mapping[str, float]:
        """Return how many tags are expected in each kind of what is lacking."""
        return {kind: count * self._tags(kind) for kind, count in lacks.items()}

    def reach(self, lacks: Mapping[str, float], tags_count: int) -> Reach:
        """Return how much was read if so many tags were, and this is lacking."""
        if not lacks:
            return Reach(1.0, 1.0, 1.0)
        if not tags_count:
            return Reach(0.0, 0.0, 0.0)
        behind = self.behind(lacks)
        usual = sum(behind.values())
        least, most = self.ranges.get(main_ground(behind), (1.0, 1.0))
        return Reach(
            low=_share(tags_count, (usual + TAGS_MORE) * most - TAGS_MORE),
            usual=_share(tags_count, usual),
            high=_share(tags_count, (usual + TAGS_MORE) * least - TAGS_MORE),
        )

    def _tags(self, kind: str) -> float:
        return self.tags.get(kind, self.tags.get(lumped(kind), 0.0))


def is_tag(field: Field) -> bool:
    """Whether a field stands in the file, and is not computed or of the file system."""
    return field.standard not in _NO_TAGS


def unresolved(evidence: Evidence) -> dict[str, float]:
    """Count what leads nowhere, by kind: see `lacking`; `engine ExifIFD` if only an engine says so."""
    return lacking(evidence) or dict.fromkeys(_complaints(evidence), 1.0)


@cache
def reach_table() -> ReachTable:
    """Return the table of this build."""
    content = json.loads(resources.files(__package__).joinpath("reach.json").read_text())
    ranges = {ground: (least, most) for ground, (least, most) in content["ranges"].items()}
    return ReachTable(content["tags"], ranges)


def lumped(kind: str) -> str:
    """Return the kind that stands for all rare ones of the same reason."""
    return f"{kind.rpartition(' ')[0] or kind} {OTHER}"


def main_ground(behind: Mapping[str, float]) -> str:
    """Return the ground on which most of the expected tags are known."""
    tags: defaultdict[str, float] = defaultdict(float)
    for kind, count in behind.items():
        tags[ground_of(kind)] += count
    return max(sorted(tags), key=lambda ground: tags[ground])


def ground_of(kind: str) -> str:
    """Return how it is known: counted, in a container that is cut or named, or because the file goes on."""
    stem = kind.removeprefix("kilobytes ")
    if stem in COUNTED:
        return "counted"
    if stem.startswith("behind"):
        return "behind pixels" if stem.startswith("behind pixels") else "behind metadata"
    return "container"


def _share(read: int, behind: float) -> float:
    return read / (read + behind) if behind > 0 else 1.0


def _complaints(evidence: Evidence) -> Iterator[str]:
    for field in evidence.fields:
        if field.group == "ExifTool" and field.name in ("Warning", "Error"):
            complaint = field.printed[:COMPLAINT_CHARACTERS_MAX]
            if bad := _BAD_DIRECTORY.search(complaint):
                yield f"engine {bad[1] or bad[2]}"
            elif _TRUNCATED.search(complaint):
                yield "engine truncated"
