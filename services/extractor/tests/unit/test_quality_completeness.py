"""How much was read: bytes, tags, references."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaextract_extractor.domain.result import ByteRange, Field, Standard, Why
from metaextract_extractor.reading.evidence import Evidence, Subject, subject_of
from metaextract_extractor.reading.quality.completeness import assess_completeness
from metaextract_extractor.reading.quality.intervals import Spans, difference, intersection, size, union
from metaextract_extractor.reading.quality.reach import ReachTable, reach_table
from metaextract_extractor.reading.view import BytesSource, View
from metaextract_extractor.reading.walk import Walk

DATA = bytes(range(1, 201)) * 5
"""1,000 bytes without filling."""


def field(name: str, group: str = "Canon", path: str = "", tag_id: str = "", raw: object = 1) -> Field:
    return Field(path, Standard.MAKERNOTE, group, "", name, tag_id, raw, str(raw), "", "exiftool")


def unknown(*tags: str) -> Field:
    return replace(field("UnknownTags", "ExifTool", raw=", ".join(tags)), standard=Standard.FILE)


def view(data: bytes = DATA) -> View:
    return View.of(BytesSource(data))


def evidence(walk: Walk, *fields: Field, data: bytes = DATA) -> Evidence:
    return Evidence(Subject(Path(), view(data), "JPEG", "jpg"), walk, list(fields))


def test_of_nothing_nothing_is_known() -> None:
    done = assess_completeness(evidence(Walk()))
    assert (done.score, done.structure, done.decoding, done.reach) == (None, None, None, 1)


def test_structure_is_the_share_of_metadata_bytes_that_were_understood() -> None:
    walk = Walk()
    with walk.within("exif", "JPEG-APP1", view().part(100, 200)):
        walk.understood(view().part(100, 150))
    done = assess_completeness(evidence(walk))
    assert (done.container_bytes, done.decoded_bytes, done.structure) == (200, 150, 0.75)
    (gap,) = done.gaps
    assert (gap.offset_bytes, gap.length_bytes, gap.path, gap.reason) == (250, 50, "JPEG-APP1", Why.UNKNOWN)


def test_the_picture_and_the_outermost_structure_are_no_metadata() -> None:
    walk = Walk()
    with walk.within("file", "JPEG", view()), walk.within("image", "JPEG-SOF", view().part(0, 50)):
        pass
    assert assess_completeness(evidence(walk)).container_bytes == 0


def test_a_thumbnail_inside_a_container_is_no_metadata() -> None:
    walk = Walk()
    with walk.within("exif", "JPEG-APP1", view().part(0, 400)):
        walk.understood(view().part(0, 100))
        walk.image("thumbnail", "JPEG-APP1-IFD1", view().part(100, 300))
    done = assess_completeness(evidence(walk))
    assert (done.container_bytes, done.structure) == (100, 1)


def test_nested_containers_count_once() -> None:
    walk = Walk()
    with walk.within("exif", "A", view().part(0, 100)), walk.within("makernote", "A-B", view().part(50, 50)):
        walk.understood(view().part(0, 100))
    assert assess_completeness(evidence(walk)).container_bytes == 100


def test_a_named_range_keeps_its_reason_and_the_rest_is_unknown() -> None:
    walk = Walk()
    with walk.within("vendor", "JPEG-APP5", view().part(0, 100)):
        walk.not_read("JPEG-APP5", view().part(20, 30), Why.VENDOR)
        walk.not_read("JPEG-APP5", view().part(40, 30), Why.ENCRYPTED)
    gaps = sorted(assess_completeness(evidence(walk)).gaps, key=lambda gap: gap.offset_bytes)
    assert [(gap.offset_bytes, gap.length_bytes, gap.reason) for gap in gaps] == [
        (0, 20, Why.UNKNOWN),
        (20, 30, Why.VENDOR),
        (50, 20, Why.ENCRYPTED),
        (70, 30, Why.UNKNOWN),
    ]


def test_filling_hides_nothing() -> None:
    data = b"head" + b"\0" * 60 + b"\xff" * 30 + b"tail-of-it"
    walk = Walk()
    with walk.within("exif", "JPEG-APP1", view(data)):
        walk.understood(view(data).part(0, 4))
    done = assess_completeness(evidence(walk, data=data))
    assert [(gap.offset_bytes, gap.length_bytes) for gap in done.gaps] == [(94, 10)]


def lacks_something() -> Walk:
    further = Walk()
    further.reference(resolved=False)
    return further


def maker_note() -> Walk:
    walk = Walk()
    whole = view().part(0, 100)
    with walk.within("makernote", "A-MakerNotes", whole):
        walk.understood(whole.part(0, 20))
        for tag_id, start in ((1, 20), (2, 60)):
            walk.locate("A-MakerNotes", "Canon", tag_id, whole.part(start, 40))
            walk.not_read("A-MakerNotes", whole.part(start, 40), Why.VENDOR)
    return walk


def test_an_entry_that_the_primary_engine_names_is_decoded() -> None:
    done = assess_completeness(evidence(maker_note(), field("Mode", tag_id="1", path="A-MakerNotes")))
    assert (done.decoded_bytes, done.gaps_count) == (60, 1)


def test_an_entry_that_the_primary_engine_opens_is_decoded_unless_it_says_that_it_does_not_know_it() -> None:
    inside = field("Mode", tag_id="7", path="A-MakerNotes-CameraSettings")
    assert assess_completeness(evidence(maker_note(), inside)).structure == 1
    done = assess_completeness(evidence(maker_note(), inside, unknown("Canon::Main 2")))
    assert (done.decoded_bytes, done.gaps[0].decoded_share) == (60, 0)


def test_of_a_range_left_to_the_primary_engine_the_share_of_its_tags_counts() -> None:
    walk = Walk()
    with walk.within("vendor", "JPEG-APP1", view().part(0, 100)):
        walk.not_read("JPEG-APP1", view().part(0, 100), Why.VENDOR)
    told = [field(f"Tag{n}", "FLIR", "JPEG-APP1-FLIR") for n in range(3)]
    done = assess_completeness(evidence(walk, *told, unknown("FLIR::Main 9")))
    assert done.structure == pytest.approx(0.75)
    assert done.gaps[0].decoded_share == pytest.approx(0.75)
    assert assess_completeness(evidence(walk, unknown("FLIR::Main 9"))).structure == 0
    assert assess_completeness(evidence(walk, *told)).structure == 0, "what is unknown was not told"


def test_fields_of_another_container_decode_nothing() -> None:
    walk = Walk()
    with walk.within("exif", "JPEG-APP1-IFD0", view().part(200, 10)):
        walk.understood(view().part(200, 10))
    with walk.within("vendor", "JPEG-APP1", view().part(0, 90)):
        walk.not_read("JPEG-APP1", view().part(0, 90), Why.VENDOR)
    done = assess_completeness(evidence(walk, field("Make", "IFD0", "JPEG-APP1-IFD0"), unknown()))
    assert done.decoded_bytes == 10


def test_decoding_is_the_share_of_known_tags() -> None:
    done = assess_completeness(
        evidence(Walk(), *[field(f"T{n}") for n in range(9)], unknown("Sony::Main 8228"))
    )
    assert (done.decoding, done.known_tags_count, done.unknown_tags_count) == (0.9, 9, 1)
    assert done.unknown_tags == ("Sony::Main 8228",)


def test_without_the_list_of_unknown_tags_decoding_is_not_known() -> None:
    done = assess_completeness(evidence(Walk(), field("Make")))
    assert (done.decoding, done.known_tags_count, done.score) == (None, None, None)


def test_of_a_file_without_tags_and_metadata_nothing_is_told() -> None:
    done = assess_completeness(evidence(Walk(), unknown()))
    assert (done.decoding, done.score, done.score_low, done.score_high) == (None, None, None, None)
    assert (done.known_tags_count, done.unknown_tags_count) == (0, 0)


def test_the_score_is_the_product_of_what_is_known() -> None:
    walk = Walk()
    with walk.within("exif", "A", view().part(0, 100)):
        walk.understood(view().part(0, 50))
    for resolved in (True, True, True, False):
        walk.reference(resolved=resolved)
    walk.further = lacks_something()
    read = evidence(walk, field("Make"), unknown("Canon::Main 1"))
    done = assess_completeness(read, table=ReachTable({"reference": 6.0}, {"container": (0.5, 2.0)}))
    assert (done.structure, done.decoding, done.reach) == (0.5, 0.5, 2 / (2 + 6))
    assert done.score == pytest.approx(0.5 * 0.5 * 0.25)
    # 6 expected tags and 3 more are 9: half as many are 4.5, and twice as many 18.
    assert done.score_low == pytest.approx(0.5 * 0.5 * 2 / (2 + 15))
    assert done.score_high == pytest.approx(0.5 * 0.5 * 2 / (2 + 1.5))
    assert (done.references_count, done.unresolved_references_count) == (4, 1)


def test_a_figure_that_would_be_a_guess_is_not_told() -> None:
    walk = Walk(further=lacks_something())
    several = (field(f"Tag{number}") for number in range(9))
    read = evidence(walk, *several, replace(unknown(), raw="", printed=""))
    table = ReachTable({"reference": 6.0}, {"container": (0.5, 2.0)})
    done = assess_completeness(read, table=table)
    assert done.score == done.reach == 9 / (9 + 6)
    wide = replace(table, ranges={"container": (0.01, 9.0)})
    done = assess_completeness(read, table=wide)
    assert (done.score, done.score_high) == (None, 1)
    assert done.score_low == pytest.approx(9 / (9 + 78))


def test_what_the_primary_engine_misses_counts_as_unresolved() -> None:
    complaint = replace(field("Warning", "ExifTool", raw="Bad SubIFD1 directory"), standard=Standard.FILE)
    done = assess_completeness(
        evidence(Walk(), field("Make"), complaint), table=ReachTable({"engine SubIFD": 3.0}, {})
    )
    assert done.reach == pytest.approx(0.25)


def test_a_file_of_which_nothing_was_found_behind_its_references_is_not_complete() -> None:
    walk = Walk(further=lacks_something())
    done = assess_completeness(
        evidence(walk), table=ReachTable({"reference": 6.0}, {"container": (0.1, 9.0)})
    )
    assert (done.score_low, done.score, done.score_high) == (0, 0, 0)


def test_of_a_file_that_lacks_nothing_the_range_is_the_figure() -> None:
    done = assess_completeness(evidence(Walk(), field("Make"), unknown("Canon::Main 1")))
    assert (done.score_low, done.score, done.score_high) == (0.5, 0.5, 0.5)


@given(
    lacks=st.dictionaries(st.sampled_from(sorted(reach_table().tags)), st.floats(0.01, 300), min_size=1),
    tags_count=st.integers(0, 1000),
)
def test_the_range_goes_around_the_figure_and_more_that_is_read_is_never_less(
    lacks: dict[str, float], tags_count: int
) -> None:
    told, more = (reach_table().reach(lacks, count) for count in (tags_count, tags_count + 1))
    assert 0 <= told.low <= told.usual <= told.high <= 1
    assert (told.low, told.usual, told.high) <= (more.low, more.usual, more.high)


def test_of_what_was_counted_more_is_known_than_of_what_stands_behind_a_break() -> None:
    counted = reach_table().reach({"entries": 5.0}, 40)
    behind = reach_table().reach({"behind pixels PNG": 1.0, "behind metadata PNG": 1.0}, 40)
    assert counted.high - counted.low < 0.5
    assert behind.low < behind.usual


def test_what_of_a_cut_container_was_not_decoded_is_no_gap() -> None:
    walk, further, longer = Walk(), Walk(), view(DATA + DATA)
    with walk.within("photoshop", "A", view().part(100, 900)):
        walk.understood(view().part(100, 150))
    with (
        further.within("photoshop", "A", longer.part(100, 1200)),
        further.within("xmp", "A-XMP", longer.part(500, 100)),
    ):
        pass
    walk.further = further
    done = assess_completeness(evidence(walk))
    assert [(gap.offset_bytes, gap.length_bytes) for gap in done.gaps] == [(500, 100)], "a whole one is"
    assert (done.container_bytes, done.structure) == (250, 0.6)


def test_bytes_that_have_not_arrived_are_no_gap(tmp_path: Path) -> None:
    path = tmp_path / "arriving"
    path.write_bytes(DATA[:150])
    with subject_of(path, 1000, "jpg", (ByteRange(0, 150),)) as subject:
        done = assess_completeness(_half_arrived(subject))
    assert (done.container_bytes, done.decoded_bytes) == (50, 30)


def _half_arrived(subject: Subject) -> Evidence:
    arriving = subject.view
    walk = Walk()
    with walk.within("exif", "JPEG-APP1", arriving.part(100, 200)):
        walk.understood(arriving.part(100, 30))
    return Evidence(subject, walk)


def test_thousands_of_gaps_are_counted_and_the_largest_listed() -> None:
    walk = Walk()
    data = bytes(range(1, 251)) * 400
    with walk.within("vendor", "A", view(data)):
        for at in range(0, 100_000, 100):
            walk.understood(view(data).part(at, 50))
    done = assess_completeness(evidence(walk, data=data))
    assert (done.gaps_count, len(done.gaps)) == (1000, 100)


pairs = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=8)


def members(found: Spans) -> set[int]:
    return {at for start, end in found for at in range(start, end)}


@given(pairs, pairs)
def test_sets_of_bytes_behave_as_sets(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> None:
    first, second = union(one), union(other)
    assert members(first) == {at for start, end in one for at in range(start, end)}
    assert members(intersection(first, second)) == members(first) & members(second)
    assert members(difference(first, second)) == members(first) - members(second)
    assert size(first) == len(members(first))
    assert all(a[1] < b[0] for a, b in pairwise(first))
