"""The canonicaliser: what is one value in other clothes, and what is another value."""

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from metaextract_extractor.domain.canonical import agree, canonical, compare
from metaextract_extractor.domain.result import Field, Standard

NAMES = (
    "ExposureTime",
    "ShutterSpeedValue",
    "ApertureValue",
    "FNumber",
    "GPSLatitude",
    "GPSTimeStamp",
    "DateTimeOriginal",
    "UserComment",
    "Orientation",
    "Software",
    "Keywords",
)


def field(
    name: str, raw: Any, printed: str | None = None, group: str = "ExifIFD", engine: str = "one"
) -> Field:
    return Field(
        path="",
        standard=Standard.EXIF,
        group=group,
        category="",
        name=name,
        tag_id="",
        raw=raw,
        printed=str(raw) if printed is None else printed,
        type="",
        engine=engine,
    )


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.text(max_size=40)
    | st.sampled_from(
        [
            "2021:03:04 05:06:07",
            "40 deg 26' 46.30\" N",
            "1/125",
            "0/0",
            "24 70 2.8 2.8",
            "Ã¤",
            "ASCII\0\0\0words",
            "f/2.8",
            "true",
            "102030+0200",
        ]
    )
)
raws = scalars | st.lists(scalars, max_size=5)
fields = st.builds(field, st.sampled_from(NAMES), raws, group=st.sampled_from(["ExifIFD", "GPS", "IPTC"]))


@given(fields)
def test_a_normal_form_is_its_own_normal_form(one: Field) -> None:
    normal = canonical(one)
    assert canonical(replace(one, raw=normal)) == normal
    hash(normal)


@given(fields)
def test_every_value_that_can_be_compared_agrees_with_itself(one: Field) -> None:
    assert compare(one, one) in (True, None)
    assert compare(one, one) is None or agree(one, one)


@given(fields, fields)
def test_agreement_does_not_depend_on_who_is_asked_first(one: Field, other: Field) -> None:
    other = replace(other, name=one.name, group=one.group)
    assert compare(one, other) is compare(other, one)


@given(fields)
def test_blanks_and_nuls_at_the_end_change_nothing(one: Field) -> None:
    assume(isinstance(one.raw, str) and compare(one, one) is not None)
    for end in ("\0", " ", "  \0\0", "\0garbage"):
        assert agree(one, replace(one, raw=one.raw + end))


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_a_rational_is_its_quotient(over: int, under: int) -> None:
    written = field("ExposureTime", f"{over}/{under}")
    assert agree(written, field("ExposureTime", over / under))
    assert agree(written, field("ExposureTime", float(f"{over / under:.10g}")))


@given(st.lists(st.integers(-1000, 1000) | st.floats(-1000, 1000), min_size=2, max_size=6))
def test_a_list_of_numbers_is_the_text_of_its_numbers(numbers: list[float]) -> None:
    assume(all(abs(one) > 1e-4 or one == 0 for one in numbers))
    listed = field("BitsPerSample", numbers)
    assert agree(listed, field("BitsPerSample", tuple(numbers)))
    for separator in (" ", ", "):
        text = separator.join(f"{one:.15g}" for one in numbers)
        assert agree(listed, field("BitsPerSample", text))


@given(st.floats(-10, 20))
def test_an_exposure_time_in_apex_is_the_one_in_seconds(value: float) -> None:
    assert agree(field("ShutterSpeedValue", value), field("ShutterSpeedValue", 2**-value))


@given(st.floats(0.1, 12))
def test_an_aperture_in_apex_is_the_f_number(value: float) -> None:
    for name in ("ApertureValue", "MaxApertureValue"):
        assert agree(field(name, value), field(name, 2 ** (value / 2)))
        assert agree(field(name, value), field(name, f"f/{2 ** (value / 2):.12g}"))


@given(st.integers(0, 89), st.integers(0, 59), st.integers(0, 5999))
def test_degrees_minutes_and_seconds_are_decimal_degrees(degrees: int, minutes: int, hundredths: int) -> None:
    seconds = hundredths / 100
    decimal = degrees + minutes / 60 + seconds / 3600
    for written in (
        [degrees, minutes, seconds],
        f"{degrees} {minutes} {seconds}",
        f"{degrees} deg {minutes}' {seconds:.2f}\"",
        f"{degrees} deg {minutes}' {seconds:.2f}\" N",
        f"{degrees},{minutes + seconds / 60:.12f}N",
    ):
        assert agree(field("GPSLatitude", decimal), field("GPSLatitude", written)), written


@given(st.integers(0, 89), st.integers(1, 59))
def test_south_is_not_north(degrees: int, minutes: int) -> None:
    north, south = (field("GPSLatitude", f"{degrees} deg {minutes}' 0.00\" {side}") for side in "NS")
    assert not agree(north, south)
    assert agree(south, field("GPSLatitude", -(degrees + minutes / 60)))


@given(st.dates(), st.times(), st.sampled_from(["", "Z", "+00:00", "+02:00", "-0330"]))
def test_separators_of_a_date_change_nothing_and_its_parts_do(date: Any, time: Any, zone: str) -> None:
    year, month, day = f"{date.year:04}", f"{date.month:02}", f"{date.day:02}"
    clock = f"{time.hour:02}:{time.minute:02}:{time.second:02}"
    exif = field("DateTimeOriginal", f"{year}:{month}:{day} {clock}{zone}")
    for other in (
        f"{year}-{month}-{day}T{clock}",
        f"{year}/{month}/{day} {clock}",
        f"{year}:{month}:{day} {clock}.00",
    ):
        assert agree(exif, field("DateTimeOriginal", other + zone.replace("Z", "+00:00")))
    assert not agree(exif, field("DateTimeOriginal", f"{year}:{month}:{day}"))
    changed = f"{time.hour:02}:{time.minute:02}:{(time.second + 1) % 60:02}"
    assert not agree(exif, field("DateTimeOriginal", f"{year}:{month}:{day} {changed}{zone}"))


