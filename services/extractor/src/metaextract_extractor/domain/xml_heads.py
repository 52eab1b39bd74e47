"""How an XML document begins, as far as that tells an SVG from others. Nothing is parsed.

Source: Extensible Markup Language (XML) 1.0, section 2.8 (prolog and document type declaration).
"""

import re
from typing import Final

_PROLOG: Final = re.compile(
    rb"(?>\s++|<\?.*?\?>|<!--.*?-->|<!doctype[^\[>]*+(?:\[.*?\]\s*+)?>)*+", re.DOTALL | re.IGNORECASE
)
"""What may stand in front of the first element."""

_PROLOG_BEGUN: Final = (b"<?", b"<!--", b"<!doctype")
_SVG: Final = re.compile(rb"<(?:[\w.-]{1,64}:)?svg[\s/>]")


def looks_like_svg(head: bytes) -> bool:
    """Whether an SVG element stands in the first bytes of a document."""
    text = _text(head)
    return text.startswith(b"<") and b"<svg" in text


def is_prolog(head: bytes) -> bool:
    """Whether these first bytes are XML that has not come to its first element yet."""
    text = _text(head)
    rest = _after_prolog(text)
    return text.startswith((b"<?xml", b"<!")) and (not rest or rest.startswith(_PROLOG_BEGUN))


def is_svg(document: bytes) -> bool:
    """Whether the first element is that of an SVG."""
    return _SVG.match(_after_prolog(_text(document))) is not None


def _after_prolog(text: bytes) -> bytes:
    prolog = _PROLOG.match(text)
    return text[prolog.end() :] if prolog else text


def _text(head: bytes) -> bytes:
    """Return XML in lower case, without the marks and zeros of its encoding."""
    return head.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
