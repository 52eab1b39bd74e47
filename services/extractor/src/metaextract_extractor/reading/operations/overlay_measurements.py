"""Numbers with units in text: altitude, speed, temperature, humidity, direction; and which app printed."""

import re
from collections.abc import Sequence
from typing import Final

from rapidfuzz import fuzz

from metaextract_extractor.domain.operations_ocr import BurnedMeasurement, MeasurementKind, TextLine
from metaextract_extractor.reading.operations.overlay_text import readings

_NUMBER: Final = r"(?P<value>[+-]?\d{1,6}(?:[.,]\d{1,3})?)(?![.,]|\s?\d)"
_COMPASS: Final = r"(?P<compass>N|NNE|NE|ENE|E|ESE|SE|SSE|S|SSW|SW|WSW|W|WNW|NW|NNW)"

_PATTERNS: Final = tuple(
    (kind, re.compile(pattern, re.IGNORECASE | re.ASCII))
    for kind, pattern in (
        (
            MeasurementKind.ALTITUDE,
            rf"\b(?:alt(?:itude)?|elev(?:ation)?|height|asl)\b[\s.:=]*{_NUMBER}\s*"
            r"(?P<unit>m|ft|feet|met(?:er|re)s?)?\b",
        ),
        (
            MeasurementKind.SPEED,
            rf"(?<![\d.]){_NUMBER}\s*(?P<unit>km/?h|kmph|kph|mph|kn|knots?|kts?|m/s)(?![a-z/])",
        ),
        (MeasurementKind.TEMPERATURE, rf"(?<![\d.:/]){_NUMBER}\s*[°*]\s*(?P<unit>[CF])\b"),
        (MeasurementKind.HUMIDITY, rf"\b(?:hum(?:idity)?|rh)\b[\s.:=]*{_NUMBER}\s*(?P<unit>%)"),
        (
            MeasurementKind.DIRECTION,
            rf"\b(?:heading|azimuth|bearing|direction|compass|dir)\b[\s.:=]*{_NUMBER}\s*(?P<unit>°)?\s*(?:{_COMPASS}\b)?",
        ),
        (MeasurementKind.DIRECTION, rf"(?<![\d.]){_NUMBER}\s*(?P<unit>°)\s*{_COMPASS}\b(?!\s*\d)"),
    )
)
_UNITS: Final = {
    "feet": "ft", "kmh": "km/h", "kmph": "km/h", "kph": "km/h", "knot": "kn", "knots": "kn", "kt": "kn",
    "kts": "kn", "meter": "m", "meters": "m", "metre": "m", "metres": "m", "c": "°C", "f": "°F",
}  # fmt: skip
_UNITS_UNSAID: Final = {MeasurementKind.ALTITUDE: "m", MeasurementKind.DIRECTION: "°"}
_ANGLE_SIGNS: Final = re.compile(r"['\"]|°.*°", re.ASCII)
"""A line with minutes or two angles is a position, and its letters are hemispheres."""

_DEGREES_MAX: Final = 360

APPS: Final = (
    "GPS Map Camera", "Timestamp Camera", "Timemark", "NoteCam", "Solocator", "SpotLens", "Conota Camera",
    "Open Camera", "RECONYX", "BUSHNELL", "MOULTRIE", "BROWNING", "SPYPOINT", "STEALTH CAM", "VIOFO",
    "BLACKVUE", "NEXTBASE", "THINKWARE", "GARMIN", "70mai", "DDPAI", "GoPro", "Insta360",
)  # fmt: skip
"""Programs and cameras that print their name."""

_APP_LIKENESS_MIN: Final = 85


def measurements(lines: Sequence[TextLine]) -> tuple[BurnedMeasurement, ...]:
    """Return the numbers with units that lines state."""
    plain, digits = readings(lines)
    found: dict[tuple[MeasurementKind, int], BurnedMeasurement] = {}
    for texts in (plain.texts, digits.texts):
        for index, text in enumerate(texts):
            for kind, pattern in _PATTERNS:
                one = _measurement(kind, pattern.search(text), lines[index], index)
                if one is not None and (kind, index) not in found:
                    found[kind, index] = one
    return tuple(sorted(found.values(), key=lambda one: one.lines))


def camera_app(lines: Sequence[TextLine]) -> str:
    """Return the program or camera that printed its name; empty if none is known."""
    for line in lines:
        for name in APPS:
            if (
                len(line.text) >= len(name)
                and fuzz.partial_ratio(name.lower(), line.text.lower()) >= _APP_LIKENESS_MIN
            ):
                return name
    return ""


def _measurement(
    kind: MeasurementKind, match: re.Match[str] | None, line: TextLine, index: int
) -> BurnedMeasurement | None:
    if match is None:
        return None
    parts = match.groupdict()
    value, written = float(parts["value"].replace(",", ".")), (parts["unit"] or "").lower()
    unit = _UNITS.get(written, written) or _UNITS_UNSAID.get(kind, "")
    if kind is MeasurementKind.DIRECTION and (
        not 0 <= value <= _DEGREES_MAX or _ANGLE_SIGNS.search(match.string)
    ):
        return None
    return BurnedMeasurement(
        kind, value, unit, (parts.get("compass") or "").upper(), line.confidence, (index,)
    )
