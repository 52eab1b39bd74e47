"""The quality of the file itself: conformance, consistency, plausibility, and what to do about it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from metaextract_extractor.domain.quality import (
    Completeness,
    Confidence,
    Conflict,
    FormatSupport,
    Gap,
    ReadValue,
    Severity,
    SupportLevel,
)
from metaextract_extractor.domain.result import Field, Standard, Why
from metaextract_extractor.reading.evidence import Evidence, Subject
from metaextract_extractor.reading.quality.completeness import assess_completeness
from metaextract_extractor.reading.quality.conformance import assess_conformance
from metaextract_extractor.reading.quality.consistency import assess_consistency
from metaextract_extractor.reading.quality.plausibility import assess_plausibility
from metaextract_extractor.reading.quality.recommendations import recommend
from metaextract_extractor.reading.view import BytesSource, View
from metaextract_extractor.reading.walk import Walk

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
SURE = Confidence(None, None, None, 0, 0, 0, 0, (), (), "test")
GOOD = FormatSupport("JPEG", SupportLevel.ADVANCED, 3, 1.0, 1.0, None, None, "2026-05-01", ())
PATHS = {"IFD0": "JPEG-APP1-IFD0", "ExifIFD": "JPEG-APP1-IFD0-ExifIFD", "GPS": "JPEG-APP1-IFD0-GPS"}
STANDARDS = {"IPTC": Standard.IPTC, "ExifTool": Standard.FILE, "File": Standard.FILE}


def field(key: str, raw: Any, printed: str | None = None) -> Field:
    group, name = key.split(":")
    standard = Standard.XMP if group.startswith("XMP") else STANDARDS.get(group, Standard.EXIF)
    return Field(
        path=PATHS.get(group, ""),
        standard=standard,
        group=group,
        category="",
        name=name,
        tag_id="",
        raw=raw,
        printed=str(raw) if printed is None else printed,
        type="",
        engine="exiftool",
    )


def evidence(fields: dict[str, Any] | None = None, walk: Walk | None = None) -> Evidence:
    subject = Subject(Path(), View.of(BytesSource(b"\x01" * 100)), "JPEG", "jpg")
    return Evidence(subject, walk or Walk(), [field(key, raw) for key, raw in (fields or {}).items()])


def advised(read: Evidence, *, now: datetime | None = NOW, confidence: Confidence = SURE) -> list[str]:
    return [
        one.action
        for one in recommend(
            confidence,
            assess_completeness(read),
            assess_conformance(read),
            assess_consistency(read),
            assess_plausibility(read, now=now),
            GOOD,
        )
    ]


SOUND = {
    "IFD0:XResolution": 72,
    "IFD0:YResolution": 72,
    "IFD0:ResolutionUnit": 2,
    "IFD0:YCbCrPositioning": 1,
    "IFD0:ModifyDate": "2021:03:04 05:06:07",
    "ExifIFD:ExifVersion": "0232",
    "ExifIFD:DateTimeOriginal": "2021:03:04 05:06:07",
    "ExifIFD:CreateDate": "2021:03:04 05:06:07",
    "ExifIFD:OffsetTimeOriginal": "+01:00",
    "ExifIFD:ComponentsConfiguration": "1 2 3 0",
    "ExifIFD:ColorSpace": 1,
    "ExifIFD:ExifImageWidth": 400,
    "ExifIFD:ExifImageHeight": 300,
    "File:ImageWidth": 400,
    "File:ImageHeight": 300,
    "GPS:GPSVersionID": "2 3 0 0",
    "GPS:GPSLatitude": 48.1,
    "GPS:GPSLatitudeRef": "N",
    "GPS:GPSLongitude": 11.5,
    "GPS:GPSLongitudeRef": "E",
    "GPS:GPSDateStamp": "2021:03:04",
    "GPS:GPSTimeStamp": "04:06:07",
    "XMP-photoshop:DateCreated": "2021:03:04 05:06:07",
    "XMP-dc:Creator": ["Ann", "Bob"],
    "IFD0:Artist": "Ann; Bob",
}


def test_of_a_sound_file_nothing_is_said() -> None:
    read = evidence(SOUND)
    assert assess_conformance(read).findings == ()
    assert assess_consistency(read).findings == ()
    plausibility = assess_plausibility(read, now=NOW)
    assert plausibility.findings == ()
    assert len(plausibility.checked) == 7
    assert advised(read) == []


def test_of_a_file_without_metadata_nothing_is_checked() -> None:
    read = evidence()
    assert assess_plausibility(read, now=NOW).checked == ()
    assert assess_consistency(read).facts_count == 0
    assert advised(read) == []


@pytest.mark.parametrize(
    ("name", "message", "severity", "statement"),
    [
        ("Warning", "[minor] Odd offset", Severity.MINOR, "Odd offset"),
        ("Warning", "Bad IFD1 directory", Severity.WARNING, "Bad IFD1 directory"),
        ("Error", "File format error", Severity.ERROR, "File format error"),
    ],
)
def test_what_the_engine_complains_of_has_its_severity(
    name: str, message: str, severity: Severity, statement: str
) -> None:
    (finding,) = assess_conformance(evidence({f"ExifTool:{name}": message})).findings
    assert (finding.severity, finding.statement) == (severity, statement)


def test_what_the_engine_complains_of_is_a_sentence_before_the_advice() -> None:
    (action,) = advised(evidence({"ExifTool:Error": "File format error"}))
    assert action == (
        "File format error. "
        "Open the file in another program; if that fails too, get it from its source again."
    )
    (action,) = advised(evidence({"ExifTool:Error": "Truncated mdat atom!"}))
    assert action.startswith("Truncated mdat atom! Open the file")


def test_a_type_that_only_the_engine_does_not_know_is_no_trouble_of_the_file() -> None:
    read = evidence({"ExifTool:Error": "Unknown file type"})
    assert assess_conformance(read).findings == ()
    assert advised(read) == []


def test_tags_that_a_jpeg_must_have_are_missed_where_their_directory_exists() -> None:
    lacking = {
        key: raw for key, raw in SOUND.items() if key != "ExifIFD:ExifVersion" and not key.startswith("GPS")
    }
    (finding,) = assess_conformance(evidence(lacking)).findings
    assert finding.rule == "MANDATORY_TAG_MISSING"
    assert finding.evidence == ("ExifIFD:ExifVersion",)
    assert "Exif 3.0" in finding.standard


@pytest.mark.parametrize(
    ("key", "raw", "rule"),
    [
        ("IFD0:ImageWidth", 400, "TAG_NOT_FOR_JPEG"),
        ("ExifIFD:CreateDate", "2021-03-04T05:06:07", "DATE_FORMAT"),
        ("ExifIFD:CreateDate", "04.03.2021", "DATE_FORMAT"),
        ("IFD0:Orientation", "Unknown (17)", "VALUE_NOT_DEFINED"),
    ],
)
def test_a_breach_of_exif_is_found(key: str, raw: Any, rule: str) -> None:
    assert [one.rule for one in assess_conformance(evidence({**SOUND, key: raw})).findings] == [rule]


def test_an_unknown_date_may_be_blank() -> None:
    read = evidence({**SOUND, "ExifIFD:CreateDate": "    :  :     :  :  "})
    assert assess_conformance(read).findings == ()


def test_a_file_that_ends_early_says_where() -> None:
    walk = Walk()
    walk.not_read("JPEG-SOS", View.of(BytesSource(b"\x01" * 200)).part(100, 60), Why.MISSING)
    read = evidence(walk=walk)
    (finding,) = assess_conformance(read).findings
    assert finding.rule == "TRUNCATED"
    assert finding.severity is Severity.ERROR
    assert advised(read) == [
        "The file ends at byte 100, and its structure goes on to byte 160 at least. "
        "Upload the file again, whole."
    ]


def test_damage_is_told_once_for_each_container() -> None:
    walk = Walk()
    for start in (10, 40):
        walk.not_read("JPEG-APP1", View.of(BytesSource(b"\x01" * 100)).part(start, 5), Why.DAMAGED)
    (finding,) = assess_conformance(evidence(walk=walk)).findings
    assert finding.statement == "10 bytes from byte 10 on contradict the format of JPEG-APP1."
    assert finding.severity is Severity.MINOR
    assert advised(evidence(walk=walk)) == []


def test_of_larger_damage_something_is_advised() -> None:
    walk = Walk()
    walk.not_read("JPEG-APP1", View.of(BytesSource(b"\x01" * 100)).part(10, 80), Why.DAMAGED)
    (action,) = advised(evidence(walk=walk))
    assert action.startswith("80 bytes from byte 10 on contradict the format of JPEG-APP1.")


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"XMP-dc:Creator": ["Ann", "Eve"]}, "MWG_CREATOR"),
        ({"XMP-photoshop:DateCreated": "2021:03:04 07:06:07"}, "MWG_ORIGINAL_TIME"),
        ({"IFD0:Copyright": "Ann", "IPTC:CopyrightNotice": "Bob"}, "MWG_COPYRIGHT"),
        ({"IPTC:Keywords": ["a", "b"], "XMP-dc:Subject": ["a"]}, "MWG_KEYWORDS"),
        ({"IFD0:Orientation": 1, "XMP-tiff:Orientation": 6}, "MWG_ORIENTATION"),
    ],
)
def test_facts_that_are_told_twice_must_be_told_alike(changed: dict[str, Any], rule: str) -> None:
    consistency = assess_consistency(evidence({**SOUND, **changed}))
    assert [one.rule for one in consistency.findings] == [rule]
    assert consistency.consistent_count == consistency.facts_count - 1


@pytest.mark.parametrize(
    "changed",
    [
        {"XMP-photoshop:DateCreated": "2021:03:04"},
        {"XMP-photoshop:DateCreated": "2021:03:04 05:06:07.50"},
        {"XMP-photoshop:DateCreated": "2021:03:04 05:06"},
        {"IPTC:DateCreated": "2021:03:04", "IPTC:TimeCreated": "05:06:07+01:00"},
        {"IPTC:By-line": "Ann; Bob"},
        {"IPTC:Keywords": ["b", "a"], "XMP-dc:Subject": ["a", "b"]},
        {"IFD0:Copyright": "C " * 90, "IPTC:CopyrightNotice": ("C " * 90)[:128]},
        {"IFD0:ImageDescription": "a  cat ", "XMP-dc:Description": "a cat"},
    ],
)
def test_other_ways_to_tell_the_same_fact_are_no_contradiction(changed: dict[str, Any]) -> None:
    assert assess_consistency(evidence({**SOUND, **changed})).findings == ()


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"ExifIFD:DateTimeOriginal": "2031:01:01 00:00:00"}, "CAPTURE_IN_FUTURE"),
        ({"GPS:GPSLatitude": 91.2}, "POSITION_OUT_OF_RANGE"),
        ({"GPS:GPSLongitude": -180.5}, "POSITION_OUT_OF_RANGE"),
        ({"GPS:GPSLatitude": 0, "GPS:GPSLongitude": 0}, "POSITION_ZERO"),
        ({"GPS:GPSLatitudeRef": ""}, "HEMISPHERE_MISSING"),
        ({"GPS:GPSTimeStamp": "07:06:07"}, "GPS_TIME_AGAINST_OFFSET"),
        ({"GPS:GPSDateStamp": "2021:03:09", "ExifIFD:OffsetTimeOriginal": ""}, "GPS_TIME_AGAINST_CLOCK"),
        ({"ExifIFD:ExifImageWidth": 800}, "DIMENSIONS_DIFFER"),
        ({"IFD0:ModifyDate": "2021:03:03 05:06:07"}, "CHANGED_BEFORE_MADE"),
    ],
)
def test_what_cannot_be_true_is_said_with_its_evidence(changed: dict[str, Any], rule: str) -> None:
    read = evidence({**SOUND, **changed})
    rules = {one.rule: one for one in assess_plausibility(read, now=NOW).findings}
    assert rule in rules
    assert all(":" in key for key in rules[rule].evidence)
    assert any(rules[rule].statement in action for action in advised(read))


@pytest.mark.parametrize(
    "changed",
    [
        {"GPS:GPSLatitude": 0.0},
        {"GPS:GPSLatitude": -90},
        {"GPS:GPSTimeStamp": "4:0:7"},
        {"ExifIFD:OffsetTimeOriginal": ""},
        {"ExifIFD:ExifImageWidth": 300, "ExifIFD:ExifImageHeight": 400},
        {"IFD0:ModifyDate": "2024:03:03 05:06:07"},
        {
            "ExifIFD:DateTimeOriginal": "2026:05:02 01:00:00",
            "ExifIFD:OffsetTimeOriginal": "",
            "GPS:GPSDateStamp": "",
        },
    ],
)
def test_what_can_be_true_is_left_alone(changed: dict[str, Any]) -> None:
    assert assess_plausibility(evidence({**SOUND, **changed}), now=NOW).findings == ()


def test_without_the_time_of_the_upload_the_future_is_not_judged() -> None:
    future = evidence({"ExifIFD:DateTimeOriginal": "2031:01:01 00:00:00"})
    assert assess_plausibility(future).checked == ()


@pytest.mark.parametrize(
    ("size", "is_odd"),
    [((200, 150), False), ((150, 200), False), ((160, 120), False), ((200, 90), True), ((199, 150), False)],
)
def test_a_thumbnail_has_the_shape_of_its_picture(size: tuple[int, int], is_odd: bool) -> None:
    walk = Walk(width_pixels=4000, height_pixels=3000)
    walk.image("thumbnail", "JPEG-APP1-IFD1", View.of(BytesSource(b"\x01" * 100)), *size)
    rules = [one.rule for one in assess_plausibility(evidence(walk=walk), now=NOW).findings]
    assert rules == (["THUMBNAIL_SHAPE"] if is_odd else [])


def test_a_conflict_in_which_nobody_can_be_believed_is_advised_against() -> None:
    values = (ReadValue("exiftool", "1", "1"), ReadValue("pillow", "2", "2"))
    conflicts = (
        Conflict("", "IFD0", "Orientation", 0, values, 0.02),
        Conflict("", "IFD0", "ISO", 0, values, 0.6),
    )
    unsure = Confidence(0.3, 0.02, 1.0, 2, 2, 0, 2, conflicts, ("pillow",), "test")
    assert advised(evidence(), confidence=unsure) == [
        "Do not rely on IFD0:Orientation: exiftool, pillow read different values."
    ]


def test_limits_and_locked_parts_are_told_with_their_size() -> None:
    gaps = (Gap(0, 70, "PNG-zTXt", Why.BUDGET), Gap(90, 5, "A-MakerNotes", Why.ENCRYPTED))
    partly = Completeness(0.5, 0.5, 0.5, 0.5, None, 1.0, 100, 25, None, None, (), 0, 0, 2, gaps)
    nothing = evidence()
    told = recommend(
        SURE,
        partly,
        assess_conformance(nothing),
        assess_consistency(nothing),
        assess_plausibility(nothing),
        FormatSupport("XYZ", SupportLevel.LIMITED, 0, None, None, None, None, "", ()),
    )
    assert [(one.part, one.rule) for one in told] == [
        ("completeness", "BUDGET"),
        ("completeness", "ENCRYPTED"),
        ("format_support", "NOT_MEASURED"),
    ]
    assert "70 bytes" in told[0].action
