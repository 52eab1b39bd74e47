"""What a file gives away."""

from pathlib import Path

import pytest

from metaextract_extractor.domain.privacy import PrivacySubject
from metaextract_extractor.domain.result import Field, Standard
from metaextract_extractor.reading.evidence import Evidence, Subject
from metaextract_extractor.reading.insights.privacy import privacy
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk


def report(*fields: tuple[str, str, str], standard: Standard = Standard.EXIF):
    found = [Field("", standard, group, "", name, "", value, value, "", "x") for group, name, value in fields]
    return privacy(Evidence(Subject(Path("x"), View([]), "JPEG", "jpg"), Walk(), found))


@pytest.mark.parametrize(
    ("group", "name", "subject", "exact"),
    [
        ("GPS", "GPSLatitude", PrivacySubject.PLACE, True),
        ("XMP-exif", "GPSLongitude", PrivacySubject.PLACE, True),
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


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ISO", "100"),
        ("CreatorTool", ""),
        ("OwnerName", "  "),
        ("SerialNumber", "0"),
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
        ("GPS", "GPSLatitude", "1"),
        ("GPS", "GPSLatitude", "1"),
        ("IPTC", "City", "Y"),
    )
    assert [one.exact for one in found.findings] == [True, False, False]
    assert found.fields_count == 3
