"""extraction_completeness: how much of what a file says was read, as structure x decoding x reach.

* Structure: bytes of metadata containers that were decoded / their bytes (`decoded_bytes`).
* Decoding: known tags / (known + unknown tags), unknown ones as the primary engine counts them
  (`engines/exiftool_unknown_tags.config`). Computed and file-system fields are no tags.
* Reach: tags read / (tags read + tags expected behind references that led nowhere), see `reach`.

Of a file that breaks off the figure is told only if its range is at most `WIDEST`: a wider one is a guess.
"""

import math
from typing import Final

from metaextract_extractor.domain.quality import Completeness
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.quality.decoded_bytes import decoded_bytes
from metaextract_extractor.reading.quality.intervals import size
from metaextract_extractor.reading.quality.reach import ReachTable, is_tag, reach_table, unresolved
from metaextract_extractor.reading.quality.unknown_tags import unknown_tags

WIDEST: Final = 0.5
"""Half of the scale (docs/adr/0029-completeness-is-told-where-it-can-be.md)."""

GAPS_MAX: Final = 100
UNKNOWN_TAGS_MAX: Final = 100


def assess_completeness(evidence: Evidence, *, table: ReachTable | None = None) -> Completeness:
    """Measure what was decoded of what was found, and name what was not.

    `table`: another one than that of this build (`reach`).
    """
    known = decoded_bytes(evidence)
    unknown = unknown_tags(evidence.fields)
    tags_count = sum(1 for field in evidence.fields if is_tag(field))
    walk = evidence.walk
    found = size(known.metadata)
    structure = known.decoded_count / found if found else None
    all_count = tags_count + len(unknown or ())
    decoding = tags_count / all_count if unknown is not None and all_count else None
    reach = (table or reach_table()).reach(unresolved(evidence), all_count)
    parts = [part for part in (structure, decoding) if part is not None]
    measured = bool(parts) or walk.references_known > 0 or reach.usual < 1
    read = math.prod(parts)
    low, usual, high = (read * share for share in (reach.low, reach.usual, reach.high))
    return Completeness(
        score=usual if measured and high - low <= WIDEST else None,
        score_low=low if measured else None,
        score_high=high if measured else None,
        structure=structure,
        decoding=decoding,
        reach=reach.usual,
        container_bytes=found,
        decoded_bytes=round(known.decoded_count),
        known_tags_count=None if unknown is None else tags_count,
        unknown_tags_count=None if unknown is None else len(unknown),
        unknown_tags=tuple(unknown or ())[:UNKNOWN_TAGS_MAX],
        references_count=walk.references_known,
        unresolved_references_count=walk.references_known - walk.references_resolved,
        gaps_count=len(known.gaps),
        gaps=known.largest_gaps(GAPS_MAX),
    )
