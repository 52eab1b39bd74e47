"""What a file gives away."""

from pathlib import Path

import pytest

from metaextract_extractor.domain.privacy import PrivacySubject
from metaextract_extractor.domain.result import Field, Standard
from metaextract_extractor.reading.evidence import Evidence, Subject
from metaextract_extractor.reading.insights.privacy import identified_by, privacy
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk


def _printed(value: object) -> str:
    return value if isinstance(value, str) else f"{value} deg"


def report(*fields: tuple[str, str, object], standard: Standard = Standard.EXIF):
    found = [
        Field("", standard, group, "", name, "", value, _printed(value), "", "x")
        for group, name, value in fields
    ]
    return privacy(Evidence(Subject(Path("x"), View([]), "JPEG", "jpg"), Walk(), found))


@pytest.mark.parametrize(
    ("group", "name", "subject", "exact"),
    [
        ("GPS", "GPSDestLatitude", PrivacySubject.PLACE, False),
        ("GPS", "GPSAreaInformation", PrivacySubject.PLACE, False),
        ("IFD0", "HostComputer", PrivacySubject.DEVICE, True),
        ("IPTC", "City", PrivacySubject.PLACE, False),
        ("XMP-iptcExt", "LocationShownSublocation", PrivacySubject.PLACE, False),
        ("IPTC", "By-line", PrivacySubject.PERSON, True),
        ("XMP-mwg-rs", "RegionName", PrivacySubject.PERSON, True),
        ("XMP-iptcExt", "PersonInImage", PrivacySubject.PERSON, True),
        ("XMP-iptcCore", "CreatorWorkEmail", PrivacySubject.CONTACT, True),
        ("XMP-iptcCore", "CreatorCity", PrivacySubject.CONTACT, True),
        ("ExifIFD", "SerialNumber", PrivacySubject.DEVICE, True),
        ("ExifIFD", "LensSerialNumber", PrivacySubject.DEVICE, True),
        ("Canon", "InternalSerialNumber", PrivacySubject.DEVICE, True),
        ("IFD0", "Model", PrivacySubject.DEVICE, False),
        ("XMP-xmp", "CreatorTool", PrivacySubject.DEVICE, False),
        ("XMP-xmpMM", "OriginalDocumentID", PrivacySubject.TRACE, True),
        ("ExifIFD", "DateTimeOriginal", PrivacySubject.TIME, False),
        ("IFD1", "ThumbnailImage", PrivacySubject.PICTURE, False),
    ],
)
def test_a_field_that_identifies_is_named_with_its_subject(
    group: str, name: str, subject: PrivacySubject, exact: bool
) -> None:
    (finding,) = report((group, name, "a value")).findings
    assert (finding.subject, finding.exact, finding.fields) == (subject, exact, (f"{group}:{name}",))
    assert finding.statement


def test_a_program_is_not_taken_for_a_device() -> None:
    (software,) = report(("PNG", "Software", "Adobe ImageReady")).findings
    assert "device" not in software.statement
    both = report(("IFD0", "Software", "10.3"), ("IFD0", "Model", "X-T5")).findings
    assert [one.fields for one in both] == [("IFD0:Model",), ("IFD0:Software",)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ISO", "100"),
        ("CreatorTool", ""),
        ("OwnerName", "  "),
        ("SerialNumber", "0"),
        ("SerialNumber", "0000-00"),
        ("ImageUniqueID", "0" * 32),
        ("DateTimeOriginal", "0000:00:00"),
        ("CreateDate", "0000:00:00 00:00:00"),
        ("ModifyDate", "    :  :     :  :  "),
        ("SerialNumberFormat", "Format 1"),
        ("ThumbnailLength", "9000"),
        ("ColorCreatorEffect", "Color 0"),
    ],
)
def test_what_identifies_nothing_is_not_named(name: str, value: str) -> None:
    found = report(("ExifIFD", name, value))
    assert (found.fields_count, found.findings) == (0, ())


def test_what_is_computed_or_about_a_profile_is_not_the_file() -> None:
    assert report(("Composite", "GPSPosition", "1 N, 2 E"), standard=Standard.COMPOSITE).findings == ()
    assert report(("ICC_Profile", "Copyright", "Somebody"), standard=Standard.ICC).findings == ()


def test_the_most_telling_comes_first_and_fields_are_named_once() -> None:
    found = report(
        ("IFD0", "Model", "X"),
        ("GPS", "GPSLatitude", 1),
        ("GPS", "GPSLatitude", 1),
        ("GPS", "GPSLongitude", 2),
        ("IPTC", "City", "Y"),
    )
    assert [one.exact for one in found.findings] == [True, False, False]
    assert found.fields_count == 4


@pytest.mark.parametrize(
    ("fields", "exact"),
    [
        ((("GPS", "GPSLatitude", 47.4), ("GPS", "GPSLongitude", -8.5)), True),
        ((("GPS", "GPSLatitude", 0), ("GPS", "GPSLongitude", 8.5)), True),
        (
            (
                ("XMP-iptcExt", "LocationShownGPSLatitude", 4.0),
                ("XMP-iptcExt", "LocationShownGPSLongitude", 5.0),
            ),
            True,
        ),
        ((("Keys", "GPSCoordinates", "47.4 8.5 400"),), True),
        ((("XMP-x", "GPSLatitude", "47 deg N"), ("XMP-x", "GPSLongitude", "8 deg E")), True),
        ((("GPS", "GPSLatitude", 4294967295), ("GPS", "GPSLongitude", 8.5)), False),
        ((("GPS", "GPSLatitude", 0), ("GPS", "GPSLongitude", 0)), False),
        ((("GPS", "GPSLatitude", 47.4),), False),
        ((("GPS", "GPSLatitude", 47.4), ("XMP-exif", "GPSLongitude", 8.5)), False),
        ((("Keys", "GPSCoordinates", "0 0 0"),), False),
    ],
)
def test_only_a_whole_and_plausible_position_is_called_exact(fields, exact: bool) -> None:
    (finding,) = report(*fields).findings
    assert (finding.subject, finding.exact) == (PrivacySubject.PLACE, exact)
    assert finding.fields == tuple(f"{group}:{name}" for group, name, _ in fields)
    assert ("exact position" in finding.statement) is exact


@pytest.mark.parametrize(
    ("value", "exact"),
    [
        ("iPhone 13 Pro", False),
        ("Mac OS X 10.9.5", False),
        ("X-T5", False),
        ("iPhone von Anna", True),
        ("Annas-MacBook.local", True),
    ],
)
def test_a_host_named_by_its_product_is_not_the_one_device(value: str, exact: bool) -> None:
    found = report(("IFD0", "Model", "X-T5"), ("IFD0", "HostComputer", value)).findings
    (finding,) = (one for one in found if "IFD0:HostComputer" in one.fields)
    assert (finding.subject, finding.exact) == (PrivacySubject.DEVICE, exact)


def test_a_broken_position_still_goes_from_a_copy() -> None:
    broken = Field("", Standard.EXIF, "GPS", "", "GPSLatitude", "", 4294967295, "4294967295", "", "x")
    assert identified_by(broken) == (PrivacySubject.PLACE, True)
