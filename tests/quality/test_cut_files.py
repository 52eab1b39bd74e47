"""What completeness says of files that end early, on files that the factory makes: no samples are needed.

The gates of ADR 0015, 0027 and 0029. `tests/golden/test_quality_gates.py` holds the same on real samples.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from bench.quality.gather import Gatherer, gatherer
from bench.quality.reaching import COVERED
from bench.quality.truncating import cuts_of_heads, cuts_of_pictures, score_by_format, score_cuts

from metaextract.extractor.v1 import extractor_pb2
from metaextract_extractor.domain.model import PartialResult
from metaextract_extractor.domain.result import ByteRange, Field
from metaextract_extractor.reading.assembly import assembled
from metaextract_extractor.reading.engines.measuring import Measurement
from metaextract_extractor.reading.evidence import subject_of
from metaextract_extractor.reading.quality.reach import reach_table
from metaextract_extractor.reading.reader import Reader
from metaextract_extractor.reading.steps import Steps
from metaextract_testing.factory import FORMATS, make

pytestmark = pytest.mark.timeout(900)

PARTS_COUNT = 8


@pytest.fixture(scope="module")
def engines() -> Iterator[Gatherer]:
    with gatherer() as started:
        yield started


def test_completeness_of_a_cut_picture_is_the_share_that_was_found(engines: Gatherer) -> None:
    cuts = list(cuts_of_pictures(engines))
    score = score_cuts(cuts, reach_table())
    assert score.cuts_count == 160
    assert score.error <= 0.05
    assert score.error_of_recall <= 0.08
    assert min(score.spearman, score.spearman_of_recall) >= 0.8
    assert score.coverage >= COVERED
    assert score.told.cuts_count >= 0.7 * score.cuts_count
    assert score.told.error <= 0.01
    whole = [cut for cut in cuts if cut.number > 20]
    assert [cut.recall for cut in whole] == [1.0] * 8
    assert all(cut.told(reach_table()).usual >= 0.95 for cut in whole)
    assert all(cut.told(reach_table()).low == cut.told(reach_table()).high for cut in whole)
    by_layout = score_by_format(cuts, reach_table())
    assert {name: one.error for name, one in by_layout.items() if one.error > 0.1} == {}


def test_completeness_of_a_cut_head_follows_its_recall(engines: Gatherer) -> None:
    score = score_cuts(cuts_of_heads(engines), reach_table())
    assert score.files_count == 17
    assert score.error <= 0.055
    assert score.error_of_recall <= 0.085
    assert min(score.spearman, score.spearman_of_recall) >= 0.8
    assert score.coverage >= COVERED
    assert score.told.cuts_count >= 0.7 * score.cuts_count
    assert score.told.error <= 0.05


def test_no_completeness_is_told_of_a_file_that_is_arriving() -> None:
    assert [one.name for one in fields(PartialResult)] == ["fields", "bytes_read"]
    assert list(extractor_pb2.PartialResult.DESCRIPTOR.fields_by_name) == ["fields", "bytes_read"]


@pytest.fixture(scope="module")
def reader(engines: Gatherer) -> Reader:
    return assembled(engines.primary, trust_lists=(), pixel_decoders=False)


@pytest.mark.parametrize("layout", FORMATS)
def test_what_a_partial_result_tells_never_decreases(layout: str, engines: Gatherer, reader: Reader) -> None:
    """One part after the other arrives, and what was told of the ones before stays told."""
    image = make(layout)
    told: set[tuple[str, str, str]] = set()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / image.name
        for part in range(1, PARTS_COUNT):
            length = len(image.content) * part // PARTS_COUNT
            path.write_bytes(image.content[:length].ljust(len(image.content), b"\0"))
            now = {_key(one) for one in _partial(reader, engines, path, length)}
            assert told <= now, part
            told = now


def _partial(reader: Reader, engines: Gatherer, path: Path, length: int) -> tuple[Field, ...]:
    """Read what has arrived as the worker does."""
    measurement = Measurement(engines.primary.pid)
    steps = Steps({}, reader.step_names, lambda _name, _share: None, measurement.cpu_seconds)
    arrived = (ByteRange(0, length),)
    with subject_of(path, path.stat().st_size, path.suffix[1:].lower(), arrived) as subject:
        reading = reader.read(subject, steps, measurement)
    assert reading.quality is None
    return reading.fields


def _key(field: Field) -> tuple[str, str, str]:
    return field.path, field.group, field.name
