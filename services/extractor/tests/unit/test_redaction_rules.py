"""Which fields a profile forbids: rules on names, groups and values."""

import pytest

from metaextract_extractor.domain.result import Field, Standard
from metaextract_extractor.reading.redaction.coarse import rounded_of
from metaextract_extractor.reading.redaction.means import removals
from metaextract_extractor.reading.redaction.places import names_town, tells_place
from metaextract_extractor.reading.redaction.rules import PictureOnly, PlaceUnknown
from metaextract_extractor.reading.redaction.silence import says_nothing
from metaextract_extractor.reading.redaction.structure import is_computed, shows_picture

PLACE_UNKNOWN = PlaceUnknown(
    coarse=False, rounded=(), names=("barcelona",), numbers=(("41.403",), ("2.174",))
)


def field(group: str, name: str, value: object = "x", standard: Standard = Standard.UNSPECIFIED) -> Field:
    return Field("", standard, group, "", name, "", value, str(value), "", "exiftool")


@pytest.mark.parametrize(
    ("group", "name"),
    [
        ("GPS", "GPSImgDirection"),
        ("GPS", "GPSDateStamp"),
        ("XMP-exif", "GPSLatitude"),
        ("XMP-drone-dji", "AbsoluteAltitude"),
        ("XMP-drone-dji", "GpsLatitude"),
        ("XMP-photoshop", "City"),
        ("XMP-iptcCore", "Location"),
        ("XMP-iptcExt", "LocationShownSublocation"),
        ("IPTC", "Sub-location"),
        ("IPTC", "Country-PrimaryLocationName"),
        ("Panasonic", "Landmark"),
        ("UserData", "GPSCoordinates"),
        ("GeoTiff", "PCSCitation"),
        ("IFD0", "ModelTiePoint"),
        ("XMP-dwc", "Locality"),
    ],
)
def test_a_place_is_told_in_many_standards(group: str, name: str) -> None:
    assert tells_place(field(group, name))


@pytest.mark.parametrize(
    ("group", "name"),
    [
        ("GPS", "GPSVersionID"),
        ("Photoshop", "GlobalAltitude"),
        ("ExifIFD", "SubjectLocation"),
        ("Sony", "FocusLocation"),
        ("Panasonic", "WorldTimeLocation"),
        ("XMP-iptcCore", "CreatorCity"),
        ("Pentax", "BodyBatteryState"),
        ("ExifIFD", "DateTimeOriginal"),
    ],
)
def test_not_everything_that_sounds_like_a_place_is_one(group: str, name: str) -> None:
    assert not tells_place(field(group, name))


def test_empty_values_and_what_was_overwritten_say_nothing() -> None:
    assert says_nothing(field("Panasonic", "City", "---"))
    assert says_nothing(field("GPS", "GPSProcessingMethod", "\0\0\0"))
    assert says_nothing(field("XMP-dc", "Title", ""))
    assert says_nothing(field("IFD0", "HostComputer", "\0\0\0\0"))
    assert not says_nothing(field("GPS", "GPSLatitude", 0.5))


def test_towns_are_told_from_what_is_smaller() -> None:
    assert names_town(field("XMP-photoshop", "City"))
    assert names_town(field("IPTC", "Country-PrimaryLocationCode"))
    assert names_town(field("XMP-iptcExt", "LocationCreatedProvinceState"))
    assert not names_town(field("IPTC", "Sub-location"))
    assert not names_town(field("Panasonic", "Landmark"))


def test_a_text_with_the_name_or_the_numbers_of_the_place_tells_it_too() -> None:
    assert PLACE_UNKNOWN.forbids(field("XMP-dc", "Description", "A week in BARCELONA"))
    assert PLACE_UNKNOWN.forbids(field("ExifIFD", "UserComment", "41.40338,2.17403"))
    assert not PLACE_UNKNOWN.forbids(field("ExifIFD", "UserComment", "41.40338"))
    assert not PLACE_UNKNOWN.forbids(field("XMP-dc", "Description", "A week in Paris"))


