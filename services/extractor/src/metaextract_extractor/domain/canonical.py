"""N(·): the normal form of a field's value, and whether two readers found the same value.

Engines write one value in many ways: a rational as quotient or as a pair, an exposure time in APEX or in
seconds, a position as three numbers or as decimal degrees, an enumeration as number or as text. `canonical`
takes these differences away and no others. Sources: Exif 3.0 (CIPA DC-008) annex C (APEX), §4.6.6
(rationals, `0/0` unknown, `n/0` infinite), §4.6.6.6 (GPS); ISO 16684-2 (`ddd,mm.mmmmk`); IIM 4.2 §1.2
(dates and times without separators).
"""

import math
import re
import unicodedata
from collections.abc import Callable, Hashable, Sequence
from typing import Final, TypeAlias

from metaextract_extractor.domain.result import Field

Canonical: TypeAlias = str | int | float | bool | tuple["Canonical", ...] | None

RELATIVE_TOLERANCE: Final = 1.5e-9
"""ExifTool rounds quotients to ten significant digits; two roundings may differ by one in the tenth."""

SIGNIFICANT_DIGITS: Final = 10

PRINTED_ANGLE_TOLERANCE_DEGREES: Final = 1.5e-6
"""Degrees printed with seconds to two decimals are off by up to 0.005″."""

BINARY: Final = "(Binary data)"
"""The normal form of a value of which an engine only tells the size; nothing can be compared with it."""

_DIGITS_MAX: Final = 40
_NUMBER: Final = re.compile(
    rf"[-+]?(?:0|[1-9]\d{{0,{_DIGITS_MAX}}})(?:\.\d{{1,{_DIGITS_MAX}}})?(?:e[-+]?\d{{1,3}})?",
    re.ASCII | re.IGNORECASE,
)
_FRACTION: Final = re.compile(r"(-?\d{1,20})/(-?\d{1,20})", re.ASCII)
_SEPARATOR: Final = re.compile(r"\s*,\s*|\s+", re.ASCII)
_BINARY: Final = re.compile(r"\(Binary data(?: \d+ bytes)?[^)]*\)|\(large \w+ value[^)]*\)", re.ASCII)
_DATE: Final = re.compile(
    r"(\d{4})[:/-](\d\d)[:/-](\d\d)"
    r"(?:[ T](\d\d):(\d\d)(?::(\d\d)(\.\d{1,12})?)?)?"
    r" ?(Z|[+-]\d\d:?\d\d)?",
    re.ASCII | re.IGNORECASE,
)
_TIME: Final = re.compile(
    r"(\d\d?):(\d\d?):(\d\d?)(\.\d{1,12})? ?(Z|[+-]\d\d:?\d\d)?", re.ASCII | re.IGNORECASE
)
_COMPACT_DATE: Final = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)
_COMPACT_TIME: Final = re.compile(r"(\d\d)(\d\d)(\d\d)(Z|[+-]\d{4})?", re.ASCII)
_CODED_TEXT: Final = re.compile(r"(?:ASCII\x00{3}|UNICODE\x00|JIS\x00{5}|\x00{8})(.*)", re.DOTALL)

_DEGREES: Final = frozenset(
    {
        "GPSLatitude",
        "GPSLongitude",
        "GPSDestLatitude",
        "GPSDestLongitude",
        "LocationLatitude",
        "LocationLongitude",
    }
)
_ANGLE_CHARACTERS_MAX: Final = 80
"""The pattern below backtracks over blanks."""

