"""How ExifTool's JSON tells one value: as number, truth value or text. Our raw values look the same."""

import codecs
import math
import re
from typing import Final

_NUMBER: Final = re.compile(r"-?(?:\d|[1-9]\d{1,14})(?:\.\d{1,16})?(?:[eE][-+]?\d{1,3})?", re.ASCII)
_LONG_DECIMAL: Final = re.compile(r"-?\d{1,15}\.\d{17,40}", re.ASCII)
"""A number too, although ExifTool writes it as text."""
QUARTER_SECONDS: Final = 0.25001
"""From here up decimals are shown; the rest is for rounding."""
_INTEGER: Final = re.compile(r"-?\d{1,15}", re.ASCII)
_QUESTION_MARKS: Final = "metaextract-question-marks"


def _question_marks(error: UnicodeError) -> tuple[str, int]:
    if isinstance(error, UnicodeDecodeError):
        return "?" * (error.end - error.start), error.end
    raise error


codecs.register_error(_QUESTION_MARKS, _question_marks)


def scalar(text: str) -> object:
    """Return what a text is in JSON: a number if it is written like one, true, false, or the text itself."""
    if _LONG_DECIMAL.fullmatch(text):
        return float(text)
    if _NUMBER.fullmatch(text):
        if _INTEGER.fullmatch(text) and text != "-0":
            return int(text)
        number = float(text)
        return number if abs(number) != float("inf") else text
    lowered = text.lower()
    if lowered in ("true", "false"):
        return lowered == "true"
    return text


def shown(text: str) -> str:
    """Return a text as it is printed: truth values are lower case."""
    lowered = text.lower()
    return lowered if lowered in ("true", "false") else text


def utf8(data: bytes) -> str:
    """Decode UTF-8; every byte that is none becomes a question mark."""
    return data.decode("utf-8", _QUESTION_MARKS)


def latin(data: bytes) -> str:
    """Decode what has no declared character set: as UTF-8, with question marks for other bytes."""
    return utf8(data).replace("\0", "")


def number(value: float) -> str:
    """Write a number with up to 15 digits, without trailing zeros: `72`, `0.3125`, `1e-05`, `inf`."""
    if value != value:  # noqa: PLR0124 - the only value that differs from itself
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Inf" if value > 0 else "-Inf"
    return f"{value:.15g}"


def exif_time(text: str) -> str:
    """Write `151202+0100` as `15:12:02+01:00`."""
    text = text.replace(" ", ":")
    text = re.sub(r"^(\d{2})(\d{2})(\d{2})", r"\1:\2:\3", text, flags=re.ASCII)
    return re.sub(r"([+-]\d{2})(\d{2})\s*$", r"\1:\2", text, flags=re.ASCII)


def valid_name(name: str) -> str:
    """Make a tag name: letters, digits, `-`, `_` stay; a capital, or `Tag`, comes first."""
    name = re.sub(r"[^-_a-zA-Z0-9]", "", name)
    name = name[:1].upper() + name[1:]
    return f"Tag{name}" if len(name) < 2 or not re.match("[A-Z]", name) else name  # noqa: PLR2004


def western(data: bytes) -> str:
    """Decode Windows-1252, where undefined bytes stand for themselves."""
    text = "".join(_WESTERN[one] for one in data)
    return text.replace("\0", "")


_WESTERN: Final = [bytes([one]).decode("cp1252", "ignore") or chr(one) for one in range(256)]


def exposure_time(seconds: float) -> str:
    """Print a time as a photographer does: as a fraction up to a quarter of a second, else with one decimal.

    Fractions beyond 64 bits are printed as ExifTool 13.59 prints them.
    """
    if not 0 < seconds < QUARTER_SECONDS:
        return f"{seconds:.1f}".removesuffix(".0")
    inverse = 0.5 + 1 / seconds
    if math.isinf(inverse):
        return "1/Inf"
    return f"1/{int(inverse)}" if inverse < 2.0**63 else "1/-1"
