"""format_support_level: how well each format is read, as the latest conformance run found.

`support.json` is written by `python -m bench quality` and by nobody else.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

from metaextract_extractor.domain.quality import FormatSupport, SupportLevel

COMPREHENSIVE_SHARE: Final = 0.98
ADVANCED_SHARE: Final = 0.90


def level_of(recall: float, exact: float, dimensions: float, *, crashes_count: int | None) -> SupportLevel:
    """Return the level that a run's figures earn.

    `dimensions`: share of the files whose width and height were read. Without a fuzz run
    (`crashes_count` None) nothing is comprehensive.
    """
    if min(recall, exact) >= COMPREHENSIVE_SHARE and crashes_count == 0:
        return SupportLevel.COMPREHENSIVE
    if min(recall, exact) >= ADVANCED_SHARE:
        return SupportLevel.ADVANCED
    return SupportLevel.BASIC if dimensions >= ADVANCED_SHARE else SupportLevel.LIMITED


def support(format_name: str) -> FormatSupport:
    """Return how well a format is read; one that the run did not meet is limited."""
    document = _document()
    row = document["formats"].get(format_name.upper())
    if row is None:
        return FormatSupport(format_name, SupportLevel.LIMITED, 0, None, None, None, None, "", ())
    return FormatSupport(
        format_name=format_name,
        level=SupportLevel(row["level"]),
        files_count=row["files_count"],
        recall=row["recall"],
        exact=row["exact"],
        fuzzed_count=row["fuzzed_count"],
        crashes_count=row["crashes_count"],
        measured_on=document["measured_on"],
        engines=tuple(document["engines"]),
    )


@cache
def _document() -> Mapping[str, Any]:
    content: dict[str, Any] = json.loads(resources.files(__package__).joinpath("support.json").read_text())
    return content