@pytest.mark.parametrize("zones", [("+02:00", "+01:00"), ("Z", "+01:00"), ("", "Z")])
def test_another_zone_is_another_time(zones: tuple[str, str]) -> None:
    one, other = (field("DateTimeOriginal", f"2021:03:04 05:06:07{zone}") for zone in zones)
    assert not agree(one, other)


@given(st.text(alphabet=st.characters(min_codepoint=0xA0, max_codepoint=0x2FFF), min_size=1, max_size=20))
def test_utf_8_that_was_read_as_latin_1_is_the_text(text: str) -> None:
    assert agree(field("Artist", text), field("Artist", text.encode().decode("latin-1")))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (field("Orientation", 6, "Rotate 90 CW"), field("Orientation", "Rotate 90 CW")),
        (field("Orientation", 6, "Rotate 90 CW"), field("Orientation", 6, "Rotated 90 CW")),
        (field("GPSLatitudeRef", "N", "North", "GPS"), field("GPSLatitudeRef", "North", "North", "GPS")),
        (field("UserComment", "ASCII\0\0\0a word"), field("UserComment", "a word")),
        (field("GPSTimeStamp", [9, 5, 3.5], group="GPS"), field("GPSTimeStamp", "09:05:03.50", group="GPS")),
        (field("DateCreated", "20210304", group="IPTC"), field("DateCreated", "2021:03:04", group="IPTC")),
        (
            field("TimeCreated", "050607+0200", group="IPTC"),
            field("TimeCreated", "05:06:07+02:00", group="IPTC"),
        ),
        (field("FocalLength", "50.0 mm"), field("FocalLength", 50)),
        (field("ExposureTime", "1/125 s"), field("ExposureTime", 0.008)),
        (field("Fired", True), field("Fired", "True")),
        (field("Fired", True), field("Fired", 1)),
        (field("Keywords", ["one"]), field("Keywords", "one")),
        (field("Keywords", ["one", "two"]), field("Keywords", ("one", "two "))),
        (field("LensInfo", "24 70 undef undef"), field("LensInfo", [24, 70, math.nan, "0/0"])),
        (field("SubjectDistance", "inf"), field("SubjectDistance", math.inf)),
        (field("Software", "1.10"), field("Software", 1.1, "1.10")),
        (field("ExifVersion", b"0230"), field("ExifVersion", "0230")),
    ],
)
def test_one_value_in_other_clothes(one: Field, other: Field) -> None:
    assert agree(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (field("FNumber", 2.8), field("FNumber", 2.80001)),
        (field("ImageWidth", 4000), field("ImageWidth", 4001)),
        (field("GPSAltitude", 0), field("GPSAltitude", "")),
        (field("GPSAltitude", 0), field("GPSAltitude", None)),
        (field("GPSLatitude", 0.0), field("GPSLatitude", "")),
        (field("GPSLatitude", 48.1372222), field("GPSLatitude", 48.1372223)),
        (field("GPSLatitude", "48 deg 8' 13.00\""), field("GPSLatitude", "48 deg 8' 13.01\"")),
        (field("GPSLatitudeRef", "N", "North", "GPS"), field("GPSLatitudeRef", "S", "South", "GPS")),
        (field("SerialNumber", "0012"), field("SerialNumber", "12")),
        (field("Orientation", 6, "Rotate 90 CW"), field("Orientation", 8, "Rotate 270 CW")),
        (field("Orientation", 6, "Rotate 90 CW"), field("Orientation", "Rotate 270 CW")),
        (field("Artist", "Ann"), field("Artist", "ann")),
        (field("Artist", "Ann"), field("Artist", "Anne")),
        (field("Artist", " Ann"), field("Artist", "Ann")),
        (field("Keywords", ["a", "b"]), field("Keywords", ["b", "a"])),
        (field("Keywords", ["a, b"]), field("Keywords", ["a", "b"])),
        (field("BitsPerSample", [8, 8, 8]), field("BitsPerSample", [8, 8])),
        (field("Fired", True), field("Fired", False)),
        (field("SubjectDistance", "inf"), field("SubjectDistance", "undef")),
        (field("ShutterSpeedValue", 0.008), field("ShutterSpeedValue", 0.004)),
    ],
)
def test_another_value_is_another_value(one: Field, other: Field) -> None:
    assert not agree(one, other)


@given(st.integers(-(10**14), 10**14), st.integers(1, 9))
def test_another_digit_is_another_number(number: int, step: int) -> None:
    assert not agree(field("ISO", number), field("ISO", number + step))


@given(st.floats(1e-6, 1e6), st.sampled_from([1e-6, -1e-6, 1e-3, 0.5]))
def test_another_seventh_digit_is_another_quotient(number: float, change: float) -> None:
    assert not agree(field("FNumber", number), field("FNumber", number * (1 + change)))


def test_nothing_can_be_said_of_binary_data_that_is_only_described() -> None:
    described = field("ThumbnailImage", "(Binary data 4096 bytes, use -b option to extract)")
    for other in (described, field("ThumbnailImage", b"\xff\xd8\xff"), field("ThumbnailImage", 3)):
        assert compare(described, other) is None
        assert not agree(described, other)
