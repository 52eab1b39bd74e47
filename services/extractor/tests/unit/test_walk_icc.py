"""ICC profiles: header, tags of plain types, and the place of each value."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaextract_extractor.domain.result import Field, Why
from metaextract_extractor.reading.view import BytesSource, View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.icc import walk_icc


def profile(*tags: tuple[bytes, bytes]) -> bytes:
    table, content = b"", b""
    start = 132 + 12 * len(tags)
    for signature, data in tags:
        table += struct.pack(">4sII", signature, start + len(content), len(data))
        content += data + b"\0" * (-len(data) % 4)
    header = struct.pack(
        ">I4sI4s4s4s6H4s4sI4s4s2II3i4s16s28s",
        start + len(content), b"ADBE", 0x04300000, b"mntr", b"RGB ", b"XYZ ", 2020, 1, 2, 3, 4, 5, b"acsp",
        b"MSFT", 3, b"none", b"abc\0", 0, 15, 1, 0xF6D6, 0x10000, 0xD32D, b"zzzz", bytes(range(16)), b"",
    )  # fmt: skip
    return header + struct.pack(">I", len(tags)) + table + content


def walked(data: bytes, walk: Walk | None = None) -> Walk:
    walk = walk or Walk()
    walk_icc(View.of(BytesSource(data)), walk, "JPEG-APP2-ICC_Profile")
    return walk


def named(walk: Walk, name: str) -> Field:
    return next(one for one in walk.fields if one.name == name)


MOMENT = b"dtim\0\0\0\0" + struct.pack(">6H", 2020, 1, 2, 3, 4, 5)
PRIMARIES = b"chrm\0\0\0\0" + struct.pack(">HH2I", 3, 1, 41943, 21627)
MEASURED = b"meas\0\0\0\0" + struct.pack(">I3iIII", 1, 0, 0, 0, 2, 655, 2)


def xyz(*values: int) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(f">{len(values)}i", *values)


def test_the_header_is_told_field_by_field():
    walk = walked(profile((b"wtpt", xyz(63190, 65536, 54061))))
    assert named(walk, "ProfileVersion").printed == "4.3.0"
    assert named(walk, "ProfileClass").printed == "Display Device Profile"
    assert named(walk, "ProfileDateTime").printed == "2020:01:02 03:04:05"
    assert named(walk, "CMMFlags").printed == "Embedded, Not Independent"
    assert named(walk, "DeviceAttributes").printed == "Transparency, Matte, Negative, B&W"
    assert named(walk, "ProfileID").printed == "000102030405060708090a0b0c0d0e0f"
    assert named(walk, "ProfileCreator").printed == "Unknown (zzzz)"
    assert named(walk, "ProfileClass").path == "JPEG-APP2-ICC_Profile-Header"
    assert named(walk, "MediaWhitePoint").printed == "0.9642 1 0.82491"


@pytest.mark.parametrize(
    ("signature", "data", "name", "raw"),
    [
        (b"desc", b"desc\0\0\0\0\0\0\0\5name\0", "ProfileDescription", "name"),
        (b"cprt", b"text\0\0\0\0mine\0", "ProfileCopyright", "mine"),
        (b"tech", b"sig \0\0\0\0CRT ", "Technology", "CRT "),
        (b"calt", MOMENT, "CalibrationDateTime", "2020:01:02 03:04:05"),
        (b"chad", b"sf32\0\0\0\0" + struct.pack(">2i", -65536, 32768), "ChromaticAdaptation", "-1 0.5"),
        (b"chrm", PRIMARIES, "ChromaticityChannel1", "0.64 0.33"),
        (b"meas", MEASURED, "MeasurementFlare", 0.00999),
        (b"cicp", b"cicp\0\0\0\0\x09\x10\x00\x01", "ColorPrimaries", 9),
        (b"rTRC", b"curv\0\0\0\0\0\0\0\0", "RedTRC", "(Binary data 12 bytes, use -b option to extract)"),
    ],
)  # fmt: skip
def test_plain_types_are_decoded_and_others_described(signature, data, name, raw):
    assert named(walked(profile((signature, data))), name).raw == raw


def test_texts_in_several_languages_are_fields_of_their_own():
    texts = "ab".encode("utf-16-be") + "xyz".encode("utf-16-be")
    data = b"mluc\0\0\0\0" + struct.pack(">II4sII4sII", 2, 12, b"enUS", 4, 40, b"deCH", 6, 44) + texts
    walk = walked(profile((b"desc", data)))
    assert named(walk, "ProfileDescription").printed == "ab"
    assert named(walk, "ProfileDescription-de-CH").printed == "xyz"


def test_values_have_their_place_unless_two_tags_share_it():
    data = profile((b"rXYZ", xyz(1, 2, 3)), (b"gXYZ", xyz(4, 5, 6)))
    place = named(walked(data), "GreenMatrixColumn").location
    assert place is not None
    assert data[place.offset_bytes : place.offset_bytes + place.length_bytes] == struct.pack(">3i", 4, 5, 6)
    shared = bytearray(data)
    shared[132 + 12 + 4 : 132 + 12 + 8] = shared[132 + 4 : 132 + 8]
    walk = walked(bytes(shared))
    assert named(walk, "RedMatrixColumn").location is None
    assert named(walk, "GreenMatrixColumn").location is None


def test_the_second_profile_of_a_file_is_numbered():
    walk = walked(profile((b"wtpt", xyz(1, 2, 3))))
    walked(profile((b"wtpt", xyz(1, 2, 3))), walk)
    assert [one.group for one in walk.fields if one.name == "MediaWhitePoint"] == [
        "ICC_Profile",
        "ICC_Profile2",
    ]


def test_what_is_no_profile_is_damaged_and_an_unknown_tag_is_unread():
    assert [one.why for one in walked(b"x" * 200).unread] == [Why.DAMAGED]
    assert [one.why for one in walked(profile((b"ABCD", b"xxxx\0\0\0\0"))).unread] == [Why.UNKNOWN]


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_end_without_error(data):
    walked(data)


@settings(deadline=None)
@given(st.integers(0, 300), st.integers(0, 255), st.integers(0, 300))
def test_a_damaged_or_cut_profile_ends_without_error(at, value, length):
    data = bytearray(
        profile(
            (b"desc", b"desc\0\0\0\0\0\0\0\5name\0"),
            (b"wtpt", xyz(1, 2, 3)),
            (b"chad", b"sf32\0\0\0\0\0\0\0\1"),
        )
    )
    data[at % len(data)] = value
    walked(bytes(data[: 1 + length % len(data)]))
    walked(bytes(data))
