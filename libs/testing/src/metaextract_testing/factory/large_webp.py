"""A WebP of any size: a lossless picture of noise, then EXIF and XMP, where the format has them.

Sources: RFC 9649, sections 2.7 (extended file format) and 3 (lossless bitstream). All samples have a code of
eight bits, so that any bytes are a picture: three for each pixel.
"""

import struct
from collections.abc import Iterator
from math import isqrt

from metaextract_testing.factory.exif import exif_block
from metaextract_testing.factory.icc import srgb_block
from metaextract_testing.factory.made import LargeImage
from metaextract_testing.factory.scene import scene
from metaextract_testing.factory.xmp import xmp_block

_EDGE_MAX = 16383  # of a VP8X canvas it could be more, of a VP8L picture it cannot
_BYTES_PER_PIXEL = 3
_CHUNK_HEAD_BYTES = 8
_PIECE_BYTES = 1 << 18
_HAS_ICC, _HAS_EXIF, _HAS_XMP = 0x20, 0x08, 0x04
_PADDING = b"paDd"
_SIGNATURE = 0x2F
_LENGTHS_ORDER_OF_8 = 12
"""How many lengths of code length codes are told, up to that of 8: 17, 18, 0 to 5, 16, 6, 7, 8."""
_ORDER_OF_0, _ORDER_OF_8 = 2, 11
_LITERALS, _GREEN_SYMBOLS = 256, 280


class _Bits:
    """Bits, the lowest of each byte first."""

    def __init__(self) -> None:
        self._value = 0
        self.count = 0

    def put(self, value: int, count: int) -> None:
        self._value |= value << self.count
        self.count += count

    @property
    def whole_bytes(self) -> bytes:
        return self._value.to_bytes((self.count + 7) // 8, "little")


def _header(width: int, height: int) -> bytes:
    """Return all that stands before the pixels; ends within a byte whose upper bits are 0."""
    bits = _Bits()
    bits.put(_SIGNATURE, 8)
    bits.put(width - 1, 14)
    bits.put(height - 1, 14)
    bits.put(0, 1 + 3)  # no alpha, version
    bits.put(0, 1 + 1 + 1)  # no transform, no colour cache, one group of prefix codes
    _put_code_of_8_bits(bits, _GREEN_SYMBOLS)
    _put_code_of_8_bits(bits, _LITERALS)
    _put_code_of_8_bits(bits, _LITERALS)
    bits.put(0b101, 3)  # alpha: a simple code with one symbol, in eight bits,
    bits.put(0xFF, 8)  # which takes no bit in the picture
    bits.put(0b0001, 4)  # distance: the same with a symbol of one bit, never used
    return bits.whole_bytes


def _put_code_of_8_bits(bits: _Bits, symbols_count: int) -> None:
    """Give the first 256 symbols codes of 8 bits, and the others none."""
    bits.put(0, 1)
    bits.put(_LENGTHS_ORDER_OF_8 - 4, 4)
    for order in range(_LENGTHS_ORDER_OF_8):
        bits.put(order in (_ORDER_OF_0, _ORDER_OF_8), 3)
    bits.put(0, 1)  # all symbols are told
    bits.put((1 << _LITERALS) - 1, _LITERALS)
    bits.put(0, symbols_count - _LITERALS)


def plan_webp(bytes_total: int, seed: int) -> LargeImage:
    """Plan a WebP of exactly ``bytes_total`` bytes.

    All chunks have even lengths (RFC 9649, section 2.3), so an odd size ends with a private one behind them.
    """
    facts = scene("large-webp", seed)
    icc, xmp = srgb_block(), xmp_block(facts)
    # The length of the metadata does not depend on the size of the picture: EXIF holds it in four bytes.
    tail_bytes = len(_tail(exif_block(facts, 0, 0).content, xmp.content))
    front_bytes = len(_front(0, 1, 1, icc.content))
    left = bytes_total - len(_odd_end(bytes_total)) - front_bytes - tail_bytes - _CHUNK_HEAD_BYTES
    width, height = _size((left - len(_header(1, 1)) - 1) // _BYTES_PER_PIXEL)
    header = _header(width, height)
    picture_bytes = len(header) + width * height * _BYTES_PER_PIXEL + 1
    picture_bytes += picture_bytes % 2
    padding_bytes = left - picture_bytes  # even, as all the others are
    if 0 < padding_bytes < _CHUNK_HEAD_BYTES:
        picture_bytes, padding_bytes = left, 0
    exif = exif_block(facts, width, height)

    def chunks() -> Iterator[bytes]:
        random = facts.random("pixels")
        yield _front(bytes_total, width, height, icc.content)
        yield struct.pack("<4sI", b"VP8L", picture_bytes) + header
        for start in range(len(header), picture_bytes, _PIECE_BYTES):
            yield random.randbytes(min(_PIECE_BYTES, picture_bytes - start))
        if padding_bytes:
            yield struct.pack("<4sI", _PADDING, padding_bytes - _CHUNK_HEAD_BYTES)
            for start in range(_CHUNK_HEAD_BYTES, padding_bytes, _PIECE_BYTES):
                yield bytes(min(_PIECE_BYTES, padding_bytes - start))
        yield _tail(exif.content, xmp.content) + _odd_end(bytes_total)

    tags = {
        "File:FileType": "Extended WEBP (lossless)",
        "File:MIMEType": "image/webp",
        "RIFF:ImageWidth": str(width),
        "RIFF:ImageHeight": str(height),
        "RIFF:WebP_Flags": "XMP, EXIF, ICC Profile",
        **exif.tags,
        **xmp.tags,
        **icc.tags,
    }
    return LargeImage(f"large-{seed}.webp", "image/webp", bytes_total, tags, chunks)


def _size(pixels_max: int) -> tuple[int, int]:
    width = min(_EDGE_MAX, max(1, isqrt(pixels_max * 3 // 2)))
    return width, min(_EDGE_MAX, max(1, pixels_max // width))


def _front(bytes_total: int, width: int, height: int, icc: bytes) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    extended = struct.pack("<I", _HAS_ICC | _HAS_EXIF | _HAS_XMP) + size
    riff_bytes = max(0, bytes_total - len(_odd_end(bytes_total)) - _CHUNK_HEAD_BYTES)
    return (
        struct.pack("<4sI4s", b"RIFF", riff_bytes, b"WEBP") + _chunk(b"VP8X", extended) + _chunk(b"ICCP", icc)
    )


def _odd_end(bytes_total: int) -> bytes:
    return struct.pack("<4sI", _PADDING, 1) + b"\0" if bytes_total % 2 else b""


def _tail(exif: bytes, xmp: bytes) -> bytes:
    return _chunk(b"EXIF", exif) + _chunk(b"XMP ", xmp)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack("<4sI", kind, len(content)) + content + bytes(len(content) % 2)
