"""The legacy's `quality_metrics`: its names, and beside them the parts that each number is made of.

The legacy filled them with constants (legacy contract, 3). Every number here was measured for this file, and
null says that there was nothing to measure.
"""

from typing import Any, Final

from metaextract.extractor.v1.quality_pb2 import Confidence, Quality
from metaextract_gateway.adapters.http.legacy.metadata.plain import plain

PARTS: Final = (
    "confidence", "completeness", "efficiency", "format_support", "conformance", "consistency",
    "plausibility",
)  # fmt: skip


def quality_metrics(quality: Quality | None, *, enhanced: bool) -> dict[str, Any]:
    """Return the quality of the extraction; None for a reading whose quality could not be assessed.

    `confidence_words` is what to show first. Uploads and progress are streamed on every path. `enhanced`:
    ExifTool took part.
    """
    parts = plain(quality) if quality else dict.fromkeys(PARTS)
    confidence, completeness, efficiency, support = (parts[name] or {} for name in PARTS[:4])
    actions = quality.recommended_actions if quality else ()
    return {
        "confidence_score": confidence.get("score"),
        "extraction_completeness": completeness.get("score"),
        "processing_efficiency": efficiency.get("processing_efficiency"),
        "format_support_level": support.get("level"),
        "recommended_actions": [one.action for one in actions],
        "enhanced_extraction": enhanced,
        "streaming_enabled": True,
        "confidence_words": confidence_words(quality.confidence) if quality else None,
        **{name: parts[name] for name in PARTS},
    }


def confidence_words(confidence: Confidence) -> str:
    """Say how far the engines agree, such as `212 of 240 values agreed by 3 engines, 2 conflicts`."""
    if not confidence.witnessed_count:
        return "read by one engine, witnessed by none"
    engines = 1 + len(confidence.witnesses)
    conflicts = confidence.conflicts_count
    agreed = f"{confidence.agreed_count} of {confidence.fields_count} values agreed by {engines} engines"
    return f"{agreed}, {conflicts or 'no'} conflict{'' if conflicts == 1 else 's'}"
