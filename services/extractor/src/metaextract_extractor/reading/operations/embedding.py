"""The operation `embedding`: what a picture looks like, as a vector and as hashes, for similarity search.

The vector joins four descriptors, each brought to its own length and then together to length 1:

* layout: low frequencies of luminance over a grid of 32 by 32, as in ISO/IEC 15938-3 (MPEG-7), colour layout;
* edges: histograms of gradient directions over 4 by 4 cells (N. Dalal, B. Triggs, "Histograms of Oriented
  Gradients", CVPR 2005), which take the place of MPEG-7's edge histogram with its five kinds;
* palette: a histogram of hue, brightness and greys, as MPEG-7's scalable colour, without regard to place;
* tints: low frequencies of both chroma planes, as in MPEG-7's colour layout.

It finds copies that were scaled, compressed, cropped, recoloured, or slightly turned (bench/similarity
measures how well). It knows nothing of what is shown: two pictures of one dog are no nearer than two of
anything.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from metaextract_extractor.domain.operations import Embedding
from metaextract_extractor.reading.insights.hashing import ahash, dhash, phash
from metaextract_extractor.reading.operations.pdq import pdq

METHOD: Final = "metaextract.layout-edges-palette"
VERSION: Final = 1
DIMENSION: Final = 256

Plane = NDArray[np.float64]

_SIDE: Final = 128
_GRID: Final = 32
_LAYOUT_FREQUENCIES: Final = 42
_TINT_FREQUENCIES: Final = 15
_TINT_FLOOR: Final = 2048.0
"""Chroma weaker than this is not stretched: pictures without colour have none."""

_CELLS: Final = 4
_DIRECTIONS: Final = 8
_HUES: Final = 16
_HUE_LEVELS: Final = 3
_GREYS: Final = 8
_COLOURLESS_BELOW: Final = 40
"""Saturation, of 255, below which a colour counts as grey."""

# Fitted on one half of the pictures of bench/similarity, scored on the other.
_WEIGHTS: Final = (1.0, 1.0, 1.0, 0.5)
_DIGITS: Final = 6


def embedding(picture: Image.Image, source: str) -> Embedding:
    """Describe a picture: upright, RGB."""
    value, quality = pdq(picture)
    numbers = [round(float(one), _DIGITS) for one in vector(picture)]
    return Embedding(
        method=METHOD,
        version=VERSION,
        dimension=DIMENSION,
        vector=tuple(numbers),
        phash=phash(picture),
        dhash=dhash(picture),
        ahash=ahash(picture),
        pdq=value,
        pdq_quality=quality,
        source=source,
    )


def vector(picture: Image.Image) -> Plane:
    """Return the descriptor: `DIMENSION` numbers of length 1."""
    small = picture.resize((_SIDE, _SIDE), Image.Resampling.BOX)
    colours = np.asarray(small.convert("YCbCr"), dtype=np.float64)
    grid = colours.reshape(_GRID, _SIDE // _GRID, _GRID, _SIDE // _GRID, 3).mean((1, 3))
    parts = (_layout(grid[..., 0]), _edges(colours[..., 0]), _palette(small), _tints(grid))
    return _unit(np.concatenate([weight * part for weight, part in zip(_WEIGHTS, parts, strict=True)]))


def _layout(luminance: Plane) -> Plane:
    return _unit(_low(luminance, _LAYOUT_FREQUENCIES + 1)[1:])


def _tints(grid: Plane) -> Plane:
    values = np.concatenate([_low(grid[..., plane] - 128, _TINT_FREQUENCIES) for plane in (1, 2)])
    return np.asarray(values / (np.linalg.norm(values) + _TINT_FLOOR))


def _low(plane: Plane, count: int) -> Plane:
    """Return the first coefficients of a type II cosine transform, by rising frequency."""
    side = next(one for one in range(1, _GRID) if one * (one + 1) // 2 >= count)
    waves = np.cos(np.pi / (2 * _GRID) * np.outer(np.arange(side), 2 * np.arange(_GRID) + 1))
    waves[0] /= np.sqrt(2)
    found = waves @ plane @ waves.T
    places = sorted(
        ((row, column) for row in range(side) for column in range(side)), key=lambda at: (at[0] + at[1], at)
    )
    return np.array([found[at] for at in places[:count]])


def _edges(luminance: Plane) -> Plane:
    down, right = np.gradient(luminance)
    strength = np.hypot(right, down)
    direction = (np.arctan2(down, right) % np.pi) / np.pi * _DIRECTIONS
    lower = np.floor(direction).astype(np.int64)
    share = direction - lower
    cells = _cells()
    found = np.zeros((_CELLS, _CELLS, _DIRECTIONS))
    for one in range(_DIRECTIONS):
        weights = (lower % _DIRECTIONS == one) * (1 - share) + ((lower + 1) % _DIRECTIONS == one) * share
        found[:, :, one] = cells @ (strength * weights) @ cells.T
    roots = np.sqrt(found).reshape(-1)
    return _unit(roots - roots.mean())


def _cells() -> Plane:
    """Return how much each line belongs to each cell: overlapping triangles."""
    places = (np.arange(_SIDE) + 0.5) * _CELLS / _SIDE - 0.5
    shares: Plane = np.clip(1 - np.abs(places[None, :] - np.arange(_CELLS)[:, None]), 0, 1)
    return shares


def _palette(small: Image.Image) -> Plane:
    hue, saturation, value = np.asarray(small.convert("HSV"), dtype=np.int64).reshape(-1, 3).T
    coloured = hue * _HUES // 256 * _HUE_LEVELS + value * _HUE_LEVELS // 256
    grey = _HUES * _HUE_LEVELS + value * _GREYS // 256
    chosen = np.where(saturation < _COLOURLESS_BELOW, grey, coloured)
    roots = np.sqrt(np.bincount(chosen, minlength=_HUES * _HUE_LEVELS + _GREYS))
    return _unit(roots - roots.mean())


def _unit(values: Plane) -> Plane:
    length = float(np.linalg.norm(values))
    return values / length if length > 0 else values
