"""How much of what containers hold goes with their length, by kind."""

from collections.abc import Iterable
from typing import Final

from metaextract_extractor.reading.walk import Located

MEASURED: Final = frozenset(
    {"xmp", "icc", "iptc", "photoshop", "jumbf", "mpf", "text", "vendor", "makernote", "exif"}
)

KILOBYTES_MAX: Final = {"makernote": 8.0, "vendor": 8.0, "text": 0.0}
KILOBYTES_MAX_OTHER: Final = 64.0
"""Longer containers hold data rather than tags."""

FULL_BYTES: Final = {"exif": 1000, "meta": 1000}
"""Smaller ones hold less in proportion."""

KILOBYTES_USUAL: Final = {"xmp": 3.0}
"""Of containers that do not tell their length (XMP in GIF): the median of the samples' packets."""

_TABLE_BYTES_MIN: Final = 32
"""Entries of maker notes that are longer hold tables of tags."""

_TABLE_KILOBYTES_MAX: Final = 1.0
"""What is longer is data."""


def measures(name: str, length_bytes: float) -> tuple[float, float]:
    """Return how full a container is (1: as any longer one of its kind), and how many kilobytes count."""
    kilobytes_max = KILOBYTES_MAX.get(name, KILOBYTES_MAX_OTHER)
    return min(1.0, length_bytes / FULL_BYTES.get(name, 1)), min(kilobytes_max, length_bytes / 1000)


def tables(entries: Iterable[Located]) -> list[float]:
    """Return the kilobytes of tables among the entries of maker notes."""
    lengths = [one.place.length_bytes for one in entries]
    return [min(_TABLE_KILOBYTES_MAX, length / 1000) for length in lengths if length > _TABLE_BYTES_MIN]
