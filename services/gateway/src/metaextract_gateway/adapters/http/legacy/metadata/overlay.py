"""What is printed on the picture, and whether the file says the same: the legacy's `burned_metadata` and
`metadata_comparison`.

Both are null where nobody asked for text recognition. The words of the comparison are the legacy's; a
mismatch says that two statements differ, not which of them is true.
"""

from collections.abc import Iterator
from typing import Any, Final

from metaextract.extractor.v1.operations_pb2 import (
    BurnedAddress,
    BurnedPosition,
    Correspondence,
    OperationOutcome,
    OverlayComparison,
    TextRecognition,
)
from metaextract_gateway.adapters.http.legacy.metadata.plain import enum_word, plain
from metaextract_gateway.adapters.http.legacy.metadata.position import Position

HIGH_PERCENT: Final = 80.0
MEDIUM_PERCENT: Final = 60.0
"""Tesseract's confidence from which on the legacy's words are used."""

_TRUNCATED: Final = "Not everything was tried: the time for it was used up."
_WEATHER: Final = ("temperature", "humidity", "speed", "altitude")
_EMBEDDED: Final = frozenset({"match", "mismatch", "undecided", "embedded_only"})
_BURNED: Final = frozenset({"match", "mismatch", "undecided", "burned_only"})
_STATUS: Final = {"undecided": "compared"}


def burned_metadata(outcome: OperationOutcome | None) -> dict[str, Any] | None:
    """Return the text on the picture and what was understood of it; None if nobody asked for it."""
    if outcome is None:
        return None
    if not outcome.delivered:
        return _burned(None, available=False, error=outcome.reason)
    return _burned(outcome.ocr, available=True)


def metadata_comparison(outcome: OperationOutcome | None) -> dict[str, Any] | None:
    """Return what picture and file say of each other; None without the text on the picture."""
    if outcome is None or not outcome.delivered:
        return None
    comparison = outcome.ocr.comparison
    found = list(_compared(comparison))
    outcomes = {field: _word(getattr(comparison, field).outcome) for field in ("position", "time", "address")}
    embedded = not _EMBEDDED.isdisjoint(outcomes.values())
    burned = not _BURNED.isdisjoint(outcomes.values())
    matches = [one for one in found if one["matches"]]
    discrepancies = [one for one in found if one["matches"] is False]
    return {
        "has_both": embedded and burned,
        "has_embedded_only": embedded and not burned,
        "has_burned_only": burned and not embedded,
        "matches": matches,
        "discrepancies": discrepancies,
        "warnings": [one["warning"] for one in discrepancies],
        "summary": {
            "embedded_metadata_present": embedded,
            "burned_metadata_present": burned,
            "gps_comparison": _status(outcomes["position"], "no_gps"),
            "timestamp_comparison": _status(outcomes["time"], "no_timestamp"),
            "location_comparison": _status(outcomes["address"], "no_location"),
            "overall_status": _overall(embedded, burned, matches, discrepancies),
            "sources": {
                "exif": "embedded" if embedded else "none",
                "gps": _source(outcomes["position"]),
                "location": _source(outcomes["address"]),
                "timestamp": _source(outcomes["time"]),
            },
        },
    }


def _burned(text: TextRecognition | None, *, available: bool, error: str = "") -> dict[str, Any]:
    understood = list(_confidences(text)) if text else []
    percent = round(sum(understood) / len(understood), 1) if understood else None
    lines = [line.text for line in text.lines] if text else []
    return {
        "has_burned_metadata": bool(understood or text.camera_app) if text else None,
        "ocr_available": available,
        "extracted_text": "\n".join(lines) or None,
        "parsed_data": _parsed(text) if text else {},
        "confidence": _confidence(percent),
        "confidence_percent": percent,
        "processing_errors": [error] if error else [],
        "warning": _TRUNCATED if text and text.truncated else None,
    }


def _confidences(text: TextRecognition) -> Iterator[float]:
    for kind in (text.positions, text.times, text.addresses, text.measurements, text.plus_codes):
        for one in kind:
            yield one.confidence


def _confidence(percent: float | None) -> str:
    if percent is None:
        return "none"
    if percent >= HIGH_PERCENT:
        return "high"
    return "medium" if percent >= MEDIUM_PERCENT else "low"


