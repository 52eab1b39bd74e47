"""Which of two fields people mean more often: the order of the dictionary, and of what a search finds."""

import re
from typing import Final

from metaextract_extractor.domain.dictionary import Facts, Flag
from metaextract_extractor.domain.result import Standard

STANDARDS: Final = {
    "EXIF": Standard.EXIF,
    "IPTC": Standard.IPTC,
    "XMP": Standard.XMP,
    "ICC_Profile": Standard.ICC,
    "MakerNotes": Standard.MAKERNOTE,
    "Photoshop": Standard.PHOTOSHOP,
    "JUMBF": Standard.JUMBF,
    "Composite": Standard.COMPOSITE,
    "File": Standard.FILE,
    "ExifTool": Standard.FILE,
    "MPF": Standard.MPF,
}
"""Family 0 to the standard that defines its fields; every other family is a container's own."""

# Namespaces that the Metadata Working Group's guidelines and IPTC's standard name; others come later.
_CORE_NAMESPACES: Final = (
    "XMP-dc",
    "XMP-xmp",
    "XMP-exif",
    "XMP-exifEX",
    "XMP-tiff",
    "XMP-photoshop",
    "XMP-iptcCore",
    "XMP-iptcExt",
    "XMP-xmpRights",
    "XMP-xmpMM",
    "XMP-aux",
    "XMP-crs",
    "XMP-plus",
)
# Places in the order of ranks: standards, what the file is, containers of still images, camera makers.
_EXIF, _CORE_XMP, _IPTC, _XMP, _ICC, _PHOTOSHOP, _COMPOSITE, _FILE, _STILL, _MAKER, _OTHER, _MOVING = range(
    12
)
_FAMILIES: Final = {
    "EXIF": _EXIF,
    "IPTC": _IPTC,
    "XMP": _XMP,
    "ICC_Profile": _ICC,
    "Photoshop": _PHOTOSHOP,
    "Composite": _COMPOSITE,
    "File": _FILE,
    "ExifTool": _FILE,
    **dict.fromkeys(
        (
            *("JFIF", "JPEG", "MPF", "JUMBF", "PNG", "MNG", "GIF", "SVG", "Jpeg2000", "MIE", "PhotoMechanic"),
            *("RAF", "PanasonicRaw", "SigmaRaw", "DNG", "PrintIM", "GeoTiff", "FotoStation", "OpenEXR"),
            *(f"APP{number}" for number in range(16)),
            *("LibRaw", "HEIF", "C2PA"),
        ),
        _STILL,
    ),
    "MakerNotes": _MAKER,
    **dict.fromkeys(
        (
            *("QuickTime", "Matroska", "MXF", "ASF", "RIFF", "ID3", "GoPro", "H264", "M2TS", "MPEG", "Real"),
            *(
                "Flash",
                "Vorbis",
                "FLAC",
                "Theora",
                "Opus",
                "APE",
                "AIFF",
                "AAC",
                "Audible",
                "DV",
                "WTV",
                "MOI",
            ),
            *("MISB", "Parrot", "Kandao", "Protobuf", "GM", "Garmin", "MPC", "ITC", "H265"),
        ),
        _MOVING,
    ),
}
_MOVING_CATEGORIES: Final = frozenset({"Video", "Audio"})


def standard(family: str) -> Standard:
    """Return the standard that defines the fields of a group of family 0."""
    return STANDARDS.get(family, Standard.CONTAINER)


def ranking(facts: Facts) -> tuple[object, ...]:
    """Return what to sort definitions by: no two definitions of one dictionary share it.

    Standards of still images come before maker notes, those before films and sound; within one place what
    is meant to be used before what is to be avoided, a maker's main table before those of single models,
    and short names before long ones.
    """
    place = _FAMILIES.get(facts.family, _OTHER)
    if place == _XMP and facts.group in _CORE_NAMESPACES and Flag.AVOID not in facts.flags:
        place = _CORE_XMP
    if place not in (_EXIF, _IPTC) and facts.category in _MOVING_CATEGORIES:
        place = _MOVING
    return (
        place,
        Flag.UNKNOWN in facts.flags,
        Flag.AVOID in facts.flags,
        Flag.FLATTENED in facts.flags,
        _CORE_NAMESPACES.index(facts.group) if place == _CORE_XMP else 0,
        _table_place(facts.table),
        len(facts.field_name),
        facts.field_name.lower(),
        facts.table,
        facts.tag_id,
        -1 if facts.variant is None else facts.variant,
        facts.field_name,
    )


def _table_place(table: str) -> int:
    """Tables of single models and versions have digits in their names."""
    part = table.partition("::")[2]
    if part in ("Main", ""):
        return 0
    return 2 if re.search(r"\d", part) else 1
