"""Whatever part of a file has arrived: what is told of it is so in the end as well."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from metaextract_extractor.domain.findings import Reading
from metaextract_extractor.domain.result import ByteRange, Field, Standard
from metaextract_extractor.domain.revisions import revised_fields
from metaextract_extractor.reading.assembly import assembled
from metaextract_extractor.reading.engines.exiftool import ExifTool
from metaextract_extractor.reading.engines.measuring import Measurement
from metaextract_extractor.reading.evidence import subject_of
from metaextract_extractor.reading.reader import Reader
from metaextract_extractor.reading.steps import Steps
from metaextract_testing.exiftool import exiftool_path
from metaextract_testing.factory import FORMATS, make

CUTS_MAX = 75
WITH_EXIFTOOL_MAX = 24
LATE = re.compile(r"\w*Duration|AnimationFrames|FrameCount|FileSize|TrailerLength|UnknownTags|Warning|Error")
SILENT = {"svg", "ppm"}
"""XML is read when it is whole, and a PPM says nothing but its size."""
WAITING = {"XMP", "SVG", "GIF", "PNG", "IFD0", "IFD1", "Photoshop"}
"""Groups of fields that may lack the last byte: text, counts, previews, what is read from the picture."""


class Readings:
    """A reader, and a file of which parts have arrived."""

    def __init__(self, tool: ExifTool, folder: Path, image_format: str) -> None:
        self._tool = tool
        self._reader: Reader = assembled(tool, trust_lists=(), pixel_decoders=False)
        image = make(image_format)
        self.image_format = image_format
        self.content = image.content
        self._extension = image.name.rpartition(".")[2]
        self._path = folder / image.name
        self.final = {exiftool: self._read(None, *_off(exiftool)) for exiftool in (True, False)}
        """Of the whole file, with ExifTool and without."""

    def of(self, *arrived: ByteRange, exiftool: bool) -> tuple[Field, ...]:
        return self._read(arrived, *_off(exiftool)).fields

    def _read(self, arrived: tuple[ByteRange, ...] | None, *off: str) -> Reading:
        """What has not arrived is zeros, as in the spool."""
        kept = bytearray(len(self.content))
        for one in (ByteRange(0, len(kept)),) if arrived is None else arrived:
            end = one.offset_bytes + one.length_bytes
            kept[one.offset_bytes : end] = self.content[one.offset_bytes : end]
        self._path.write_bytes(kept)
        steps = Steps(
            dict.fromkeys(off, "off"), self._reader.step_names, lambda _name, _share: None, lambda: None
        )
        with subject_of(self._path, len(kept), self._extension, arrived) as subject:
            return self._reader.read(subject, steps, Measurement(self._tool.pid))


def _off(exiftool: bool) -> tuple[str, ...]:
    return () if exiftool else ("exiftool",)


@pytest.fixture(scope="module", params=FORMATS)
def readings(request, tmp_path_factory) -> Iterator[Readings]:
    with ExifTool(exiftool_path()) as tool:
        yield Readings(tool, tmp_path_factory.mktemp(request.param), request.param)


def cuts_of(reading: Reading, size_bytes: int, count_max: int) -> list[int]:
    """Return lengths around the ends of containers and fields, and in between; the longest first.

    ExifTool 13.59 remembers a profile of which parts are missing: it reads those of later files differently.
    """
    places = [place for one in reading.containers for place in one.places]
    places += [one.location for one in reading.fields if one.location is not None]
    edges = {one.offset_bytes for one in places} | {one.offset_bytes + one.length_bytes for one in places}
    around = sorted(edge + step for edge in edges for step in (-1, 0, 1) if 0 < edge + step < size_bytes)
    spread = list(range(1, size_bytes, max(1, size_bytes // (count_max // 3))))
    every = max(1, len(around) // (count_max - len(spread)) + 1)
    return sorted({*spread, *around[::every]}, reverse=True)


def test_of_a_growing_file_nothing_is_told_that_is_otherwise_in_the_end(readings) -> None:
    told_most = 0
    for exiftool, count_max in ((True, WITH_EXIFTOOL_MAX), (False, CUTS_MAX)):
        final = readings.final[exiftool]
        for length in cuts_of(final, len(readings.content), count_max):
            told = readings.of(ByteRange(0, length), exiftool=exiftool)
            assert revised_fields(told, final.fields) == (), length
            assert [one.name for one in told if one.standard is Standard.COMPOSITE] == []
            assert [one.name for one in told if LATE.fullmatch(one.name)] == []
            told_most = max(told_most, len(told))
    assert (told_most > 0) == (readings.image_format not in SILENT)


def test_of_a_file_that_comes_in_any_order_nothing_is_told_that_is_otherwise_in_the_end(readings) -> None:
    """Head and tail are here, what is between them is not."""
    final, size_bytes = readings.final[False], len(readings.content)
    for later, earlier in pairwise(cuts_of(final, size_bytes, CUTS_MAX)):
        arrived = (ByteRange(0, earlier), ByteRange(later, size_bytes - later))
        assert revised_fields(readings.of(*arrived, exiftool=False), final.fields) == (), arrived


def test_with_the_last_byte_missing_only_its_container_waits_and_what_decoders_say(readings) -> None:
    final = [
        one
        for one in readings.final[True].fields
        if one.standard not in (Standard.COMPOSITE, Standard.FILE) and one.group not in ("LibRaw", "HEIF")
    ]
    told = readings.of(ByteRange(0, len(readings.content) - 1), exiftool=True)
    keys = {(one.path, one.group, one.name) for one in told}
    missing = {one.group.partition("-")[0] for one in final if (one.path, one.group, one.name) not in keys}
    assert missing <= WAITING