def test_a_computed_field_is_no_statement_of_the_file() -> None:
    assert is_computed("Composite", "GPSPosition")
    assert is_computed("File", "FileType")
    assert not is_computed("File", "Comment")


@pytest.mark.parametrize(
    ("group", "name", "raw"),
    [
        ("IFD0", "StripOffsets", False),
        ("SubIFD1", "ColorMatrix1", True),
        ("IFD0", "UniqueCameraModel", True),
        ("PNG", "Palette", False),
        ("GIF", "TransparentColor", False),
        ("Jpeg2000", "ColorSpecMethod", False),
        ("QuickTime", "ImageSpatialExtent", False),
        ("Photoshop", "LayerNames", False),
        ("Adobe", "ColorTransform", False),
    ],
)
def test_what_the_picture_needs_may_stay(group: str, name: str, raw: bool) -> None:
    assert shows_picture(group, name, raw=raw)


@pytest.mark.parametrize(
    ("group", "name", "raw"),
    [
        ("IFD0", "Make", False),
        ("IFD0", "CameraSerialNumber", True),
        ("IFD0", "OriginalRawFileName", True),
        ("ExifIFD", "DateTimeOriginal", True),
        ("PNG", "Author", False),
        ("PNG", "parameters", False),
        ("GIF", "Comment", False),
        ("QuickTime", "CreateDate", False),
        ("Track1", "MediaModifyDate", False),
        ("Photoshop", "AutoSaveFilePath", False),
        ("Photoshop", "LayerComps", False),
        ("Canon", "SerialNumber", True),
        ("XMP-dc", "Creator", True),
    ],
)
def test_what_the_picture_does_not_need_may_not(group: str, name: str, raw: bool) -> None:
    assert not shows_picture(group, name, raw=raw)


def test_colour_stays_only_where_the_profile_says_so() -> None:
    space = field("ExifIFD", "Gamma", 2.2)
    plain = PictureOnly(keep_colour=False, raw=False, family="JPEG")
    colour = PictureOnly(keep_colour=True, raw=False, family="JPEG")
    maker = field("ICC_Profile", "MakeAndModel", "a screen", Standard.ICC)

    assert not colour.forbids(space)
    assert colour.forbids(field("IFD0", "Artist", "Jane"))
    assert colour.forbids(maker)
    assert plain.forbids(maker)


def test_positions_are_rounded_with_their_hemisphere() -> None:
    fields = [
        field("GPS", "GPSLatitude", 33.86785),
        field("GPS", "GPSLatitudeRef", "S"),
        field("GPS", "GPSLongitude", 151.20732),
        field("GPS", "GPSLongitudeRef", "E"),
        field("XMP-exif", "GPSLatitude", -33.86785),
        field("XMP-exif", "GPSLongitude", 151.20732),
    ]
    arguments = [argument for one in rounded_of(fields) for argument in one.arguments]

    assert arguments == [
        "-GPS:GPSLatitude#=33.9",
        "-GPS:GPSLatitudeRef#=S",
        "-GPS:GPSLongitude#=151.2",
        "-GPS:GPSLongitudeRef#=E",
        "-XMP-exif:GPSLatitude#=-33.9",
        "-XMP-exif:GPSLongitude#=151.2",
    ]


@pytest.mark.parametrize(
    ("latitude", "reference"), [(91.0, "N"), (10.0, "?"), ("undef", "N"), (float("nan"), "N")]
)
def test_an_impossible_position_is_not_rounded(latitude: object, reference: str) -> None:
    fields = [
        field("GPS", "GPSLatitude", latitude),
        field("GPS", "GPSLatitudeRef", reference),
        field("GPS", "GPSLongitude", 20.0),
        field("GPS", "GPSLongitudeRef", "E"),
    ]

    assert rounded_of(fields) == ()


def test_a_name_from_the_file_cannot_become_another_argument() -> None:
    hostile = [field("XMP-x", "A\n-execute"), field("XMP-x\n-o", "B"), field("XMP-x", "C=")]

    assert removals([*hostile, field("XMP-dc", "Title")]) == ("-XMP-dc:Title=",)
