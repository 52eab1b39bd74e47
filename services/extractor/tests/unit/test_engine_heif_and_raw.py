"""pillow-heif and LibRaw: what they add, and what they refuse."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pillow_heif
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from metaextract_extractor.domain.canonical import agree
from metaextract_extractor.reading.engines.exiftool import ExifTool
from metaextract_extractor.reading.engines.heif import Heif
from metaextract_extractor.reading.engines.raw import Raw
from metaextract_extractor.reading.evidence import Engine, EngineError, Report, subject_of
from metaextract_testing.exiftool import exiftool_path
from metaextract_testing.factory import make

Reads = Callable[[Engine, bytes, str], Report]


@pytest.fixture(scope="module")
def heif() -> Heif:
    return Heif()


def values(report: Report, group: str) -> dict[str, object]:
    return {one.name: one.raw for one in report.fields if one.group == group}


def test_what_exiftool_reads_of_a_heic_agrees(heif: Heif, tmp_path: Path) -> None:
    made = make("heic")
    path = tmp_path / made.name
    path.write_bytes(made.content)
    with subject_of(path, len(made.content), "heic", None) as subject:
        report = heif.read(subject)
    with ExifTool(exiftool_path()) as exiftool:
        primary = {(one.group, one.name, one.occurrence): one for one in exiftool.read(path).fields}

    said = [one for one in report.fields if one.group != "HEIF"]
    assert len(said) > 20
    assert not [one for one in said if (one.group, one.name, one.occurrence) not in primary]
    assert not [one for one in said if not agree(primary[one.group, one.name, one.occurrence], one)]


def test_pictures_and_their_thumbnails_are_counted(heif: Heif, read_bytes: Reads) -> None:
    file = pillow_heif.from_pillow(Image.new("RGB", (128, 96)))
    file.add_from_pillow(Image.new("RGB", (64, 64)))
    file.info["thumbnails"] = [32]
    buffer = BytesIO()
    file.save(buffer, quality=10)

    found = values(read_bytes(heif, buffer.getvalue(), "heic"), "HEIF")

    assert (found["ImagesCount"], found["ThumbnailsCount"], found["ThumbnailLongestEdge"]) == (2, 1, 32)
    assert (found["PrimaryImageWidth"], found["PrimaryImageHeight"]) == (128, 96)
    assert found["PrimaryImageBitDepth"] == 8


def test_of_an_avif_only_the_structure_is_told(heif: Heif, read_bytes: Reads) -> None:
    report = read_bytes(heif, make("avif").content, "avif")

    assert {one.group for one in report.fields} == {"HEIF"}


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cut=st.floats(0, 1),
    flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), max_size=8),
)
def test_a_damaged_heic_is_read_or_refused(
    cut: float, flips: list[tuple[float, int]], heif: Heif, tmp_path: Path
) -> None:
    content = bytearray(make("heic").content)
    for at, mask in flips:
        content[int(at * len(content))] ^= mask
    path = tmp_path / "damaged"
    path.write_bytes(content[: int(cut * len(content))])
    with subject_of(path, path.stat().st_size, "heic", None) as subject:
        if not heif.reads(subject):
            return
        try:
            heif.read(subject)
        except EngineError:
            return


def test_libraw_tells_the_sizes_of_the_sensor_picture(read_bytes: Reads) -> None:
    found = values(read_bytes(Raw(), make("dng").content, "dng"), "LibRaw")

    assert found["RawWidth"] == found["ImageWidth"]
    assert "WhiteLevel" not in found


def test_libraw_tells_levels_only_when_it_may_unpack(read_bytes: Reads) -> None:
    report = read_bytes(Raw(levels=True), make("dng").content, "dng")
    found = values(report, "LibRaw")

    assert not report.notices
    assert isinstance(found["WhiteLevel"], int)
    assert found["RawType"] == "Flat"


def test_libraw_refuses_what_is_no_raw(read_bytes: Reads) -> None:
    with pytest.raises(EngineError, match="LibRaw refuses"):
        read_bytes(Raw(), make("tiff").content, "dng")


def test_libraw_leaves_files_alone_that_call_themselves_tiff(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(make("tiff").content)
    with subject_of(path, path.stat().st_size, "tif", None) as subject:
        assert not Raw().reads(subject)
