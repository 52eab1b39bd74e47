"""Where the picture was taken: position, height, direction, motion, time zone, and what people wrote."""

from typing import Final

from metaextract_extractor.domain.insights_place import (
    Destination,
    Direction,
    Movement,
    North,
    Place,
    PlaceDoubt,
    Position,
    StatedPlace,
    StatedRole,
    Vertical,
)
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.insights.position import Positions, destination_of, positions_of
from metaextract_extractor.reading.insights.stated import Stated
from metaextract_extractor.reading.insights.time_zones import time_zone_at

DISAGREEMENT_METRES: Final = 100
"""Positions of one picture may differ by that much: some are rounded to seconds or minutes."""

_SPEEDS: Final = {"K": ("km/h", 1 / 3.6), "M": ("mph", 0.44704), "N": ("knots", 1852 / 3600)}
_DISTANCES_METRES: Final = {"K": 1000.0, "M": 1609.344, "N": 1852.0}
_NORTHS: Final = {"T": North.TRUE, "M": North.MAGNETIC}
_SEA_LEVEL_SINCE_EXIF_3: Final = (2, 3)
_EXIF_3: Final = 300

# Group, what it means, then the names of sublocation, city, state, country and country code.
_STATED: Final = (
    (
        "IPTC",
        StatedRole.UNSPECIFIED,
        (
            ("IPTC", "Sub-location"),
            ("IPTC", "City"),
            ("IPTC", "Province-State"),
            ("IPTC", "Country-PrimaryLocationName"),
            ("IPTC", "Country-PrimaryLocationCode"),
        ),
    ),
    (
        "XMP-photoshop",
        StatedRole.UNSPECIFIED,
        (
            ("XMP-iptcCore", "Location"),
            ("XMP-photoshop", "City"),
            ("XMP-photoshop", "State"),
            ("XMP-photoshop", "Country"),
            ("XMP-iptcCore", "CountryCode"),
        ),
    ),
    *(
        (
            "XMP-iptcExt",
            role,
            tuple(
                ("XMP-iptcExt", f"{prefix}{part}")
                for part in ("Sublocation", "City", "ProvinceState", "CountryName", "CountryCode")
            ),
        )
        for role, prefix in ((StatedRole.CREATED, "LocationCreated"), (StatedRole.SHOWN, "LocationShown"))
    ),
    (
        "Panasonic",
        StatedRole.CREATED,
        (
            ("Panasonic", "Landmark"),
            ("Panasonic", "City"),
            ("Panasonic", "State"),
            ("Panasonic", "Country"),
            ("Panasonic", ""),
        ),
    ),
)


def place(evidence: Evidence) -> Place | None:
    """Gather everything about the place. The name of the place is added by `place_name.named`."""
    stated = Stated.of(evidence)
    positions = positions_of(stated)
    words = _stated_places(stated)
    doubts = _doubts(stated, positions)
    best = positions.found[0] if positions.found else None
    if best is None and not words and not doubts:
        return None
    return Place(
        latitude_degrees=best.latitude_degrees if best else None,
        longitude_degrees=best.longitude_degrees if best else None,
        source=best.source if best else "",
        altitude_metres=_altitude(positions),
        altitude_from=_altitude_from(stated, positions),
        datum=stated.text("GPS", "GPSMapDatum") or stated.text("XMP-exif", "GPSMapDatum"),
        accuracy_metres=stated.number("GPS", "GPSHPositioningError"),
        dilution_of_precision=stated.number("GPS", "GPSDOP"),
        satellites=stated.text("GPS", "GPSSatellites"),
        method=stated.text("GPS", "GPSProcessingMethod"),
        image_direction=_direction(stated, "GPSImgDirection"),
        movement=_movement(stated),
        destination=_destination(stated),
        time_zone=time_zone_at(best.latitude_degrees, best.longitude_degrees) if best else "",
        name=None,
        positions=positions.found,
        stated=words,
        doubts=doubts,
    )


def _altitude(positions: Positions) -> float | None:
    """The best position's, else that of another source."""
    return next(
        (one.altitude_metres for one in positions.found if one.altitude_metres is not None),
        None,
    )


def _altitude_from(stated: Stated, positions: Positions) -> Vertical:
    """Exif 3.0 counts 0 and 1 from the ellipsoid, what earlier versions count from the sea."""
    if _altitude(positions) is None:
        return Vertical.UNSPECIFIED
    reference = stated.number("GPS", "GPSAltitudeRef")
    if reference is None or reference in _SEA_LEVEL_SINCE_EXIF_3:
        return Vertical.SEA_LEVEL
    version = stated.text("ExifIFD", "ExifVersion")
    is_new = version.isdecimal() and int(version[:6]) >= _EXIF_3
    return Vertical.ELLIPSOID if is_new else Vertical.SEA_LEVEL


def _direction(stated: Stated, name: str) -> Direction | None:
    for group in ("GPS", "XMP-exif"):
        degrees = stated.number(group, name)
        if degrees is not None:
            north = _NORTHS.get(stated.text(group, f"{name}Ref")[:1].upper(), North.UNSPECIFIED)
            return Direction(degrees, north)
    return None


def _movement(stated: Stated) -> Movement | None:
    speed, track = stated.number("GPS", "GPSSpeed"), _direction(stated, "GPSTrack")
    if speed is None and track is None:
        return None
    unit, factor = _SPEEDS.get(stated.text("GPS", "GPSSpeedRef")[:1].upper(), ("", None))
    in_metres = speed * factor if speed is not None and factor is not None else None
    return Movement(speed, unit if speed is not None else "", in_metres, track)


def _destination(stated: Stated) -> Destination | None:
    latitude, longitude = destination_of(stated)
    bearing = _direction(stated, "GPSDestBearing")
    distance = stated.number("GPS", "GPSDestDistance")
    factor = _DISTANCES_METRES.get(stated.text("GPS", "GPSDestDistanceRef")[:1].upper())
    metres = distance * factor if distance is not None and factor is not None else None
    if latitude is None and bearing is None and metres is None:
        return None
    return Destination(latitude, longitude, bearing, metres)


def _stated_places(stated: Stated) -> tuple[StatedPlace, ...]:
    found = []
    for source, role, names in _STATED:
        texts = [stated.printed(group, name) for group, name in names]
        if any(texts):
            found.append(StatedPlace(source, role, *texts))
    return tuple(found)


def _doubts(stated: Stated, positions: Positions) -> tuple[PlaceDoubt, ...]:
    best: Position | None = positions.found[0] if positions.found else None
    doubts = (
        (PlaceDoubt.HEMISPHERE_MISSING, positions.hemisphere_missing),
        (PlaceDoubt.OUT_OF_RANGE, positions.out_of_range),
        (
            PlaceDoubt.ZERO_ZERO,
            best is not None and best.latitude_degrees == 0 and best.longitude_degrees == 0,
        ),
        (PlaceDoubt.NO_FIX, best is not None and stated.text("GPS", "GPSStatus")[:1].upper() == "V"),
        (
            PlaceDoubt.SOURCES_DISAGREE,
            any(one.distance_metres > DISAGREEMENT_METRES for one in positions.found),
        ),
    )
    return tuple(doubt for doubt, holds in doubts if holds)
