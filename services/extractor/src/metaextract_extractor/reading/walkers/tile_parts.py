"""Where a codestream of JPEG 2000 ends: its main header, its tile-parts one behind the other, then EOC.

Source: ISO/IEC 15444-1, annex A.2 (order of the codestream), A.4.2 (SOT, with the length of its tile-part)
and A.4.4 (EOC; no packet looks like it). Of the pixels nothing is read but the heads of tile-parts.
"""

import struct
from contextlib import suppress
from typing import Final

from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import Walk

TILE_PARTS_MAX: Final = 1024
"""Of more, it is enough that the codestream ends as it should."""

TAIL_BYTES: Final = 4096
_SEGMENTS_MAX: Final = 1024
_MARKER_BYTES: Final = 2
_TILE_LENGTH_BYTES: Final = 10
"""Of the head of a tile-part up to its length."""
_FIRST: Final = 0xFF00
_SOT: Final = 0xFF90
_EOC: Final = b"\xff\xd9"


def look_for_end(view: View, walk: Walk, path: str) -> None:
    """Tell `walk` how far the tile-parts of a codestream reach, as far as their heads have arrived.

    `view` ends with the file. Of what contradicts the format nothing is said.
    """
    with suppress(MissingBytesError):
        at = _main_header_end(view)
        if at is None or _ends(view):
            return
        for _ in range(TILE_PARTS_MAX):
            if not view.has(at, _TILE_LENGTH_BYTES):
                break
            marker, _length, _tile, length = struct.unpack(">HHHI", view.read(at, _TILE_LENGTH_BYTES))
            if marker != _SOT:
                return
            if length == 0:
                break  # up to EOC
            if not view.has(at, length):
                walk.picture(path, view, at, length)
                return
            at += length
        walk.picture_without_end(path)


def _main_header_end(view: View) -> int | None:
    """Return where the first tile-part begins; the end of the view if it ends before."""
    at = _MARKER_BYTES
    for _ in range(_SEGMENTS_MAX):
        if not view.has(at, 4):
            return view.size_bytes
        marker, length = struct.unpack(">HH", view.read(at, 4))
        if marker == _SOT:
            return at
        if marker < _FIRST or length < _MARKER_BYTES:
            return None
        at += _MARKER_BYTES + length
    return None


def _ends(view: View) -> bool:
    """Whether EOC stands at the end, before what some append."""
    tail = min(view.size_bytes, TAIL_BYTES)
    return _EOC in view.read(view.size_bytes - tail, tail)
