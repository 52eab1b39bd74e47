"""PDQ: a perceptual hash of 256 bits, for finding the same picture by Hamming distance.

"The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", Facebook, 2019: luminance, two
passes of a box filter each way, 64 by 64 samples, the 16 by 16 lowest frequencies but the constant ones, each
against the median. Two hashes of the same picture differ in 31 bits at most, as its authors recommend.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Plane = NDArray[np.float64]

SAMPLES: Final = 64
FREQUENCIES: Final = 16
DIGITS: Final = 64
_PASSES: Final = 2
_LONGEST_PIXELS: Final = 512
"""Larger pictures are scaled first."""

_LUMINANCE: Final = (0.299, 0.587, 0.114)
_GRADIENT_SCALE: Final = 100 / 255
_QUALITY_DIVISOR: Final = 90
_QUALITY_MAX: Final = 100


def pdq(picture: Image.Image) -> tuple[str, int]:
    """Return the hash as 64 hexadecimal digits, and its quality from 0 to 100: below 50 it is too plain."""
    small = picture
    if max(small.size) > _LONGEST_PIXELS:
        small = picture.copy()
        small.thumbnail((_LONGEST_PIXELS, _LONGEST_PIXELS))
    samples = _samples(np.asarray(small, dtype=np.float64) @ np.array(_LUMINANCE))
    waves = _waves()
    low = waves @ samples @ waves.T
    bits = (low > np.median(low)).reshape(-1)
    # The first coefficient is the lowest bit.
    number = int.from_bytes(np.packbits(bits[::-1]).tobytes(), "big")
    return f"{number:0{DIGITS}x}", _quality(samples)


def _samples(luminance: Plane) -> Plane:
    """Blur, then take the values at the middles of a grid of 64 by 64."""
    for axis in (0, 1):
        length = luminance.shape[axis]
        window = (length + 2 * SAMPLES - 1) // (2 * SAMPLES)
        for _ in range(_PASSES):
            luminance = _box(luminance, window, axis)
    rows, columns = (
        ((np.arange(SAMPLES) + 0.5) * length / SAMPLES).astype(np.int64) for length in luminance.shape
    )
    return luminance[np.ix_(rows, columns)]


def _box(values: Plane, window: int, axis: int) -> Plane:
    """Return the means of windows of this length around each value, cut off at the edges."""
    length = values.shape[axis]
    sums = np.concatenate([np.zeros_like(values.take([0], axis)), values.cumsum(axis)], axis)
    before = (window + 2) // 2 - 1
    first = np.clip(np.arange(length) - (window - 1 - before), 0, length)
    last = np.clip(np.arange(length) + before + 1, 0, length)
    shape = (-1, 1) if axis == 0 else (1, -1)
    total = sums.take(last, axis) - sums.take(first, axis)
    return np.asarray(total / (last - first).reshape(shape))


def _waves() -> Plane:
    """Waves 1 to 16 of a type II cosine transform over 64 points."""
    angle = np.pi / (2 * SAMPLES) * np.outer(np.arange(1, FREQUENCIES + 1), 2 * np.arange(SAMPLES) + 1)
    return np.asarray(np.sqrt(2 / SAMPLES) * np.cos(angle))


def _quality(samples: Plane) -> int:
    steps = [np.trunc(np.diff(samples, axis=axis) * _GRADIENT_SCALE) for axis in (0, 1)]
    total = sum(int(np.abs(one).sum()) for one in steps)
    return min(_QUALITY_MAX, total // _QUALITY_DIVISOR)
