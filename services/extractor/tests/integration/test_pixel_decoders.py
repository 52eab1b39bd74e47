"""Where workers are shut in less than pixel decoders want, none of them runs, and the result says so."""

from functools import partial
from pathlib import Path

import pytest

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract.extractor.v1 import insights_pb2
from metaextract_extractor import main
from metaextract_extractor.domain.confinement import SandboxLevel
from metaextract_testing.factory import make

DECODING_WORKER = Path(__file__).with_name("decoding_worker.py")
FORMATS = ("jpeg", "png", "webp", "tiff", "jp2", "avif", "heic", "dng")
PIXELS = [pb.OPERATION_EMBEDDING, pb.OPERATION_OCR]
OFF = "PIXEL_DECODERS_OFF"


@pytest.fixture
def weak(monkeypatch) -> None:
    """An extractor that finds nothing but limits, and workers that die when they decode."""
    monkeypatch.setattr(main, "probed", partial(main.probed, strongest=SandboxLevel.LIMITS_ONLY))
    program = (str(DECODING_WORKER),)
    monkeypatch.setattr(main, "WorkerSettings", partial(main.WorkerSettings, program=program))


async def test_below_the_level_that_they_want_no_pixel_decoder_runs(weak, start) -> None:
    async with start(pixel_decoders_level_min="self_confined") as service:
        assert (await service.info()).sandbox_level == "limits_only"
        for made in FORMATS:
            extraction = (await service.extract(make(made), operations=PIXELS)).ended
            codes = {one.code for one in extraction.result.warnings}
            assert (OFF in codes, "STEP_FAILED" in codes) == (True, False), made
            assert extraction.result.fields
            assert not extraction.insights.HasField("fingerprints")
            assert [one.delivered for one in extraction.operations] == [False, False]
            assert all("decoders are off" in one.reason for one in extraction.operations)
            assert {one.comparison.likeness for one in extraction.insights.previews.images} <= {
                insights_pb2.PreviewComparison.LIKENESS_UNKNOWN
            }
            assert {one.phash for one in extraction.insights.previews.images} <= {""}


@pytest.mark.parametrize("made", ["jpeg", "heic"])
async def test_at_the_level_that_they_want_they_run(made: str, weak, start) -> None:
    """Else the test before would find nothing, whatever runs."""
    async with start(pixel_decoders_level_min="limits_only") as service:
        extraction = (await service.extract(make(made))).ended
    codes = {one.code for one in extraction.result.warnings}
    assert (OFF in codes, "STEP_FAILED" in codes) == (False, True)
