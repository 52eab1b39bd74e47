"""The levels of format support, and the quality as a whole."""

import json
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from metaextract_extractor.domain.formats import BY_NAME
from metaextract_extractor.domain.quality import Quality, SupportLevel
from metaextract_extractor.domain.result import Field, Standard
from metaextract_extractor.reading.evidence import Evidence, Report, Subject
from metaextract_extractor.reading.quality.assess import assess
from metaextract_extractor.reading.quality.efficiency import Cost
from metaextract_extractor.reading.quality.support import level_of, support
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk


@pytest.mark.parametrize(
    ("recall", "exact", "dimensions", "crashes", "level"),
    [
        (0.99, 0.98, 1.0, 0, SupportLevel.COMPREHENSIVE),
        (0.99, 0.98, 1.0, None, SupportLevel.ADVANCED),
        (0.99, 0.98, 1.0, 1, SupportLevel.ADVANCED),
        (0.99, 0.97, 1.0, 0, SupportLevel.ADVANCED),
        (0.89, 0.99, 0.95, 0, SupportLevel.BASIC),
        (0.89, 0.99, 0.5, 0, SupportLevel.LIMITED),
        (None, None, 1.0, 0, SupportLevel.BASIC),
        (None, None, 0.0, 0, SupportLevel.LIMITED),
    ],
)
def test_levels_follow_from_figures(
    recall: float | None, exact: float | None, dimensions: float, crashes: int | None, level: SupportLevel
) -> None:
    assert level_of(recall, exact, dimensions, crashes_count=crashes) is level


def test_a_format_that_was_never_tried_says_so() -> None:
    never = support("NEVER SEEN")
    assert (never.level, never.files_count, never.recall) == (SupportLevel.LIMITED, 0, None)


def test_levels_in_the_file_follow_from_its_own_figures() -> None:
    text = resources.files("metaextract_extractor.reading.quality").joinpath("support.json").read_text()
    formats = json.loads(text)["formats"]
    assert len(formats) > 20
    for name, row in formats.items():
        assert name in BY_NAME
        told = support(name)
        assert told.files_count == row["files_count"] > 0
        assert (told.level is SupportLevel.COMPREHENSIVE) <= (row["crashes_count"] == 0)


@pytest.mark.parametrize(
    "name", ["PPM", "PBM", "PGM", "TGA", "DDS", "ICNS", "J2C", "HDR", "EXR", "FITS", "SVGZ"]
)
def test_a_format_without_samples_that_is_identified_and_measured_is_at_least_basic(name: str) -> None:
    assert support(name).level is not SupportLevel.LIMITED
    assert support(name).files_count > 0


def test_without_the_primary_engine_the_level_is_not_the_one_measured_with_it() -> None:
    read = evidence()
    whole = assess(read, Cost(), format_name="JPEG").format_support
    without = assess(read, Cost(), format_name="JPEG", without_primary=True).format_support
    assert whole.level in {SupportLevel.COMPREHENSIVE, SupportLevel.ADVANCED}
    assert (without.level, without.recall, without.exact) == (SupportLevel.BASIC, None, None)
    assert without.files_count == whole.files_count
    never = assess(read, Cost(), format_name="NRW", without_primary=True).format_support
    assert never.level is SupportLevel.LIMITED


JSON = TypeAdapter(Quality)
KEYS = [
    "ExifIFD:DateTimeOriginal",
    "ExifIFD:OffsetTimeOriginal",
    "ExifIFD:CreateDate",
    "IFD0:ModifyDate",
    "GPS:GPSLatitude",
    "GPS:GPSLongitude",
    "GPS:GPSDateStamp",
    "GPS:GPSTimeStamp",
    "ExifIFD:ExifImageWidth",
    "ExifIFD:ExifImageHeight",
    "ExifIFD:ShutterSpeedValue",
    "IPTC:DateCreated",
    "IPTC:Keywords",
    "XMP-dc:Subject",
    "XMP-photoshop:DateCreated",
    "ExifTool:Warning",
    "ExifTool:UnknownTags",
]
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(["0000:00:00 00:00:00", "9999:12:31 23:59:59", "1e999", "Bad 1 directory"])
    | st.just(" " * 5000 + "x")
)


@st.composite
def anything(draw: st.DrawFn, engine: str) -> Field:
    group, name = draw(st.sampled_from(KEYS)).split(":")
    raw = draw(scalars | st.lists(scalars, max_size=4))
    return Field(
        draw(st.sampled_from(["", "JPEG-APP1-IFD0", "-"])),
        draw(st.sampled_from(Standard)),
        group,
        "",
        name,
        "",
        raw,
        draw(st.text(max_size=20)),
        "",
        engine,
    )


@given(
    st.lists(anything("exiftool"), max_size=12),
    st.lists(anything("pillow"), max_size=12),
    st.datetimes(timezones=st.just(UTC)),
)
def test_whatever_a_file_says_its_quality_can_be_told(
    fields: list[Field], others: list[Field], now: datetime
) -> None:
    subject = Subject(Path(), View.unpacked(b""), "JPEG", "jpg")
    read = Evidence(subject, Walk(), fields, {"pillow": Report(tuple(others))})
    quality = assess(read, Cost(), format_name="JPEG", now=now)
    assert JSON.dump_json(quality)
    for share in (quality.confidence.score, quality.completeness.score, quality.confidence.witnessed):
        assert share is None or 0 <= share <= 1


def evidence() -> Evidence:
    unknown = Field(
        "", Standard.FILE, "ExifTool", "Other", "UnknownTags", "", "A::Main 1", "A::Main 1", "", "exiftool"
    )
    make = Field("", Standard.EXIF, "IFD0", "Camera", "Make", "271", "Canon", "Canon", "string", "exiftool")
    return Evidence(Subject(Path(), View.unpacked(b""), "JPEG", "jpg"), Walk(), [make, unknown])


def test_the_whole_quality_travels_as_json() -> None:
    quality = assess(evidence(), Cost(), format_name="JPEG")
    assert JSON.validate_json(JSON.dump_json(quality)) == quality


def test_what_the_engine_does_not_know_is_counted_and_is_no_field_of_the_result() -> None:
    read = evidence()
    quality = assess(read, Cost(), format_name="JPEG")
    assert [field.name for field in read.fields] == ["Make"]
    assert quality.completeness.unknown_tags == ("A::Main 1",)
    assert quality.confidence.fields_count == 1
