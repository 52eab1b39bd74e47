"""What people type to find a field."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaextract_extractor.domain.dictionary_query import (
    endings,
    key,
    parsed,
    qualified,
    spaced,
    without_group,
    words,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GPSLatitudeRef", ("gps", "latitude", "ref")),
        ("gps lat", ("gps", "lat")),
        ("FNumber", ("f", "number")),
        ("ISO", ("iso",)),
        ("AFInfo2", ("af", "info2")),
        ("Caption-Abstract", ("caption", "abstract")),
        ("YCbCrSubSampling", ("y", "cb", "cr", "sub", "sampling")),
        ("0x8827", ("0x8827",)),
        ("Date/Time Original", ("date", "time", "original")),
        ("préréglage", ("préréglage",)),
        ("  !?  ", ()),
    ],
)
def test_text_is_split_at_spaces_signs_and_capitals(text, expected) -> None:
    assert words(text) == expected


def test_a_name_can_be_begun_at_each_of_its_words() -> None:
    assert endings("DateTimeOriginal") == ("datetimeoriginal", "timeoriginal", "original")


def test_names_descriptions_and_spelling_with_spaces_have_one_key() -> None:
    assert {key("DateTimeOriginal"), key("Date/Time Original"), key("date time original")} == {
        "datetimeoriginal"
    }


@pytest.mark.parametrize(
    ("text", "tag_id", "numeric"),
    [
        ("0x8827", "34855", True),
        ("34855", "34855", True),
        ("0x0112", "274", True),
        ("2:25", "2:25", True),
        ("2:025", "2:25", True),
        ("0016,0071", "0016,0071", True),
        ("creator", "creator", False),
        ("Channel2", "channel2", False),
        ("7FE0,0010", "7fe0,0010", False),
    ],
)
def test_tag_ids_are_understood_as_people_write_them(text, tag_id, numeric) -> None:
    query = parsed(text)
    assert (query.tag_id, query.numeric) == (tag_id, numeric)


@pytest.mark.parametrize(
    ("text", "rest", "group"),
    [
        ("group:Canon lens", "lens", "Canon"),
        ("lens GROUP:Canon", "lens", "Canon"),
        ("lens", "lens", ""),
        ("group:Exif::Main", "", "Exif::Main"),
    ],
)
def test_a_group_can_be_named_within_the_text(text, rest, group) -> None:
    assert without_group(text) == (rest, group)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("XMP-dc:Creator", ("XMP-dc", "Creator")),
        ("Canon: lens type", ("Canon", "lens type")),
        ("Exif.Photo.DateTimeOriginal", ("Exif", "DateTimeOriginal")),
        ("Iptc.Application2.Keywords", ("Iptc", "Keywords")),
        ("Xmp.dc.creator", ("XMP-dc", "creator")),
        ("2:25", None),
        ("Exif::Main", None),
        ("orientation", None),
    ],
)
def test_a_group_can_stand_before_a_name(text, parts) -> None:
    assert qualified(text) == parts


def test_characters_without_spaces_between_are_words_of_their_own() -> None:
    assert spaced("画像作成者").split() == list("画像作成者")
    assert spaced("Bildgröße") == "Bildgröße"


@given(st.text())
def test_every_text_is_a_query(text) -> None:
    query = parsed(text)
    assert all(query.words)
    without_group(text)
    qualified(text)
    assert "".join(endings(text)[:1]) == "".join(query.words)
