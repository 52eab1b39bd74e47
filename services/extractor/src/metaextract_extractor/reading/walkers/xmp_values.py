"""How the values of XMP properties are told: rationals, dates, enumerations, and what Exif for XMP needs.

Sources: ISO 16684-1 section 8.2 (value types), CIPA DC-010 (Exif for XMP: coordinates, APEX values).
"""

import math
import re
from collections.abc import Callable
from typing import Final

from metaextract_extractor.reading.walkers.scalars import exif_time, exposure_time, number
from metaextract_extractor.reading.walkers.xmp_schema import Property

_RATIONAL: Final = re.compile(r"(-?\d+)/(-?\d+)", re.ASCII)
_Conversion = Callable[[str, float | None], tuple[str, str] | None]
"""From the raw text, and its number if it is one, to the raw and the printed text."""

_DATE_AND_TIME: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})[T ](\d{2}:\d{2})(:\d{2})?\s*(\S*)\n?", re.ASCII)
_DATE: Final = re.compile(r"\d{4}(?:-\d{2}){0,2}", re.ASCII)
_FLOAT: Final = re.compile(r"[+-]?(?=\d|\.\d)\d*(?:\.\d*)?(?:[Ee][+-]?\d+)?", re.ASCII)
_COORDINATE_PART: Final = re.compile(r"[+-]?(?=\d|\.\d)\d*(?:\.\d*)?(?:[Ee][+-]\d+)?", re.ASCII)
_SOUTH_OR_WEST: Final = re.compile(r"[^A-Z](?:S(?:outh)?|W(?:est)?)\s*$", re.IGNORECASE)
_DIGITS_MAX: Final = 300
"""Longer integers are no measurement, and slow to convert."""
_UINT32_MAX: Final = 2**32 - 1


def converted(found: Property, text: str) -> tuple[str, str] | None:
    """Return the raw and the printed text of a value; None if we do not know how it is told."""
    if found.left_out:
        return None
    raw, value = _standard_form(found, text)
    if found.labels is not None and raw in found.labels:
        return raw, found.labels[raw]
    if found.conversion:
        return _CONVERSIONS[found.conversion](raw, value)
    if found.labels is None:
        return raw, raw
    return None if found.more_values else (raw, f"Unknown ({raw})")


def is_date_and_time(text: str) -> bool:
    """Whether a text is written like a date with a time (ISO 8601)."""
    return _DATE_AND_TIME.fullmatch(text) is not None


def _standard_form(found: Property, text: str) -> tuple[str, float | None]:
    """Write rationals as quotients and dates as Exif does; for unknown properties if they look like it."""
    if found.rational or not found.known:
        quotient = _quotient(text)
        if quotient is not None:
            return number(quotient), quotient
        without = rational(text)
        if without is not None:
            return without, None
    if found.date or not found.known:
        return _date(text, sure=found.known), None
    return text, _float(text)


def _quotient(text: str) -> float | None:
    match = _RATIONAL.fullmatch(text)
    if match is None or len(text) > _DIGITS_MAX or int(match[2]) == 0:
        return None
    return int(match[1]) / int(match[2])


def rational(text: str) -> str | None:
    """Return the quotient of `numerator/denominator` as text, `inf` or `undef`; None for other text."""
    match = _RATIONAL.fullmatch(text)
    if match is None or len(text) > _DIGITS_MAX:
        return None
    quotient = _quotient(text)
    if quotient is None:
        return "inf" if int(match[1]) else "undef"
    return number(quotient)


def _date(text: str, *, sure: bool) -> str:
    match = _DATE_AND_TIME.fullmatch(text)
    if match:
        year, month, day, minutes, seconds, rest = match.groups()
        return f"{year}:{month}:{day} {minutes}{seconds or ''}{rest}"
    if sure and _DATE.match(text):
        return text.replace("-", ":")
    return text


def _float(text: str) -> float | None:
    if not _FLOAT.fullmatch(text) or len(text) > _DIGITS_MAX:
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def _with_number(show: Callable[[float], str]) -> _Conversion:
    def convert(text: str, value: float | None) -> tuple[str, str] | None:
        return (text, show(value)) if value is not None else None

    return convert


def f_number(value: float) -> str:
    """Write an f-number: two decimals below 1."""
    if value <= 0:
        return number(value)
    return f"{value:.2f}" if value < 1 else f"{value:.1f}"


def fraction(value: float) -> str:
    """Write a compensation with its sign, as whole number, halves, thirds or decimal."""
    value *= 1.00001
    if not value:
        return "0"
    for parts, suffix in ((1, ""), (2, "/2"), (3, "/3")):
        if int(value * parts) / (value * parts) > 0.999:  # noqa: PLR2004 - near enough
            return f"{int(value * parts):+d}{suffix}"
    return f"{value:+.3g}"


def degrees(text: str) -> float | None:
    """Return decimal degrees of `51,30.5N`, `51,30,30S` or a decimal number; None without a number."""
    if re.search(r"\b(?:inf|undef)\b", text):
        return None
    parts = [one for one in _COORDINATE_PART.findall(text) if one][:3]
    if not parts or any(len(one) > _DIGITS_MAX for one in parts):
        return None
    values = [float(one) for one in parts] + [0.0, 0.0]
    total = values[0] + (values[1] + values[2] / 60) / 60
    return -total if _SOUTH_OR_WEST.search(text) else total


