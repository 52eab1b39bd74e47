"""IPTC IIM: datasets, lists, character sets, and the place of each value."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaextract_extractor.domain.result import Why
from metaextract_extractor.reading.view import BytesSource, View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.iptc import walk_iptc


def dataset(record: int, number: int, value: bytes) -> bytes:
    if len(value) > 0x7FFF:
        return struct.pack(">BBBHI", 0x1C, record, number, 0x8004, len(value)) + value
    return struct.pack(">BBBH", 0x1C, record, number, len(value)) + value


def walked(data: bytes, path: str = "JPEG-APP13-Photoshop-IPTC") -> Walk:
    walk = Walk()
    walk_iptc(View.of(BytesSource(data)), walk, path)
    return walk


def told(walk: Walk) -> dict[str, tuple[object, str]]:
    return {one.name: (one.raw, one.printed) for one in walk.fields}


def test_values_have_their_kind_their_group_and_their_place():
    data = (
        dataset(2, 0, b"\0\4") + dataset(2, 10, b"1") + dataset(2, 55, b"20200102") + dataset(2, 90, b"Bern")
    )
    walk = walked(data)
    fields = told(walk)
    assert fields["ApplicationRecordVersion"] == (4, "4")
    assert fields["Urgency"] == (1, "1 (most urgent)")
    assert fields["DateCreated"] == ("2020:01:02", "2020:01:02")
    city = next(one for one in walk.fields if one.name == "City")
    assert (city.group, city.tag_id, city.category) == ("IPTC", "90", "Location")
    assert city.location is not None
    assert data[city.location.offset_bytes :][: city.location.length_bytes] == b"Bern"
    assert walk.unread == []


def test_a_repeated_dataset_is_one_list_without_a_place():
    keywords = walked(dataset(2, 25, b"a") + dataset(2, 25, b"b")).fields[-1]
    assert (keywords.raw, keywords.printed, keywords.location) == (["a", "b"], "a, b", None)


@pytest.mark.parametrize(
    ("charset", "value", "text"),
    [
        (b"", b"\xe9\x80", "é€"),
        (b"\x1b%G", "é€".encode(), "é€"),
        (b"\x1b%X", b"\xe9", "?"),
    ],
)
def test_texts_are_decoded_by_the_declared_character_set(charset, value, text):
    declared = dataset(1, 90, charset) if charset else b""
    assert told(walked(declared + dataset(2, 5, value)))["ObjectName"] == (text, text)


def test_a_value_of_extended_length_is_read():
    assert told(walked(dataset(2, 120, b"x" * 40_000)))["Caption-Abstract"][1] == "x" * 40_000


def test_the_digest_is_told_where_iptc_belongs_and_only_there():
    data = dataset(2, 5, b"t")
    assert "CurrentIPTCDigest" in told(walked(data))
    assert "CurrentIPTCDigest" not in told(walked(data, "PNG-CompressedText-IPTC_Profile-IPTC"))


def test_a_second_directory_has_a_group_of_its_own():
    data = dataset(2, 5, b"t")
    walk = walked(data)
    walk_iptc(View.of(BytesSource(data)), walk, "JPEG-APP1-IFD0-IPTC")
    assert [one.group for one in walk.fields if one.name == "ObjectName"] == ["IPTC", "IPTC2"]


def test_what_is_no_dataset_is_damaged_and_padding_is_not():
    walk = walked(dataset(2, 5, b"t") + b"garbage")
    assert [(one.why, one.place.length_bytes) for one in walk.unread] == [(Why.DAMAGED, 7)]
    assert walked(dataset(2, 5, b"t") + b"\0" * 7).unread == []


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_end_without_error(data):
    walked(data)
    walked(dataset(2, 5, b"t") + b"\x1c" + data)
