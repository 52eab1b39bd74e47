"""The outermost boxes of an ISO base media or JPEG 2000 file (ISO/IEC 14496-12 §4.2, 15444-1 annex I.4)."""

from collections.abc import Iterator
from typing import Final

from metaextract_extractor.reading.view import MissingBytesError, View

BOXES_MAX: Final = 1_000
_HEADER_BYTES: Final = 8
_LONG_HEADER_BYTES: Final = 16


def top_boxes(view: View) -> Iterator[tuple[bytes, View]]:
    """Yield type and content of each box, as far as they are there and well formed."""
    at = 0
    try:
        for _ in range(BOXES_MAX):
            if not view.has(at, _HEADER_BYTES):
                return
            header = view.read(at, _HEADER_BYTES)
            size, skip = int.from_bytes(header[:4], "big"), _HEADER_BYTES
            if size == 1:
                size, skip = int.from_bytes(view.read(at + 8, 8), "big"), _LONG_HEADER_BYTES
            elif size == 0:
                size = view.size_bytes - at
            if size < skip or not view.has(at, size):
                return
            yield header[4:], view.part(at + skip, size - skip)
            at += size
    except MissingBytesError:
        return
