"""Whether a small picture shows what a large one shows, in numbers and a careful word."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from metaextract_extractor.domain.insights_picture import Likeness, PreviewComparison
from metaextract_extractor.reading.insights.hashing import (
    SPECTRUM_SIDE,
    correlation,
    grey_values,
    hamming_distance,
    phash,
)
from metaextract_extractor.reading.insights.turning import turned

if TYPE_CHECKING:
    from PIL import Image

SURE_CORRELATION_MIN: Final = 0.97
"""Enough without the hash, whose bits are left to chance in smooth pictures."""

SAME_CORRELATION_MIN: Final = 0.9
SAME_DISTANCE_MAX: Final = 12
DIFFERENT_CORRELATION_MAX: Final = 0.6
DIFFERENT_DISTANCE_MIN: Final = 16
"""Both must speak for it; what lies between stays unknown. Fitted by eye on the public samples."""

ASPECT_TOLERANCE: Final = 0.03
"""Relative difference of aspect ratios that rounding of a small picture explains."""

SHIFT_SHARE: Final = 0.1

_BLACK_MAX: Final = 24
"""Grey value below which a bar counts as black: JPEG rings a little."""

SIDE_PIXELS_MIN: Final = 24

_DETAIL_MIN: Final = 8
"""A picture with fewer grey steps between darkest and lightest shows nothing to compare."""

_TURNS: Final = (0, 90, 180, 270)


@dataclass(frozen=True, slots=True)
class _Fit:
    distance: int
    correlation: float
    turn: int


def without_comparison(reason: str) -> PreviewComparison:
    """Say why there is none."""
    return PreviewComparison(Likeness.UNKNOWN, reason)


def compare(small: "Image.Image", main: "Image.Image") -> PreviewComparison:
    """Compare as both are stored; black bars are cut off, quarter turns and small shifts are tried."""
    ratio = main.width / main.height
    content, bars = _without_bars(small, ratio)
    shape = round(content.width / content.height, 4)
    reason = _why_not(content, main)
    if reason:
        return PreviewComparison(Likeness.UNKNOWN, reason, None, None, None, shape, round(ratio, 4), bars)
    best = max((_fit(content, main, turn) for turn in _TURNS), key=_goodness)
    if _verdict(best)[0] is not Likeness.SAME:
        best = max((best, *_shifted(content, turned(main, best.turn), best.turn)), key=_goodness)
    likeness, reason = _verdict(best)
    return PreviewComparison(
        likeness=likeness,
        reason=reason,
        hamming_distance=best.distance,
        correlation=round(best.correlation, 4),
        turn_degrees=best.turn,
        aspect_ratio=shape,
        image_aspect_ratio=round(ratio, 4),
        bars=bars,
    )


def _why_not(content: "Image.Image", main: "Image.Image") -> str:
    if min(content.width, content.height, main.width, main.height) < SIDE_PIXELS_MIN:
        return "One of the pictures is too small to compare."
    if _is_blank(content) or _is_blank(main):
        return "One of the pictures is of one colour."
    return ""


def _goodness(fit: _Fit) -> tuple[float, int, int]:
    return fit.correlation, -fit.distance, -fit.turn


def _fit(content: "Image.Image", main: "Image.Image", turn: int) -> _Fit:
    """As they are, or the one cut to the shape of the other, for cameras that crop."""
    straight = turned(main, turn)
    pairs = [(content, straight)]
    shape, main_shape = content.width / content.height, straight.width / straight.height
    if abs(shape / main_shape - 1) > ASPECT_TOLERANCE:
        pairs += [(content, _cut(straight, shape)), (_cut(content, main_shape), straight)]
    return max((_measured(one, other, turn) for one, other in pairs), key=_goodness)


def _shifted(content: "Image.Image", main: "Image.Image", turn: int) -> list[_Fit]:
    """One of them a little closer: live previews and lens corrections move the frame by some percent."""
    steps = [(x, y) for y in range(3) for x in range(3)]
    closer = [_measured(content, _window(main, x, y), turn) for x, y in steps]
    return closer + [_measured(_window(content, x, y), main, turn) for x, y in steps]


def _window(image: "Image.Image", x: int, y: int) -> "Image.Image":
    """Return a window of `SHIFT_SHARE` less, at one of 3 by 3 places."""
    width, height = round(image.width * SHIFT_SHARE), round(image.height * SHIFT_SHARE)
    left, top = width * x // 2, height * y // 2
    return image.crop((left, top, image.width - width + left, image.height - height + top))


def _measured(one: "Image.Image", other: "Image.Image", turn: int) -> _Fit:
    grey = [grey_values(image, SPECTRUM_SIDE, SPECTRUM_SIDE) for image in (one, other)]
    return _Fit(hamming_distance(phash(one), phash(other)), correlation(*grey) or 0.0, turn)


def _verdict(best: _Fit) -> tuple[Likeness, str]:
    near = best.correlation >= SAME_CORRELATION_MIN and best.distance <= SAME_DISTANCE_MAX
    if near or best.correlation >= SURE_CORRELATION_MIN:
        turn = f", turned by {best.turn} degrees" if best.turn else ""
        return Likeness.SAME, f"It shows the same picture{turn}."
    if best.correlation <= DIFFERENT_CORRELATION_MAX and best.distance >= DIFFERENT_DISTANCE_MIN:
        return Likeness.DIFFERENT, "It shows another picture, or another part or state of it."
    return Likeness.UNKNOWN, "The numbers do not decide."


def _without_bars(small: "Image.Image", ratio: float) -> tuple["Image.Image", bool]:
    """Cut off black edges if that brings the shape nearer to that of the picture, upright or turned.

    Exif thumbnails are 160 by 120 (DCF 2.0 §3.3.1), whatever the shape of the picture.
    """
    grey = small.convert("L")
    rows = [sum(grey.crop((0, y, small.width, y + 1)).tobytes()) / small.width for y in range(small.height)]
    columns = [
        sum(grey.crop((x, 0, x + 1, small.height)).tobytes()) / small.height for x in range(small.width)
    ]
    top, bottom = _dark_edges(rows)
    left, right = _dark_edges(columns)
    cut = small.crop((left, top, small.width - right, small.height - bottom))
    nearer = any(_shape_error(cut, wanted) < _shape_error(small, wanted) / 2 for wanted in (ratio, 1 / ratio))
    return (cut, True) if nearer else (small, False)


def _dark_edges(means: list[float]) -> tuple[int, int]:
    """Return how many lines are black at the beginning and at the end, a third at most."""
    most = len(means) // 3
    counts = []
    for lines in (means, means[::-1]):
        count = next((at for at, mean in enumerate(lines) if mean > _BLACK_MAX), len(lines))
        counts.append(count if count <= most else 0)
    return counts[0], counts[1]


def _shape_error(image: "Image.Image", ratio: float) -> float:
    return abs(math.log(image.width / image.height / ratio))


def _cut(image: "Image.Image", ratio: float) -> "Image.Image":
    """Return the middle of a picture, in the shape of `ratio` (width by height)."""
    if image.width / image.height > ratio:
        width = max(1, round(image.height * ratio))
        left = (image.width - width) // 2
        return image.crop((left, 0, left + width, image.height))
    height = max(1, round(image.width / ratio))
    top = (image.height - height) // 2
    return image.crop((0, top, image.width, top + height))


def _is_blank(image: "Image.Image") -> bool:
    grey = grey_values(image, SPECTRUM_SIDE, SPECTRUM_SIDE)
    return max(grey) - min(grey) < _DETAIL_MIN
