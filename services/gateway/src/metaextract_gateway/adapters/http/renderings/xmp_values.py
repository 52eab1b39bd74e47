"""Values of a result as XMP writes them (ISO 16684-1, section 8.2; Exif in XMP: CIPA DC-010)."""

import math
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Final, TypeAlias, TypeGuard

Scalar: TypeAlias = str | float | bool
"""A value of `Field.raw` that is no list. Whole numbers are floats without a fraction."""

DENOMINATOR_MAX: Final = 10_000_000
_ILLEGAL: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What cannot be in an XML document (XML 1.0, section 2.2)."""
_DATE: Final = re.compile(
    r"(\d{4})(?:[:-](\d\d)(?:[:-](\d\d)(?:[ T](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)?)?)?)?"
)


def as_text(value: Scalar) -> str:
    """Return a simple value."""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return _ILLEGAL.sub("\ufffd", value)


def as_date(value: Scalar) -> str:
    """Return a date of Exif's writing as ISO 8601; what is no date stays as it is."""
    text = as_text(value)
    found = _DATE.fullmatch(text.strip())
    if found is None:
        return text
    year, month, day, time, zone = found.groups()
    date = "-".join(part for part in (year, month, day) if part)
    return f"{date}T{time}{zone or ''}" if time else date


def as_rational(value: Scalar) -> str:
    """Return a quotient of whole numbers; what is no number stays as it is."""
    if not isinstance(value, float) or isinstance(value, bool) or not math.isfinite(value):
        return as_text(value)
    quotient = Fraction(value).limit_denominator(DENOMINATOR_MAX)
    return f"{quotient.numerator}/{quotient.denominator}"


def as_rationals(value: Scalar) -> str:
    """Return several numbers, divided by spaces, as quotients; `undef` is 0/0."""
    parts = [_number(part) for part in as_text(value).split()]
    return " ".join("0/0" if part is None else as_rational(part) for part in parts)


def as_seconds_of_apex(value: Scalar) -> str:
    """Return the APEX value of an exposure time in seconds."""
    return as_rational(-math.log2(value)) if _is_positive(value) else as_rational(value)


def as_f_number_of_apex(value: Scalar) -> str:
    """Return the APEX value of an f-number."""
    return as_rational(2 * math.log2(value)) if _is_positive(value) else as_rational(value)


def _is_positive(value: Scalar) -> TypeGuard[float]:
    return isinstance(value, float) and value > 0


def as_latitude(value: Scalar) -> str:
    """Return degrees, north positive, as degrees and minutes: `51,10.69683N`."""
    return _coordinate(value, "NS")


def as_longitude(value: Scalar) -> str:
    """Return degrees, east positive, as degrees and minutes."""
    return _coordinate(value, "EW")


def _coordinate(value: Scalar, signs: str) -> str:
    if not isinstance(value, float) or isinstance(value, bool) or not math.isfinite(value):
        return as_text(value)
    degrees, rest = divmod(round(abs(value) * 60, 9), 60)
    return f"{int(degrees)},{rest:.9f}".rstrip("0").rstrip(".") + signs[value < 0]


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


KINDS: Final[Mapping[str, Callable[[Scalar], str]]] = {
    "text": as_text,
    "lang": as_text,
    "date": as_date,
    "rational": as_rational,
}
SPECIAL: Final[Mapping[str, Callable[[Scalar], str]]] = {
    "exif:ShutterSpeedValue": as_seconds_of_apex,
    "exif:ApertureValue": as_f_number_of_apex,
    "exif:MaxApertureValue": as_f_number_of_apex,
    "exif:GPSLatitude": as_latitude,
    "exif:GPSLongitude": as_longitude,
    "exif:GPSDestLatitude": as_latitude,
    "exif:GPSDestLongitude": as_longitude,
    "aux:LensInfo": as_rationals,
}
"""Properties whose text is not what the engine shows, by name."""
