"""Where the picture was taken, with the right hemispheres."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from metaextract_gateway.adapters.http.legacy.metadata.tags import Tags, number

LATITUDE_MAX: Final = 90
LONGITUDE_MAX: Final = 180
_SIGNED_GROUPS: Final = ("Composite", "XMP-exif")
_SIGNS: Final = {"N": 1, "E": 1, "S": -1, "W": -1}


@dataclass(frozen=True, slots=True)
class Position:
    """Degrees (WGS-84), south and west negative if the hemispheres are known, else without a sign."""

    latitude: float | int
    longitude: float | int
    hemispheres_known: bool = True

    def rounded(self, decimals: int) -> dict[str, Any]:
        """Return latitude and longitude for JSON, and whether the hemispheres are missing."""
        return {
            "latitude": round(self.latitude, decimals),
            "longitude": round(self.longitude, decimals),
            **self._doubt(),
        }

    def section(self) -> dict[str, Any]:
        """Return the `gps` object; a link to a map only where it cannot lead to the wrong place."""
        point = f"{decimal_text(self.latitude)},{decimal_text(self.longitude)}"
        return {
            "latitude": self.latitude,
            "longitude": self.longitude,
            "google_maps_url": f"https://maps.google.com/?q={point}" if self.hemispheres_known else None,
            **self._doubt(),
        }

    def _doubt(self) -> dict[str, Any]:
        return {} if self.hemispheres_known else {"hemispheres_known": False}


def position_of(tags: Tags) -> Position | None:
    """Return the position, or None where there is none.

    ExifTool's composite values carry the sign of the reference tags (Exif 3.0, 4.6.6: GPSLatitude itself
    is unsigned); so do those of XMP. Zero is a place like any other. A file without reference tags gives
    its numbers as they are, and the position says that it does not know the hemispheres.
    """
    for group in _SIGNED_GROUPS:
        found = _valid(tags.raw((group, "GPSLatitude")), tags.raw((group, "GPSLongitude")))
        if found:
            return found
    bare = _valid(tags.raw(("GPS", "GPSLatitude")), tags.raw(("GPS", "GPSLongitude")))
    north, east = (_sign(tags.raw(("GPS", f"{name}Ref"))) for name in ("GPSLatitude", "GPSLongitude"))
    if bare is None:
        return _composed(tags)
    if north is None or east is None:
        return replace(bare, hemispheres_known=False)
    return Position(abs(bare.latitude) * north, abs(bare.longitude) * east)


def is_located(tags: Tags) -> bool:
    """Tell whether the file carries coordinates, even ones without a hemisphere."""
    return any(tag.name.endswith(("GPSLatitude", "GPSPosition", "GPSCoordinates")) for tag in tags)


def decimal_text(degrees: float) -> str:
    """Write a number in plain decimal digits, without an exponent."""
    return f"{Decimal(repr(degrees)):f}"


def _composed(tags: Tags) -> Position | None:
    """ExifTool joins whatever it finds, unsigned EXIF values too; so this comes last."""
    parts = str(tags.raw(("Composite", "GPSPosition"))).replace(",", " ").split()
    return _valid(*parts) if len(parts) == 2 else None  # noqa: PLR2004 - a pair


def _sign(reference: object) -> int | None:
    return _SIGNS.get(reference.strip().upper()[:1]) if isinstance(reference, str) else None


def _valid(latitude: object, longitude: object) -> Position | None:
    north, east = number(latitude), number(longitude)
    if north is None or east is None or abs(north) > LATITUDE_MAX or abs(east) > LONGITUDE_MAX:
        return None
    return Position(north, east)
