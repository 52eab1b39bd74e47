"""Times as metadata standards write them, and their normal form (ISO 8601).

Exif 3.0 §4.6.5 (`YYYY:MM:DD HH:MM:SS`, blanks or zeros for unknown), IIM 4.2 §6 (`CCYYMMDD`,
`HHMMSS±HHMM`), XMP part 1 §8.2.1.1 (ISO 8601 in six precisions), all of them after ExifTool's conversion.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final

from metaextract_extractor.domain.insights_time import Precision

_TIME: Final = re.compile(
    r"(?P<year>\d{4})"
    r"(?:[:/.-](?P<month>\d\d)"
    r"(?:[:/.-](?P<day>\d\d)"
    r"(?:[ T]+(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?"
    r" *(?P<zone>Z|[+-]\d\d:?\d\d)?)?)?)?",
    re.ASCII,
)
_ZONE: Final = re.compile(r"(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d)", re.ASCII)
_OFFSET_MINUTES_MAX: Final = 14 * 60
_OFFSET_MINUTES_MIN: Final = -12 * 60
MICROSECOND_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class WrittenTime:
    """A time as stated. `clock`: its reading, with the unstated parts at their least.

    `fraction`: the digits behind the second as stated. `offset_minutes` is None where none is stated.
    """

    clock: datetime
    precision: Precision
    fraction: str = ""
    offset_minutes: int | None = None

    def iso8601(self, offset_minutes: int | None) -> str:
        """Return it with as many parts as were stated, and the offset if there is a time of day."""
        text = self.clock.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
        match self.precision:
            case Precision.YEAR:
                return text[:4]
            case Precision.MONTH:
                return text[:7]
            case Precision.DAY:
                return text[:10]
            case Precision.MINUTE:
                text = text[:16]
            case Precision.SUBSECOND:
                text = f"{text}.{self.fraction}"
        return text if offset_minutes is None else text + zone_text(offset_minutes)

    def utc(self, offset_minutes: int) -> str:
        """Return it in UTC, for an offset; empty at the ends of the calendar and without a time of day."""
        moment = self.moment(offset_minutes)
        if moment is None:
            return ""
        shifted = WrittenTime(moment, self.precision, self.fraction)
        return shifted.iso8601(None) + "Z"

    def moment(self, offset_minutes: int) -> datetime | None:
        """Return the reading of a clock in UTC at that moment."""
        if not self.has_clock:
            return None
        try:
            return self.clock - timedelta(minutes=offset_minutes)
        except OverflowError:
            return None

    @property
    def has_clock(self) -> bool:
        """Whether a time of day is stated."""
        return self.precision in (Precision.MINUTE, Precision.SECOND, Precision.SUBSECOND)


def read_time(text: str, subseconds: str = "") -> WrittenTime | None:
    """Read a stated time; None for blanks, zeros and what is no date. `subseconds`: Exif SubSecTime."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return None
    parts = match.groupdict()
    fraction = parts["fraction"] or (subseconds if parts["second"] and subseconds.isdecimal() else "")
    numbers = [int(parts[name] or least) for name, least in _LEAST]
    try:
        clock = datetime(*numbers)  # type: ignore[arg-type]  # noqa: DTZ001 - a clock reading, its zone apart
    except ValueError:
        return None
    if fraction:
        fraction = fraction[:9]
        clock = clock.replace(microsecond=int(fraction[:MICROSECOND_DIGITS].ljust(MICROSECOND_DIGITS, "0")))
    return WrittenTime(clock, _precision(parts, fraction), fraction, read_zone(parts["zone"] or ""))


_LEAST: Final = (("year", 0), ("month", 1), ("day", 1), ("hour", 0), ("minute", 0), ("second", 0))


def _precision(parts: dict[str, str | None], fraction: str) -> Precision:
    if fraction:
        return Precision.SUBSECOND
    named = (
        ("second", Precision.SECOND),
        ("minute", Precision.MINUTE),
        ("day", Precision.DAY),
        ("month", Precision.MONTH),
    )
    return next((precision for name, precision in named if parts[name]), Precision.YEAR)


def read_zone(text: str) -> int | None:
    """Return an offset such as `+02:00`, `-0330` or `Z` in minutes; None if it is none on Earth."""
    if text.strip() == "Z":
        return 0
    match = _ZONE.fullmatch(text.strip())
    if match is None:
        return None
    minutes = int(match["hours"]) * 60 + int(match["minutes"])
    return valid_offset(-minutes if match["sign"] == "-" else minutes)


def valid_offset(minutes: float | None) -> int | None:
    """Return an offset if clocks on Earth can have it: whole minutes from -12:00 to +14:00."""
    if minutes is None or minutes != int(minutes):
        return None
    return int(minutes) if _OFFSET_MINUTES_MIN <= minutes <= _OFFSET_MINUTES_MAX else None


def zone_text(offset_minutes: int) -> str:
    """Return an offset as `+02:00`."""
    hours, minutes = divmod(abs(offset_minutes), 60)
    return f"{'-' if offset_minutes < 0 else '+'}{hours:02d}:{minutes:02d}"


def aware(clock: datetime, offset_minutes: int) -> datetime:
    """Return a clock reading with its offset."""
    return clock.replace(tzinfo=timezone(timedelta(minutes=offset_minutes)))
