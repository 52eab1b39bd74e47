"""Finds the lines of text in a picture: the whole of it, its bands in full size, then each doubtful line.

Overlays stand in bands at the edges. Several ways of looking see the same line; the best reading of it stays.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from PIL import Image

from metaextract_extractor.reading.operations.ocr_engine import SINGLE_LINE, SPARSE, Reading, Seen
from metaextract_extractor.reading.operations.ocr_strokes import Strokes, ways

OVERVIEW_PIXELS: Final = 1800
"""Longest side at which the whole picture is looked at."""

FULL_PIXELS: Final = 3600
"""Longest side of the picture that bands are cut from."""

SMALL_PIXELS: Final = 1000
"""Pictures whose longest side is below are looked at in double size."""

_BANDS: Final = ((0.76, 1.0), (0.0, 0.16))
"""From and to, as shares of the height; the likeliest first."""

_BAND_WAYS: Final = ("light", "white", "dark")
_Rules = tuple[tuple[int, int, float], ...]

# What a line must have to be taken for text: so many letters and digits, so many digits, this confidence.
_CONFIDENCE_MIN: Final = 60.0
_ENOUGH: Final = ((4, 0, 75.0), (3, 3, _CONFIDENCE_MIN), (8, 0, 65.0), (10, 8, 50.0))
_WORTH_A_LOOK: Final = ((8, 6, 25.0),)
"""What a line must have to be read a second time, alone."""

_WORDS_SHARE_MIN: Final = 0.6
"""Share of letters and digits in a line of text; what foliage is read as has more strokes and dots."""

_DOUBTFUL_BELOW: Final = 90.0
_DOUBTFUL_DIGITS_MIN: Final = 2
_PLAIN_DIGITS_MIN: Final = 8
_CLOSER_LINES_MAX: Final = 12
_CLOSER_HEIGHT_PIXELS: Final = 48
_HEIGHT_PIXELS_MIN: Final = 6
_SAME_SHARE: Final = 0.5


def text_lines(reading: Reading, picture: Image.Image) -> list[Seen]:
    """Return the lines, top to bottom, boxes in the pixels of `picture` (RGB, upright)."""
    scale = _overview_scale(picture)
    overview = _scaled(picture, scale)
    looks = list(ways(overview))
    found: list[Seen] = []
    for look in looks:
        found = _merged([*found, *_moved(reading.lines(look.image, SPARSE), 1 / scale, (0, 0))])
    if scale < 1 and not any(_is_plain(one) for one in found):
        found = _merged([*found, *_in_bands(reading, picture)])
    return _ordered(_merged(_closer(reading, looks, scale, found), _ENOUGH))


def _overview_scale(picture: Image.Image) -> float:
    longest = max(picture.size)
    if longest < SMALL_PIXELS:
        return 2.0
    return min(1.0, OVERVIEW_PIXELS / longest)


def _scaled(picture: Image.Image, scale: float) -> Image.Image:
    if scale == 1:
        return picture
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _in_bands(reading: Reading, picture: Image.Image) -> list[Seen]:
    found: list[Seen] = []
    for begin, end in _BANDS:
        top = round(picture.height * begin)
        band = picture.crop((0, top, picture.width, round(picture.height * end)))
        for look in ways(band):
            if look.name in _BAND_WAYS:
                found += _moved(reading.lines(look.image, SPARSE), 1, (0, top))
    return found


def _closer(reading: Reading, looks: list[Strokes], scale: float, found: list[Seen]) -> list[Seen]:
    """Read lines with digits again, each alone and large, if the first reading was not sure."""
    doubtful = sorted(
        (one for one in found if _digits(one.text) >= _DOUBTFUL_DIGITS_MIN),
        key=lambda one: -_digits(one.text),
    )
    better = {}
    for line in doubtful[:_CLOSER_LINES_MAX]:
        if line.confidence < _DOUBTFUL_BELOW:
            readings = [_alone(reading, look, line, scale) for look in looks]
            better[line.box] = max([line, *filter(None, readings)], key=_worth)
    return [better.get(one.box, one) for one in found]


def _alone(reading: Reading, look: Strokes, line: Seen, scale: float) -> Seen | None:
    left, top, right, bottom = (edge * scale for edge in line.box)
    height = bottom - top
    margin = height * 0.35
    box = (
        max(0, round(left - 2 * margin)),
        max(0, round(top - margin)),
        min(look.image.width, round(right + 2 * margin)),
        min(look.image.height, round(bottom + margin)),
    )
    cut = look.image.crop(box)
    factor = min(4.0, max(1.0, _CLOSER_HEIGHT_PIXELS / max(height, 1)))
    size = (max(1, round(cut.width * factor)), max(1, round(cut.height * factor)))
    seen = reading.lines(cut.resize(size, Image.Resampling.LANCZOS), SINGLE_LINE)
    return replace(seen[0], box=line.box) if seen and _is_text(seen[0], _ENOUGH) else None


def _moved(lines: Iterable[Seen], factor: float, by: tuple[int, int]) -> list[Seen]:
    moved = []
    for one in lines:
        left, top, right, bottom = (edge * factor for edge in one.box)
        moved.append(replace(one, box=(left + by[0], top + by[1], right + by[0], bottom + by[1])))
    return moved


def _merged(lines: Iterable[Seen], rules: _Rules = (*_ENOUGH, *_WORTH_A_LOOK)) -> list[Seen]:
    """Keep of overlapping lines the one that says most."""
    kept: list[Seen] = []
    for line in sorted((one for one in lines if _is_text(one, rules)), key=_worth, reverse=True):
        if not any(_overlap(line, other) >= _SAME_SHARE for other in kept):
            kept.append(line)
    return kept


def _is_text(line: Seen, rules: _Rules) -> bool:
    characters, digits = sum(one.isalnum() for one in line.text), _digits(line.text)
    return (
        any(
            characters >= many and digits >= numbers and line.confidence >= confidence
            for many, numbers, confidence in rules
        )
        and characters >= _WORDS_SHARE_MIN * len(line.text.replace(" ", ""))
        and line.box[3] - line.box[1] >= _HEIGHT_PIXELS_MIN
    )


def _is_plain(line: Seen) -> bool:
    """Whether it surely states a position or a time, so that the overlay was large enough to be read."""
    return line.confidence >= _DOUBTFUL_BELOW and _digits(line.text) >= _PLAIN_DIGITS_MIN


def _worth(line: Seen) -> float:
    """Many sure characters are worth more than a few very sure ones."""
    return sum(one.isalnum() for one in line.text) * line.confidence


def _digits(text: str) -> int:
    return sum(one.isdigit() for one in text)


def _overlap(one: Seen, other: Seen) -> float:
    """Return the shared area, as a share of the smaller box."""
    width = min(one.box[2], other.box[2]) - max(one.box[0], other.box[0])
    height = min(one.box[3], other.box[3]) - max(one.box[1], other.box[1])
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / max(min(_area(one), _area(other)), 1.0)


def _area(line: Seen) -> float:
    return (line.box[2] - line.box[0]) * (line.box[3] - line.box[1])


def _ordered(lines: list[Seen]) -> list[Seen]:
    """Top to bottom; what stands in one row from left to right."""
    rows: list[list[Seen]] = []
    for line in sorted(lines, key=lambda one: one.box[1] + one.box[3]):
        middle = (line.box[1] + line.box[3]) / 2
        if rows and middle < rows[-1][0].box[3] and line.box[1] < rows[-1][0].box[3]:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda one: one.box[0])]
