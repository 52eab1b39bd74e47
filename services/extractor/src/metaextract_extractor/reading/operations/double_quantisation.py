"""Whether a JPEG was saved before, at a lower quality: what an earlier quantisation left in the coefficients.

Coefficients that were rounded to multiples of one step and then to another fall unevenly on the second grid
(J. Lukas, J. Fridrich, "Estimation of Primary Quantization Matrix in Double Compressed JPEG Images", DFRWS
2003). The coefficients are computed anew from the decoded luminance, which gives them back but for rounding.
Each of the luminance tables that the Independent JPEG Group's library scales (ITU-T T.81, K.1) is tried as
the earlier one: does it explain the unevenness that a smooth distribution does not? Other tables are not
tried, and an earlier save at an equal or higher quality leaves no such trace.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from metaextract_extractor.domain.insights_picture import QuantisationTable
from metaextract_extractor.reading.insights.jpeg_tables import LUMINANCE, scaled

Plane = NDArray[np.float64]
Counts = NDArray[np.int64]

PIXELS_MIN: Final = 128
"""Shortest side with enough blocks to count in."""

_BLOCK: Final = 8
_BLOCKS_MAX: Final = 128
"""Blocks a side, from the middle of the picture."""

_FREQUENCIES: Final = 15
"""The lowest ones, without the constant: higher ones are mostly zero."""

_LEVELS: Final = 24
_LEVELS_MIN: Final = 6
_COUNT_MIN: Final = 200
_FREQUENCIES_MIN: Final = 5
_QUALITIES: Final = range(30, 97)
_QUALITY_BELOW: Final = 3
"""The earlier quality must be so much lower: neighbours explain each other's small misfits."""

_ROUNDING: Final = 0.6
"""Standard deviation that rounding to 8-bit samples and colours leaves in a coefficient."""

_UNEVEN_MIN: Final = 0.35
_GAIN_MIN: Final = 1.0
_GAIN_OF_ONE_MIN: Final = 0.7
_SHARE_MIN: Final = 0.7
"""Measured: none of 56 pictures saved once, 44 of 48 saved at a quality lower by 10 or more before."""

_STEPS_MAX: Final = 15
_WEIGHT_MIN: Final = 0.02

# Positions of the coefficients in zigzag order (ITU-T T.81, figure 5).
_ZIGZAG: Final = sorted(
    ((row, column) for row in range(_BLOCK) for column in range(_BLOCK)),
    key=lambda at: (sum(at), at[0] if sum(at) % 2 else at[1]),
)
_WAVES: Final = np.array(
    [
        [
            math.sqrt((1 if wave == 0 else 2) / _BLOCK)
            * math.cos(math.pi * (2 * at + 1) * wave / (2 * _BLOCK))
            for at in range(_BLOCK)
        ]
        for wave in range(_BLOCK)
    ]
)


@dataclass(frozen=True, slots=True)
class EarlierSave:
    """An earlier quantisation that explains the coefficients.

    `quality`: of the library's scale, good to about 3. `frequencies_count` were looked at, in
    `explaining_count` of them it explains at least half of the misfit. `misfit_before`, `misfit_after`:
    median over them of the deviance per degree of freedom, without and with it; 1 is a perfect fit.
    """

    quality: int
    frequencies_count: int
    explaining_count: int
    misfit_before: float
    misfit_after: float


@dataclass(frozen=True, slots=True)
class _Frequency:
    index: int
    step: int
    counts: Counts
    """How many coefficients have each level from 0 on, whatever their sign."""
    misfit: float
    """Of a smooth distribution."""


def earlier_save(luminance: NDArray[np.uint8], table: QuantisationTable, quality: int) -> EarlierSave | None:
    """Look for it in the luminance in full size; None if nothing shows. `quality`: the present one."""
    frequencies = list(_frequencies(luminance, table))
    best: tuple[float, EarlierSave] | None = None
    for earlier in _QUALITIES:
        if earlier > quality - _QUALITY_BELOW:
            break
        tried = _tried(frequencies, earlier)
        if tried is not None and (best is None or tried[0] > best[0]):
            best = tried
    if best is None:
        return None
    gain, found = best
    shown = gain >= _GAIN_MIN and found.explaining_count >= _SHARE_MIN * found.frequencies_count
    return found if shown else None


