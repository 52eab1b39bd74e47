"""Where the picture was taken, with the right hemispheres."""

from decimal import Decimal
from typing import Any, Final

from metaextract_gateway.adapters.http.legacy.metadata.tags import Tags, number

LATITUDE_MAX: Final = 90
LONGITUDE_MAX: Final = 180
_SIGNED_GROUPS: Final = ("Composite", "XMP-exif")
_SIGNS: Final = {"N": 1, "E": 1, "S": -1, "W": -1}

Position = tuple[float | int, float | int]
"""Latitude and longitude in degrees, south and west negative (WGS-84)."""


def position_of(tags: Tags) -> Position | None:
    """Return the position, or None where there is none or its hemisphere is not known.

    ExifTool's composite values carry the sign of the reference tags (Exif 3.0, 4.6.6: GPSLatitude itself
    is unsigned); so do those of XMP. Zero is a place like any other.
    """
    for group in _SIGNED_GROUPS:
        found = _valid(tags.raw((group, "GPSLatitude")), tags.raw((group, "GPSLongitude")))
        if found:
            return found
    parts = str(tags.raw(("Composite", "GPSPosition"))).replace(",", " ").split()
    if len(parts) == 2:  # noqa: PLR2004 - a pair
        return _valid(parts[0], parts[1])
    return _valid(_from_reference(tags, "GPSLatitude"), _from_reference(tags, "GPSLongitude"))


def is_located(tags: Tags) -> bool:
    """Tell whether the file carries coordinates, even ones without a hemisphere."""
    return any(tag.name.endswith(("GPSLatitude", "GPSPosition", "GPSCoordinates")) for tag in tags)


def gps(position: Position | None) -> dict[str, Any] | None:
    """Return the `gps` object, with a link to a map."""
    if position is None:
        return None
    latitude, longitude = position
    return {
        "latitude": latitude,
        "longitude": longitude,
        "google_maps_url": f"https://maps.google.com/?q={decimal_text(latitude)},{decimal_text(longitude)}",
    }


def decimal_text(degrees: float) -> str:
    """Write a number in plain decimal digits, without an exponent."""
    return f"{Decimal(repr(degrees)):f}"


def _from_reference(tags: Tags, name: str) -> float | int | None:
    reference = str(tags.raw(("GPS", f"{name}Ref"))).strip().upper()[:1]
    degrees = number(tags.raw(("GPS", name)))
    if degrees is None or reference not in _SIGNS:
        return None
    return abs(degrees) * _SIGNS[reference]


def _valid(latitude: object, longitude: object) -> Position | None:
    north, east = number(latitude), number(longitude)
    if north is None or east is None or abs(north) > LATITUDE_MAX or abs(east) > LONGITUDE_MAX:
        return None
    return north, east
