"""A JPEG of any size: a baseline scan made of restart intervals.

Each interval (one row of blocks) is decodable on its own, because the restart marker before it resets the
predictors (ITU-T T.81, F.2.1.3.1). So a few encoded intervals, in an order drawn from the seed, make a
valid scan of any length.
"""

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from math import isqrt
from random import Random

from PIL import Image

from metaextract_testing.factory.jpeg import (
    APP15,
    SEGMENT_PAYLOAD_BYTES_MAX,
    SOI_AND_JFIF_BYTES,
    frame_tags,
    metadata_segments,
    segment,
)
from metaextract_testing.factory.made import LargeImage
from metaextract_testing.factory.scene import scene

_BLOCK = 8
_DISTINCT_ROWS = 16
# Black-and-white noise in each of Y, Cb and Cr at quality 100: the most bytes a pixel can cost.
_BYTES_PER_PIXEL = 5.37
_BLACK_AND_WHITE = bytes(128) + b"\xff" * 128
_EOI = b"\xff\xd9"
_RESTART = re.compile(rb"\xff[\xd0-\xd7]")
_SEGMENT_HEAD_BYTES = 4
_PADDING_LABEL = b"MetaExtract padding\0"


@dataclass(frozen=True)
class _Template:
    """A small noise JPEG in parts: what precedes the scan, and its restart intervals."""

    tables: bytes
    rows: tuple[bytes, ...]

    def tables_for(self, height: int) -> bytes:
        """Return the tables, with this height in the frame header (SOF0: marker, length, precision)."""
        at = self.tables.index(b"\xff\xc0") + 5
        return self.tables[:at] + struct.pack(">H", height) + self.tables[at + 2 :]


def _template(width: int, random: Random) -> _Template:
    height = _BLOCK * _DISTINCT_ROWS
    noise = random.randbytes(width * height * 3).translate(_BLACK_AND_WHITE)
    buffer = BytesIO()
    Image.frombytes("YCbCr", (width, height), noise).save(
        buffer, "JPEG", quality=100, subsampling="4:4:4", restart_marker_rows=1, dpi=(300, 300)
    )
    content = buffer.getvalue()
    scan_header = content.index(b"\xff\xda")
    scan = scan_header + 2 + int.from_bytes(content[scan_header + 2 : scan_header + 4], "big")
    return _Template(content[:scan], tuple(_RESTART.split(content[scan : -len(_EOI)])))


def plan_jpeg(bytes_total: int, seed: int) -> LargeImage:
    """Plan a JPEG of exactly ``bytes_total`` bytes."""
    facts = scene("large-jpeg", seed)
    pixels = int(bytes_total / _BYTES_PER_PIXEL)
    width = isqrt(pixels * 3 // 2) // _BLOCK * _BLOCK
    template = _template(width, facts.random("pixels"))
    # The length of the metadata does not depend on the height: EXIF holds it in four bytes.
    fixed_bytes = len(template.tables) + len(metadata_segments(facts, width, 0).content) + len(_EOI)
    order, padding_bytes = _fill(bytes_total - fixed_bytes, template.rows, facts.random("rows"))
    height = _BLOCK * len(order)
    metadata = metadata_segments(facts, width, height)
    tables = template.tables_for(height)

    def chunks() -> Iterator[bytes]:
        yield tables[:SOI_AND_JFIF_BYTES] + metadata.content
        yield from _padding_segments(padding_bytes)
        yield tables[SOI_AND_JFIF_BYTES:]
        for number, row in enumerate(order):
            restart = struct.pack("BB", 0xFF, 0xD0 + (number - 1) % 8) if number else b""
            yield restart + template.rows[row]
        yield _EOI

    tags = {**frame_tags(width, height, "YCbCr4:4:4 (1 1)"), **metadata.tags}
    return LargeImage(f"large-{seed}.jpg", "image/jpeg", bytes_total, tags, chunks)


def _fill(bytes_available: int, rows: Sequence[bytes], random: Random) -> tuple[bytes, int]:
    """Return the order of rows (one byte each) that fits, and how many bytes are left for padding."""
    order = bytearray()
    left = bytes_available
    while True:
        row = random.randrange(len(rows))
        cost = len(rows[row]) + (2 if order else 0)
        if cost > left:
            break
        order.append(row)
        left -= cost
    if 0 < left < _SEGMENT_HEAD_BYTES:
        left += len(rows[order.pop()]) + 2
    return bytes(order), left


def _padding_segments(bytes_total: int) -> Iterator[bytes]:
    """Yield APP15 segments of this length altogether; 1 to 3 bytes cannot be filled."""
    left = bytes_total
    while left:
        size = min(left, _SEGMENT_HEAD_BYTES + SEGMENT_PAYLOAD_BYTES_MAX)
        if 0 < left - size < _SEGMENT_HEAD_BYTES:
            size -= _SEGMENT_HEAD_BYTES
        payload_bytes = size - _SEGMENT_HEAD_BYTES
        yield segment(APP15, _PADDING_LABEL.ljust(payload_bytes, b"\0")[:payload_bytes])
        left -= size
