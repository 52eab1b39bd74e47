"""Turns a picture into black strokes on white, of the kind that burned-in text is made of.

Text stands out from what is behind it by thin strokes that are lighter, darker, or warmer. A top-hat
transform (P. Soille, "Morphological Image Analysis", 2nd ed., §4.5) keeps what is thinner than its window and
drops the picture behind it, whatever its brightness.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Plane = NDArray[np.uint8]

STROKE_PIXELS_MAX: Final = 15
"""Strokes thicker than this at the size that is looked at are no text."""

THIN_STROKE_PIXELS_MAX: Final = 9
_WHITE_MIN: Final = 175
_BRIGHT_MIN: Final = 150
_DARK_MAX: Final = 80
_OUTLINE_PIXELS: Final = 7
"""How far from its dark outline the middle of a stroke may be, twice."""

_CONTRAST_MIN: Final = 60
"""Strokes weaker than this are left weak, instead of being stretched: noise of plain pictures is none."""

_BLACK: Final = 255


@dataclass(frozen=True, slots=True)
class Strokes:
    """One way of looking for strokes, and what it shows."""

    name: str
    image: Image.Image


def ways(picture: Image.Image) -> Iterator[Strokes]:
    """Yield the ways, those that find most first. `picture` is RGB; each result has its size, grey."""
    colours = np.asarray(picture)
    grey = np.asarray(picture.convert("L"))
    yield _shown("light", top_hat(grey, STROKE_PIXELS_MAX))
    warm = np.subtract(colours[..., 0], np.minimum(colours[..., 0], colours[..., 2]))
    warm_strokes = top_hat(warm, STROKE_PIXELS_MAX)
    yield _shown("warm", warm_strokes)
    yield _shown("white", top_hat(_above(colours.min(axis=2), _WHITE_MIN), THIN_STROKE_PIXELS_MAX))
    outlined = _outlined(grey)
    yield _shown("outlined", top_hat(outlined, STROKE_PIXELS_MAX))
    yield _shown("warm outlined", np.minimum(warm_strokes, outlined))
    yield _shown("dark", top_hat(_BLACK - grey, STROKE_PIXELS_MAX))
    yield _shown("bright", top_hat(_above(grey, _BRIGHT_MIN), STROKE_PIXELS_MAX))


def top_hat(plane: Plane, window: int) -> Plane:
    """Return what is lighter than its surroundings and does not hold a square of `window` pixels."""
    opened = _BLACK - _eroded(_BLACK - _eroded(plane, window), window)
    return plane - np.minimum(opened, plane)


def _outlined(grey: Plane) -> Plane:
    """Return bright pixels with dark ones right beside them: text with an outline or a shadow."""
    beside_dark = _BLACK - _eroded(_BLACK - _above(_BLACK - grey, _BLACK - _DARK_MAX), _OUTLINE_PIXELS)
    return np.minimum(_above(grey, _BRIGHT_MIN), beside_dark)


def _above(plane: Plane, least: int) -> Plane:
    """Return how far values lie above a limit, four times."""
    return np.minimum((np.maximum(plane, least) - least).astype(np.uint16) * 4, _BLACK).astype(np.uint8)


def _eroded(plane: Plane, window: int) -> Plane:
    """Return the least value of the window around each pixel; beyond the edge is white."""
    before = window // 2
    for axis in (0, 1):
        margins = [(0, 0), (0, 0)]
        margins[axis] = (before, window - 1 - before)
        run = np.pad(plane, margins, constant_values=_BLACK)
        length = 1
        while length < window:  # minima over runs of twice the length, as often as needed
            step = min(length, window - length)
            run = np.minimum(_slice(run, axis, 0, -step), _slice(run, axis, step, None))
            length += step
        plane = run
    return plane


def _slice(plane: Plane, axis: int, start: int, stop: int | None) -> Plane:
    return plane[start:stop] if axis == 0 else plane[:, start:stop]


def _shown(name: str, strokes: Plane) -> Strokes:
    span = max(_CONTRAST_MIN, int(strokes.max()) * 4 // 5)
    grey = _BLACK - np.minimum(strokes.astype(np.uint16) * _BLACK // span, _BLACK)
    return Strokes(name, Image.fromarray(grey.astype(np.uint8)))
