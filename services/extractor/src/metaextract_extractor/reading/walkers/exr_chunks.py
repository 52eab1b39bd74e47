"""Where the pixels of an OpenEXR file end: the chunk that stands last, as its table of offsets tells.

Source: "OpenEXR File Layout", offset tables and chunk layout. Told of files of one part without levels.
"""

import struct
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import Walk

CHUNKS_MAX: Final = 8192
"""Chunks whose offsets are looked at: the last ones of the table."""

_TILED: Final = 0x200
_DEEP_OR_SEVERAL: Final = 0x800 | 0x1000
_OFFSET_BYTES: Final = 8
_ROWS: Final = {0: 1, 1: 1, 2: 1, 3: 16, 4: 32, 5: 16, 6: 32, 7: 32, 8: 32, 9: 256}
"""Rows of a chunk, by compression."""


def announce_chunks(
    view: View, walk: Walk, path: str, at: int, flags: int, attributes: Mapping[str, View]
) -> None:
    """Tell `walk` how far the chunks reach, as far as their table has arrived. `at`: where that begins."""
    with suppress(MissingBytesError):
        count = 0 if flags & _DEEP_OR_SEVERAL else _count(flags, attributes)
        table_bytes = count * _OFFSET_BYTES
        if not view.has(at, table_bytes):
            walk.picture(path, view, at, table_bytes)
            return
        first = max(0, count - CHUNKS_MAX)
        offsets = struct.unpack(
            f"<{count - first}Q",
            view.read(at + first * _OFFSET_BYTES, (count - first) * _OFFSET_BYTES),
        )
        last = max(offsets, default=0)
        head = 20 if flags & _TILED else 8
        if not last:
            return
        length = head
        if view.has(last, head):
            length += int.from_bytes(view.read(last + head - 4, 4), "little")
        walk.picture(path, view, last, length)


def _count(flags: int, attributes: Mapping[str, View]) -> int:
    """Return the number of chunks; 0 if it is not known."""
    if "dataWindow" not in attributes or ("tiles" if flags & _TILED else "compression") not in attributes:
        return 0
    left, top, right, bottom = struct.unpack("<4i", attributes["dataWindow"].read(0, 16))
    width, height = right - left + 1, bottom - top + 1
    if width <= 0 or height <= 0:
        return 0
    if not flags & _TILED:
        rows = _ROWS.get(attributes["compression"].read(0, 1)[0], 0)
        return -(-height // rows) if rows else 0
    across, down, mode = struct.unpack("<IIB", attributes["tiles"].read(0, 9))
    return -(-width // across) * -(-height // down) if across and down and mode & 15 == 0 else 0
