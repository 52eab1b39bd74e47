"""How the values of GPS tags are printed: angles, times of day, dates.

Sources: Exif 3.0 section 4.6.6.6 (GPS attribute information); rounding as ExifTool 13.59.
"""

import re
from typing import Final

from metaextract_extractor.reading.walkers.exif_values import as_number, number_text

_NUMBERS: Final = re.compile(r"[+-]?(?=\d|\.\d)\d*(?:\.\d*)?(?:[Ee][+-]\d{1,2})?", re.ASCII)
_ANGLE_MAX: Final = 1e15


def degrees(value: str) -> tuple[str, str] | None:
    """Return an angle of degrees, minutes and seconds, in degrees, and printed; it has no sign."""
    if re.search(r"\b(inf|undef)\b", value):
        return "", ""
    parts = [float(one) for one in _NUMBERS.findall(value)]
    if not parts:
        return "", ""
    whole, minutes, seconds = [*parts, 0.0, 0.0][:3]
    angle = abs(whole + (minutes + seconds / 60) / 60)
    if angle > _ANGLE_MAX:
        return None
    return number_text(angle), _angle(angle)


def _angle(angle: float) -> str:
    degrees = int(angle)
    minutes = int((angle - degrees) * 60)
    seconds = float(f"{(angle - degrees - minutes / 60) * 3600:.2f}")
    if seconds >= 60:  # noqa: PLR2004 - rounded up
        seconds -= 60
        minutes += 1
        if minutes >= 60:  # noqa: PLR2004
            minutes -= 60
            degrees += 1
    return f"{degrees} deg {minutes}' {seconds:.2f}\""


def time_stamp(value: str) -> tuple[str, str] | None:
    """Return a time of hours, minutes and seconds (UTC), with all decimals, and with six."""
    parts = [as_number("0" if one == "undef" else one) for one in value.split()]
    if len(parts) != 3 or None in parts:  # noqa: PLR2004 - hours, minutes, seconds
        return None
    hours, minutes, seconds = [part or 0.0 for part in parts]
    rest = (hours * 60 + minutes) * 60 + seconds
    if not 0 <= rest < _ANGLE_MAX:
        return None
    whole_hours = int(rest / 3600)
    rest -= whole_hours * 3600
    whole_minutes = int(rest / 60)
    rest -= whole_minutes * 60
    text = f"{rest:012.9f}"
    if float(text) >= 60:  # noqa: PLR2004 - rounded up
        return None
    text = re.sub(r"\.?0+$", "", text)
    head = f"{whole_hours:02d}:{whole_minutes:02d}:"
    if not re.fullmatch(r"\d{2}\.\d+", text, re.ASCII):
        return head + text, head + text
    short = number_text(int(float(text) * 1_000_000 + 0.5) / 1_000_000)
    return head + text, head + ("0" + short if float(short) < 10 else short)  # noqa: PLR2004 - two digits


def date_stamp(value: str) -> tuple[str, str]:
    """Return a date with colons, whatever stood between its parts."""
    value = value.rstrip("\0")
    value = re.sub(r"(\d{4})\D*(\d{2})\D*(\d{2})$", r"\1:\2:\3", value, count=1, flags=re.ASCII)
    return value, value
