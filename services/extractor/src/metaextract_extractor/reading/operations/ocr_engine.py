"""Tesseract through tesserocr: grey pictures in, lines of text out, within a time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import tesserocr  # type: ignore[import-untyped]  # its stub lacks the marker py.typed
from PIL import Image

LANGUAGE: Final = "eng"

CPU_SECONDS_MAX: Final = 12.0
"""CPU time that the text of one file may take."""

WALL_SECONDS_MAX: Final = 15.0
"""And time on the clock, so that a busy machine cuts it short instead of the limit of an operation."""

_PASS_SECONDS_MAX: Final = 8.0
_PASS_SECONDS_MIN: Final = 0.05

SPARSE: Final = tesserocr.PSM.SPARSE_TEXT
SINGLE_LINE: Final = tesserocr.PSM.SINGLE_LINE


@dataclass(frozen=True, slots=True)
class Seen:
    """A line as it was seen in one picture. `box`: left, top, right, bottom in its pixels."""

    text: str
    confidence: float
    box: tuple[float, float, float, float]


class LanguageMissingError(Exception):
    """Tesseract cannot read its language data."""


class Reading:
    """Tesseract for one file. `truncated`: its time was used up and something was left unread."""

    def __init__(self, api: tesserocr.PyTessBaseAPI) -> None:
        self._api = api
        self._cpu_until = time.process_time() + CPU_SECONDS_MAX
        self._wall_until = time.monotonic() + WALL_SECONDS_MAX
        self.truncated = False

    @property
    def version(self) -> str:
        """Name and version of the engine."""
        return str(tesserocr.tesseract_version()).split("\n")[0].strip()

    def lines(self, picture: Image.Image, mode: int) -> list[Seen]:
        """Return the lines of a picture; none, and `truncated`, if its time is over."""
        seconds = min(
            _PASS_SECONDS_MAX, self._cpu_until - time.process_time(), self._wall_until - time.monotonic()
        )
        if seconds < _PASS_SECONDS_MIN:
            self.truncated = True
            return []
        self._api.SetPageSegMode(mode)
        self._api.SetImage(picture)
        begun = time.perf_counter()
        self._api.Recognize(round(seconds * 1000))
        if time.perf_counter() - begun >= seconds:
            self.truncated = True
        return list(self._found())

    def _found(self) -> Iterator[Seen]:
        found = self._api.GetIterator()
        if found is None:
            return
        for line in tesserocr.iterate_level(found, tesserocr.RIL.TEXTLINE):
            box = line.BoundingBox(tesserocr.RIL.TEXTLINE)
            text = _text(line)
            if box is not None and text:
                yield Seen(text, float(line.Confidence(tesserocr.RIL.TEXTLINE)), box)


def _text(line: tesserocr.PyResultIterator) -> str:
    try:
        return " ".join(line.GetUTF8Text(tesserocr.RIL.TEXTLINE).split())
    except RuntimeError:  # tesserocr: "No text returned"
        return ""


@contextmanager
def reading(tessdata: Path) -> Iterator[Reading]:
    """Start Tesseract with the language data in a folder; raises `LanguageMissingError`."""
    if not (tessdata / f"{LANGUAGE}.traineddata").is_file():
        raise LanguageMissingError
    try:
        api = tesserocr.PyTessBaseAPI(
            path=f"{tessdata}/", lang=LANGUAGE, psm=SPARSE, oem=tesserocr.OEM.LSTM_ONLY
        )
    except RuntimeError as error:
        raise LanguageMissingError from error
    with api:
        api.SetVariable("debug_file", "/dev/null")
        yield Reading(api)
