"""The character encodings of XML, and its character references.

Source: XML 1.0 (fifth edition), section 4.3.3 and appendix F (detection), section 4.6 (predefined entities).
"""

import re
from typing import Final

from metaextract_extractor.reading.walkers.scalars import utf8

REFERENCE: Final = re.compile(r"&(#?\w+);")
_NAMED: Final = {"quot": '"', "amp": "&", "apos": "'", "lt": "<", "gt": ">"}
_REFERENCE_CHARACTERS_MAX: Final = 12


def encoding_of(head: bytes) -> tuple[str, int]:
    """Return the encoding by byte order mark or by the first characters, and the length of the mark."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding, len(mark)
    for first, encoding in _FIRST:
        if head.startswith(first):
            return encoding, 0
    return "utf-8", 0


_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"\xff\xfe", "utf-16-le"),
)
_FIRST: Final = (
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0\0\0", "utf-32-le"),
    (b"\0<", "utf-16-be"),
    (b"<\0", "utf-16-le"),
)


def utf8_or_utf16(data: bytes, encoding: str) -> bytes:
    """Return the document as expat can read it: bytes that are no UTF-8 become question marks."""
    if encoding.startswith("utf-32"):
        return data[: len(data) // 4 * 4].decode(encoding, "replace").encode("utf-8", "replace")
    if encoding == "utf-8":
        return utf8(data).encode()
    return data


def character(match: re.Match[str]) -> str:
    """Return what a reference stands for, or the reference itself if nobody knows."""
    name = match[1]
    if name in _NAMED:
        return _NAMED[name]
    try:
        if len(name) > _REFERENCE_CHARACTERS_MAX:
            return match[0]
        if name.startswith("#x"):
            return chr(int(name[2:], 16))
        return chr(int(name[1:])) if name.startswith("#") else match[0]
    except (ValueError, OverflowError):
        return match[0]
