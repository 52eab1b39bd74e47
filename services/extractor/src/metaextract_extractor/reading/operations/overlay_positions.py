"""Positions in text: decimal degrees, degrees and minutes, degrees, minutes and seconds; and plus codes.

Written as ISO 6709 annex D suggests (`47°22'36.8"N`), with hemispheres before or after, with labels (`Lat`,
`Longitude`), with signs, or as a bare pair of decimal degrees. Plus codes: Open Location Code 1.0.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from metaextract_extractor.domain.operations_ocr import (
    BurnedPlusCode,
    BurnedPosition,
    PositionNotation,
    TextLine,
)
from metaextract_extractor.reading.operations.overlay_text import Reading, least_confidence, readings

_LATITUDE_MAX: Final = 90
_LONGITUDE_MAX: Final = 180
_SIXTY: Final = 60
_BARE_DIGITS_MIN: Final = 4
"""Decimal places of a pair of numbers without label or hemisphere, so that sizes and prices are none."""

_LINES_APART_MAX: Final = 2
"""Latitude and longitude may stand in lines of their own, with one between."""

_ANGLE: Final = re.compile(
    r"""
    (?: (?<![A-Za-z]) (?P<label> lat (?:itude)? | lon (?:g (?:itude)?)? | lng ) [\s.:;=,]* )?
    (?P<before> (?<![A-Za-z]) [NSEW] [\s.:]* )?
    (?P<sign> (?<![\d.]) [+-] \s? )?
    (?<![\d.:/])
    (?: (?P<d3> \d{1,3} ) \s* [°*] \s* (?P<m3> \d{1,2} ) \s* ' \s*
            (?P<s3> \d{1,2} (?:[.,]\d{1,4})? ) \s* ['"]{0,2}
      | (?P<d2> \d{1,3} ) \s* [°*] \s* (?P<m2> \d{1,2} [.,] \d{1,6} ) \s* ['"]?
      | (?P<d1> \d{1,3} \s? [.,] \d{2,10} ) (?![.,]?\d) \s* [°*]?
    )
    (?(before) | (?: \s* (?P<after> [NSEW] ) (?![A-Za-z\d]) )? )
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_BOTH_LABELS: Final = re.compile(
    r"(?<![A-Za-z])lat(?:itude)?\s?[/,&]\s?lo?ng?(?:itude)?[\s.:]*", re.IGNORECASE | re.ASCII
)
_PLUS_CODE: Final = re.compile(
    r"(?<![A-Z0-9])[23456789CFGHJMPQRVWX]{4,8}\+[23456789CFGHJMPQRVWX]{2,3}(?![A-Z0-9])"
)
_PLUS_CODE_LENGTHS: Final = (4, 6, 8)


@dataclass(frozen=True, slots=True)
class _Angle:
    axis: str
    """`latitude`, `longitude`, or empty if the text does not tell."""
    degrees: float
    notation: PositionNotation
    resolution_degrees: float
    line: int
    bare: bool
    """Neither label nor hemisphere."""


def positions(lines: Sequence[TextLine]) -> tuple[BurnedPosition, ...]:
    """Return the positions that lines state; each once, the first reading that has any."""
    for reading in readings(lines):
        found = _distinct(_paired(lines, reading))
        if found:
            return found
    return ()


def plus_codes(lines: Sequence[TextLine]) -> tuple[BurnedPlusCode, ...]:
    """Return plus codes, full or short."""
    found: dict[str, BurnedPlusCode] = {}
    for index, line in enumerate(lines):
        for match in _PLUS_CODE.finditer(line.text.upper()):
            if match[0].index("+") in _PLUS_CODE_LENGTHS:
                found.setdefault(match[0], BurnedPlusCode(match[0], line.confidence, (index,)))
    return tuple(found.values())


def _paired(lines: Sequence[TextLine], reading: Reading) -> Iterator[BurnedPosition]:
    angles = [one for index, text in enumerate(reading.texts) for one in _angles(text, index)]
    at = 0
    while at + 1 < len(angles):
        pair = _pair(angles[at], angles[at + 1])
        if pair is None:
            at += 1
            continue
        latitude, longitude = pair
        used = tuple(dict.fromkeys(sorted((latitude.line, longitude.line))))
        yield BurnedPosition(
            latitude_degrees=round(latitude.degrees, 9),
            longitude_degrees=round(longitude.degrees, 9),
            notation=latitude.notation,
            resolution_degrees=max(latitude.resolution_degrees, longitude.resolution_degrees),
            corrected=reading.any_corrected(used),
            confidence=least_confidence(lines, used),
            lines=used,
        )
        at += 2


def _pair(one: _Angle, other: _Angle) -> tuple[_Angle, _Angle] | None:
    """Return latitude and longitude, if two angles that follow each other are that."""
    if other.line - one.line > _LINES_APART_MAX or one.notation is not other.notation:
        return None
    if one.bare != other.bare or (one.bare and one.line != other.line):
        return None  # with one hemisphere the other may have been lost, and with it a sign
    swapped = one.axis == "longitude" or other.axis == "latitude"
    latitude, longitude = (other, one) if swapped else (one, other)
    if latitude.axis == "longitude" or longitude.axis == "latitude":
        return None
    if abs(latitude.degrees) > _LATITUDE_MAX or abs(longitude.degrees) > _LONGITUDE_MAX:
        return None
    return latitude, longitude


def _angles(text: str, line: int) -> Iterator[_Angle]:
    for match in _ANGLE.finditer(_BOTH_LABELS.sub(" ", text)):
        value = _value(match)
        if value is None:
            continue
        degrees, notation, resolution = value
        label = (match["label"] or "").lower()
        side = (match["before"] or match["after"] or "").strip(" .:").upper()
        if notation is PositionNotation.DECIMAL and not label and not side and resolution > _BARE_RESOLUTION:
            continue
        by_side = {"N": "latitude", "S": "latitude", "E": "longitude", "W": "longitude"}.get(side, "")
        axis = by_side or ("latitude" if label.startswith("la") else "longitude" if label else "")
        negative = side in ("S", "W") or (match["sign"] or "").strip() == "-"
        yield _Angle(
            axis, -degrees if negative and degrees else degrees, notation, resolution, line, not axis
        )


_BARE_RESOLUTION: Final = 10.0**-_BARE_DIGITS_MIN * 1.5


def _value(match: re.Match[str]) -> tuple[float, PositionNotation, float] | None:
    """Return degrees, notation, and one unit of the last digit in degrees."""
    if match["d3"]:
        minutes, seconds = int(match["m3"]), _number(match["s3"])
        if minutes >= _SIXTY or seconds >= _SIXTY:
            return None
        degrees = int(match["d3"]) + minutes / 60 + seconds / 3600
        return degrees, PositionNotation.DEGREES_MINUTES_SECONDS, _unit(match["s3"]) / 3600
    if match["d2"]:
        minute = _number(match["m2"])
        if minute >= _SIXTY:
            return None
        return int(match["d2"]) + minute / 60, PositionNotation.DEGREES_MINUTES, _unit(match["m2"]) / 60
    return _number(match["d1"]), PositionNotation.DECIMAL, _unit(match["d1"])


def _number(text: str) -> float:
    return float(text.replace(",", ".").replace(" ", ""))


def _unit(text: str) -> float:
    whole, _, fraction = text.replace(",", ".").partition(".")
    return float(10.0 ** -len(fraction)) if whole else 1.0


def _distinct(found: Iterator[BurnedPosition]) -> tuple[BurnedPosition, ...]:
    kept: dict[tuple[float, float], BurnedPosition] = {}
    for one in found:
        kept.setdefault((one.latitude_degrees, one.longitude_degrees), one)
    return tuple(kept.values())
