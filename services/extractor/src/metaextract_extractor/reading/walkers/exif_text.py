"""Text in Exif values: the eight-byte character code of UserComment and its kind, and UTF-16.

Sources: Exif 3.0 section 4.6.6.2 (UserComment, table of character codes). A text stays one character a
byte, as in `exif_values`: UTF-16 becomes UTF-8.
"""

import re
from typing import Final

CODE_BYTES: Final = 8
_ASCII_CODE: Final = re.compile(r"(ASCII)?(\0|[\0 ]+\Z)")
_UNICODE_CODE: Final = re.compile(r"UNICODE[\0 ]")
_JIS_CODE: Final = re.compile(r"JIS[\0 ]{5}")


def exif_text(value: str, order: str) -> str | None:
    """Return the text behind its character code; None for JIS and broken UTF-16. `order` as in the file."""
    if len(value) < CODE_BYTES:
        return value
    code, text = value[:CODE_BYTES], value[CODE_BYTES:]
    if _ASCII_CODE.match(code):
        text = text.split("\0", 1)[0]
    elif _UNICODE_CODE.match(code):
        unicode = utf16_text(text, order, guess=True)
        if unicode is None:
            return None
        text = unicode
    elif _JIS_CODE.match(code):
        return None
    else:
        text = value
    return text.rstrip(" ")


def utf16_text(value: str, order: str, *, guess: bool = False) -> str | None:
    """Return UTF-16 as UTF-8 up to the first NUL; None if it is broken. A byte order mark wins over `order`.

    `guess`: the order may be wrong; then the half with more different values is taken for the low one.
    """
    data = value.encode("latin-1")
    if data[:2] in (b"\xfe\xff", b"\xff\xfe"):
        order = ">" if data[0] == 0xFE else "<"  # noqa: PLR2004 - U+FEFF, big-endian
        data = data[2:]
        guess = False
    data = data[: len(data) // 2 * 2]
    if guess and _seems_swapped(data, order):
        order = "<" if order == ">" else ">"
    try:
        text = data.decode("utf-16-le" if order == "<" else "utf-16-be")
    except UnicodeDecodeError:
        return None
    return text.split("\0", 1)[0].encode("utf-8").decode("latin-1")


def _seems_swapped(data: bytes, order: str) -> bool:
    high, low = (data[1::2], data[::2]) if order == "<" else (data[::2], data[1::2])
    different_high, different_low = len(set(high)), len(set(low))
    return different_high > different_low or (
        different_high == different_low and low.count(0) > high.count(0)
    )
