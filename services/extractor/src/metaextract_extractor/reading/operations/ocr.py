"""The operation `ocr`: text burned into the picture, what it states, and whether the file says the same."""

from datetime import date
from pathlib import Path
from typing import Final

from PIL import Image

from metaextract_extractor.domain.insights import Insights
from metaextract_extractor.domain.operations_ocr import PixelBox, TextLine, TextRecognition
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.insights.turning import orientation_of
from metaextract_extractor.reading.insights.written_time import read_time
from metaextract_extractor.reading.operations.comparison import compared
from metaextract_extractor.reading.operations.ocr_engine import LANGUAGE, Seen, reading
from metaextract_extractor.reading.operations.ocr_lines import text_lines
from metaextract_extractor.reading.operations.overlay_addresses import addresses
from metaextract_extractor.reading.operations.overlay_measurements import camera_app, measurements
from metaextract_extractor.reading.operations.overlay_positions import plus_codes, positions
from metaextract_extractor.reading.operations.overlay_times import times

LINES_MAX: Final = 200
CHARACTERS_MAX: Final = 300
_ASPECT_TOLERANCE: Final = 0.02
_SIDEWAYS: Final = (5, 6, 7, 8)
"""Orientations that exchange width and height."""


def recognised(
    evidence: Evidence, picture: Image.Image, source: str, tessdata: Path, insights: Insights
) -> TextRecognition:
    """Read the text of `picture`: upright, RGB, perhaps smaller than the image it was decoded from.

    Raises `LanguageMissingError`.
    """
    width, height = _full_size(evidence, picture, source)
    with reading(tessdata) as engine:
        seen = text_lines(engine, picture)
        version, truncated = engine.version, engine.truncated or len(seen) > LINES_MAX
    lines = tuple(_line(one, width / picture.width, (width, height)) for one in seen[:LINES_MAX])
    found_positions, found_times = positions(lines), times(lines, _dates_near(insights))
    taken = frozenset(at for one in found_positions for at in one.lines)
    taken |= frozenset(at for one in found_times for at in one.lines)
    found_addresses = addresses(lines, taken)
    return TextRecognition(
        engine=version,
        language=LANGUAGE,
        source=source,
        width_pixels=width,
        height_pixels=height,
        truncated=truncated,
        lines=lines,
        positions=found_positions,
        times=found_times,
        addresses=found_addresses,
        measurements=measurements(lines),
        plus_codes=plus_codes(lines),
        camera_app=camera_app(lines),
        comparison=compared(found_positions, found_times, found_addresses, insights),
    )


def _full_size(evidence: Evidence, picture: Image.Image, source: str) -> tuple[int, int]:
    """Return the size of the upright image, if the file states one of the same shape, else the picture's."""
    width, height = evidence.walk.width_pixels, evidence.walk.height_pixels
    if source != "image" or not width or not height:
        return picture.size
    if orientation_of(evidence) in _SIDEWAYS:
        width, height = height, width
    same_shape = abs(width / height / (picture.width / picture.height) - 1) <= _ASPECT_TOLERANCE
    return (width, height) if same_shape and width >= picture.width else picture.size


def _line(seen: Seen, factor: float, size: tuple[int, int]) -> TextLine:
    left, top = (max(0, round(edge * factor)) for edge in seen.box[:2])
    right, bottom = (min(most, round(edge * factor)) for edge, most in zip(seen.box[2:], size, strict=True))
    box = PixelBox(left, top, max(0, right - left), max(0, bottom - top))
    return TextLine(seen.text[:CHARACTERS_MAX], round(seen.confidence, 1), box)


def _dates_near(insights: Insights) -> frozenset[date]:
    """Dates that the file states, for telling day from month."""
    capture_time = insights.capture_time
    if capture_time is None:
        return frozenset()
    read = (read_time(one.iso8601) for one in (capture_time.best, *capture_time.candidates))
    return frozenset(one.clock.date() for one in read if one is not None)