_ANGLE: Final = re.compile(
    r"""(-?\d{1,3}(?:\.\d+)?)\s*(?:deg|°|,|\s)\s*
        (?:(\d{1,2}(?:\.\d+)?)\s*(?:['\u2032,]|\s|(?=[NSEW]))\s*)?
        (?:(\d{1,2}(?:\.\d+)?)\s*(?:["\u2033]|'')?\s*)?
        ([NSEW])?""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)
_UNITS: Final = {
    "ExposureTime": "s",
    "ShutterSpeedValue": "s",
    "FocalLength": "mm",
    "FocalLengthIn35mmFormat": "mm",
    "SubjectDistance": "m",
    "GPSAltitude": "m",
    "FNumber": "f/",
    "ApertureValue": "f/",
    "MaxApertureValue": "f/",
}
_FROM_APEX: Final[dict[str, Callable[[float], float]]] = {
    "ShutterSpeedValue": lambda value: 2.0**-value,
    "ApertureValue": lambda value: 2.0 ** (value / 2),
    "MaxApertureValue": lambda value: 2.0 ** (value / 2),
}
_APEX_MAX: Final = 100.0
_APEX_TOLERANCE: Final = 1e-6
"""Powers magnify what was rounded off before."""


def canonical(field: Field) -> Canonical:
    """Return the normal form of the raw value: hashable, and its own normal form when put back as `raw`."""
    return _normal(field.raw, field)


def compare(one: Field, other: Field) -> bool | None:
    """Whether two readings of one key are the same value; None where that cannot be told.

    It cannot be told where an engine describes binary data instead of giving it.
    """
    if _is_plainly_equal(one.raw, other.raw):
        return True
    first, second = canonical(one), canonical(other)
    if BINARY in (first, second):
        return None
    if _same(first, second):
        return True
    if one.name in _DEGREES and _is_number(first) and _is_number(second):
        printed = isinstance(one.raw, str) or isinstance(other.raw, str)
        tolerance = PRINTED_ANGLE_TOLERANCE_DEGREES if printed else 0.0
        return abs(_float(first) - _float(second)) <= tolerance
    return (
        _is_printed(first, other, second)
        or _is_printed(second, one, first)
        or _is_apex(one, first, second)
        or _is_apex(one, second, first)
    )


def agree(one: Field, other: Field) -> bool:
    """Whether two readings of one key are, as far as can be told, the same value."""
    return compare(one, other) is True


def key_of(value: Canonical) -> Hashable:
    """Return something to group equal values by: a boolean is not its number there."""
    return (type(value).__name__, value)


def _is_plainly_equal(one: object, other: object) -> bool:
    """Whether two raw values need no normal form to be the same; most do not."""
    if type(one) is not type(other) or one != other:
        return False
    return isinstance(one, int | float) or (isinstance(one, str) and not one.lstrip().startswith("("))


def _is_printed(value: Canonical, field: Field, raw: Canonical) -> bool:
    """Whether `value` is the text that a code is printed as."""
    printed = _normal(field.printed, field)
    return isinstance(printed, str) and printed not in ("", BINARY, raw) and value == printed


def _is_apex(field: Field, value: Canonical, converted: Canonical) -> bool:
    """Whether `value` is in APEX units what `converted` is in seconds or as f-number."""
    convert = _FROM_APEX.get(field.name)
    if convert is None or not _is_number(value) or not _is_number(converted):
        return False
    apex = _float(value)
    return abs(apex) < _APEX_MAX and math.isclose(convert(apex), _float(converted), rel_tol=_APEX_TOLERANCE)


def _same(one: Canonical, other: Canonical) -> bool:
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, float) or isinstance(other, float):
        return (
            _is_number(one)
            and _is_number(other)
            and math.isclose(_float(one), _float(other), rel_tol=RELATIVE_TOLERANCE)
        )
    if isinstance(one, str) and isinstance(other, str):
        return one == other
    return one == other  # a boolean equals its number: 1 and true are one stored value


def _normal(value: object, field: Field) -> Canonical:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return _bytes(bytes(value))
    if isinstance(value, list | tuple):
        return _items(value, field)
    return _text(str(value), field)


def _number(value: float) -> Canonical:
    if isinstance(value, int):
        return value
    if math.isnan(value):
        return "undef"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    rounded = float(f"{value:.{SIGNIFICANT_DIGITS}g}")
    if math.isinf(rounded):  # the largest numbers have no rounding
        return value
    return int(rounded) if rounded.is_integer() and abs(rounded) < 2**53 else rounded


def _bytes(value: bytes) -> Canonical:
    text = value.rstrip(b"\0 ")
    return text.decode("ascii") if text.isascii() and text.decode("ascii").isprintable() else BINARY


def _items(values: Sequence[object], field: Field) -> Canonical:
    items = tuple(_normal(item, field) for item in values)
    if field.name in _DEGREES and 1 < len(items) <= 3 and all(map(_is_number, items)):  # noqa: PLR2004 - d, m, s
        return _number(math.fsum(_float(item) / 60**place for place, item in enumerate(items)))
    if field.name == "GPSTimeStamp" and len(items) == 3 and all(map(_is_number, items)):  # noqa: PLR2004 - h, m, s
        hours, minutes, seconds = (_float(item) for item in items)
        return _clock(f"{hours:02.0f}", f"{minutes:02.0f}", f"{seconds:09.6f}", None)
    return items[0] if len(items) == 1 else items


def _text(value: str, field: Field) -> Canonical:
    text = _characters(value, field)
    if _BINARY.fullmatch(text):
        return BINARY
    if field.name in _DEGREES and (angle := _angle(text)) is not None:
        return angle
    if (moment := _moment(text, field)) is not None:
        return moment
    bare = _without_unit(text, field)
    if (number := _parsed(bare)) is not None:
        return number
    parts = _SEPARATOR.split(bare)
    if len(parts) > 1:
        numbers = [_parsed(part) for part in parts]
        if all(number is not None for number in numbers):
            return _items(numbers, field)
    lowered = text.lower()
    return lowered if lowered in ("undef", "inf", "-inf") else _truth(text)


def _characters(value: str, field: Field) -> str:
    """Cut at the first NUL, undo UTF-8 that was read as Latin-1, compose accents, drop blanks at the end."""
    if field.name == "UserComment" and (coded := _CODED_TEXT.fullmatch(value)):
        value = coded[1]
    text = value.split("\0", 1)[0].replace("\r\n", "\n")
    while (better := _decoded_again(text)) != text:
        text = better
    return unicodedata.normalize("NFC", text).rstrip()


def _decoded_again(text: str) -> str:
    try:
        return text if text.isascii() else text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _parsed(text: str) -> Canonical:
    if _NUMBER.fullmatch(text):
        digits = text.lstrip("-+")
        if digits.isdigit():
            return int(text)
        number = float(text)
        return _number(number) if math.isfinite(number) else None
    if text in ("undef", "inf"):
        return text
    if fraction := _FRACTION.fullmatch(text):
        over, under = int(fraction[1]), int(fraction[2])
        if under == 0:
            return "inf" if over else "undef"
        return _number(over / under)
    return None


def _without_unit(text: str, field: Field) -> str:
    unit = _UNITS.get(field.name)
    if unit is None:
        return text
    if unit == "f/":
        return text[2:] if text[:2].lower() == unit else text
    bare = text.removesuffix(unit).rstrip()
    return bare if bare else text


def _truth(text: str) -> Canonical:
    return {"true": True, "false": False}.get(text.lower(), text)


def _moment(text: str, field: Field) -> str | None:
    if date := _DATE.fullmatch(text):
        year, month, day, hour, minute, second, fraction, zone = date.groups()
        written = f"{year}-{month}-{day}"
        if hour is None:
            return written + (_zone(zone) if zone else "")
        seconds = "" if second is None else f":{second}{_fraction(fraction)}"
        return f"{written}T{hour}:{minute}{seconds}{_zone(zone)}"
    if time := _TIME.fullmatch(text):
        return _clock(time[1], time[2], time[3] + (time[4] or ""), time[5])
    if field.group.startswith("IPTC"):
        if "Date" in field.name and (date := _COMPACT_DATE.fullmatch(text)):
            return f"{date[1]}-{date[2]}-{date[3]}"
        if "Time" in field.name and (time := _COMPACT_TIME.fullmatch(text)):
            return _clock(time[1], time[2], time[3], time[4])
    return None


def _clock(hours: str, minutes: str, seconds: str, zone: str | None) -> str:
    whole, _, fraction = seconds.partition(".")
    return f"{int(hours):02}:{int(minutes):02}:{int(whole):02}{_fraction('.' + fraction)}{_zone(zone)}"


def _fraction(text: str | None) -> str:
    digits = (text or "").lstrip(".").rstrip("0")
    return f".{digits}" if digits else ""


def _zone(text: str | None) -> str:
    if not text:
        return ""
    if text in ("Z", "z"):
        return "+00:00"
    return f"{text[:3]}:{text[-2:]}"


def _angle(text: str) -> Canonical:
    match = _ANGLE.fullmatch(text) if len(text) <= _ANGLE_CHARACTERS_MAX else None
    if match is None or match[2] is None:
        return None
    degrees, minutes, seconds = (float(part or 0) for part in match.groups()[:3])
    size = abs(degrees) + minutes / 60 + seconds / 3600
    south_or_west = (match[4] or "").upper() in ("S", "W") or match[1].startswith("-")
    return _number(-size if south_or_west else size)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _float(value: object) -> float:
    assert isinstance(value, int | float)  # noqa: S101 - asked before
    try:
        return float(value)
    except OverflowError:
        return math.inf
