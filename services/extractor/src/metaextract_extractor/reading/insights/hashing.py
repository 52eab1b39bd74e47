"""Perceptual hashes of a small picture: pHash, dHash and aHash, 64 bits each.

Definitions and bit order of the ImageHash library (version 4), so that hashes can be compared with those of
others; written out because its transform needs SciPy, 30 MB and 0.4 s in every worker. A test compares both.
pHash: C. Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from PIL import Image

SIDE: Final = 8
SPECTRUM_SIDE: Final = 32
HASH_DIGITS: Final = 16

_COSINES: Final = np.cos(
    np.pi / (2 * SPECTRUM_SIDE) * np.outer(np.arange(SIDE), 2 * np.arange(SPECTRUM_SIDE) + 1)
)
"""The 8 lowest waves of a type II cosine transform over 32 points."""


def phash(image: "Image.Image") -> str:
    """Return the low frequencies of 32 by 32 grey values against their median."""
    grey = np.reshape(grey_values(image, SPECTRUM_SIDE, SPECTRUM_SIDE), (SPECTRUM_SIDE, SPECTRUM_SIDE))
    # Rounded, so that a flat picture has no frequencies but the lowest, instead of the dust of rounding.
    low = np.round(_COSINES @ grey @ _COSINES.T, 6).ravel()
    return _digits((low > np.median(low)).tolist())


def dhash(image: "Image.Image") -> str:
    """Return where 9 by 8 grey values grow from left to right."""
    grey = grey_values(image, SIDE + 1, SIDE)
    rows = [grey[at : at + SIDE + 1] for at in range(0, len(grey), SIDE + 1)]
    return _digits([row[at + 1] > row[at] for row in rows for at in range(SIDE)])


def ahash(image: "Image.Image") -> str:
    """Return where 8 by 8 grey values are above their mean."""
    grey = grey_values(image, SIDE, SIDE)
    mean = sum(grey) / len(grey)
    return _digits([value > mean for value in grey])


def hamming_distance(one: str, other: str) -> int:
    """Return in how many of 64 bits two hashes differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def correlation(one: Sequence[int], other: Sequence[int]) -> float | None:
    """Return Pearson's coefficient of two lists of grey values; None if one is flat."""
    mean, other_mean = sum(one) / len(one), sum(other) / len(other)
    shared = sum((a - mean) * (b - other_mean) for a, b in zip(one, other, strict=True))
    spread = sum((a - mean) ** 2 for a in one) * sum((b - other_mean) ** 2 for b in other)
    return shared / math.sqrt(spread) if spread else None


def grey_values(image: "Image.Image", width: int, height: int) -> list[int]:
    """Return the picture as rows of grey values from 0 to 255."""
    from PIL import Image  # noqa: PLC0415 - only when pixels are wanted

    small = image.convert("L").resize((width, height), Image.Resampling.LANCZOS)
    return list(small.tobytes())


def _digits(bits: list[bool]) -> str:
    return f"{sum(bit << (len(bits) - 1 - at) for at, bit in enumerate(bits)):016x}"
