"""Copies without the parts that nobody looks into: cut out, cut off, or filled, as the format allows."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from metaextract_extractor.domain.result import ByteRange, Container
from metaextract_extractor.reading.redaction.unseen import BOXES

_PNG_HEADER_BYTES: Final = 8
_PNG_CHECKSUM_BYTES: Final = 4
_RIFF_HEADER_BYTES: Final = 8
_BOX_HEADERS_BYTES: Final = (8, 16, 24)
"""Of a box, of a large one, of one that is named by a UUID."""
_PIECE_BYTES: Final = 1024 * 1024

Span = tuple[int, int]
"""Offset and end."""


def without_parts(source: Path, target: Path, parts: Iterable[Container], family: str) -> bool:
    """Write `target`; False if there is nothing that can be taken out."""
    size_bytes = source.stat().st_size
    cut: list[Span] = []
    filled: list[Span] = []
    for one in parts:
        for place in one.places:
            span = _span(place, one.kind, family, source)
            at_end = place.offset_bytes + place.length_bytes == size_bytes
            if span is not None:
                cut.append(span)
            elif one.kind == "trailer" and at_end:
                cut.append((place.offset_bytes, size_bytes))
            elif family != "PNG":
                filled.append((place.offset_bytes, place.offset_bytes + place.length_bytes))
    if not cut and not filled:
        return False
    without_spans(
        source, target, cut if family in ("PNG", "GIF", "WEBP") or not filled else _at_end(cut, size_bytes)
    )
    with target.open("r+b") as file:
        for start, end in filled:
            _fill(file.fileno(), start, end, family)
        if family == "WEBP":
            os.pwrite(file.fileno(), (target.stat().st_size - _RIFF_HEADER_BYTES).to_bytes(4, "little"), 4)
    return True


def without_spans(source: Path, target: Path, spans: Iterable[Span]) -> None:
    """Copy all but some spans."""
    with source.open("rb") as file, target.open("xb") as copy:
        at = 0
        for start, end in sorted(spans):
            _copy(file.fileno(), copy.fileno(), at, max(at, start))
            at = max(at, end)
        _copy(file.fileno(), copy.fileno(), at, os.fstat(file.fileno()).st_size)


def _copy(source: int, target: int, start: int, end: int) -> None:
    while start < end:
        sent = os.sendfile(target, source, start, end - start)
        if not sent:
            return
        start += sent


def _at_end(spans: Sequence[Span], size_bytes: int) -> list[Span]:
    return [one for one in spans if one[1] == size_bytes]


def _span(place: ByteRange, kind: str, family: str, source: Path) -> Span | None:
    """Return what to cut out, in formats where parts may be missing; None in others."""
    start, end = place.offset_bytes, place.offset_bytes + place.length_bytes
    if kind == "trailer":
        return None
    if family == "PNG":
        return start - _PNG_HEADER_BYTES, end + _PNG_CHECKSUM_BYTES
    if family == "WEBP":
        return start - _RIFF_HEADER_BYTES, end + place.length_bytes % 2
    if family == "GIF":
        with source.open("rb") as file:
            return (start, end) if os.pread(file.fileno(), 1, start) == b"!" else None
    return None


def _fill(descriptor: int, start: int, end: int, family: str) -> None:
    """Write zeros; a box becomes one of free space."""
    for at in range(start, end, _PIECE_BYTES):
        os.pwrite(descriptor, bytes(min(_PIECE_BYTES, end - at)), at)
    if family in BOXES:
        for header_bytes in _BOX_HEADERS_BYTES:
            head = os.pread(descriptor, 8, start - header_bytes) if start >= header_bytes else b""
            if len(head) == 8 and int.from_bytes(head[:4], "big") == end - start + header_bytes:  # noqa: PLR2004
                os.pwrite(descriptor, b"free", start - header_bytes + 4)
                return
