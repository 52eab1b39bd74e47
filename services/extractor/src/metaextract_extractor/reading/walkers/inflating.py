"""Decompression that cannot be made to fill the memory."""

import zlib
from typing import Final

import brotli

from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk

_PIECE_BYTES: Final = 64 * 1024
BROTLI_BUDGET: Final = "brotli_bytes_max"


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


def brotli_inflated(view: View, walk: Walk) -> bytes | None:
    """Return what a Brotli stream (RFC 7932) unpacks to, under the same terms.

    The budget is the same, its name when it is exhausted another one: no other engine here unpacks Brotli, so
    none needs to be kept from the file.
    """
    unpacker = brotli.Decompressor()
    limit = walk.unpacked_bytes_left + 1
    parts: list[bytes] = []
    size = at = 0
    while not unpacker.is_finished():
        piece = b""
        if unpacker.can_accept_more_data():
            if at >= view.size_bytes:
                return None
            piece = view.read(at, min(_PIECE_BYTES, view.size_bytes - at))
            at += len(piece)
        try:
            part = unpacker.process(piece, output_buffer_limit=_PIECE_BYTES)
        except brotli.error:
            return None
        if not piece and not part:
            return None
        parts.append(part)
        size += len(part)
        if size >= limit:
            walk.exceeded(BROTLI_BUDGET)
            return None
    walk.unpack(size)
    return b"".join(parts)
