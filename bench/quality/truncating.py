"""Does completeness know what is missing? Files are cut at 20 points and compared with the whole ones.

Each cut is read twice: as a file that just ends there, and as one whose rest has not arrived (a partial
result). The truth is recall: the tags of the whole file that were found with their value / all its tags,
those that nobody knows among the latter and never among the former.
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np

from bench.quality.corpus import Sample
from bench.quality.gather import Gathered, Gatherer
from metaextract_extractor.domain.canonical import agree
from metaextract_extractor.domain.result import Field
from metaextract_extractor.reading.quality.completeness import assess_completeness, is_tag
from metaextract_extractor.reading.quality.reach import lumped, unresolved
from metaextract_extractor.reading.quality.unknown_tags import unknown_tags

CUTS_COUNT: Final = 20
FILE_BYTES_MAX: Final = 4_000_000
FILES_LEAST: Final = 3
"""Kinds of references that were met in fewer files are lumped together."""

PRIOR_TAGS: Final = 3.0
"""What a kind of reference that tells nothing is taken to lead to."""

PRIOR_WEIGHT: Final = 1e-4
STEPS_COUNT: Final = 3000
Key: TypeAlias = tuple[str, str, int]
Array: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Cut:
    """A file that ends early: what can be said of it, and what is true."""

    sample: Sample
    number: int
    """Of 21 parts, how many are there."""
    is_arriving: bool
    structure: float
    decoding: float
    tags_count: int
    unresolved: Mapping[str, float]
    right_count: int
    truth_count: int
    """Tags of the whole file, those that nobody knows included."""

    @property
    def recall(self) -> float:
        """Share of the truth that was found."""
        return self.right_count / self.truth_count

    def expected_missing(self, expected: Mapping[str, float]) -> float:
        """Return the number of tags that the table expects behind what is unresolved."""
        return sum(
            count * expected.get(kind, expected.get(lumped(kind), 0.0))
            for kind, count in self.unresolved.items()
        )

    def completeness(self, expected: Mapping[str, float]) -> float:
        """Return what `assess_completeness` says with this table."""
        behind = self.expected_missing(expected)
        reach = self.tags_count / (self.tags_count + behind) if behind else 1.0
        return self.structure * self.decoding * reach


def cuts(gatherer: Gatherer, samples: Iterable[Sample]) -> Iterator[Cut]:
    """Cut each file, and read it whole as well."""
    with tempfile.TemporaryDirectory() as folder:
        for sample in samples:
            if sample.path.stat().st_size > FILE_BYTES_MAX:
                continue
            with gatherer.reading(sample.path, alone=True) as whole:
                truth = _tags(whole)
                unknown_count = len(unknown_tags(whole.evidence.fields) or ())
            if truth:
                path = Path(folder) / f"cut{sample.path.suffix}"
                yield from _of_one(gatherer, sample, path, truth, unknown_count)


def _of_one(
    gatherer: Gatherer, sample: Sample, path: Path, truth: dict[Key, Field], unknown_count: int
) -> Iterator[Cut]:
    data = sample.path.read_bytes()
    for number in range(1, CUTS_COUNT + 2):
        length = len(data) * number // (CUTS_COUNT + 1)
        for is_arriving in (False, True) if number <= CUTS_COUNT else (False,):
            path.write_bytes(data[:length])
            if is_arriving:
                with path.open("r+b") as file:
                    file.truncate(len(data))
            with gatherer.reading(path, received=length if is_arriving else None, alone=True) as gathered:
                yield _cut(sample, number, gathered, truth, unknown_count, is_arriving=is_arriving)


def _cut(
    sample: Sample,
    number: int,
    gathered: Gathered,
    truth: dict[Key, Field],
    unknown_count: int,
    *,
    is_arriving: bool,
) -> Cut:
    done = assess_completeness(gathered.evidence)
    found = _tags(gathered)
    return Cut(
        sample=sample,
        number=number,
        is_arriving=is_arriving,
        structure=1.0 if done.structure is None else done.structure,
        decoding=1.0 if done.decoding is None else done.decoding,
        tags_count=(done.known_tags_count or 0) + (done.unknown_tags_count or 0),
        unresolved=unresolved(gathered.evidence),
        right_count=sum(1 for key, field in truth.items() if key in found and agree(field, found[key])),
        truth_count=len(truth) + unknown_count,
    )


def _tags(gathered: Gathered) -> dict[Key, Field]:
    """Return the comparable tags that the primary engine found in the file."""
    return {
        (one.group, one.name, one.occurrence): one
        for one in gathered.evidence.fields
        if is_tag(one) and one.engine == gathered.primary and agree(one, one)
    }


def fit_expected(found: Sequence[Cut]) -> dict[str, float]:
    """Fit how many tags are behind a reference of each kind, so that completeness comes close to recall.

    Least squares of completeness - recall, by Adam on the logarithms of the averages, held to `PRIOR_TAGS`.
    """
    files: dict[str, set[str]] = {}
    for cut in found:
        for kind in cut.unresolved:
            files.setdefault(kind, set()).add(cut.sample.sha256)
    named = {kind for kind, of in files.items() if len(of) >= FILES_LEAST}
    kinds = sorted(named | {lumped(kind) for kind in files})
    index = {kind: number for number, kind in enumerate(kinds)}
    counts = np.zeros((len(found), len(kinds)))
    for row, cut in zip(counts, found, strict=True):
        for kind, count in cut.unresolved.items():
            row[index[kind if kind in named else lumped(kind)]] += count
    tags = np.array([cut.tags_count for cut in found], dtype=float)
    most = np.array([cut.structure * cut.decoding for cut in found])
    recall = np.array([cut.recall for cut in found])
    expected = _descend(counts, tags, most, recall)
    return {kind: round(float(value), 2) for kind, value in zip(kinds, expected, strict=True)}


def _descend(counts: Array, tags: Array, most: Array, recall: Array) -> Array:
    """Minimise the squares of `most` * tags / (tags + counts @ expected) - `recall`."""
    logarithms = np.full(counts.shape[1], np.log(PRIOR_TAGS))
    mean, square = np.zeros_like(logarithms), np.zeros_like(logarithms)
    for step in range(1, STEPS_COUNT + 1):
        expected = np.exp(logarithms)
        behind = counts @ expected
        all_tags = np.maximum(tags + behind, 1e-9)
        told = np.where(behind > 0, most * tags / all_tags, most)
        slope = -2 * (told - recall) * most * tags / all_tags**2
        gradient = (counts.T @ slope) / len(tags) * expected
        gradient += PRIOR_WEIGHT * (logarithms - np.log(PRIOR_TAGS))
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        change = (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-10)
        logarithms = np.clip(logarithms - 0.05 * change, -6, 6)
    result: Array = np.exp(logarithms)
    return result


@dataclass(frozen=True, slots=True)
class TruncationScore:
    """How well completeness follows recall."""

    count: int
    spearman: float
    mean_absolute_error: float
    error_of_tags: float
    """The same for decoding x reach: recall cannot see bytes that nobody decodes."""
    decreases_count: int
    """Steps of arriving files at which the score fell, before it is held."""


def score_cuts(found: Sequence[Cut], expected: Mapping[str, float], *, is_arriving: bool) -> TruncationScore:
    """Score cuts of one sort; whole files are left out."""
    some = [cut for cut in found if cut.is_arriving == is_arriving and cut.number <= CUTS_COUNT]
    told = [cut.completeness(expected) for cut in some]
    true = [cut.recall for cut in some]
    errors = [abs(one - other) for one, other in zip(told, true, strict=True)]
    return TruncationScore(
        count=len(some),
        spearman=spearman(told, true),
        mean_absolute_error=_mean(errors),
        error_of_tags=_mean(
            [abs(cut.completeness(expected) / cut.structure - cut.recall) for cut in some if cut.structure]
        ),
        decreases_count=_decreases(some, told),
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _decreases(some: Sequence[Cut], told: Sequence[float]) -> int:
    last: dict[str, float] = {}
    count = 0
    for cut, value in zip(some, told, strict=True):
        count += value < last.get(cut.sample.sha256, 0.0) - 1e-9
        last[cut.sample.sha256] = value
    return count


def spearman(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the rank correlation, ties with their mean rank."""
    if not one:
        return 0.0
    first, second = _ranks(one), _ranks(other)
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def _ranks(values: Sequence[float]) -> Array:
    _, inverse, counts = np.unique(np.round(np.array(values), 9), return_inverse=True, return_counts=True)
    ranks: Array = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return ranks