def dms(value: float, reference: str) -> str:
    """Write decimal degrees as `51 deg 30' 30.00" N`; `reference` is the positive direction, N or E."""
    if value < 0:
        reference = {"N": "S", "E": "W"}[reference]
        value = -value
    whole = int(value)
    minutes = int((value - whole) * 60)
    seconds = f"{(value - whole - minutes / 60) * 3600:.2f}"
    if float(seconds) >= 60:  # noqa: PLR2004 - rounded up
        seconds = f"{float(seconds) - 60:.2f}"
        minutes += 1
        if minutes >= 60:  # noqa: PLR2004
            minutes -= 60
            whole += 1
    return f"{whole} deg {minutes}' {seconds}\" {reference}"


def _coordinate(reference: str) -> _Conversion:
    def convert(text: str, _value: float | None) -> tuple[str, str] | None:
        value = degrees(text)
        if value is None or not math.isfinite(value) or not text:
            return None
        return number(value), dms(value, reference)

    return convert


def _plain_coordinate(reference: str) -> _Conversion:
    def convert(text: str, value: float | None) -> tuple[str, str] | None:
        return (text, dms(value, reference)) if value is not None else None

    return convert


def _aperture(_text: str, value: float | None) -> tuple[str, str] | None:
    if value is None or abs(value) > 100:  # noqa: PLR2004 - no lens
        return None
    return number(math.sqrt(2) ** value), f"{math.sqrt(2) ** value:.1f}"


def _shutter(_text: str, value: float | None) -> tuple[str, str] | None:
    if value is None or abs(value) >= 100:  # noqa: PLR2004 - no exposure
        return None
    seconds = 1 / 2**value
    return number(seconds), exposure_time(seconds)


def _metres(text: str, _value: float | None) -> tuple[str, str] | None:
    return text, text if text in ("inf", "undef") else f"{text} m"


def _lens_info(text: str, _value: float | None) -> tuple[str, str] | None:
    """Four rationals: shortest and longest focal length, widest aperture at each."""
    parts = text.split()
    quotients = [rational(part) or part for part in parts]
    if len(parts) != 4 or (_value is not None):  # noqa: PLR2004
        return None
    short, long, wide, tele = ("?" if one in ("inf", "undef") else str(one) for one in quotients)
    printed = short if long == short else f"{short}-{long}"
    printed += f"mm f/{wide}" if tele == wide else f"mm f/{wide}-{tele}"
    return " ".join(str(one) for one in quotients), printed


def _four_bytes(text: str, _value: float | None) -> tuple[str, str] | None:
    """A version in the four bytes of an integer."""
    if not re.fullmatch(r"\d{1,10}", text, re.ASCII) or int(text) > _UINT32_MAX:
        return None
    return text, ".".join(map(str, int(text).to_bytes(4, "big")))


def _four_characters(text: str, _value: float | None) -> tuple[str, str] | None:
    """A pixel format in the four bytes of an integer."""
    if not re.fullmatch(r"\d{1,10}", text, re.ASCII) or int(text) > _UINT32_MAX:
        return None
    code = int(text).to_bytes(4, "big")
    return (text, code.decode("ascii")) if re.fullmatch(rb"\w{4}", code, re.ASCII) else (text, text)


def _prefs(text: str, _value: float | None) -> tuple[str, str] | None:
    """Photo Mechanic's marks: tagged, colour class, rating, frame number."""
    parts = re.fullmatch(r"\s*(\d+):\s*(\d+):\s*(\d+):\s*(\S*)", text, re.ASCII)
    if parts is None:
        return None
    return text, f"Tagged:{parts[1]}, ColorClass:{parts[2]}, Rating:{parts[3]}, FrameNum:{parts[4]}"


def _time(text: str, _value: float | None) -> tuple[str, str] | None:
    standard = exif_time(text)
    return standard, standard


def _color_space(text: str, _value: float | None) -> tuple[str, str] | None:
    """Some write the number of an uncalibrated colour space with 32 bits."""
    return ("65535", "Uncalibrated") if text == str(_UINT32_MAX) else (text, f"Unknown ({text})")


def _date_text(text: str, _value: float | None) -> tuple[str, str] | None:
    standard = _date(text, sure=True)
    return standard, standard


_CONVERSIONS: Final[dict[str, _Conversion]] = {
    "lat": _coordinate("N"),
    "lon": _coordinate("E"),
    "latplain": _plain_coordinate("N"),
    "lonplain": _plain_coordinate("E"),
    "metres": _metres,
    "metres_always": lambda text, _value: (text, f"{text} m"),
    "aperture": _aperture,
    "shutter": _shutter,
    "exposure": _with_number(exposure_time),
    "fnumber": _with_number(f_number),
    "fraction": _with_number(fraction),
    "mm1": _with_number(lambda value: f"{value:.1f} mm"),
    "mm": lambda text, _value: (text, f"{text} mm"),
    "datetext": _date_text,
    "number": lambda text, value: (text, text) if value is not None else None,
    "prefs": _prefs,
    "time": _time,
    "color_space": _color_space,
    "four_bytes": _four_bytes,
    "four_characters": _four_characters,
    "lensinfo": _lens_info,
}
