"""format_support_level: how well each format is read, as the latest conformance run found."""

import json
from collections.abc import Mapping
from typing import Any, Final, Self

from metaextract_extractor.domain.quality import FormatSupport, SupportLevel

REPORT: Final = "reading/quality/support.json"
"""Where the report of the run stands in this package; `python -m bench quality` writes it, nobody else."""


class MeasuredSupport:
    """The report of one conformance run."""

    def __init__(self, report: Mapping[str, Any]) -> None:
        self._report = report

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a report that we wrote."""
        return cls(json.loads(text))

    def of(self, format_name: str) -> FormatSupport:
        """Return how well a format is read; one that the run did not meet is limited."""
        row = self._report["formats"].get(format_name.upper())
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
            measured_on=self._report["measured_on"],
            engines=tuple(self._report["engines"]),
        )
