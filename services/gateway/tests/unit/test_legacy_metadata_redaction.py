"""What the access modes hide: a canary in a hidden field is nowhere in the answer."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf.struct_pb2 import Value
from hypothesis import given
from hypothesis import strategies as st

from metaextract.extractor.v1.extractor_pb2 import Extraction
from metaextract.extractor.v1.result_pb2 import ExtractionResult, Field
from metaextract_gateway.adapters.http.legacy.metadata import Access, Mode, legacy_metadata

NOW = datetime(2026, 11, 22, 22, 33, 50, tzinfo=UTC)
CANARY = "canary-7f3a"
COORDINATE = 51.4778912345
HASH = "c0ffee" * 10

EXIF, IPTC, XMP = Field.STANDARD_EXIF, Field.STANDARD_IPTC, Field.STANDARD_XMP
MAKERNOTE, JUMBF = Field.STANDARD_MAKERNOTE, Field.STANDARD_JUMBF
PRIVATE = [
    (EXIF, "GPS", "GPSLatitude"),
    (EXIF, "GPS", "GPSDestLongitude"),
    (EXIF, "GPS", "GPSAreaInformation"),
    (EXIF, "ExifIFD", "SerialNumber"),
    (EXIF, "ExifIFD", "LensSerialNumber"),
    (EXIF, "ExifIFD", "OwnerName"),
    (EXIF, "IFD0", "CameraSerialNumber"),
    (EXIF, "IFD0", "HostComputer"),
    (EXIF, "IFD0", "ModelTiePoint"),
    (IPTC, "IPTC", "Sub-location"),
    (IPTC, "IPTC", "Contact"),
    (IPTC, "IPTC", "ContentLocationName"),
    (XMP, "XMP-exif", "GPSLatitude"),
    (XMP, "XMP-exif", "GPSLongitude"),
    (XMP, "XMP-drone-dji", "GpsLongtitude"),
    (XMP, "XMP-drone-dji", "DroneSerialNumber"),
    (XMP, "XMP-iptcCore", "Location"),
    (XMP, "XMP-iptcCore", "CreatorWorkEmail"),
    (XMP, "XMP-iptcCore", "CreatorAddress"),
    (XMP, "XMP-iptcCore", "CreatorCity"),
    (XMP, "XMP-iptcCore", "CiAdrPcode"),
    (XMP, "XMP-iptcExt", "LocationCreatedSublocation"),
    (XMP, "XMP-iptcExt", "LocationShownGPSLatitude"),
    (XMP, "XMP-iptcExt", "LocationShownLocationName"),
    (XMP, "XMP-aux", "SerialNumber"),
    (XMP, "XMP-aux", "OwnerName"),
    (XMP, "XMP-xmpRights", "Owner"),
    (XMP, "XMP-plus", "LicensorTelephone1"),
    (MAKERNOTE, "Canon", "InternalSerialNumber"),
    (MAKERNOTE, "Canon", "OwnerName"),
    (MAKERNOTE, "Nikon", "SerialNumber"),
    (MAKERNOTE, "Panasonic", "Landmark"),
    (MAKERNOTE, "DJI", "GPSCoordinates"),
    (JUMBF, "C2PA", "ExifGPSLatitude"),
]
HARMLESS = [
    (EXIF, "IFD0", "Artist"),
    (EXIF, "IFD0", "ImageDescription"),
    (EXIF, "ExifIFD", "UserComment"),
    (IPTC, "IPTC", "By-line"),
    (IPTC, "IPTC", "City"),
    (XMP, "XMP-dc", "Title"),
    (XMP, "XMP-dc", "Creator"),
    (XMP, "XMP-dc", "Subject"),
    (XMP, "XMP-photoshop", "Headline"),
    (MAKERNOTE, "Canon", "LensType"),
    (JUMBF, "C2PA", "ClaimGenerator"),
]
LOCKED_ON_TRIAL = [
    one for one in (*PRIVATE, *HARMLESS) if one[0] in (IPTC, XMP, MAKERNOTE, JUMBF) or one[1] == "GPS"
] + [(EXIF, "ExifIFD", "DateTimeOriginal"), (EXIF, "IFD0", "Artist"), (EXIF, "IFD1", "ThumbnailImage")]

words = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=12)
wrapped = st.builds(lambda before, after: f"{before}{CANARY}{after}", words, words)


def field(key: tuple[Any, str, str], raw: object, category: str = "Other") -> Field:
    standard, group, name = key
    value = Value()
    if isinstance(raw, list):
        value.list_value.extend(raw)
    elif isinstance(raw, str):
        value.string_value = raw
    else:
        value.number_value = float(raw)  # type: ignore[arg-type]
    return Field(standard=standard, group=group, name=name, category=category, raw=value, printed=str(raw))


def result(fields: list[Field]) -> ExtractionResult:
    message = ExtractionResult(fields=fields)
    message.file.file_name, message.file.size_bytes = "a.jpg", 1234
    message.file.format.name, message.file.format.media_type = "JPEG", "image/jpeg"
    message.file.width_pixels, message.file.height_pixels = 4000, 3000
    message.file.hashes.sha256 = message.file.hashes.sha1 = message.file.hashes.md5 = HASH
    message.file.hashes.crc32 = HASH[:8]
    return message


def metadata(message: ExtractionResult, mode: Mode | None) -> dict[str, Any]:
    return legacy_metadata(
        Extraction(result=message),
        client_last_modified_ms=None,
        access=Access(mode=mode),
        processing_ms=1.0,
        now=NOW,
    )


def text(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, allow_nan=False)


private_fields = st.builds(
    lambda key, value, as_list: field(key, [value, "x"] if as_list else value),
    st.sampled_from(PRIVATE),
    wrapped,
    st.booleans(),
)
location_fields = st.builds(
    lambda standard, name, value: field((standard, "Somewhere", name), value, "Location"),
    st.sampled_from([EXIF, IPTC, XMP, MAKERNOTE, JUMBF]),
    st.from_regex(r"[A-Z][a-z]{2,8}Place", fullmatch=True),
    wrapped,
)
harmless_fields = st.builds(field, st.sampled_from(HARMLESS), words)


@given(st.lists(private_fields | location_fields | harmless_fields, max_size=12))
def test_a_free_check_shows_no_place_serial_owner_or_contact(fields: list[Field]) -> None:
    assert CANARY not in text(metadata(result(fields), "device_free"))


@given(st.lists(st.builds(field, st.sampled_from(LOCKED_ON_TRIAL), wrapped) | private_fields, max_size=12))
def test_a_limited_report_shows_nothing_of_what_it_calls_locked(fields: list[Field]) -> None:
    shown = text(metadata(result(fields), "trial_limited"))

    assert CANARY not in shown
    assert HASH[:8] not in shown


@given(st.lists(private_fields | harmless_fields, min_size=1, max_size=12))
@pytest.mark.parametrize("mode", ["paid", None])
def test_who_pays_and_who_develops_sees_everything(mode: Mode | None, fields: list[Field]) -> None:
    document = metadata(result(fields), mode)

    shown = text(document)
    assert all(json.dumps(one.name)[1:-1] in shown for one in fields)
    assert document["locked_fields"] == []
    assert "_trial_limited" not in document


@given(
    st.floats(-90, 90).filter(lambda degrees: len(f"{degrees % 1:.9f}".rstrip("0")) > 7),
    st.floats(-180, 180).filter(lambda degrees: len(f"{degrees % 1:.9f}".rstrip("0")) > 7),
)
def test_a_free_check_tells_the_position_to_two_decimals(latitude: float, longitude: float) -> None:
    composite = Field.STANDARD_COMPOSITE
    fields = [
        field((EXIF, "GPS", "GPSLatitude"), abs(latitude)),
        field((XMP, "XMP-exif", "GPSLatitude"), latitude),
        field((composite, "Composite", "GPSLatitude"), latitude),
        field((composite, "Composite", "GPSLongitude"), longitude),
        field((composite, "Composite", "GPSPosition"), f"{latitude} {longitude}"),
    ]

    document = metadata(result(fields), "device_free")

    assert document["gps"] == {"latitude": round(latitude, 2), "longitude": round(longitude, 2)}
    assert document["calculated"]["location_embedded"] is True
    shown = text(document)
    assert not any(str(abs(degrees)) in shown for degrees in (latitude, longitude))


@pytest.mark.parametrize("key", HARMLESS)
def test_a_copy_of_an_owners_name_is_hidden_as_well(key: tuple[Any, str, str]) -> None:
    owner = field((EXIF, "ExifIFD", "OwnerName"), CANARY.upper())
    copy = field(key, f"(c) 2020 {CANARY}")

    assert CANARY not in text(metadata(result([owner, copy]), "device_free"))
    assert CANARY in text(metadata(result([copy]), "device_free"))


@pytest.mark.parametrize("key", HARMLESS)
def test_an_address_for_email_is_hidden_wherever_it_stands(key: tuple[Any, str, str]) -> None:
    address = f"by {CANARY}.jones@mail.example.org (c)"
    document = metadata(result([field(key, address), field(key, "somebody@1.2")]), "device_free")

    assert CANARY not in text(document)
    assert "somebody@1.2" in text(document)  # no host has such a name


def test_a_caption_that_quotes_the_position_is_hidden() -> None:
    composite = Field.STANDARD_COMPOSITE
    fields = [
        field((composite, "Composite", "GPSLatitude"), COORDINATE),
        field((composite, "Composite", "GPSLongitude"), -0.0014567),
        field((EXIF, "IFD0", "ImageDescription"), f"at {COORDINATE},-0.0014567"),
        field((EXIF, "ExifIFD", "ExposureTime"), 0.001),
    ]

    exif = metadata(result(fields), "device_free")["exif"]

    assert exif == {"ExposureTime": 0.001}


def test_short_and_uniform_serial_numbers_do_not_hide_other_fields() -> None:
    serials = [
        field((EXIF, "ExifIFD", "SerialNumber"), "0000000"),
        field((EXIF, "ExifIFD", "OwnerName"), "Ada"),
    ]
    others = [field((XMP, "XMP-dc", "Title"), "Ada in 0000000"), field((EXIF, "IFD0", "Make"), "Canada")]

    document = metadata(result([*serials, *others]), "device_free")

    assert document["normalized"]["title"] == "Ada in 0000000"
    assert document["exif"] == {"Make": "Canada"}


def test_a_free_check_keeps_what_is_not_private() -> None:
    names = (
        "Make", "ISO", "DateTimeOriginal", "SubjectLocation", "CreatorTool", "DynamicRangeOptimizer",
    )  # fmt: skip
    fields = [field((EXIF, "ExifIFD", name), "5") for name in names]
    coarse = [
        field((XMP, "XMP-iptcExt", "LocationCreatedCity"), "Trondheim", "Location"),
        field((XMP, "XMP-iptcCore", "CreatorCity"), "Trondheim"),
        field((IPTC, "IPTC", "Country-PrimaryLocationName"), "Norway", "Location"),
    ]

    document = metadata(result([*fields, *coarse]), "device_free")

    assert set(document["exif"]) == set(names)
    assert document["iptc"] == {"Country-PrimaryLocationName": "Norway"}
    assert document["xmp"] == {"XMP-iptcExt:LocationCreatedCity": "Trondheim"}
    assert document["locked_fields"] == ["gps", "extended_attributes"]
    assert "owner" not in document["filesystem"]
    assert set(document["perceptual_hashes"]) == {"phash", "dhash", "ahash", "whash"}
    assert document["file_integrity"]["sha256"] == HASH


def test_a_model_name_in_the_place_of_an_owner_stays_a_model_name() -> None:
    fields = [
        field((EXIF, "IFD0", "HostComputer"), "Acme Phone 12"),
        field((EXIF, "IFD0", "Model"), "Acme Phone 12"),
        field((MAKERNOTE, "Canon", "OwnerName"), "Unknown"),
        field((EXIF, "IFD0", "Artist"), "unknown"),
    ]

    exif = metadata(result(fields), "device_free")["exif"]

    assert exif == {"Model": "Acme Phone 12", "Artist": "unknown"}


def test_the_position_zero_hides_no_other_numbers() -> None:
    composite = Field.STANDARD_COMPOSITE
    fields = [field((composite, "Composite", f"GPS{name}"), 0) for name in ("Latitude", "Longitude")]
    exposure = field((EXIF, "ExifIFD", "ExposureTime"), 0.0005)

    document = metadata(result([*fields, exposure]), "device_free")

    assert document["gps"] == {"latitude": 0, "longitude": 0}
    assert document["exif"] == {"ExposureTime": 0.0005}


def test_counts_are_those_of_the_whole_reading_in_every_mode() -> None:
    fields = [field(key, f"value {index}") for index, key in enumerate((*PRIVATE, *HARMLESS))]
    modes: tuple[Mode | None, ...] = (None, "paid", "device_free", "trial_limited")
    documents = [metadata(result(fields), mode) for mode in modes]

    assert len({document["fields_extracted"] for document in documents}) == 1
    counts = [document["registry_summary"]["image"] for document in documents]
    assert counts == [counts[0]] * len(counts)
    assert counts[0]["makernote"] == 6
    assert all(document["registry_summary"]["makerNotes"]["present"] for document in documents)


def test_a_limited_report_keeps_the_shape_and_the_picture() -> None:
    fields = [field((EXIF, "IFD0", "Make"), "Acme"), field((EXIF, "ExifIFD", "ISO"), 100)]
    paid, trial = metadata(result(fields), "paid"), metadata(result(fields), "trial_limited")

    assert set(trial) - set(paid) == {"_trial_limited"}
    assert trial["_trial_limited"] is True
    assert trial["tier"] == "free"
    assert trial["exif"] == {}
    assert trial["image"] == paid["image"]
    assert trial["normalized"] == {
        "camera_make": "Acme", "image_quality": "JPEG", "searchable_text": "Acme",
    }  # fmt: skip
    sections = ("filesystem", "file_integrity", "calculated", "thumbnail", "perceptual_hashes")
    for section in sections:
        assert set(trial[section]) == set(paid[section])
        assert set(trial[section].values()) == {None}
    assert not any(trial["forensic"].values())
    assert not any(trial["makernote"]["enriched"].values())


def test_equal_copies_are_hidden_however_many_values_are() -> None:
    owners = [field((XMP, "XMP-plus", f"CopyrightOwnerName{n}"), f"owner number {n}") for n in range(3_000)]
    copies = [field((XMP, "XMP-dc", f"Text{n}"), f"owner number {n}") for n in range(3_000)]

    assert metadata(result([*owners, *copies]), "device_free")["xmp"] is None
