"""Which fields tell a place. More than the exact ones: direction, time by satellite, map projection.

Sources: Exif 3.0, 4.6.7 (GPS tags); IPTC Photo Metadata 2023.2 (locations); IIM 4.2, 6 (2:26 to 2:101);
GeoTIFF 1.1 (OGC 19-008r4), annex G; Darwin Core terms, class Location.
"""

import re
from typing import Final

from metaextract_extractor.domain.privacy import PrivacySubject
from metaextract_extractor.domain.result import Field, Standard
from metaextract_extractor.reading.insights.privacy import identified_by

_GROUPS: Final = frozenset({"GPS", "GeoTiff", "Geotag", "XMP-dwc"})
_NAMES: Final = re.compile(
    r"\w*(GPS|Latitude|Longitude|Geolocation)\w*"
    r"|(Absolute|Relative|Flight|Take[Oo]ff|Home)?(Altitude|Elevation)(Ref)?"
    r"|(Dest|Position|Location)?Coordinates|LocationInfo\w*|(Shot|Recording)Location\w*"
    r"|GeoTiff(Directory|DoubleParams|AsciiParams)|Model(TiePoint|Transform)|PixelScale|IntergraphMatrix"
    r"|(Shown|Created)?(City|State|Province|Province-State|Sub-?location|WorldRegion|Country(Code|Name)?)"
    r"|\w*LocationAddress\w*"
)
_TOWNS: Final = re.compile(
    r"(Location(Created|Shown)|Shown|Created)?(City|State|Province-?State|Country(Code|Name)?|WorldRegion)"
    r"|Country-PrimaryLocation(Code|Name)"
)
_NOT_STATED: Final = frozenset({Standard.COMPOSITE, Standard.FILE, Standard.ICC})
_VERSIONS: Final = frozenset({"GPSVersionID", "GeoTiffVersion"})
_ANGLES_OF_LIGHT: Final = frozenset({"Photoshop"})
"""Groups where an altitude is the angle of a light."""


def tells_place(field: Field) -> bool:
    """Whether the field is for where the picture was taken, or what place it shows; it may be empty."""
    if field.standard in _NOT_STATED or field.group in _ANGLES_OF_LIGHT or field.name in _VERSIONS:
        return False
    if field.group in _GROUPS or _NAMES.fullmatch(field.name):
        return True
    found = identified_by(field)
    return found is not None and found[0] is PrivacySubject.PLACE


def names_town(field: Field) -> bool:
    """Whether the field names nothing smaller than a town."""
    return _TOWNS.fullmatch(field.name) is not None
