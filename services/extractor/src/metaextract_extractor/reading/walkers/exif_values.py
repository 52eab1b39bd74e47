"""What the bytes of a TIFF value say: decoded to text that is cut, joined and rounded as ExifTool does.

A value is text from here on: numbers as digits, several of them with a space between, text and undefined
bytes as one character a byte (Latin-1), so that a conversion can look at either. `scalar` and `readable`
turn such a text into what a field holds. Sources: TIFF 6.0 section 2 (types 1 to 12), the TIFF supplements
(13), BigTIFF (16 to 18), Exif 3.0 section 4.6.2 (129).
"""

import math
import re
import struct
from typing import Final

TYPE_NAMES: Final = {
    1: "int8u",
    2: "string",
    3: "int16u",
    4: "int32u",
    5: "rational64u",
    6: "int8s",
    7: "undef",
    8: "int16s",
    9: "int32s",
    10: "rational64s",
    11: "float",
    12: "double",
    13: "ifd",
    16: "int64u",
    17: "int64s",
    18: "ifd64",
    129: "utf8",
}
"""Types by their code."""

TYPE_BYTES: Final = {
    "int8u": 1,
    "string": 1,
    "int16u": 2,
    "int32u": 4,
    "rational64u": 8,
    "int8s": 1,
    "undef": 1,
    "int16s": 2,
    "int32s": 4,
    "rational64s": 8,
    "float": 4,
    "double": 8,
    "ifd": 4,
    "int64u": 8,
    "int64s": 8,
    "ifd64": 8,
    "utf8": 1,
}
"""Size of one item of a type."""

_CODES: Final = {
    "int8u": "B",
    "int16u": "H",
    "int32u": "I",
    "int8s": "b",
    "int16s": "h",
    "int32s": "i",
    "ifd": "I",
    "int64u": "Q",
    "int64s": "q",
    "ifd64": "Q",
    "float": "f",
    "double": "d",
    "rational64u": "I",
    "rational64s": "i",
}

INTEGERS: Final = frozenset({"int8u", "int16u", "int32u", "int8s", "int16s", "int32s", "ifd"})
INTEGERS_BIG: Final = frozenset({"int64u", "int64s", "ifd64"})

_FLOAT: Final = re.compile(r"[+-]?(?=\d|\.\d)\d*(\.\d*)?([Ee][+-]?\d+)?", re.ASCII)
_JSON_NUMBER: Final = re.compile(r"-?(\d|[1-9]\d{1,14})(\.\d{1,16})?([eE][-+]?\d{1,3})?", re.ASCII)
_LONG_DECIMAL: Final = re.compile(r"-?\d{1,15}\.\d{17,40}", re.ASCII)
_UTF8_OR_ONE: Final = re.compile(
    rb"[\x00-\x7f]+|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee][\x80-\xbf]{2}"
    rb"|\xed[\x80-\x9f][\x80-\xbf]|\xef(?!\xbf[\xbe\xbf])[\x80-\xbf]{2}|\xf0[\x90-\xbf][\x80-\xbf]{2}"
    rb"|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|([\x80-\xff])"
)


def integers(type_name: str, data: bytes, order: str) -> tuple[int, ...]:
    """Decode whole items of an integer type (or the halves of rationals); `order` is `<` or `>`."""
    code = _CODES[type_name]
    return struct.unpack(f"{order}{len(data) // struct.calcsize('=' + code)}{code}", data)


def decode(type_name: str, data: bytes, order: str) -> str:
    """Return the value of whole items; `order` is `<` or `>`. Rationals have 10 digits, or say inf, undef."""
    if type_name == "string":
        return data.split(b"\0", 1)[0].decode("latin-1")
    if type_name in ("undef", "utf8"):
        return data.decode("latin-1")
    numbers = integers(type_name, data, order)
    if type_name.startswith("rational"):
        return " ".join(_quotient(*pair) for pair in zip(numbers[::2], numbers[1::2], strict=True))
    if type_name in ("float", "double"):
        return " ".join(number_text(number) for number in numbers)
    return " ".join(map(str, numbers))


def _quotient(numerator: int, denominator: int) -> str:
    if denominator == 0:
        return "inf" if numerator else "undef"
    return f"{numerator / denominator:.10g}"


def number_text(number: float) -> str:
    """Write a number with 15 digits, whole ones without point."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Inf" if number > 0 else "-Inf"
    return f"{number:.15g}"


def as_number(value: str) -> float | None:
    """Return the number that a value is; None for text, lists, `inf` and `undef`."""
    if not _FLOAT.fullmatch(value):
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def is_whole(value: str) -> bool:
    """Whether a value is one integer."""
    return re.fullmatch(r"[+-]?\d{1,20}", value, re.ASCII) is not None


def readable(value: str) -> str:
    """Return a value as valid text: NUL left out, bytes that are no UTF-8 as a question mark."""
    data = value.replace("\0", "").encode("latin-1")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    if data and (not text or "\ufffe" in text or "\uffff" in text):
        fixed = _UTF8_OR_ONE.sub(lambda found: b"?" if found.group(1) else found.group(0), data)
        return fixed.decode("utf-8")
    return text


def scalar(value: str) -> object:
    """Return the raw value of a field: a number where the text is one, else readable text."""
    number = value.removesuffix("\n")
    if _JSON_NUMBER.fullmatch(number):
        return _number(number)
    if value.lower() in ("true", "false"):
        return value.lower() == "true"
    text = readable(value)
    return float(text) if _LONG_DECIMAL.fullmatch(text) else text


def _number(text: str) -> object:
    if text != "-0" and not re.search("[.eE]", text):
        return int(text)
    number = float(text)
    return number if math.isfinite(number) else text
