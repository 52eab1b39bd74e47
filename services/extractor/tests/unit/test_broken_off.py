"""Files that break off: what stands in the containers in which they do is found, and is right."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from metaextract_extractor.domain.result import ByteRange, Field, Standard
from metaextract_extractor.reading.broken_off import cut_containers, walked
from metaextract_extractor.reading.evidence import Subject, subject_of
from metaextract_extractor.reading.view import FileSource, MissingBytesError, View
from metaextract_testing.factory import FORMATS, make

PARTS_COUNT = 24


@contextmanager
def opened(path: Path, content: bytes) -> Iterator[Subject]:
    path.write_bytes(content)
    with subject_of(path, len(content), path.suffix[1:], None) as subject:
        yield subject


def tags(fields: Iterable[Field]) -> set[tuple[str, str, str, str]]:
    return {
        (one.path, one.group, one.name, one.printed) for one in fields if one.standard is not Standard.FILE
    }


def test_the_beginning_of_scattered_bytes_ends_where_the_first_are_missing() -> None:
    received = [ByteRange(0, 5), ByteRange(8, 4)]
    with tempfile.TemporaryFile() as file:
        file.write(b"0123456789ab")
        file.flush()
        whole = View.of(FileSource(file.fileno(), 12, received))
        scattered = View.joined([whole.part(0, 3), whole.part(4, 4), whole.part(8, 4)])
        assert scattered.beginning(100) == b"0124"
        assert scattered.beginning(2) == b"01"
        with pytest.raises(MissingBytesError):
            whole.part(6).beginning(100)


@pytest.mark.parametrize("layout", FORMATS)
def test_what_is_found_in_a_part_stands_in_the_whole(layout: str, tmp_path: Path) -> None:
    image = make(layout)
    path = tmp_path / image.name
    with opened(path, image.content) as subject:
        whole = walked(subject)
    assert whole.further is None, "a whole file is read once"
    for part in range(1, PARTS_COUNT):
        length = len(image.content) * part // PARTS_COUNT
        with opened(path, image.content[:length]) as subject:
            further = walked(subject).further
        if further is not None:
            assert tags(further.fields) <= tags(whole.fields), length


def test_a_container_in_which_a_file_breaks_off_is_found_with_its_length(tmp_path: Path) -> None:
    image = make("jpeg")
    start = image.content.index(b"Exif\0\0") + 6
    claimed = int.from_bytes(image.content[start - 8 : start - 6], "big") - 8
    length = start + claimed - 1
    with opened(tmp_path / image.name, image.content[:length]) as subject:
        walk = walked(subject)
    assert walk.further is not None
    (outer, *_) = cut_containers(walk.further, length)
    assert (outer.path, outer.kind) == ("JPEG-APP1", "exif")
    assert [(one.offset_bytes, one.length_bytes) for one in outer.places] == [(start, claimed)]
    assert {one.name for one in walk.further.fields} >= {"Make", "Model"}
