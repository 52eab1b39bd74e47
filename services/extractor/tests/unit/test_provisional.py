"""Which fields of an unfinished file may be told: those that the missing bytes cannot change."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from metaextract_extractor.domain.result import ByteRange, Field, Standard
from metaextract_extractor.reading.provisional import provisional
from metaextract_extractor.reading.view import FileSource, View
from metaextract_extractor.reading.walk import Walk

SIZE_BYTES = 200_000
NOTES = "JPEG-APP1-IFD0-ExifIFD-MakerNotes"
MODE = Field(NOTES, Standard.MAKERNOTE, "Canon", "Camera", "Mode", "7", 1, "One", "int16u", "exiftool")
Arrived = Callable[..., View]


@pytest.fixture
def arrived(tmp_path: Path) -> Iterator[Arrived]:
    """View a file of which only these ranges (begin, end) have arrived."""
    path = tmp_path / "file"
    path.write_bytes(bytes(SIZE_BYTES))
    descriptor = os.open(path, os.O_RDONLY)

    def view(*ranges: tuple[int, int]) -> View:
        received = [ByteRange(start, end - start) for start, end in ranges]
        return View.of(FileSource(descriptor, SIZE_BYTES, received))

    yield view
    os.close(descriptor)


def walked(view: View, *, reads_on: bool = True) -> Walk:
    """A maker note whose table stands at 100, with an entry whose value stands at 60,000."""
    walk = Walk()
    with walk.within("file", "JPEG", view):
        with walk.within("makernote", NOTES, view.part(100, 50)):
            walk.locate(NOTES, "Canon", 7, view.part(60_000, 70_000))
        if not reads_on:
            view.read(SIZE_BYTES - 1, 1)
    return walk


def test_what_only_the_engine_names_waits_for_all_values_of_its_container(arrived) -> None:
    for end, told in ((129_999, ()), (130_000, (MODE,))):
        view = arrived((0, end))
        assert provisional([MODE], walked(view), view) == told


def test_a_place_does_not_make_a_value_that_has_not_arrived_right(arrived) -> None:
    view = arrived((0, 1000))
    placed = replace(MODE, location=ByteRange(60_000, 70_000))
    assert provisional([placed], walked(view), view) == ()


def test_a_hole_in_a_value_is_seen(arrived) -> None:
    view = arrived((0, 90_000), (90_001, SIZE_BYTES))
    assert provisional([MODE], walked(view), view) == ()


def test_maker_notes_do_not_wait_for_the_rest_of_the_file(arrived) -> None:
    view = arrived((0, 150_000))
    assert provisional([MODE], walked(view, reads_on=False), view) == (MODE,)


def test_other_containers_wait_because_their_like_may_follow(arrived) -> None:
    """Of the next one perhaps only the head has arrived, and the engine has read zeros behind it."""
    view = arrived((0, 150_000))
    walk = Walk()
    text = replace(MODE, path="PNG-TextualData", standard=Standard.CONTAINER, group="PNG", name="Comment")
    with walk.within("file", "PNG", view):
        with walk.within("text", "PNG-TextualData", view.part(100, 50)):
            pass
        view.read(SIZE_BYTES - 1, 1)
    assert provisional([text], walk, view) == ()


def test_what_a_walker_read_too_is_told_though_the_file_goes_on(arrived) -> None:
    view = arrived((0, 1000))
    walk = Walk()
    title = replace(MODE, path="PNG-TextualData", standard=Standard.CONTAINER, group="PNG", name="Title")
    with walk.within("file", "PNG", view):
        with walk.within("text", "PNG-TextualData", view.part(100, 50)):
            walk.value("PNG-TextualData", Standard.CONTAINER, "PNG", "Title", 1, "One")
        view.read(SIZE_BYTES - 1, 1)
    assert provisional([title], walk, view) == (title,)
    assert provisional([replace(title, raw=2, printed="Two")], walk, view) == ()


def test_a_statement_about_the_file_waits_for_its_whole_container(arrived) -> None:
    """The size of an item is that of the picture only if no other item is the primary one."""
    width = Field("MOV-Meta", Standard.FILE, "File", "Image", "ImageWidth", "", 320, "320", "", "exiftool")
    for end, told in ((200, ()), (1000, (width,))):
        view = arrived((0, end))
        walk = Walk()
        with walk.within("file", "MOV", view), walk.within("image", "MOV-Meta", view.part(0, 500)):
            walk.value("MOV-Meta", Standard.FILE, "File", "ImageWidth", 320, "320", at=view.part(10, 4))
            view.read(400, 100)
        assert provisional([width], walk, view) == told


@pytest.mark.parametrize(
    ("group", "name"),
    [
        ("GIF", "FrameCount"),
        ("GIF", "Duration"),
        ("Track1", "MediaDuration"),
        ("PNG", "AnimationFrames"),
        ("File", "PageCount"),
        ("System", "FileSize"),
        ("Photoshop", "Compression"),
    ],
)
def test_counts_durations_and_what_the_picture_says_wait_for_the_end(group, name, arrived) -> None:
    view = arrived((0, SIZE_BYTES))
    assert provisional([replace(MODE, group=group, name=name)], walked(view), view) == ()


def test_computed_fields_wait_for_the_end(arrived) -> None:
    view = arrived((0, SIZE_BYTES))
    assert provisional([replace(MODE, standard=Standard.COMPOSITE)], walked(view), view) == ()


def test_many_entries_that_claim_the_same_large_range_cost_no_time(arrived) -> None:
    view = arrived((0, SIZE_BYTES))
    walk = Walk()
    with walk.within("makernote", NOTES, view.part(0, 50)):
        for start in range(200):
            walk.locate(NOTES, "Canon", start, view.part(start, SIZE_BYTES - start))
    source = view._pieces[0].source
    assert isinstance(source, FileSource)
    assert provisional([MODE], walk, view) == ()
    assert source.bytes_read < 20_000_000
