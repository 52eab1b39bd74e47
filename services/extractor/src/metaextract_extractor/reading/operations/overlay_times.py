"""Dates and times in text, as cameras, apps and drones print them.

Year first with any separator (ISO 8601 and its relatives), day or month first, month by its English name;
24 and 12 hours; `GMT+05:30`, `UTC-3`, `Z`. Where day and month can be exchanged, both readings are told.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from metaextract_extractor.domain.operations_ocr import BurnedTime, TextLine
from metaextract_extractor.reading.insights.written_time import valid_offset, zone_text
from metaextract_extractor.reading.operations.overlay_text import Reading, least_confidence, readings

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH: Final = rf"(?P<name>{'|'.join(_MONTHS)})[a-z]*"
_YEAR_MIN: Final = 1970
_YEAR_MAX: Final = 2099
_CENTURY_TURNS: Final = 80
"""Years of two digits from here on are those of the 20th century: burned-in dates begin in the 1980s."""

_NOON: Final = 12
_HOURS: Final = 24
_SIXTY: Final = 60

_DATES: Final = tuple(
    re.compile(pattern, re.IGNORECASE | re.ASCII)
    for pattern in (
        r"(?<![\w./-])(?<!\d:)(?P<y>\d{4})\s?(?P<sep>[-/.:_ ])\s?(?P<b>\d{1,2})\s?(?P=sep)\s?"
        r"(?P<c>\d{1,2})(?=\D|$|\d{2}:\d{2})",
        r"(?<![\w./-])(?<!\d:)(?P<b>\d{1,2})(?P<sep>[-/.])\s?(?P<c>\d{1,2})(?P=sep)\s?"
        r"(?P<y>\d{4})(?=\D|$|\d{2}:\d{2})",
        rf"(?<![\w./-])(?<!\d:)(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s./-]*{_MONTH}[\s.,/-]*(?P<y>\d{{4}})(?!\d)",
        rf"(?<![a-z]){_MONTH}[\s./-]*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s.,/-]+(?P<y>\d{{4}})(?!\d)",
        r"(?<![\w./-])(?<!\d:)(?P<b>\d{1,2})(?P<sep>[-/.])(?P<c>\d{1,2})(?P=sep)(?P<y>\d{2})(?![\d.:/-])",
        r"'(?P<y>\d{2})\s?[ ./-]\s?(?P<b>\d{1,2})\s?[ ./-]\s?(?P<c>\d{1,2})(?!\d)",
        r"(?<!\d)(?P<b>\d{1,2})\s(?P<c>\d{1,2})\s'\s?(?P<y>\d{2})(?!\d)",
    )
)
_CLOCK: Final = re.compile(
    r"(?<![\d.:/+-])(?P<hour>\d{1,2})\s?[:;]\s?(?P<minute>\d{2})(?:\s?[:;.]\s?(?P<second>\d{2}))?(?!\d)"
    r"(?:[.,]\d{1,3})?\s*(?P<half>[ap]\.?\s?m\b\.?)?",
    re.IGNORECASE | re.ASCII,
)
_POINTED_CLOCK: Final = re.compile(r"\s*\d{2}\.\d{2}(?:\.\d{2})?\s*", re.ASCII)
_ZONE: Final = re.compile(
    r"(?:GMT|UTC|Z)\s?(?P<sign>[+-])\s?(?P<hours>\d{1,2})(?:[:.]?(?P<minutes>\d{2}))?(?!\d)|\b(?P<utc>GMT|UTC)\b"
    r"|(?<=\d)(?P<z>Z)\b|(?<=:\d\d)\s?(?P<sign2>[+-])(?P<hours2>\d{2}):?(?P<minutes2>\d{2})(?!\d)",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class _Clock:
    hour: int
    minute: int
    second: int | None
    offset_minutes: int | None

    @property
    def text(self) -> str:
        seconds = "" if self.second is None else f":{self.second:02d}"
        zone = "" if self.offset_minutes is None else zone_text(self.offset_minutes)
        return f"T{self.hour:02d}:{self.minute:02d}{seconds}{zone}"


def times(lines: Sequence[TextLine], near: Collection[date] = ()) -> tuple[BurnedTime, ...]:
    """Return the dates that lines state, with their time of day.

    `near`: dates that the file itself states; they decide between day and month where one of them fits.
    """
    for reading in readings(lines):
        found = {one.iso8601: one for one in _dated(lines, reading, near)}
        if found:
            return tuple(found.values())
    return ()


def _dated(lines: Sequence[TextLine], reading: Reading, near: Collection[date]) -> Iterator[BurnedTime]:
    clocks = [_clock(_with_points(_without_dates(text))) for text in reading.texts]
    dates = [_date_in(text) for text in reading.texts]
    for index, (choices, clock_here) in enumerate(zip(dates, clocks, strict=True)):
        if not choices:
            continue
        used: tuple[int, ...] = (index,)
        clock = clock_here
        if clock is None:
            beside = next((at for at in (index + 1, index - 1) if _lone_clock(at, clocks, dates)), None)
            if beside is not None:
                used, clock = tuple(sorted((index, beside))), clocks[beside]
        ordered = sorted(choices, key=lambda one: one not in near)
        suffix = clock.text if clock else ""
        yield BurnedTime(
            iso8601=f"{ordered[0].isoformat()}{suffix}",
            other_iso8601=f"{ordered[1].isoformat()}{suffix}" if len(ordered) > 1 else "",
            corrected=reading.any_corrected(used),
            confidence=least_confidence(lines, used),
            lines=used,
        )


def _lone_clock(at: int, clocks: list[_Clock | None], dates: list[list[date]]) -> bool:
    return 0 <= at < len(clocks) and clocks[at] is not None and not dates[at]


def _without_dates(text: str) -> str:
    for pattern in _DATES:
        text = pattern.sub(" ", text, count=1)
    return text


def _date_in(text: str) -> list[date]:
    """Return the readings of the first date in a line, day before month first."""
    for pattern in _DATES:
        for match in pattern.finditer(text):
            found = _readings(match.groupdict(), year_first=pattern in (_DATES[0], _DATES[5]))
            if found:
                return found
    return []


def _readings(parts: dict[str, str | None], *, year_first: bool) -> list[date]:
    year = _year(parts["y"] or "")
    if parts.get("name"):
        month = _MONTHS.index((parts["name"] or "").lower()) + 1
        choices = [(month, int(parts["day"] or 0))]
    else:
        first, second = int(parts["b"] or 0), int(parts["c"] or 0)
        choices = [(first, second)] if year_first else [(second, first), (first, second)]
    found = dict.fromkeys(one for month, day in choices if (one := _date(year, month, day)) is not None)
    return list(found)


def _year(digits: str) -> int:
    year = int(digits)
    if len(digits) > 2:  # noqa: PLR2004 - written out
        return year
    return year + (1900 if year >= _CENTURY_TURNS else 2000)


def _date(year: int, month: int, day: int) -> date | None:
    if not _YEAR_MIN <= year <= _YEAR_MAX:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _clock(text: str) -> _Clock | None:
    for match in _CLOCK.finditer(text):
        hour, minute = int(match["hour"]), int(match["minute"])
        second = int(match["second"]) if match["second"] else None
        half = (match["half"] or "")[:1].lower()
        if half:
            if not 1 <= hour <= _NOON:
                continue
            hour = hour % _NOON + (_NOON if half == "p" else 0)
        if hour < _HOURS and minute < _SIXTY and (second is None or second < _SIXTY):
            return _Clock(hour, minute, second, _offset(text))
    return None


def _with_points(text: str) -> str:
    """Return the rest of a line that is nothing but a clock with points, with colons."""
    match = _POINTED_CLOCK.fullmatch(text)
    return text.replace(".", ":") if match else text


def _offset(text: str) -> int | None:
    match = _ZONE.search(text)
    if match is None:
        return None
    if match["utc"] or match["z"]:
        return 0
    hours = int(match["hours"] or match["hours2"])
    minutes = hours * 60 + int(match["minutes"] or match["minutes2"] or 0)
    return valid_offset(-minutes if (match["sign"] or match["sign2"]) == "-" else minutes)
