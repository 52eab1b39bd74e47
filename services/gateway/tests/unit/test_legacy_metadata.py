"""The legacy metadata object, section by section, from results made by hand."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf.struct_pb2 import Value

from metaextract.extractor.v1.extractor_pb2 import Extraction
from metaextract.extractor.v1.result_pb2 import DetectedFormat, EngineRun, ExtractionResult, Field
from metaextract_gateway.adapters.http.legacy.metadata import Access, legacy_metadata

NOW = datetime(2026, 11, 22, 22, 33, 50, 313_761, tzinfo=UTC)
STANDARDS = {
    "IPTC": Field.STANDARD_IPTC,
    "XMP": Field.STANDARD_XMP,
    "ICC": Field.STANDARD_ICC,
    "Canon": Field.STANDARD_MAKERNOTE,
    "Composite": Field.STANDARD_COMPOSITE,
    "PNG": Field.STANDARD_CONTAINER,
    "JFIF": Field.STANDARD_CONTAINER,
    "File": Field.STANDARD_FILE,
    "C2PA": Field.STANDARD_JUMBF,
}


def field(key: str, raw: object, printed: str | None = None) -> Field:
    """`key` is `Group:Name`; the group tells the standard."""
    group, name = key.split(":")
    value = Value()
    if isinstance(raw, list):
        value.list_value.extend(raw)
    elif isinstance(raw, str):
        value.string_value = raw
    else:
        value.number_value = float(raw)  # type: ignore[arg-type]
    standard = STANDARDS.get(group.split("-")[0], Field.STANDARD_EXIF)
    return Field(
        standard=standard, group=group, name=name, raw=value, printed=str(raw) if printed is None else printed
    )


def engine_run(
    name: str, version: str, outcome: EngineRun.Outcome = EngineRun.OUTCOME_SUCCEEDED, cause: str = ""
) -> EngineRun:
    return EngineRun(name=name, version=version, outcome=outcome, cause=cause)


def result(*fields: Field) -> ExtractionResult:
    message = ExtractionResult(fields=fields)
    message.file.file_name, message.file.size_bytes = "a.jpg", 106_185
    message.file.format.name, message.file.format.media_type = "JPEG", "image/jpeg"
    message.file.width_pixels, message.file.height_pixels = 1280, 720
    message.file.hashes.sha256, message.file.hashes.md5 = "a" * 64, "b" * 32
    message.engines.append(engine_run("exiftool", "13.59"))
    message.engines[0].wall.FromMilliseconds(12)
    message.timings.parsing.FromMilliseconds(20)
    return message


def metadata(message: ExtractionResult) -> dict[str, Any]:
    document = legacy_metadata(
        Extraction(result=message),
        client_last_modified_ms=None,
        access=Access(mode="paid"),
        processing_ms=41.5,
        now=NOW,
    )
    json.dumps(document, allow_nan=False)
    return document


def test_the_main_image_wins_over_the_thumbnail() -> None:
    document = metadata(
        result(
            field("IFD1:XResolution", 72),
            field("IFD1:Compression", 6),
            field("IFD1:ThumbnailLength", 937),
            field("ExifIFD:Make", "second"),
            field("IFD0:Make", "first"),
            field("IFD0:XResolution", 300),
        )
    )

    assert document["exif"] == {"Make": "first", "XResolution": 300, "ThumbnailLength": 937}


def test_of_repeated_fields_the_first_one_counts() -> None:
    document = metadata(result(field("IFD0:Make", "one"), field("IFD0:Make", "two")))

    assert document["exif"] == {"Make": "one"}
    assert document["normalized"]["camera_make"] == "one"


def test_the_standards_keep_their_names_and_raw_values() -> None:
    document = metadata(
        result(
            field("IPTC:Keywords", ["a", "b"]),
            field("XMP-dc:Title", "Title"),
            field("Canon:LensType", 61_182, "RF 24mm"),
            field("C2PA:ClaimGenerator", "camera 1"),
        )
    )

    assert document["iptc"] == document["iptc_raw"] == {"Keywords": ["a", "b"]}
    assert document["xmp"] == document["xmp_raw"] == {"XMP-dc:Title": "Title"}
    assert document["makernote"]["raw"] == {"Canon": {"LensType": 61_182}}
    assert document["makernote"]["enriched"]["displayFields"] == [{"label": "Lens Type", "value": "RF 24mm"}]
    assert document["makernote"]["enriched"]["manufacturer"] == "Canon"
    assert document["forensic"]["forensic_c2pa"] == {"C2PA:ClaimGenerator": "camera 1"}
    assert document["registry_summary"]["image"] == {
        "exif": 0, "iptc": 1, "xmp": 1, "mobile": 0, "perceptual_hashes": 0, "makernote": 1,
    }  # fmt: skip


def test_without_maker_notes_none_are_reported() -> None:
    document = metadata(result(field("IFD0:Model", "X1")))

    assert document["registry_summary"]["makerNotes"]["present"] is False
    assert document["makernote"]["enriched"]["enrichmentLevel"] == "none"
    assert document["iptc"] is None
    assert document["xmp"] is None


@pytest.mark.parametrize(
    ("latitude", "longitude", "link"),
    [
        (-75.7466611111111, -109.054436111111, "-75.7466611111111,-109.054436111111"),
        (0, 0, "0,0"),
        ("0.0123456789012345", 10, "0.0123456789012345,10"),
        (0.00001, -0.5, "0.00001,-0.5"),
    ],
)
def test_the_position_has_its_hemispheres_and_zero_is_a_value(
    latitude: object, longitude: object, link: str
) -> None:
    document = metadata(
        result(
            field("GPS:GPSLatitude", 1),
            field("Composite:GPSLatitude", latitude),
            field("Composite:GPSLongitude", longitude),
        )
    )

    assert document["gps"] == {
        "latitude": float(str(latitude)),
        "longitude": float(str(longitude)),
        "google_maps_url": f"https://maps.google.com/?q={link}",
    }
    assert document["calculated"]["location_embedded"] is True


def test_without_composites_the_reference_tags_give_the_signs_or_there_are_none() -> None:
    bare = [field("GPS:GPSLatitude", 22.5), field("GPS:GPSLongitude", 43.25)]
    signs = [field("GPS:GPSLatitudeRef", "S"), field("GPS:GPSLongitudeRef", "W")]

    signed = metadata(result(*bare, *signs))["gps"]
    unknown = metadata(result(*bare, field("Composite:GPSPosition", "22.5 43.25")))["gps"]

    assert (signed["latitude"], signed["longitude"]) == (-22.5, -43.25)
    assert unknown == {
        "latitude": 22.5, "longitude": 43.25, "google_maps_url": None, "hemispheres_known": False,
    }  # fmt: skip


@pytest.mark.parametrize(("latitude", "longitude"), [(91, 0), (0, 181), ("nan", 0), ("north", 0), ("inf", 1)])
def test_what_is_no_position_is_none(latitude: object, longitude: object) -> None:
    document = metadata(
        result(field("Composite:GPSLatitude", latitude), field("Composite:GPSLongitude", longitude))
    )

    assert document["gps"] is None


def test_quality_is_null_where_it_is_not_measured() -> None:
    document = metadata(result())

    unmeasured = (
        "confidence_score", "extraction_completeness", "processing_efficiency", "format_support_level",
    )  # fmt: skip
    assert {document["quality_metrics"][name] for name in unmeasured} == {None}
    assert document["processing_insights"]["memory_usage_mb"] is None
    assert document["processing_insights"]["processing_time_ms"] == 41.5
    assert document["extraction_info"]["performance_summary"]["overhead_time_ms"] == 8


def test_measured_memory_is_told_in_megabytes() -> None:
    message = result()
    message.timings.memory_peak_bytes = 45_200_000

    assert metadata(message)["processing_insights"]["memory_usage_mb"] == 45.2


def test_only_engines_that_ran_are_reported() -> None:
    message = result()
    info = metadata(message)["extraction_info"]
    message.ClearField("engines")
    without = metadata(message)

    assert {name for name, ran in info["libraries"].items() if ran} == {"exiftool"}
    assert info["engines"] == [
        {"name": "exiftool", "version": "13.59", "outcome": "succeeded", "cause": None}
    ]
    assert without["extraction_info"]["exiftool_used"] is False
    assert without["quality_metrics"]["enhanced_extraction"] is False


def test_a_name_of_another_format_is_told_with_what_the_content_shows() -> None:
    message = result()
    message.file.format.CopyFrom(
        DetectedFormat(
            name="PNG",
            media_type="image/png",
            basis=DetectedFormat.BASIS_SIGNATURE,
            declared_media_type="image/jpeg",
            declared_extension="jpg",
        )
    )

    assert metadata(message)["extraction_info"]["detected_format"] == {
        "name": "PNG",
        "media_type": "image/png",
        "basis": "signature",
        "declared_media_type": "image/jpeg",
        "declared_extension": "jpg",
    }


def test_every_further_field_is_counted_once_for_each_item() -> None:
    before = metadata(result(field("IFD0:Make", "M")))["fields_extracted"]
    after = metadata(result(field("IFD0:Make", "M"), field("XMP-dc:Type", ["a", "b"])))

    assert after["fields_extracted"] == before + 2
    assert after["fields_extracted"] == after["processing_insights"]["total_fields_extracted"]


@pytest.mark.parametrize(
    ("fields", "known"),
    [
        ([field("File:BitsPerSample", 8), field("File:ColorComponents", 3)], {"bits_per_pixel": 24}),
        ([field("IFD0:BitsPerSample", "24 24 24")], {"bits_per_pixel": None}),
        (
            [
                field("JFIF:ResolutionUnit", 2, "cm"),
                field("JFIF:XResolution", 100),
                field("JFIF:YResolution", 100),
            ],
            {"dpi": ["254.0", "254.0"]},
        ),
        ([field("ICC_Profile:ProfileDescription", "sRGB")], {"icc_profile": "no"}),
    ],
)
def test_the_pixels_are_described_as_far_as_the_file_does(fields: list[Field], known: dict[str, Any]) -> None:
    described = metadata(result(*fields))["image"]

    assert {key: described[key] for key in known} == known
    assert described.keys() == {
        "width", "height", "format", "mode", "dpi", "bits_per_pixel", "color_palette", "animation",
        "frames", "icc_profile", "is_animated", "n_frames", "has_icc_profile", "has_transparency",
        "icc_profile_details",
    }  # fmt: skip


def test_a_hostile_type_of_value_does_no_harm() -> None:
    keys = (
        "PNG:BitDepth", "PNG:ColorType", "IFD0:BitsPerSample", "ExifIFD:ISO", "ExifIFD:FNumber", "IPTC:City",
        "ExifIFD:Flash", "Composite:GPSLatitude", "Composite:GPSPosition", "IFD1:ImageWidth",
        "JFIF:XResolution", "ExifIFD:DateTimeOriginal", "XMP-dc:Creator", "PNG:AnimationFrames",
    )  # fmt: skip
    hostile: list[Callable[[str], Field]] = [
        lambda key: field(key, ["x", 1.0, True]),
        lambda key: field(key, "x" * 70_000),
        lambda key: field(key, float("nan")),
        lambda key: field(key, float("inf")),
        lambda key: field(key, 1e308),
        lambda key: field(key, -0.0),
    ]
    for make in hostile:
        assert metadata(result(*map(make, keys)))["gps"] is None


def test_access_is_told_as_it_was() -> None:
    access = Access(mode=None, trial_email_present=True, credits_charged=4, credits_required=5)
    document = legacy_metadata(
        Extraction(result=result()), client_last_modified_ms=None, access=access, processing_ms=1, now=NOW
    )

    assert document["access"] == {
        "trial_email_present": True, "trial_granted": False, "credits_charged": 4, "credits_required": 5,
    }  # fmt: skip
    assert document["tier"] == "professional"
    assert Access(mode="device_free", free_used=0).section()["free_used"] == 0
