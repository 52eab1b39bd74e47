"""Times and numbers of movie headers, as ExifTool converts and prints them.

Source: ISO/IEC 14496-12, sections 8.2.2 and 8.4.2 (dates count from 1904, durations in a time scale).
"""

from datetime import UTC, datetime
from typing import Final

from metaextract_extractor.reading.walkers.binary import Entry, fixed16, number_text

_SECONDS_1904_TO_1970: Final = (66 * 365 + 17) * 24 * 3600
_LAST_SECOND: Final = 253_402_300_799
"""End of the year 9999."""


def duration_text(seconds: float) -> str:
    """Print a time span as ExifTool does."""
    if seconds == 0:
        return "0 s"
    if seconds < 30:  # noqa: PLR2004 - below half a minute decimals are shown
        return f"{seconds:.2f} s"
    seconds += 0.5
    hours = int(seconds / 3600)
    seconds -= hours * 3600
    minutes = int(seconds / 60)
    seconds -= minutes * 60
    days = hours // 24 if hours > 24 else 0  # noqa: PLR2004 - hours of a day
    sign = f"{days} days " if days else ""
    return f"{sign}{hours - days * 24}:{minutes:02d}:{int(seconds):02d}"


class Times:
    """Conversions that depend on the file: whether dates are known to be UTC, and the time scale."""

    def __init__(self, *, zone: str) -> None:
        self._zone = zone
        self.scale = 0

    def date(self, seconds: int) -> str | None:
        """Turn seconds since 1904 (or, where a writer erred, since 1970) into text."""
        if seconds >= _SECONDS_1904_TO_1970:
            seconds -= _SECONDS_1904_TO_1970
        if seconds == 0:
            return "0000:00:00 00:00:00"
        if seconds > _LAST_SECOND:
            return None
        return f"{datetime.fromtimestamp(seconds, UTC):%Y:%m:%d %H:%M:%S}{self._zone}"

    def span(self, units: int) -> float:
        """Turn units of the time scale into seconds."""
        return units / self.scale if self.scale else units

    def printed_span(self, seconds: float) -> str:
        """Print what `span` returned."""
        return duration_text(seconds) if self.scale else number_text(seconds)


def matrix(text: str) -> str:
    """Turn nine fixed-point numbers (16.16, the last of each row 2.30) into text."""
    values: list[float] = [fixed16(int(one)) for one in text.split()]
    return " ".join(number_text(one / 0x4000 if at % 3 == 2 else one) for at, one in enumerate(values))  # noqa: PLR2004


def percent(value: float) -> str:
    """Print a share."""
    return f"{value * 100:.2f}%"


def span_entry(at: int, layout: str, name: str, tag_id: str, times: Times) -> Entry:
    """Return the entry of a time span."""
    return Entry(at, layout, name, tag_id, convert=times.span, prints=times.printed_span)