def _parsed(text: TextRecognition) -> dict[str, Any]:
    """Of each kind the first one; null where there is none."""
    address = text.addresses[0] if text.addresses else None
    return {
        "gps": _gps(text.positions[0]) if text.positions else None,
        "location": address and _location(address),
        "address": address and address.text,
        "plus_code": text.plus_codes[0].code if text.plus_codes else None,
        "timestamp": text.times[0].iso8601 if text.times else None,
        **_measured(text),
        "camera_app": text.camera_app or None,
    }


def _gps(position: BurnedPosition) -> dict[str, Any]:
    section = Position(position.latitude_degrees, position.longitude_degrees).section()
    return {**section, "format": plain(position)["notation"]}


def _location(address: BurnedAddress) -> dict[str, Any] | None:
    named = {name: getattr(address, name) or None for name in ("city", "state", "country")}
    return named if any(named.values()) else None


def _measured(text: TextRecognition) -> dict[str, Any]:
    """Numbers with their units, as text like the legacy's."""
    first: dict[str, Any] = {}
    compass = None
    for one in text.measurements:
        kind = plain(one)["kind"]
        if kind == "direction":
            compass = compass or {"degrees": f"{one.value:g}", "direction": one.compass or None}
        first.setdefault(kind, f"{one.value:g} {one.unit}".strip())
    weather = {kind: first.get(kind) for kind in _WEATHER}
    return {"weather": weather if any(weather.values()) else None, "compass": compass}


def _compared(comparison: OverlayComparison) -> Iterator[dict[str, Any]]:
    """What both state; `matches` is null where it cannot be compared."""
    position, time, address = comparison.position, comparison.time, comparison.address
    if (matches := _matches(position.outcome)) is not None:
        yield {
            "field": "gps",
            "matches": matches,
            "embedded": _point(position.embedded_latitude_degrees, position.embedded_longitude_degrees),
            "burned": _point(position.burned_latitude_degrees, position.burned_longitude_degrees),
            "difference": {
                "latitude_deg": position.latitude_difference_degrees,
                "longitude_deg": position.longitude_difference_degrees,
                "approx_meters": position.distance_metres,
            },
            **_warning(matches, "Picture and file state different positions."),
        }
    if (matches := _matches(time.outcome)) is not None:
        zone = " Another time zone would explain it." if time.zone_explains else ""
        yield {
            "field": "timestamp",
            "matches": matches,
            "embedded": time.embedded_iso8601 or None,
            "burned": time.burned_iso8601 or None,
            "difference": {"seconds": time.seconds},
            **_warning(matches, f"Picture and file state different times.{zone}"),
        }
    if (matches := _matches(address.outcome)) is not None:
        yield {
            "field": "location",
            "matches": matches,
            "embedded": address.embedded or None,
            "burned": address.burned or None,
            **_warning(matches, "Picture and file name different places."),
        }


def _matches(outcome: Correspondence) -> bool | None:
    return {"match": True, "mismatch": False}.get(_word(outcome))


def _warning(matches: bool, text: str) -> dict[str, str]:
    return {} if matches else {"warning": text}


def _point(latitude: float, longitude: float) -> dict[str, float]:
    return {"latitude": latitude, "longitude": longitude}


def _word(outcome: Correspondence) -> str:
    return enum_word(Correspondence.DESCRIPTOR, outcome) or "neither"


def _status(outcome: str, neither: str) -> str:
    return neither if outcome == "neither" else _STATUS.get(outcome, outcome)


def _source(outcome: str) -> str:
    embedded, burned = outcome in _EMBEDDED, outcome in _BURNED
    if embedded and burned:
        return "both"
    return "embedded" if embedded else "burned" if burned else "none"


def _overall(
    embedded: bool, burned: bool, matches: list[dict[str, Any]], discrepancies: list[dict[str, Any]]
) -> str:
    """The legacy's words: `suspicious` is its name for a discrepancy, not our judgement."""
    if embedded and burned:
        if discrepancies:
            return "suspicious"
        return "verified" if matches else "no_overlap"
    if embedded:
        return "no_overlay"
    return "stripped_exif" if burned else "no_metadata"
