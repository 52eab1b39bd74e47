"""recommended_actions: what to do about what was found, in plain words. Nothing found, nothing said."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from metaextract_extractor.domain.quality import (
    ACTIONS_MAX,
    Completeness,
    Confidence,
    Conformance,
    Consistency,
    Finding,
    FormatSupport,
    Plausibility,
    Recommendation,
    Severity,
    SupportLevel,
)
from metaextract_extractor.domain.result import Why

DOUBTFUL: Final = 0.1
"""A field is told of when an independent reader is this unlikely to find its value."""

_FOR_FINDINGS: Final = {
    "TRUNCATED": "Upload the file again, whole.",
    "CAPTURE_IN_FUTURE": "Check the clock that the camera was set to.",
    "POSITION_OUT_OF_RANGE": "Do not use the position.",
    "POSITION_ZERO": "Do not use the position unless the picture was taken at sea off West Africa.",
    "HEMISPHERE_MISSING": "Find the hemisphere elsewhere before you use the position.",
    "GPS_TIME_AGAINST_OFFSET": "Trust the satellite time, or check the zone that the camera was set to.",
    "GPS_TIME_AGAINST_CLOCK": "Check the clock that the camera was set to; the satellite time is UTC.",
    "DIMENSIONS_DIFFER": "Take the dimensions of the picture itself: it was changed after Exif was written.",
    "THUMBNAIL_SHAPE": "Compare the thumbnail with the picture: it may show what was there before cropping.",
    "CHANGED_BEFORE_MADE": "Check both times before you sort by either.",
    "ENGINE_ERROR": "Open the file in another program; if that fails too, get it from its source again.",
    "DAMAGED_STRUCTURE": "Get the file from its source again if you need what is missing here.",
}


def recommend(
    confidence: Confidence,
    completeness: Completeness,
    conformance: Conformance,
    consistency: Consistency,
    plausibility: Plausibility,
    format_support: FormatSupport,
) -> tuple[Recommendation, ...]:
    """Return what follows from the parts, the file's own troubles first, each action once."""
    found = [
        *_for_findings(conformance.findings, "conformance"),
        *_for_findings(plausibility.findings, "plausibility"),
        *_for_conflicts(confidence),
        *_for_facts(consistency),
        *_for_gaps(completeness),
        *_for_support(format_support),
    ]
    once = {one.action: one for one in reversed(found)}
    return tuple(reversed(once.values()))[:ACTIONS_MAX]


def _for_findings(findings: Iterable[Finding], part: str) -> Iterator[Recommendation]:
    for finding in findings:
        advice = _FOR_FINDINGS.get(finding.rule)
        if advice and finding.severity is not Severity.MINOR:
            yield Recommendation(f"{_sentence(finding.statement)} {advice}", part, finding.rule)


def _sentence(statement: str) -> str:
    """End it: engines write theirs without a full stop."""
    text = statement.rstrip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _for_conflicts(confidence: Confidence) -> Iterator[Recommendation]:
    for conflict in confidence.conflicts:
        if conflict.confidence < DOUBTFUL:
            readers = ", ".join(one.engine for one in conflict.values)
            yield Recommendation(
                f"Do not rely on {conflict.group}:{conflict.name}: {readers} read different values.",
                "confidence",
                "CONFLICT",
            )


def _for_facts(consistency: Consistency) -> Iterator[Recommendation]:
    for finding in consistency.findings:
        yield Recommendation(
            f"{_sentence(finding.statement)} Decide which one is right and write it to all places.",
            "consistency",
            finding.rule,
        )


def _for_gaps(completeness: Completeness) -> Iterator[Recommendation]:
    for why, say in _FOR_GAPS.items():
        gaps = [gap for gap in completeness.gaps if gap.reason is why]
        if gaps:
            count = sum(gap.length_bytes for gap in gaps)
            yield Recommendation(say(count, gaps[0].path), "completeness", why.name)


_FOR_GAPS: Final[dict[Why, Callable[[int, str], str]]] = {
    Why.BUDGET: lambda count, path: (
        f"{count} bytes of metadata were left unread because a limit was reached, the most in {path}; "
        "ask for a reading with higher limits."
    ),
    Why.ENCRYPTED: lambda count, path: (
        f"{count} bytes in {path} are encrypted; only the maker's own software can read them."
    ),
}


def _for_support(format_support: FormatSupport) -> Iterator[Recommendation]:
    if format_support.level is SupportLevel.LIMITED and format_support.files_count == 0:
        yield Recommendation(
            f"{format_support.format_name or 'This format'} is not in our conformance run; "
            "compare the result with another reader's.",
            "format_support",
            "NOT_MEASURED",
        )
