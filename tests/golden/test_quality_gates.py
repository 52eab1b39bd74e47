"""The gates of the quality figures, computed on the public samples with the tables of this build.

`python -m bench quality` fits the tables on one half of the files (by hash) and reports; here the other half
is read and scored.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean

import pytest
from bench.quality.calibrating import is_monotone, score
from bench.quality.corpus import Sample, samples
from bench.quality.gather import Gatherer, gatherer
from bench.quality.measuring import Measured, corruption, measure
from bench.quality.reaching import COVERED
from bench.quality.truncating import CUTS_COUNT, Cut, cuts, score_cuts

from metaextract_extractor.domain.quality import SupportLevel
from metaextract_extractor.reading.quality.calibration import calibration
from metaextract_extractor.reading.quality.reach import reach_table
from metaextract_extractor.reading.quality.support import level_of, support

pytestmark = pytest.mark.timeout(900)


@dataclass(frozen=True)
class Run:
    engines: Gatherer
    scored: list[Sample]
    measured: Measured


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    scored = [sample for sample in samples() if not sample.is_fitted]
    with gatherer() as engines:
        yield Run(engines, scored, measure(engines, scored))


@pytest.fixture(scope="module")
def truncated(run: Run) -> list[Cut]:
    return list(cuts(run.engines, run.scored))


def test_confidence_is_calibrated(run: Run) -> None:
    for cases in (run.measured.scored, [case for case in run.measured.scored if not case.injected]):
        figures = score(cases, calibration())
        assert figures.count > 1000
        assert figures.ece <= 0.02
        assert figures.brier <= 0.01


def test_confidence_tells_faults_at_least_three_times_better_than_any_constant(run: Run) -> None:
    figures = score(run.measured.scored, calibration())
    assert figures.times_better >= 3
    assert figures.legacy_brier >= 3 * figures.brier


def test_one_more_agreeing_witness_never_lowers_confidence() -> None:
    assert is_monotone(calibration())


def test_one_corrupted_witness_makes_its_key_doubtful(run: Run) -> None:
    figures = corruption(run.measured, calibration())
    assert figures.keys_count > 1000
    assert figures.dropped_count == figures.keys_count
    assert figures.highest < 0.1


def test_the_completeness_that_is_told_of_cut_samples_is_right(truncated: list[Cut]) -> None:
    """The gate of .05: where no figure can be that right, none is told (ADR 0029)."""
    told = score_cuts(truncated, reach_table()).told
    assert told.cuts_count >= 0.6 * len([cut for cut in truncated if cut.number <= CUTS_COUNT])
    assert told.error <= 0.05
    assert told.error_of_recall <= 0.05
    assert told.spearman_of_recall >= 0.8


def test_completeness_follows_recall_when_samples_are_cut(truncated: list[Cut]) -> None:
    """The middle of every range, whether it is told or not."""
    score = score_cuts(truncated, reach_table())
    assert score.cuts_count > 1000
    assert score.spearman >= 0.8
    assert score.spearman_of_recall >= 0.8
    assert score.error <= 0.065
    assert score.error_of_recall <= 0.075
    jpegs = score_cuts([cut for cut in truncated if cut.format_name == "JPEG"], reach_table())
    assert jpegs.files_count > 30
    assert jpegs.error <= 0.05


def test_the_range_of_completeness_holds_the_truth_in_nine_of_ten_cuts(truncated: list[Cut]) -> None:
    score = score_cuts(truncated, reach_table())
    assert score.coverage >= COVERED - 0.02
    assert score.width <= 0.35


def test_whole_files_are_mostly_complete_and_makers_that_hide_data_show(run: Run) -> None:
    decoding = [
        one.decoding
        for several in run.measured.completeness.values()
        for one in several
        if one.decoding is not None
    ]
    assert len(decoding) == len(run.scored)
    assert 0.85 < fmean(decoding) < 1
    assert min(decoding) < 0.7


def test_the_levels_of_this_build_are_those_that_its_engines_earn(run: Run) -> None:
    order = list(SupportLevel)
    for name, tally in run.measured.tallies.items():
        told = support(name)
        earned = level_of(
            tally.recall, tally.exactness, tally.dimensioned / tally.files, crashes_count=told.crashes_count
        )
        assert told.files_count >= tally.files
        assert order.index(told.level) >= order.index(earned), (name, told, tally.missing[:5])
