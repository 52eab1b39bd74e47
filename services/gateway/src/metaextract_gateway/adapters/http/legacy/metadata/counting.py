"""How many fields were extracted, by the legacy's rule."""

from typing import Final

_DEPTH_MAX: Final = 30
# What describes the reading and not the file, what repeats other sections or is drawn from them, and vectors.
_ENVELOPE: Final = frozenset({
    "access", "ai_detection", "available", "embedding", "errors", "extended", "extraction_info",
    "fields_extracted", "file", "forensic_digital_signatures", "iptc_raw", "locked_fields",
    "manipulation_detection", "metadata_comparison", "performance", "persona_interpretation",
    "processing_insights", "processing_ms", "processing_time", "processing_time_ms", "quality_metrics",
    "source", "storage", "summary", "timestamp", "version", "warnings", "xmp_raw",
})  # fmt: skip
_ENVELOPE_PREFIXES: Final = ("_", "error", "registry_")


def count_sections(document: dict[str, object]) -> int:
    """Count the fields in a document's sections; its scalars on the top level are its envelope."""
    return sum(
        count_fields(value)
        for key, value in document.items()
        if isinstance(value, dict | list) and not _is_envelope(key)
    )


def count_fields(value: object, depth: int = 0) -> int:
    """Count the leaves that hold something: null, "" and empty containers do not, 0 and false do.

    Each item of a list counts. Nothing below level 30 does. Source: the legacy contract, section 1.5.
    """
    if depth > _DEPTH_MAX:
        return 0
    if isinstance(value, dict):
        return sum(count_fields(one, depth + 1) for key, one in value.items() if not _is_envelope(key))
    if isinstance(value, list):
        return sum(count_fields(one, depth + 1) for one in value)
    return 0 if value is None or value == "" else 1


def _is_envelope(key: str) -> bool:
    return key in _ENVELOPE or key.startswith(_ENVELOPE_PREFIXES)