def _tried(frequencies: Sequence[_Frequency], quality: int) -> tuple[float, EarlierSave] | None:
    steps = scaled(LUMINANCE, quality)
    gains, before, after = [], [], []
    for one in frequencies:
        weights = _weights(steps[one.index], one.step)
        if one.step % steps[one.index] == 0 or np.ptp(weights[1 : _LEVELS // 2]) < _UNEVEN_MIN:
            continue  # an earlier step like this would leave nothing
        misfit = _misfit(one.counts, weights)
        gains.append(math.log((one.misfit + 1) / (misfit + 1)))
        before.append(one.misfit)
        after.append(misfit)
    if len(gains) < _FREQUENCIES_MIN:
        return None
    explaining = sum(gain >= _GAIN_OF_ONE_MIN for gain in gains)
    found = EarlierSave(
        quality, len(gains), explaining, round(float(np.median(before)), 2), round(float(np.median(after)), 2)
    )
    return float(np.mean(gains)), found


def _frequencies(luminance: NDArray[np.uint8], table: QuantisationTable) -> Iterator[_Frequency]:
    coefficients = _WAVES @ _blocks(luminance) @ _WAVES.T
    for index in range(1, _FREQUENCIES + 1):
        row, column = _ZIGZAG[index]
        step = max(1, table.values[index])
        levels = np.abs(np.rint(coefficients[:, row, column] / step)).astype(np.int64)
        counts = np.bincount(levels[levels <= _LEVELS], minlength=_LEVELS + 1)
        if counts[2:].sum() >= _COUNT_MIN:
            yield _Frequency(index, step, counts, _misfit(counts, np.ones(_LEVELS + 1)))


def _blocks(luminance: NDArray[np.uint8]) -> Plane:
    """Return the blocks of the middle that are neither black nor white anywhere: those were cut off."""
    height, width = (min(side // _BLOCK, _BLOCKS_MAX) for side in luminance.shape)
    top, left = (
        (side // _BLOCK - count) // 2 * _BLOCK
        for side, count in zip(luminance.shape, (height, width), strict=True)
    )
    middle = luminance[top : top + height * _BLOCK, left : left + width * _BLOCK]
    blocks = middle.reshape(height, _BLOCK, width, _BLOCK).transpose(0, 2, 1, 3).reshape(-1, _BLOCK, _BLOCK)
    whole = (blocks.min((1, 2)) > 0) & (blocks.max((1, 2)) < 255)  # noqa: PLR2004 - white
    shifted: NDArray[np.float64] = blocks[whole].astype(np.float64) - 128
    return shifted


@lru_cache(maxsize=4096)
def _weights(earlier: int, step: int) -> Plane:
    """Return how much of each level multiples of an earlier step make, 1 on average."""
    levels = np.arange(_LEVELS + 1)
    multiples = np.arange(-2, (_LEVELS + 1) * step // earlier + 3) * earlier
    edges = (np.arange(_LEVELS + 2) - 0.5) * step
    below = np.array([[_normal((edge - one) / _ROUNDING) for one in multiples] for edge in edges])
    return np.asarray((below[levels + 1] - below[levels]).sum(1) * earlier / step)


def _normal(value: float) -> float:
    return 0.5 * (1 + math.erf(value / math.sqrt(2)))


def _misfit(counts: Counts, weights: Plane) -> float:
    """Return the deviance per degree of freedom of the smooth distribution that fits best under weights.

    A Poisson regression of the counts of levels 1 and up on 1, the root of the level, and the level.
    """
    last = max(_LEVELS_MIN, int(np.flatnonzero(counts)[-1]))
    level = np.arange(1, last + 1, dtype=np.float64)
    seen = counts[1 : last + 1].astype(np.float64)
    terms = np.stack([np.ones(last), np.sqrt(level), level / _LEVELS], 1)
    known = np.log(np.maximum(weights[1 : last + 1], _WEIGHT_MIN))
    roots = np.sqrt(seen + 0.5)
    factors = np.linalg.lstsq(terms * roots[:, None], (np.log(seen + 0.5) - known) * roots, rcond=None)[0]
    for _ in range(_STEPS_MAX):
        wanted = _expected(terms, factors, known)
        curvature = (terms.T * wanted) @ terms + 1e-3 * np.eye(3)
        change = np.linalg.solve(curvature, terms.T @ (seen - wanted))
        most = float(np.abs(change).max())
        factors = factors + change * min(1.0, 1 / most if most > 0 else 1.0)
        if most < 1e-4:  # noqa: PLR2004 - it stands still
            break
    wanted = _expected(terms, factors, known)
    logs = np.where(seen > 0, seen * np.log(np.maximum(seen, 1e-9) / wanted), 0)
    return float(2 * (logs - (seen - wanted)).sum() / (last - 3))


def _expected(terms: Plane, factors: Plane, known: Plane) -> Plane:
    return np.asarray(np.exp(np.clip(terms @ factors + known, -15, 15)))
