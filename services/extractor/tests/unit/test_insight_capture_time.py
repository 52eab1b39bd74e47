"""When the picture was taken: candidates, zones, conflicts and doubts."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaextract_extractor.domain.insights_time import (
    CaptureTime,
    Difference,
    Doubt,
    Event,
    Precision,
    ZoneSource,
)
from metaextract_extractor.domain.result import Field, Standard
from metaextract_extractor.reading.evidence import Evidence, Subject
from metaextract_extractor.reading.insights.capture_time import capture_time
from metaextract_extractor.reading.insights.written_time import read_time, read_zone, zone_text
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BERLIN = (
    ("GPS", "GPSLatitude", 52.5),
    ("GPS", "GPSLatitudeRef", "N"),
    ("GPS", "GPSLongitude", 13.4),
    ("GPS", "GPSLongitudeRef", "E"),
)
TAKEN = ("ExifIFD", "DateTimeOriginal", "2023:07:01 14:00:30")


def times(*fields: tuple[str, str, object]) -> CaptureTime | None:
    found = [
        Field("", Standard.EXIF, group, "", name, "", value, str(value), "", "x")
        for group, name, value in fields
    ]
    evidence = Evidence(Subject(Path("x"), View([]), "JPEG", "jpg"), Walk(), found)
    return capture_time(evidence, now=NOW)


def test_exif_time_of_the_exposure_comes_first_with_its_own_offset_and_parts_of_a_second() -> None:
    found = times(
        ("XMP-xmp", "CreateDate", "2023:07:01 14:00:30+02:00"),
        ("IFD0", "ModifyDate", "2023:08:01 09:00:00"),
        TAKEN,
        ("ExifIFD", "SubSecTimeOriginal", "045"),
        ("ExifIFD", "OffsetTimeOriginal", "+02:00"),
    )
    assert found is not None
    assert (found.best.group, found.best.name) == ("ExifIFD", "DateTimeOriginal")
    assert found.best.iso8601 == "2023-07-01T14:00:30.045+02:00"
    assert found.best.utc == "2023-07-01T12:00:30.045Z"
    assert (found.best.precision, found.best.zone_source) == (Precision.SUBSECOND, ZoneSource.OFFSET_TAG)
    assert [one.event for one in found.candidates] == [Event.CAPTURE, Event.DIGITISED, Event.MODIFIED]
    assert found.conflicts == ()


@pytest.mark.parametrize(
    ("fix", "zone"),
    [
        ("12:00:30", "+02:00"),
        ("11:59:00", "+02:00"),  # the fix is a little older than the picture
        ("08:15:30", "+05:45"),  # Nepal
        ("17:30:20", "-03:30"),  # Newfoundland
        ("12:07:30", ""),  # between two quarter hours
    ],
)
def test_local_minus_satellite_time_is_the_zone_in_quarter_hours(fix: str, zone: str) -> None:
    found = times(TAKEN, ("GPS", "GPSDateStamp", "2023:07:01"), ("GPS", "GPSTimeStamp", fix))
    assert found is not None
    assert found.best.zone == zone
    assert found.best.zone_source is (ZoneSource.GPS_DIFFERENCE if zone else ZoneSource.UNSPECIFIED)


@pytest.mark.parametrize(("month", "zone"), [("07", "+02:00"), ("01", "+01:00")])
def test_without_any_other_hint_the_civil_time_of_the_place_counts(month: str, zone: str) -> None:
    found = times(("ExifIFD", "DateTimeOriginal", f"2023:{month}:01 14:00:30"), *BERLIN)
    assert found is not None
    assert (found.best.zone, found.best.zone_source) == (zone, ZoneSource.PLACE)
    assert found.zones_agree is None


def test_hints_that_contradict_each_other_are_told_and_the_tag_wins() -> None:
    found = times(TAKEN, ("ExifIFD", "OffsetTimeOriginal", "-05:00"), *BERLIN)
    assert found is not None
    assert found.best.zone == "-05:00"
    assert found.zones_agree is False


def test_a_zone_of_the_maker_note_counts_only_while_daylight_saving_is_off() -> None:
    zone = ("Nikon", "TimeZone", 60)
    winter = times(TAKEN, zone, ("Nikon", "DaylightSavings", 0))
    summer = times(TAKEN, zone, ("Nikon", "DaylightSavings", 1))
    assert winter is not None
    assert summer is not None
    assert (winter.best.zone, winter.best.zone_source) == ("+01:00", ZoneSource.MAKER_NOTE)
    assert summer.best.zone == ""


@pytest.mark.parametrize(
    ("other", "difference", "seconds"),
    [
        (("XMP-photoshop", "DateCreated", "2023:07:01 16:00:30"), Difference.ZONE, 7200),
        (("XMP-photoshop", "DateCreated", "2023:07:01 14:07:00"), Difference.CLOCK, 390),
        (("IFD0", "ModifyDate", "2023:06:30 14:00:30"), Difference.ORDER, -86400),
    ],
)
def test_a_contradicting_time_is_told_with_its_kind(
    other: tuple[str, str, str], difference: Difference, seconds: float
) -> None:
    found = times(TAKEN, other)
    assert found is not None
    (conflict,) = found.conflicts
    assert (conflict.group, conflict.difference, conflict.seconds) == (other[0], difference, seconds)


@pytest.mark.parametrize(
    "other",
    [
        ("XMP-photoshop", "DateCreated", "2023:07:01"),  # the same day
        ("XMP-photoshop", "DateCreated", "2023:07"),  # the same month
        ("XMP-xmp", "CreateDate", "2023:07:01 14:00"),  # the same minute
        ("XMP-xmp", "CreateDate", "2023:07:01 14:00:30.250"),
        ("IFD0", "ModifyDate", "2024:01:01 00:00:00"),  # changed later, as files are
    ],
)
def test_coarser_and_later_times_are_no_contradiction(other: tuple[str, str, str]) -> None:
    found = times(TAKEN, other)
    assert found is not None
    assert found.conflicts == ()


def test_iptc_date_and_time_are_one_candidate() -> None:
    found = times(("IPTC", "DateCreated", "2006:07:08"), ("IPTC", "TimeCreated", "21:14:45+01:00"))
    assert found is not None
    assert found.best.iso8601 == "2006-07-08T21:14:45+01:00"
    assert found.best.zone_source is ZoneSource.WRITTEN


@pytest.mark.parametrize(
    "value",
    ["0000:00:00 00:00:00", "    :  :     :  :  ", "", "2023:13:01 00:00:00", "2023:02:30 10:00:00", "now"],
)
def test_zeros_blanks_and_impossible_dates_are_no_time(value: str) -> None:
    assert times(("ExifIFD", "DateTimeOriginal", value)) is None


def test_a_doubtful_time_gives_way_to_a_plausible_one() -> None:
    future = times(("ExifIFD", "DateTimeOriginal", "2099:09:29 10:10:10"))
    assert future is not None
    assert future.best.doubts == (Doubt.FUTURE,)
    unset = times(
        ("ExifIFD", "DateTimeOriginal", "2015:01:01 00:00:07"),
        ("XMP-photoshop", "DateCreated", "2015:08:04 18:00:00"),
    )
    assert unset is not None
    assert unset.best.group == "XMP-photoshop"
    assert unset.candidates[1].doubts == (Doubt.CLOCK_NOT_SET,)
    old = times(("XMP-photoshop", "DateCreated", "1944:06:06"))
    assert old is not None
    assert (old.best.iso8601, old.best.doubts) == ("1944-06-06", (Doubt.BEFORE_1990,))


def test_tomorrow_morning_in_the_far_east_is_not_the_future() -> None:
    soon = NOW + timedelta(hours=13)
    found = times(("ExifIFD", "DateTimeOriginal", soon.strftime("%Y:%m:%d %H:%M:%S")))
    assert found is not None
    assert Doubt.FUTURE not in found.best.doubts


@given(st.datetimes(), st.integers(-720, 840))
def test_what_is_written_is_read_back(clock: datetime, offset: int) -> None:
    clock = clock.replace(microsecond=0)
    written = clock.strftime("%Y:%m:%d %H:%M:%S").rjust(19, "0") + zone_text(offset)
    time = read_time(written)
    assert time is not None
    assert (time.clock, time.offset_minutes) == (clock, offset)
    assert read_zone(zone_text(offset)) == offset
    assert time.iso8601(offset) == written.replace(":", "-", 2).replace(" ", "T")


@given(st.lists(st.tuples(st.sampled_from(["ExifIFD", "GPS", "IPTC", "XMP-xmp"]), st.text(max_size=40))))
def test_no_text_breaks_it(values: list[tuple[str, str]]) -> None:
    names = ("DateTimeOriginal", "GPSDateStamp", "GPSTimeStamp", "DateCreated", "TimeCreated", "CreateDate")
    times(*((group, name, text) for group, text in values for name in names))
