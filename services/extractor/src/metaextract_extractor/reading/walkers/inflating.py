"""Decompression that cannot be made to fill the memory."""

import zlib
from typing import Final

from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk

_PIECE_BYTES: Final = 64 * 1024


def inflated(view: View, walk: Walk) -> bytes | None:
    """Return what a zlib stream (RFC 1950) unpacks to, as far as the budget of the walk goes.

    None if the stream is damaged or has no end; an exhausted budget is noted in the walk.
    """
    unpacker = zlib.decompressobj()
    limit = walk.unpacked_bytes_left + 1
    parts: list[bytes] = []
    size = at = 0
    while not unpacker.eof and at < view.size_bytes:
        piece = view.read(at, min(_PIECE_BYTES, view.size_bytes - at))
        at += len(piece)
        while piece and not unpacker.eof:
            try:
                part = unpacker.decompress(piece, limit - size)
            except zlib.error:
                return None
            parts.append(part)
            size += len(part)
            if size >= limit:
                walk.exceeded("unpacked_bytes_max")
                return None
            piece = unpacker.unconsumed_tail
    if not unpacker.eof:
        return None
    walk.unpack(size)
    return b"".join(parts)
