"""format_support_level: how well each format is read, as the latest conformance run found.

`support.json` is written by `python -m bench quality` and by nobody else.
"""

from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Final

from metaextract_extractor.domain.measured_support import MeasuredSupport
from metaextract_extractor.domain.quality import FormatSupport, SupportLevel

COMPREHENSIVE_SHARE: Final = 0.98
ADVANCED_SHARE: Final = 0.90


def level_of(
    recall: float | None, exact: float | None, dimensions: float, *, crashes_count: int | None
) -> SupportLevel:
    """Return the level that a run's figures earn.

    `recall`, `exact`: None if no tags of its files were known. `dimensions`: share of the files that were
    identified and whose width and height were read. Without a fuzz run (`crashes_count` None) nothing is
    comprehensive.
    """
    tags = min(recall, exact) if recall is not None and exact is not None else 0.0
    if tags >= COMPREHENSIVE_SHARE and crashes_count == 0:
        return SupportLevel.COMPREHENSIVE
    if tags >= ADVANCED_SHARE:
        return SupportLevel.ADVANCED
    return SupportLevel.BASIC if dimensions >= ADVANCED_SHARE else SupportLevel.LIMITED


def support(format_name: str) -> FormatSupport:
    """Return how well a format is read; one that the run did not meet is limited."""
    return _measured().of(format_name)


def support_without_primary(format_name: str) -> FormatSupport:
    """Return how well a format is read where the primary engine is missing from the result: basic at best.

    The figures of the run are those of all engines, so they are not told.
    """
    measured = support(format_name)
    if measured.level is SupportLevel.LIMITED:
        return measured
    return replace(measured, level=SupportLevel.BASIC, recall=None, exact=None)


@cache
def _measured() -> MeasuredSupport:
    return MeasuredSupport.from_json(resources.files(__package__).joinpath("support.json").read_text())
