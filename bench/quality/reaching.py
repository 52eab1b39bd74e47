"""Fits how many tags are behind what leads nowhere in a cut file, and how sure that is: `reach.json`."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

import numpy as np

from bench.quality.truncating import CUTS_COUNT, Cut, Held
from metaextract_extractor.reading.quality.reach import COUNTED, TAGS_MORE, ReachTable, lumped, main_ground

FILES_LEAST: Final = 3
"""Kinds that were met in fewer files are lumped together."""

EXACT: Final = dict.fromkeys(COUNTED, 1.0)
"""Held ten times as fast."""

COVERED: Final = 0.9
"""Share of the cuts whose truth shall lie in the range."""

SHARE_LEAST: Final = 1e-3
"""What was found is taken to be at least this share of the file, so that the rest is a number of tags."""

PRIOR_TAGS_BEHIND_PIXELS: Final = 0.5
"""Most pictures have everything in front of the pixels."""

PRIOR_TAGS_OTHER: Final = 3.0
"""What a kind is taken to lead to that tells nothing else."""

SMALLEST: Final = 0.01

PRIOR_WEIGHT: Final = 3e-3
ERROR_SMALL: Final = 0.03
"""Below it errors count by their square, above it as they are: the gate is a mean absolute error."""

STEPS_COUNT: Final = 1500
Array: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def fit_reach(found: Sequence[Cut]) -> ReachTable:
    """Fit averages and ranges."""
    tags = fit_expected(found)
    return ReachTable(tags, fit_ranges(found, tags))


def as_json(table: ReachTable) -> str:
    """Render `reach.json`."""
    return json.dumps({"ranges": table.ranges, "tags": table.tags}, indent=1) + "\n"


def fit_ranges(found: Sequence[Cut], tags: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """Return between which multiples of what is expected nine of ten true numbers lie, by ground.

    Split conformal prediction with groups (Vovk, Lindsay, Nouretdinov and Gammerman 2003, Mondrian confidence
    machine), with quantiles of the multiples on both sides.
    """
    table = ReachTable(tags, {})
    multiples: defaultdict[str, list[float]] = defaultdict(list)
    for cut in found:
        if cut.unresolved and cut.tags_count and cut.number <= CUTS_COUNT:
            behind = table.behind(cut.unresolved)
            read = cut.structure * cut.decoding
            true = cut.tags_count * max(0.0, read / max(cut.share_of_everything, SHARE_LEAST) - 1)
            multiples[main_ground(behind)].append((true + TAGS_MORE) / (sum(behind.values()) + TAGS_MORE))
    tail = (1 - COVERED) / 2
    return {
        ground: (
            round(min(1.0, float(np.quantile(several, tail))), 3),
            round(max(1.0, float(np.quantile(several, 1 - tail))), 3),
        )
        for ground, several in sorted(multiples.items())
    }


def fit_expected(found: Sequence[Cut]) -> dict[str, float]:
    """Fit the averages so that completeness comes close to the share of everything the file says.

    Adam on their logarithms, held to what whole files of `found` have in such containers, or to what is known
    without them (`EXACT`).
    """
    files: dict[str, set[str]] = {}
    for cut in found:
        for kind in cut.unresolved:
            files.setdefault(kind, set()).add(cut.file)
    named = {kind for kind, of in files.items() if len(of) >= FILES_LEAST}
    usual = _usual(found)
    kinds = sorted(named | {lumped(kind) for kind in files} | set(usual))
    index = {kind: number for number, kind in enumerate(kinds)}
    counts = np.zeros((len(found), len(kinds)))
    for row, cut in zip(counts, found, strict=True):
        for kind, count in cut.unresolved.items():
            row[index[kind if kind in index else lumped(kind)]] += count
    prior = np.log([max(SMALLEST, usual.get(kind, _prior(kind))) for kind in kinds])
    held = np.array([PRIOR_WEIGHT * (10 if kind in EXACT else 1) for kind in kinds])
    tags = np.array([cut.tags_count for cut in found], dtype=float)
    most = np.array([cut.structure * cut.decoding for cut in found])
    truth = np.array([cut.share_of_everything for cut in found])
    expected = np.exp(_descend(counts, tags, most, truth, prior, held))
    return {kind: round(float(value), 2) for kind, value in zip(kinds, expected, strict=True)}


def _prior(kind: str) -> float:
    behind_pixels = kind.startswith("behind pixels")
    return EXACT.get(kind, PRIOR_TAGS_BEHIND_PIXELS if behind_pixels else PRIOR_TAGS_OTHER)


def _usual(found: Sequence[Cut]) -> Mapping[str, float]:
    """Return how many tags a whole container of a kind holds, and how many for each kilobyte more."""
    several: dict[str, list[Held]] = {}
    for cut in found:
        for one in cut.containers:
            several.setdefault(one.kind, []).append(one)
    usual: dict[str, float] = {}
    for kind, held in several.items():
        usual[kind], for_each = _line(held)
        if for_each:
            usual[f"kilobytes {kind}"] = for_each
    return usual


def _line(held: Sequence[Held]) -> tuple[float, float]:
    """Return the line through (kilobytes, tags) that does not fall, and errs least for the share of a file.

    That is, relatively: of 10 tags 5 are as far as of 100 tags 50.
    """
    kilobytes = np.array([one.kilobytes for one in held])
    tags = np.array([float(one.tags_count) for one in held])
    slopes = {0.0, *(round(one.tags_count / one.kilobytes, 2) for one in held if one.kilobytes)}
    full = np.array([one.full for one in held])
    starts = {slope: {*np.round((tags - slope * kilobytes) / full, 2)} for slope in slopes}
    lines = [(max(0.1, float(start)), slope) for slope in slopes for start in starts[slope]]

    def error(line: tuple[float, float]) -> float:
        expected = line[0] * full + line[1] * kilobytes
        return float(np.abs(np.log((expected + TAGS_MORE) / (tags + TAGS_MORE))).sum())

    return min(sorted(set(lines)), key=error)


def _descend(counts: Array, tags: Array, most: Array, truth: Array, prior: Array, held: Array) -> Array:
    """Minimise the errors of `most` * tags / (tags + counts @ exp(logarithms)) - `truth`."""
    logarithms = prior.copy()
    mean, square = np.zeros_like(logarithms), np.zeros_like(logarithms)
    for step in range(1, STEPS_COUNT + 1):
        expected = np.exp(logarithms)
        behind = counts @ expected
        all_tags = np.maximum(tags + behind, 1e-9)
        error = np.where(behind > 0, most * tags / all_tags, most) - truth
        slope = -error / np.sqrt(error**2 + ERROR_SMALL**2) * most * tags / all_tags**2
        gradient = (counts.T @ slope) / len(tags) * expected
        gradient += held * (logarithms - prior)
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        change = (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-10)
        logarithms = np.clip(logarithms - 0.05 * change, -7, 6)
    return logarithms
