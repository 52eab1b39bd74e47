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
    r"|\w*LocationAddress\w*|MCC_?Data"
)
_TOWNS: Final = re.compile(
    r"(Location(Created|Shown)|Shown|Created)?(City|State|Province-?State|Country(Code|Name)?|WorldRegion)"
    r"|Country-PrimaryLocation(Code|Name)"
)
_NOT_STATED: Final = frozenset({Standard.COMPOSITE, Standard.FILE, Standard.ICC})
_VERSIONS: Final = frozenset({"GPSVersionID", "GeoTiffVersion"})
_ANGLES_OF_LIGHT: Final = frozenset({"Photoshop"})
"""Groups where an altitude is the angle of a light."""

_POSITION: Final = re.compile(
    r"""
      (?<![\d.]) [+-]? \d{1,2} \. \d{3,} \s* °? \s* [NS]? \s* [,;/|] \s* [+-]? \d{1,3} \. \d{3,} (?!\d)
    | (?<!\d) [+-] \d{2} (?:\d\d){0,2} (?:\.\d+)? [+-] \d{3} (?:\d\d){0,2} (?:\.\d+)?
        (?: [+-] \d+ (?:\.\d+)? )? (?:CRS\w+)? /
    | \d{1,2} \s* (?:°|deg) \s* \d{1,2} (?:[.,]\d+)? \s* ['\u2032] [^NSEW\d]{0,3}
        (?: \d{1,2} (?:[.,]\d+)? \s* (?:"|''|\u2033)? )? \s* [NS] \b
    | \b [NS] \s* \d{1,2} \s* (?:°|deg) \s* \d{1,2}
    | \b lat (?:itude)? \b \W{0,4} [+-]? \d{1,2} \. \d{3,}
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""Pairs with a separator, ISO 6709 (annex H), degrees and minutes, labels."""
_BARE_POSITION: Final = re.compile(
    r"(?<![\d.])[+-]?[1-9]\d?\.\d{5,}\s+[+-]?[1-9]\d{0,2}\.\d{5,}(?![\d.]|\s+[\d.+-])"
)
"""Two numbers of five decimals and more; in tables of numbers any two may look like that."""
_WRITTEN: Final = frozenset({Standard.XMP, Standard.IPTC, Standard.FILE, Standard.CONTAINER})


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


def states_position(field: Field) -> bool:
    """Whether one of its texts holds a pair of coordinates, as people and programs write them."""
    values = field.raw if isinstance(field.raw, list | tuple) else [field.raw]
    texts = [one for one in values if isinstance(one, str)]
    if any(_POSITION.search(one) for one in texts):
        return True
    return field.standard in _WRITTEN and any(_BARE_POSITION.search(one) for one in texts)
