"""A PNG of any size: metadata first, then many IDAT chunks of incompressible noise.

The zlib stream uses stored blocks only (RFC 1951, section 3.2.4), so its length is known beforehand. Each
IDAT holds one block.
"""

import struct
import zlib
from collections.abc import Iterator
from math import ceil, isqrt
from random import Random

from metaextract_testing.factory.made import LargeImage
from metaextract_testing.factory.png import SIGNATURE, chunk, header_tags, metadata_chunks
from metaextract_testing.factory.scene import scene

_BYTES_PER_PIXEL = 8  # RGBA of 16 bits
_BLOCK_BYTES_MAX = 0xFFFF
_CHUNK_FRAME_BYTES = 12
_BLOCK_HEAD_BYTES = 5
_ZLIB_HEADER = b"\x78\x01"
_ADLER_BYTES = 4
_PADDING = b"paDd"  # ancillary, private, safe to copy
_IEND = chunk(b"IEND", b"")
_NO_FILTER = b"\0"


def plan_png(bytes_total: int, seed: int) -> LargeImage:
    """Plan a PNG of exactly ``bytes_total`` bytes."""
    facts = scene("large-png", seed)
    width = isqrt(bytes_total // _BYTES_PER_PIXEL * 3 // 2)
    row_bytes = len(_NO_FILTER) + width * _BYTES_PER_PIXEL
    # The length of the metadata does not depend on the height: EXIF holds it in four bytes.
    fixed_bytes = len(_front(width, 0) + metadata_chunks(facts, width, 0).content + _IEND)
    height = _rows_that_fit(bytes_total - fixed_bytes, row_bytes)
    padding_bytes = bytes_total - fixed_bytes - _idat_bytes(height * row_bytes)
    metadata = metadata_chunks(facts, width, height)

    def chunks() -> Iterator[bytes]:
        yield _front(width, height) + metadata.content
        if padding_bytes:
            yield chunk(_PADDING, bytes(padding_bytes - _CHUNK_FRAME_BYTES))
        yield from _idat_chunks(facts.random("pixels"), width, height)
        yield _IEND

    tags = {**header_tags(width, height, "PNG", 16, "RGB with Alpha"), **metadata.tags}
    return LargeImage(f"large-{seed}.png", "image/png", bytes_total, tags, chunks)


def _front(width: int, height: int) -> bytes:
    return SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 6, 0, 0, 0))


def _idat_bytes(raw_bytes: int) -> int:
    """Return the length of all IDAT chunks for this many bytes of filtered rows."""
    blocks = ceil(raw_bytes / _BLOCK_BYTES_MAX)
    return raw_bytes + blocks * (_CHUNK_FRAME_BYTES + _BLOCK_HEAD_BYTES) + len(_ZLIB_HEADER) + _ADLER_BYTES


def _rows_that_fit(bytes_available: int, row_bytes: int) -> int:
    """Return the greatest number of rows that leaves nothing, or room for a whole padding chunk."""
    rows = bytes_available // row_bytes
    while True:
        left = bytes_available - _idat_bytes(rows * row_bytes)
        if left == 0 or left >= _CHUNK_FRAME_BYTES:
            return rows
        rows -= 1


def _idat_chunks(random: Random, width: int, height: int) -> Iterator[bytes]:
    raw_left = height * (len(_NO_FILTER) + width * _BYTES_PER_PIXEL)
    adler = zlib.adler32(b"")
    waiting = bytearray()
    head = _ZLIB_HEADER
    while raw_left:
        size = min(_BLOCK_BYTES_MAX, raw_left)
        while len(waiting) < size:
            waiting += _NO_FILTER + random.randbytes(width * _BYTES_PER_PIXEL)
        block = bytes(waiting[:size])
        del waiting[:size]
        raw_left -= size
        adler = zlib.adler32(block, adler)
        tail = b"" if raw_left else struct.pack(">I", adler)
        block_head = struct.pack("<BHH", not raw_left, size, size ^ 0xFFFF)
        yield chunk(b"IDAT", head + block_head + block + tail)
        head = b""
