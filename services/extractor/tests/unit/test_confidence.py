"""How sure a value is: witnesses, the calibration table, conflicts."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaextract_extractor.domain.result import Field, Standard
from metaextract_extractor.reading.evidence import Evidence, Report, Subject
from metaextract_extractor.reading.quality.calibration import Calibration, Cell, Counts, calibration
from metaextract_extractor.reading.quality.confidence import CONFLICTS_MAX, assess_confidence
from metaextract_extractor.reading.quality.witnesses import Source, source_of, witnessed
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk

TABLE = Calibration(
    "test",
    {
        Cell(1, 1, Source.STANDARD): Counts(1000, 990),
        Cell(1, 0, Source.STANDARD): Counts(60, 1),
        Cell(2, 2, Source.STANDARD): Counts(1000, 999),
        Cell(2, 1, Source.STANDARD): Counts(60, 1),
        Cell(2, 0, Source.STANDARD): Counts(60, 0),
    },
)


def field(name: str, raw: Any, engine: str = "exiftool", **others: Any) -> Field:
    made = Field(
        path="",
        standard=Standard.EXIF,
        group="IFD0",
        category="Camera",
        name=name,
        tag_id="",
        raw=raw,
        printed=str(raw),
        type="string",
        engine=engine,
    )
    return replace(made, **others)


def evidence(fields: list[Field], **said: list[Field]) -> Evidence:
    subject = Subject(Path(), View.unpacked(b""), "JPEG", "jpg")
    return Evidence(subject, Walk(), fields, {name: Report(tuple(one)) for name, one in said.items()})


def test_without_a_witness_there_is_no_confidence_and_no_agreement() -> None:
    read = evidence([field("Make", "Canon")])
    confidence = assess_confidence(read, TABLE)
    assert (confidence.score, confidence.key_fields_confidence, confidence.witnessed) == (None, None, 0)
    assert read.fields[0].agreement is None


def test_without_fields_nothing_is_known() -> None:
    confidence = assess_confidence(evidence([]), TABLE)
    assert (confidence.score, confidence.witnessed, confidence.fields_count) == (None, None, 0)


def test_a_field_tells_how_many_read_it_and_how_many_agree() -> None:
    read = evidence(
        [field("Make", "Canon"), field("Software", "7")],
        pillow=[field("Make", "Canon\0", "pillow")],
        exifread=[field("Make", "Nikon", "exifread"), field("Model", "X", "exifread")],
    )
    confidence = assess_confidence(read, TABLE)
    make, software = read.fields
    assert make.agreement is not None
    assert (make.agreement.witnesses_count, make.agreement.agreeing_count) == (2, 1)
    assert make.agreement.confidence == confidence.score == confidence.key_fields_confidence
    assert software.agreement is None
    assert confidence.witnessed == 0.5
    assert confidence.witnesses == ("exifread", "pillow")
    assert (confidence.witnessed_count, confidence.agreed_count, confidence.conflicts_count) == (1, 0, 1)


def test_a_conflict_names_every_engine_with_its_value_that_of_the_result_first() -> None:
    read = evidence(
        [field("Make", "Canon")],
        pillow=[field("Make", "Canon", "pillow")],
        exifread=[field("Make", "Nikon", "exifread")],
    )
    (conflict,) = assess_confidence(read, TABLE).conflicts
    assert [(one.engine, one.raw) for one in conflict.values] == [
        ("exiftool", "Canon"),
        ("exifread", "Nikon"),
        ("pillow", "Canon"),
    ]


def test_an_engine_is_no_witness_of_its_own_fields() -> None:
    own = field("Make", "Canon", "pillow")
    read = evidence([own], pillow=[own], exifread=[replace(own, engine="exifread")])
    assess_confidence(read, TABLE)
    assert read.fields[0].agreement is not None
    assert read.fields[0].agreement.witnesses_count == 1


def test_our_walkers_are_witnesses_too() -> None:
    read = evidence([field("Make", "Canon")])
    read.walk.value("", Standard.EXIF, "IFD0", "Make", "Canon", "Canon")
    assert assess_confidence(read, TABLE).witnesses == ("walkers",)


def test_binary_data_that_is_only_described_makes_no_witness() -> None:
    data = "(Binary data 12 bytes, use -b option to extract)"
    read = evidence([field("Thumbnail", data)], pillow=[field("Thumbnail", "abc", "pillow")])
    assert assess_confidence(read, TABLE).witnessed_count == 0


def test_the_second_of_a_name_is_compared_with_the_second() -> None:
    fields = [field("Keyword", "a"), field("Keyword", "b", occurrence=1)]
    other = [field("Keyword", "a", "pillow"), field("Keyword", "b", "pillow", occurrence=1)]
    assert all(one.agreeing for one in witnessed(fields, {"pillow": other}))


def test_a_reader_that_tells_the_container_is_compared_within_the_container() -> None:
    """It may know only the second of two directories of one name."""
    fields = [field("Make", "a", path="JPEG-APP1"), field("Make", "b", path="JPEG-APP2", occurrence=1)]
    other = [field("Make", "b", "walkers", path="JPEG-APP2")]
    first, second = witnessed(fields, {"walkers": other})
    assert (first.witnesses_count, len(second.agreeing)) == (0, 1)


def test_key_fields_are_as_sure_as_the_least_sure_of_them() -> None:
    read = evidence(
        [field("Make", "Canon"), field("Model", "X"), field("Artist", "Ann")],
        pillow=[
            field("Make", "Canon", "pillow"),
            field("Model", "Y", "pillow"),
            field("Artist", "Eve", "pillow"),
        ],
    )
    confidence = assess_confidence(read, TABLE)
    assert confidence.key_fields_confidence == TABLE.estimate(1, 0, Source.STANDARD)
    assert confidence.score == pytest.approx(
        (TABLE.estimate(1, 1, Source.STANDARD) + 2 * TABLE.estimate(1, 0, Source.STANDARD)) / 3
    )


def test_a_file_full_of_conflicts_lists_a_bounded_number_of_them_and_counts_all() -> None:
    count = CONFLICTS_MAX + 20
    read = evidence(
        [field(f"Tag{n}", "a" * 1000) for n in range(count)],
        pillow=[field(f"Tag{n}", "b", "pillow") for n in range(count)],
    )
    confidence = assess_confidence(read, TABLE)
    assert (len(confidence.conflicts), confidence.conflicts_count) == (CONFLICTS_MAX, count)
    assert all(len(value.raw) <= 256 for conflict in confidence.conflicts for value in conflict.values)


@pytest.mark.parametrize(
    ("standard", "source"),
    [
        (Standard.EXIF, Source.STANDARD),
        (Standard.MAKERNOTE, Source.MAKERNOTE),
        (Standard.COMPOSITE, Source.COMPOSITE),
        (Standard.XMP, Source.TEXT),
    ],
)
def test_fields_have_a_class(standard: Standard, source: Source) -> None:
    assert source_of(field("Make", "x", standard=standard)) is source


counts = st.builds(
    lambda asked, agreed: Counts(asked + agreed, agreed), st.integers(0, 500), st.integers(0, 500)
)
cells = st.builds(
    lambda agreed, others, source: Cell(agreed + others, agreed, source),
    st.integers(0, 4),
    st.integers(0, 4),
    st.sampled_from(Source),
)


@given(
    st.dictionaries(cells, counts, max_size=20),
    st.integers(0, 10),
    st.integers(0, 10),
    st.sampled_from(Source),
)
def test_one_more_agreeing_witness_never_lowers_confidence(
    table: dict[Cell, Counts], agreed: int, others: int, source: Source
) -> None:
    made = Calibration("any", table)
    before = made.estimate(agreed + others, agreed, source)
    assert 0 < before < 1
    if agreed + others < 8:
        assert made.estimate(agreed + others + 1, agreed + 1, source) >= before - 1e-9
        assert made.estimate(agreed + others + 1, agreed, source) <= before + 1e-9


@given(st.dictionaries(cells, counts, max_size=20))
def test_a_table_survives_being_written_down(table: dict[Cell, Counts]) -> None:
    made = Calibration("any", table)
    again = Calibration.from_json(made.to_json())
    assert again.version == "any"
    assert all(again.counts(cell) == one for cell, one in table.items())
    assert again.estimate(2, 1, Source.TEXT) == pytest.approx(made.estimate(2, 1, Source.TEXT))


def test_an_estimate_is_the_share_that_agreed_with_half_a_case_for_each_side() -> None:
    assert TABLE.estimate(1, 1, Source.STANDARD) == pytest.approx(990.5 / 1001)


def test_a_case_that_was_never_met_is_as_sure_as_one_with_a_witness_less() -> None:
    assert TABLE.estimate(4, 3, Source.STANDARD) == pytest.approx(TABLE.estimate(2, 1, Source.STANDARD))
    assert TABLE.estimate(4, 4, Source.TEXT) == pytest.approx(TABLE.estimate(2, 2, Source.STANDARD))


@pytest.mark.parametrize("source", Source)
@pytest.mark.parametrize("read", [1, 2, 3, 4])
def test_in_the_table_of_this_build_one_contradiction_makes_a_key_doubtful(source: Source, read: int) -> None:
    table = calibration()
    assert table.estimate(read, read - 1, source) < 0.1
    assert table.estimate(read, 0, source) < 0.1
    assert table.estimate(read, read, source) > 0.9
