"""exifread as a witness: what it says agrees with ExifTool, and endless directories end."""

import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metaextract_extractor.domain.canonical import agree
from metaextract_extractor.reading.engines.exif_read import ExifRead
from metaextract_extractor.reading.engines.exiftool import ExifTool
from metaextract_extractor.reading.evidence import Engine, EngineError, Report, subject_of
from metaextract_testing.exiftool import exiftool_path
from metaextract_testing.factory import FORMATS as FORMATS_MADE
from metaextract_testing.factory import make

FORMATS = ("jpeg", "png", "tiff", "tiff-be", "dng", "cr2", "nef", "arw")

Reads = Callable[[Engine, bytes, str], Report]


@pytest.fixture(scope="module")
def engine() -> ExifRead:
    return ExifRead()


@pytest.mark.parametrize("fmt", FORMATS)
def test_every_field_meets_one_of_exiftool_and_agrees(fmt: str, engine: ExifRead, tmp_path: Path) -> None:
    made = make(fmt)
    path = tmp_path / made.name
    path.write_bytes(made.content)
    with subject_of(path, len(made.content), "", None) as subject:
        report = engine.read(subject)
    with ExifTool(exiftool_path()) as exiftool:
        primary = {(one.group, one.name, one.occurrence): one for one in exiftool.read(path).fields}

    assert len(report.fields) > 5
    assert not [one for one in report.fields if (one.group, one.name, one.occurrence) not in primary]
    assert not [one for one in report.fields if not agree(primary[one.group, one.name, one.occurrence], one)]


@pytest.mark.parametrize("fmt", sorted(FORMATS_MADE))
def test_it_fails_on_no_good_file_that_it_takes(fmt: str, engine: ExifRead, tmp_path: Path) -> None:
    made = make(fmt)
    path = tmp_path / made.name
    path.write_bytes(made.content)
    with subject_of(path, len(made.content), "", None) as subject:
        assert not engine.reads(subject) or engine.read(subject).notices == ()


def test_boxes_without_exif_are_no_failure(engine: ExifRead, read_bytes: Reads) -> None:
    signature = bytes.fromhex("0000000c4a584c200d0a870a")
    file_type = struct.pack(">I", 20) + b"ftypjxl " + bytes(4) + b"jxl "
    codestream = struct.pack(">I", 12) + b"jxlc" + bytes.fromhex("ff0afa7f")

    assert read_bytes(engine, signature + file_type + codestream, "jxl").fields == ()


def apple(note: bytes) -> bytes:
    """Return a TIFF of the make Apple with a maker note."""
    at = 8 + 2 + 2 * 12 + 4
    make_entry = struct.pack("<HHII", 0x010F, 2, 6, at)
    exif_at = at + 6
    exif_entry = struct.pack("<HHII", 0x8769, 4, 1, exif_at)
    head = b"II*\0" + struct.pack("<IH", 8, 2) + make_entry + exif_entry + bytes(4) + b"Apple\0"
    entry = struct.pack("<HHHII", 1, 0x927C, 7, len(note), exif_at + 18)
    return head + entry + bytes(4) + note


def test_plain_tags_of_a_maker_note_are_read(engine: ExifRead, read_bytes: Reads) -> None:
    directory = struct.pack("<HHHIII", 1, 0x0005, 9, 1, 187, 0)
    content = apple(b"Apple iOS\0\0\1II" + directory)

    report = read_bytes(engine, content, "tif")

    assert [(one.group, one.name, one.raw) for one in report.fields if one.group == "Apple"] == [
        ("Apple", "AETarget", 187)
    ]


def test_a_maker_note_of_another_layout_is_left(engine: ExifRead, read_bytes: Reads) -> None:
    directory = struct.pack("<HHHIII", 1, 0x0005, 9, 1, 187, 0)
    content = apple(b"Orange iOS\0\1II" + directory)

    report = read_bytes(engine, content, "tif")

    assert not [one for one in report.fields if one.group == "Apple"]


def test_a_directory_of_65535_long_entries_ends_at_the_limit_of_reads(
    engine: ExifRead, read_bytes: Reads
) -> None:
    entries = struct.pack("<HHII", 0x0100, 3, 900, 8) * 65_535
    content = b"II*\0" + struct.pack("<IH", 8, 65_535) + entries + bytes(4)

    with pytest.raises(EngineError, match="ReadingLimitError"):
        read_bytes(engine, content, "tif")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fmt=st.sampled_from(FORMATS),
    cut=st.floats(0, 1),
    flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), max_size=8),
)
def test_damaged_files_are_read_or_refused(
    fmt: str, cut: float, flips: list[tuple[float, int]], engine: ExifRead, tmp_path: Path
) -> None:
    content = bytearray(make(fmt).content)
    for at, mask in flips:
        content[int(at * len(content))] ^= mask
    path = tmp_path / "damaged"
    path.write_bytes(content[: int(cut * len(content))])
    with subject_of(path, path.stat().st_size, "", None) as subject:
        if not engine.reads(subject):
            return
        try:
            report = engine.read(subject)
        except EngineError:
            return
    for one in report.fields:
        assert isinstance(one.raw, str | int | float)
