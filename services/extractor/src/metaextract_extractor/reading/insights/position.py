"""Positions as the standards write them, with the hemisphere right in all four quadrants.

Exif 3.0 §4.6.6 (GPSLatitude is unsigned, GPSLatitudeRef tells the side); XMP part 2 §3.3 (`45,30.5N`,
which ExifTool turns into signed degrees); ISO 6709 in QuickTime. Zero is a value.
"""

import math
from dataclasses import dataclass
from typing import Final

from metaextract_extractor.domain.insights_place import Position
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.insights.stated import Stated, number_of

EARTH_RADIUS_METRES: Final = 6_371_008.8
"""Mean radius R1 of the GRS 80 ellipsoid."""

LATITUDE_MAX: Final = 90
LONGITUDE_MAX: Final = 180
_PREFERRED: Final = ("GPS", "XMP-exif")
_COMPUTED: Final = ("Composite", "ExifTool")
_SIGNS: Final = {"N": 1, "E": 1, "S": -1, "W": -1}
_BELOW: Final = (1, 3)
"""GPSAltitudeRef: below sea level, and below the geoid in Exif 3.0's own counting."""


@dataclass(frozen=True, slots=True)
class Positions:
    """All positions of a file, the preferred one first, and what had to be left out."""

    found: tuple[Position, ...]
    hemisphere_missing: bool
    out_of_range: bool


def best_position(evidence: Evidence) -> Position | None:
    """Return the position to use."""
    found = positions_of(Stated.of(evidence)).found
    return found[0] if found else None


def positions_of(stated: Stated) -> Positions:
    """Read the position of every group that states one; what ExifTool composed only if there is no other."""
    groups = {one.group: None for one in stated.named("GPSLatitude") if one.group not in _COMPUTED}
    order = [*(group for group in _PREFERRED if group in groups), *(g for g in groups if g not in _PREFERRED)]
    found: list[Position] = []
    missing = beyond = False
    for group in order:
        latitude, longitude = _signed(stated, group, "GPSLatitude"), _signed(stated, group, "GPSLongitude")
        if latitude is None or longitude is None:
            missing |= _has_both(stated, group)
            continue
        if abs(latitude) > LATITUDE_MAX or abs(longitude) > LONGITUDE_MAX:
            beyond = True
            continue
        found.append(Position(group, latitude, longitude, altitude_of(stated, group), 0.0))
    found += _in_one_value(stated)
    return Positions(tuple(_with_distances(found)), missing, beyond)


def destination_of(stated: Stated) -> tuple[float | None, float | None]:
    """Return latitude and longitude of the destination, signed."""
    latitude, longitude = (
        _signed(stated, "GPS", "GPSDestLatitude"),
        _signed(stated, "GPS", "GPSDestLongitude"),
    )
    if latitude is None or longitude is None:
        return None, None
    in_range = abs(latitude) <= LATITUDE_MAX and abs(longitude) <= LONGITUDE_MAX
    return (latitude, longitude) if in_range else (None, None)


def altitude_of(stated: Stated, group: str) -> float | None:
    """Return the altitude in metres, negative below its reference."""
    altitude = stated.number(group, "GPSAltitude")
    if altitude is None:
        return None
    below = stated.number(group, "GPSAltitudeRef") in _BELOW
    return -abs(altitude) if below else altitude


def distance_metres(one: Position, other: Position) -> float:
    """Return the distance on a sphere (haversine), good to half a percent."""
    latitude, other_latitude = math.radians(one.latitude_degrees), math.radians(other.latitude_degrees)
    turn = math.radians(other.longitude_degrees - one.longitude_degrees)
    chord = (
        math.sin((other_latitude - latitude) / 2) ** 2
        + math.cos(latitude) * math.cos(other_latitude) * math.sin(turn / 2) ** 2
    )
    return 2 * EARTH_RADIUS_METRES * math.asin(min(1.0, math.sqrt(chord)))


def _signed(stated: Stated, group: str, name: str) -> float | None:
    """Exif values are unsigned and need their reference, others carry their sign.

    Some programs write Exif's reference beside an unsigned XMP value; it then gives the sign.
    """
    degrees = stated.number(group, name)
    if degrees is None:
        return None
    sign = _SIGNS.get(stated.text(group, f"{name}Ref")[:1].upper())
    if group != "GPS":
        return -degrees if sign == -1 and degrees > 0 else degrees
    if sign is None:
        return 0.0 if degrees == 0 else None
    return sign * abs(degrees) if degrees else 0.0


def _has_both(stated: Stated, group: str) -> bool:
    return all(number_of(stated.first(group, name)) is not None for name in ("GPSLatitude", "GPSLongitude"))


def _in_one_value(stated: Stated) -> list[Position]:
    """QuickTime's GPSCoordinates: latitude, longitude and perhaps altitude."""
    found: list[Position] = []
    for field in stated.named("GPSCoordinates"):
        numbers = stated.numbers(field.group, field.name)
        if len(numbers) not in (2, 3):
            continue
        latitude, longitude = numbers[:2]
        if abs(latitude) <= LATITUDE_MAX and abs(longitude) <= LONGITUDE_MAX:
            altitude = numbers[2] if len(numbers) > 2 else None  # noqa: PLR2004 - the third
            found.append(Position(field.group, latitude, longitude, altitude, 0.0))
    return found


def _with_distances(found: list[Position]) -> list[Position]:
    return [
        Position(
            one.source,
            one.latitude_degrees,
            one.longitude_degrees,
            one.altitude_metres,
            round(distance_metres(found[0], one), 1),
        )
        for one in found
    ]
