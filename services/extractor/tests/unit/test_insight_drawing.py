"""All insights together, drawn from what ExifTool reads in files of which we know the truth."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from metaextract_extractor.domain.insights import Insights
from metaextract_extractor.domain.insights_picture import Likeness
from metaextract_extractor.domain.insights_time import Precision
from metaextract_extractor.reading.engines.exiftool import ExifTool
from metaextract_extractor.reading.evidence import Evidence, subject_of
from metaextract_extractor.reading.insights.drawing import drawn, with_pixels, with_place_name
from metaextract_extractor.reading.insights.place_name import NEAR_KILOMETRES
from metaextract_extractor.reading.walk import Walk
from metaextract_testing.exiftool import exiftool_path
from metaextract_testing.factory import FORMATS, make
from metaextract_testing.factory.scene import Angle, scene

NOW = datetime(2026, 1, 1, tzinfo=UTC)
JSON = TypeAdapter(Insights)

Gathers = Callable[[bytes, str], Evidence]


@pytest.fixture(scope="module")
def exiftool():
    with ExifTool(exiftool_path()) as tool:
        yield tool


@pytest.fixture
def gather(exiftool: ExifTool, tmp_path: Path):
    with ExitStack() as open_files:

        def of(content: bytes, extension: str) -> Evidence:
            path = tmp_path / f"file.{extension}"
            path.write_bytes(content)
            subject = open_files.enter_context(subject_of(path, len(content), extension, None))
            return Evidence(subject, Walk(), list(exiftool.read(path).fields))

        yield of


def everything(evidence: Evidence, exiftool: ExifTool) -> Insights:
    insights = with_place_name(drawn(evidence, now=NOW), exiftool)
    return with_pixels(insights, evidence, pixel_decoders=True)


def signed(angle: Angle) -> float:
    return angle.hundredths_of_second / 360_000 * (-1 if angle.hemisphere in "SW" else 1)


@pytest.mark.parametrize("image_format", ["jpeg", "png", "webp", "tiff", "heic", "dng", "cr2", "nef"])
@pytest.mark.parametrize("seed", [1, 2])
def test_time_and_place_are_those_of_the_scene(
    exiftool: ExifTool, gather: Gathers, image_format: str, seed: int
) -> None:
    made, truth = make(image_format, seed=seed), scene(image_format, seed)
    found = everything(gather(made.content, made.name.rpartition(".")[2]), exiftool)
    assert found.capture_time is not None
    assert found.capture_time.best.iso8601.startswith(truth.taken.strftime("%Y-%m-%dT%H:%M:%S"))
    assert found.capture_time.best.zone == truth.utc_offset
    assert found.capture_time.best.precision in (Precision.SECOND, Precision.SUBSECOND)
    assert found.place is not None
    assert found.place.latitude_degrees == pytest.approx(signed(truth.latitude), abs=1e-6)
    assert found.place.longitude_degrees == pytest.approx(signed(truth.longitude), abs=1e-6)
    assert found.place.name is None or found.place.name.distance_kilometres <= NEAR_KILOMETRES
    assert found.place.time_zone


def test_the_thumbnail_of_the_factory_is_compared_and_its_compression_known(
    exiftool: ExifTool, gather: Gathers
) -> None:
    found = everything(gather(make("jpeg", seed=3).content, "jpg"), exiftool)
    assert found.previews is not None
    (thumbnail,) = found.previews.images
    assert (thumbnail.kind, thumbnail.format) == ("thumbnail", "JPEG")
    assert thumbnail.comparison.likeness in (Likeness.SAME, Likeness.DIFFERENT)
    assert found.compression is not None
    assert found.compression.jpeg is not None
    assert (found.compression.jpeg.quality, found.compression.jpeg.quality_exact) == (85, True)
    assert found.colour is not None
    assert found.colour.icc is not None
    assert found.colour.icc.family == "sRGB"


@pytest.mark.parametrize("image_format", FORMATS)
def test_every_format_survives_the_way_through_json(
    exiftool: ExifTool, gather: Gathers, image_format: str
) -> None:
    made = make(image_format, seed=1)
    found = everything(gather(made.content, made.name.rpartition(".")[2]), exiftool)
    assert JSON.validate_json(JSON.dump_json(found)) == found
    assert found.compression is not None or image_format in ("ico", "svg", "ppm", "cr2", "psd")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(("jpeg", "tiff", "heic", "webp", "png")), st.integers(0, 30_000), st.integers(0, 7))
def test_damaged_files_are_survived(
    exiftool: ExifTool, gather: Gathers, image_format: str, at: int, bit: int
) -> None:
    content = bytearray(make(image_format, seed=1).content)
    at %= len(content)
    content[at] ^= 1 << bit
    everything(gather(bytes(content), "bin"), exiftool)
    everything(gather(bytes(content[:at]), "bin"), exiftool)
