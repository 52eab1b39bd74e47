"""Signatures of other kinds of files, and program text, where an image should have none.

A file can be an image and something else at once: readers of PDF look for its mark in the first kibibyte (ISO
32000-1, annex H.3.4.1), readers of ZIP for a directory at the end (APPNOTE 6.3, §4.3.16), browsers for tags.
"""

import re
from collections.abc import Iterator
from typing import Final

from metaextract_extractor.domain.result import ByteRange
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.view import MissingBytesError, View

LOOKED_AT_BYTES_MAX: Final = 4 * 1024 * 1024
"""Of all containers together."""

_PART_BYTES_MAX: Final = 1024 * 1024
_TAIL_BYTES: Final = 65_557
"""Where a ZIP's directory can end: its fixed part and the longest comment."""

_HEAD_BYTES: Final = 1024
_FOUND_MAX: Final = 50
_KINDS: Final = frozenset({"text", "trailer", "vendor", "xmp", "iptc"})

_BEGINNINGS: Final = (
    ("ZIP archive", b"PK\x03\x04"),
    ("RAR archive", b"Rar!\x1a\x07"),
    ("7z archive", b"7z\xbc\xaf\x27\x1c"),
    ("gzip", b"\x1f\x8b\x08"),
    ("PDF document", b"%PDF-"),
    ("ELF program", b"\x7fELF"),
    ("Mach-O program", b"\xcf\xfa\xed\xfe"),
    ("Java class", b"\xca\xfe\xba\xbe"),
    ("shell script", b"#!/"),
)
_ANYWHERE: Final = re.compile(
    rb"(?P<script><script[\s>])|(?P<php><\?php\s)|(?P<html><!doctype html|<html[\s>])|(?P<iframe><iframe\s)"
    rb"|(?P<pdf>%PDF-\d\.\d)|(?P<zip>PK\x03\x04.{2}\x00)",
    re.IGNORECASE | re.DOTALL,
)
_NAMES: Final = {
    "script": "script element",
    "php": "PHP program",
    "html": "HTML document",
    "iframe": "frame element",
    "pdf": "PDF document",
    "zip": "ZIP archive",
}
_PE_POINTER: Final = 0x3C


def foreign_content(evidence: Evidence) -> Iterator[tuple[str, ByteRange]]:
    """Yield what it looks like and where; each place once."""
    seen: set[tuple[str, int]] = set()
    for what, place in _all(evidence):
        if len(seen) < _FOUND_MAX and (what, place.offset_bytes) not in seen:
            seen.add((what, place.offset_bytes))
            yield what, place


def _all(evidence: Evidence) -> Iterator[tuple[str, ByteRange]]:
    view = evidence.subject.view
    left = LOOKED_AT_BYTES_MAX
    for container in evidence.walk.containers:
        if container.kind not in _KINDS or evidence.subject.family == "SVG":
            continue
        for place in container.places:
            length = min(place.length_bytes, _PART_BYTES_MAX, left)
            left -= length
            yield from _in(_bytes(view, place.offset_bytes, length), place.offset_bytes)
    yield from _pdf_at_the_head(view)
    yield from _zip_at_the_tail(view)


def _in(data: bytes, offset: int) -> Iterator[tuple[str, ByteRange]]:
    for name, signature in _BEGINNINGS:
        if data.startswith(signature):
            yield name, ByteRange(offset, len(signature))
    if data.startswith(b"MZ") and _is_program(data):
        yield "Windows program", ByteRange(offset, 2)
    for match in _ANYWHERE.finditer(data):
        name = next(key for key, value in match.groupdict().items() if value is not None)
        yield _NAMES[name], ByteRange(offset + match.start(), match.end() - match.start())


def _is_program(data: bytes) -> bool:
    """Two letters prove nothing; the header that they announce must be there (PE format, MS-DOS stub)."""
    at = int.from_bytes(data[_PE_POINTER : _PE_POINTER + 4], "little")
    return data[at : at + 4] == b"PE\0\0"


def _pdf_at_the_head(view: View) -> Iterator[tuple[str, ByteRange]]:
    at = _bytes(view, 0, min(_HEAD_BYTES, view.size_bytes)).find(b"%PDF-")
    if at >= 0:
        yield "PDF document", ByteRange(at, 5)


def _zip_at_the_tail(view: View) -> Iterator[tuple[str, ByteRange]]:
    """The end of a directory, if its comment ends with the file."""
    begin = max(0, view.size_bytes - _TAIL_BYTES)
    tail = _bytes(view, begin, view.size_bytes - begin)
    at = tail.rfind(b"PK\x05\x06")
    if at >= 0 and at + 22 + int.from_bytes(tail[at + 20 : at + 22], "little") == len(tail):
        yield "ZIP archive (its directory)", ByteRange(begin + at, 22)


def _bytes(view: View, offset: int, length: int) -> bytes:
    try:
        return view.read(offset, length)
    except MissingBytesError:
        return b""
