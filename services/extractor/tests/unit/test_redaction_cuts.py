"""Parts that nobody looks into: what counts as one, and how each kind of file goes without."""

import mmap
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaextract_extractor.domain.result import ByteRange, Container, Field, Standard
from metaextract_extractor.reading.redaction.cuts import without_parts
from metaextract_extractor.reading.redaction.places import states_position
from metaextract_extractor.reading.redaction.unseen import end_of_jpeg
from metaextract_testing.factory import make


def part(kind: str, offset: int, length: int) -> Container:
    return Container("X", kind, (ByteRange(offset, length),))


def test_chunks_go_whole_and_a_trailer_is_cut_off(tmp_path: Path) -> None:
    source, target = tmp_path / "a.png", tmp_path / "b.png"
    chunk = b"\0\0\0\x03abCdxyz1234"
    source.write_bytes(b"before" + chunk + b"between" + chunk + b"after" + b"behind")
    chunks = [part("vendor", at + 8, 3) for at in (6, 6 + len(chunk) + 7)]

    assert without_parts(source, target, [*chunks, part("trailer", 6 + 2 * len(chunk) + 12, 6)], "PNG")
    assert target.read_bytes() == b"beforebetweenafter"
    assert not without_parts(source, tmp_path / "c.png", [], "PNG")


def test_a_riff_file_without_a_chunk_states_its_new_length(tmp_path: Path) -> None:
    source, target = tmp_path / "a.webp", tmp_path / "b.webp"
    kept, unknown = b"VP8 \x02\0\0\0ab", b"GEOX\x03\0\0\0xyz\0"
    source.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(kept + unknown)) + b"WEBP" + unknown + kept)

    assert without_parts(source, target, [part("vendor", 20, 3)], "WEBP")
    assert target.read_bytes() == b"RIFF" + struct.pack("<I", 4 + len(kept)) + b"WEBP" + kept


def test_a_box_becomes_free_space_where_it_stands(tmp_path: Path) -> None:
    source, target = tmp_path / "a.heic", tmp_path / "b.heic"
    before, box = b"\0\0\0\x0cftypheic", b"\0\0\0\x0cmpvdabcd"
    source.write_bytes(before + box + before)

    assert without_parts(source, target, [part("vendor", 20, 4)], "HEIF")
    assert target.read_bytes() == before + b"\0\0\0\x0cfree\0\0\0\0" + before


def test_segments_are_filled_because_others_point_over_them(tmp_path: Path) -> None:
    source, target = tmp_path / "a.jpg", tmp_path / "b.jpg"
    source.write_bytes(b"\xff\xd8\xff\xe9\0\x06wxyz\xff\xd9behind")

    assert without_parts(source, target, [part("vendor", 6, 4), part("trailer", 12, 6)], "JPEG")
    assert target.read_bytes() == b"\xff\xd8\xff\xe9\0\x06\0\0\0\0\xff\xd9"


def mapped(content: bytes) -> mmap.mmap:
    memory = mmap.mmap(-1, len(content))
    memory.write(content)
    return memory


def test_a_jpeg_ends_where_its_picture_ends_whatever_follows_or_stands_in_its_segments() -> None:
    content = make("jpeg").content
    thumbnail_within = b"\xff\xd8\xff\xe5" + struct.pack(">H", len(content) + 2) + content + content[2:]

    for whole in (content, thumbnail_within):
        assert end_of_jpeg(mapped(whole + content), 0) == len(whole)
    assert end_of_jpeg(mapped(content[:-2]), 0) is None


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=300))
def test_any_bytes_end_somewhere_or_nowhere(content: bytes) -> None:
    whole = b"\xff\xd8" + content
    end = end_of_jpeg(mapped(whole), 0)

    assert end is None or 2 < end <= len(whole)


def text(value: object) -> Field:
    return Field("", Standard.XMP, "XMP-dc", "", "Description", "", value, str(value), "", "exiftool")


@pytest.mark.parametrize(
    "value",
    [
        "taken at 47.123456, 8.654321",
        "geo:-47.123,108.654;u=10",
        "https://example.org/?q=47.12345,8.65432",
        "47.123456 8.654321",
        "+47.1234+008.6543/",
        "47°07'24.4\"N 8°39'15.6\"E",
        "47 deg 7' 24.44\" N",
        "N47° 7.4073'",
        "lat: 47.1234",
        ["a", "47.1234; 8.6543"],
    ],
)
def test_a_text_with_coordinates_is_one(value: object) -> None:
    assert states_position(text(value))


@pytest.mark.parametrize(
    "value",
    [
        "12.50, 13.75",
        "f/2.8, 1/250 s",
        "0.3127 0.329",
        "0.640 0.330 0.300 0.600 0.150 0.060",
        "1.00000 0.31270 0.32900",
        "2019-05-04 12:00:00+01:00",
        "180 deg rotated",
        "version 1.2.3456",
        47.123456,
    ],
)
def test_other_numbers_are_no_coordinates(value: object) -> None:
    assert not states_position(text(value))
