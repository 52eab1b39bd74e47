"""What a search finds, and in which order, on a dictionary of a dozen fields."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaextract_extractor.adapters.dictionary import writing
from metaextract_extractor.adapters.dictionary.sqlite import SqliteDictionary, fits
from metaextract_extractor.domain.dictionary import Entry, EntryValue, Facts, FieldSearch, Flag
from metaextract_extractor.domain.field_ranking import standard


def entry(
    place: str, name: str, tag_id: str = "", texts: dict[str, str] | None = None, **facts: object
) -> Entry:
    """`place`: family/group/category/table."""
    family, group, category, table = place.split("/")
    values = facts.pop("values", ())
    return Entry(
        facts=Facts(
            field_name=name,
            family=family,
            group=group,
            category=category,
            table=table,
            tag_id=tag_id or name,
            standard=standard(family),
            engine="exiftool",
            **facts,
        ),
        descriptions={"en": name, **(texts or {})},
        values=tuple(
            EntryValue(raw, texts if isinstance(texts, dict) else {"en": texts}) for raw, texts in values
        ),
    )


EXIF, EXIF_IFD = "EXIF/IFD0/Image/Exif::Main", "EXIF/ExifIFD/Time/Exif::Main"
GPS, DC = "EXIF/GPS/Location/GPS::Main", "XMP/XMP-dc/Author/XMP::dc"
CANON, CANON_MODEL = (
    "MakerNotes/Canon/Camera/Canon::CameraSettings",
    "MakerNotes/Canon/Camera/Canon::CameraInfo5D",
)
QUICKTIME = "QuickTime/QuickTime/Video/QuickTime::Main"
TURNS = [
    ("1", {"en": "Horizontal (normal)", "de": "Waagerecht"}),
    ("6", {"en": "Rotate 90 CW", "de": "90° im UZS gedreht"}),
]
ENTRIES = (
    entry(QUICKTIME, "Orientation", "rot"),
    entry(CANON_MODEL, "LensType", "12", values=[(str(n), f"Lens {n}") for n in range(20)]),
    entry(CANON, "LensType", "22"),
    entry(CANON, "Orientation", "7"),
    entry(
        EXIF,
        "Orientation",
        "274",
        {"de": "Ausrichtung", "ja": "画像の方向"},
        values=TURNS,
        tag_id_hex="0x0112",
        type="int16u",
        writable=True,
    ),
    entry(EXIF_IFD, "DateTimeOriginal", "36867", {"en": "Date/Time Original"}),
    entry(EXIF_IFD, "LensModel", "42036", {"en": "Lens Model"}),
    entry(EXIF_IFD, "ISO", "34855", unit="", count=1),
    entry(GPS, "GPSLatitude", "2", {"en": "GPS Latitude"}, unit="°"),
    entry(GPS, "GPSLatitudeRef", "1", {"en": "GPS Latitude Ref"}),
    entry(DC, "Creator", "creator", flags=(Flag.LIST, Flag.SEQ)),
    entry(DC, "Creator", "creator2", flags=(Flag.AVOID,)),
    entry("IPTC/IPTC/Other/IPTC::ApplicationRecord", "Keywords", "25", {"en": "Keywords for the picture"}),
    entry("ICC_Profile/ICC_Profile/Image/ICC_Profile::Main", "ProfileCopyright", "cprt"),
)


@pytest.fixture(scope="module")
def dictionary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteDictionary]:
    file = tmp_path_factory.mktemp("dictionary") / "fields.sqlite"
    writing.write(file, ENTRIES, engine="exiftool", engine_version="13.59")
    opened = SqliteDictionary(file)
    yield opened
    opened.close()


def found(dictionary: SqliteDictionary, text: str, **search: object) -> list[str]:
    answer = dictionary.search(FieldSearch(text=text, **search), 0, 100)
    assert answer.total_size == len(answer.definitions)
    return [f"{one.group}:{one.field_name}" for one in answer.definitions]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("orientation", ["IFD0:Orientation", "Canon:Orientation", "QuickTime:Orientation"]),
        ("ORIENT", ["IFD0:Orientation", "Canon:Orientation", "QuickTime:Orientation"]),
        ("gps lat", ["GPS:GPSLatitude", "GPS:GPSLatitudeRef"]),
        ("lat gps", ["GPS:GPSLatitude", "GPS:GPSLatitudeRef"]),
        ("latituderef", ["GPS:GPSLatitudeRef"]),
        ("lens", ["ExifIFD:LensModel", "Canon:LensType", "Canon:LensType"]),
        ("lens model", ["ExifIFD:LensModel"]),
        ("canon lens", ["Canon:LensType", "Canon:LensType"]),
        ("0x8827", ["ExifIFD:ISO"]),
        ("34855", ["ExifIFD:ISO"]),
        ("2:25", ["IPTC:Keywords"]),
        ("cprt", ["ICC_Profile:ProfileCopyright"]),
        ("Date/Time Original", ["ExifIFD:DateTimeOriginal"]),
        ("picture", ["IPTC:Keywords"]),
        ("rotate 90", ["IFD0:Orientation"]),
        ("titude", ["GPS:GPSLatitude", "GPS:GPSLatitudeRef"]),
        ("dc:creator", ["XMP-dc:Creator", "XMP-dc:Creator"]),
        ("Xmp.dc.creator", ["XMP-dc:Creator", "XMP-dc:Creator"]),
        ("exif:orientation", ["IFD0:Orientation"]),
        ("group:Canon orientation", ["Canon:Orientation"]),
        ("nothing of that kind", []),
        ("%_'\"; DROP", []),
    ],
)
def test_a_field_is_found_as_people_ask_for_it(dictionary, text, expected) -> None:
    assert found(dictionary, text) == expected


@pytest.mark.parametrize(
    ("text", "first", "corrected"),
    [
        ("DateTimeOrignal", "ExifIFD:DateTimeOriginal", "DateTimeOriginal"),
        ("orienttaion", "IFD0:Orientation", "Orientation"),
        ("gps lattitude", "GPS:GPSLatitude", "GPSLatitude"),
        ("lens modle", "ExifIFD:LensModel", "LensModel"),
        ("pictrue keywords", "IPTC:Keywords", "picture keywords"),
    ],
)
def test_a_slip_of_the_hand_is_mended_and_said(dictionary, text, first, corrected) -> None:
    answer = dictionary.search(FieldSearch(text=text), 0, 1)

    assert f"{answer.definitions[0].group}:{answer.definitions[0].field_name}" == first
    assert answer.corrected_text == corrected


def test_what_is_found_as_it_stands_is_not_mended(dictionary) -> None:
    assert dictionary.search(FieldSearch(text="lens"), 0, 1).corrected_text == ""
    assert dictionary.search(FieldSearch(text="qqqqqqqq"), 0, 1).corrected_text == ""


def test_numbers_have_no_misspellings(dictionary) -> None:
    assert found(dictionary, "34856") == []


def test_a_makers_own_table_comes_before_those_of_single_models(dictionary) -> None:
    answer = dictionary.search(FieldSearch(text="LensType"), 0, 2)

    assert [one.table for one in answer.definitions] == ["Canon::CameraSettings", "Canon::CameraInfo5D"]


def test_what_is_to_be_avoided_comes_after_what_is_not(dictionary) -> None:
    answer = dictionary.search(FieldSearch(text="Creator"), 0, 2)

    assert [one.flags for one in answer.definitions] == [(Flag.LIST, Flag.SEQ), (Flag.AVOID,)]
    assert [one.name for one in answer.definitions] == [
        "fieldDefinitions/XMP.dc.Creator",
        "fieldDefinitions/XMP.dc.Creator.2",
    ]


def test_a_group_narrows_in_the_family_that_is_meant(dictionary) -> None:
    assert found(dictionary, "orientation", group="canon") == ["Canon:Orientation"]
    assert found(dictionary, "orientation", group="Image", family=2) == ["IFD0:Orientation"]
    assert found(dictionary, "orientation", group="Image", family=1) == []
    assert found(dictionary, "", group="Canon::CameraSettings") == ["Canon:LensType", "Canon:Orientation"]
    assert found(dictionary, "group:Canon", group="EXIF") == []


def test_an_empty_text_finds_everything_in_order(dictionary) -> None:
    everything = found(dictionary, "")

    assert len(everything) == len(ENTRIES)
    assert everything[0] == "ExifIFD:ISO"
    assert everything[-1] == "QuickTime:Orientation"


def test_other_languages_are_searched_and_told_on_request(dictionary) -> None:
    assert found(dictionary, "Ausrichtung") == []
    assert found(dictionary, "ausrich", language="de") == ["IFD0:Orientation"]
    assert found(dictionary, "gedreht", language="de") == ["IFD0:Orientation"]
    assert found(dictionary, "rotate", language="de") == ["IFD0:Orientation"]
    assert found(dictionary, "方向", language="ja") == ["IFD0:Orientation"]
    (one,) = dictionary.search(FieldSearch(text="0x0112", language="de"), 0, 1).definitions
    assert (one.description, one.language) == ("Ausrichtung", "de")
    assert [(value.raw, value.text) for value in one.values] == [
        ("1", "Waagerecht"),
        ("6", "90° im UZS gedreht"),
    ]
    (other,) = dictionary.search(FieldSearch(text="34855", language="de"), 0, 1).definitions
    assert (other.description, other.language) == ("ISO", "en")


def test_pages_together_are_the_whole(dictionary) -> None:
    pages = [dictionary.search(FieldSearch(text="o"), at, 2) for at in range(0, 10, 2)]

    names = [one.name for page in pages for one in page.definitions]
    assert names == [one.name for one in dictionary.search(FieldSearch(text="o"), 0, 100).definitions]
    assert {page.total_size for page in pages} == {len(names)}


def test_a_definition_has_all_that_is_known(dictionary) -> None:
    one = dictionary.get("fieldDefinitions/Exif.Main.Orientation", "de")

    assert one is not None
    assert one.descriptions == {"en": "Orientation", "de": "Ausrichtung", "ja": "画像の方向"}
    assert (one.tag_id, one.tag_id_hex, one.type, one.writable) == ("274", "0x0112", "int16u", True)
    assert dictionary.get("fieldDefinitions/Exif.Main.Oriental", "en") is None


def test_values_are_cut_in_a_search_and_whole_on_request(dictionary) -> None:
    basic, whole = (
        dictionary.search(FieldSearch(text="12", values_max=values_max), 0, 1).definitions[0]
        for values_max in (8, None)
    )

    assert (len(basic.values), basic.values_count, len(whole.values)) == (8, 20, 20)
    assert basic.values == whole.values[:8]


def test_groups_and_sums_are_counted(dictionary) -> None:
    groups = {(one.family, one.group): one.definitions_count for one in dictionary.groups(None)}
    info = dictionary.info

    assert groups[0, "MakerNotes"] == 3
    assert groups[1, "GPS"] == 2
    assert {one.family for one in dictionary.groups(2)} == {2}
    assert (info.definitions_count, info.names_count, info.tables_count) == (len(ENTRIES), 10, 8)
    assert (info.engine, info.engine_version, info.writable_names_count) == ("exiftool", "13.59", 1)
    assert {one.code: one.definitions_count for one in info.languages} == {
        "en": len(ENTRIES),
        "de": 1,
        "ja": 1,
    }


@given(
    text=st.text(), group=st.sampled_from(["", "Canon", "x"]), language=st.sampled_from(["en", "de", "ja"])
)
def test_any_text_can_be_searched_and_always_finds_the_same(dictionary, text, group, language) -> None:
    search = FieldSearch(text=text, group=group, language=language)
    first = dictionary.search(search, 0, 5)

    assert dictionary.search(search, 0, 5) == first
    assert len(first.definitions) == min(5, first.total_size)


@given(
    words=st.lists(
        st.sampled_from(
            ["gps", "latitude", "group:", "Canon:", "*", '"', "AND", "NEAR(", "{name}", "-", "2:25"]
        ),
        max_size=6,
    )
)
def test_signs_of_the_query_language_behind_it_mean_nothing(dictionary, words) -> None:
    dictionary.search(FieldSearch(text=" ".join(words)), 0, 5)


def test_the_order_of_the_engine_does_not_matter(dictionary, tmp_path: Path) -> None:
    file = tmp_path / "fields.sqlite"
    writing.write(file, reversed(ENTRIES[:-4]), engine="exiftool", engine_version="13.59")
    other = SqliteDictionary(file)
    try:
        assert found(other, "o") == [one for one in found(dictionary, "o") if one in set(found(other, "o"))]
    finally:
        other.close()


def test_a_file_fits_only_the_engine_that_it_was_made_from_and_only_whole(tmp_path: Path) -> None:
    file = tmp_path / "fields.sqlite"
    writing.write(file, ENTRIES, engine="exiftool", engine_version="13.59")
    content = file.read_bytes()

    assert fits(file, "13.59")
    assert not fits(file, "13.60")
    assert not fits(tmp_path / "none.sqlite", "13.59")
    for damaged in (
        b"",
        b"no database",
        content[: len(content) // 2],
        content[:8192] + bytes(len(content) - 8192),
    ):
        file.write_bytes(damaged)
        assert not fits(file, "13.59")


def test_a_failed_writing_leaves_the_file_before_it(tmp_path: Path) -> None:
    file = tmp_path / "fields.sqlite"
    writing.write(file, ENTRIES, engine="exiftool", engine_version="13.59")
    odd = replace(ENTRIES[0], descriptions={"en": "x", "no code": "y"})

    with pytest.raises(ValueError, match="no code"):
        writing.write(file, [odd], engine="exiftool", engine_version="13.60")

    assert fits(file, "13.59")
    assert list(tmp_path.iterdir()) == [file]
