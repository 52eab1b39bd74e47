"""A TIFF of any size below 4 GiB: directories at the front, one uncompressed strip of noise behind them."""

from collections.abc import Iterator
from math import isqrt

from metaextract_testing.factory.exif import (
    EXIF_POINTER,
    GPS_POINTER,
    camera_fields,
    exif_directory,
    gps_directory,
)
from metaextract_testing.factory.made import LargeImage
from metaextract_testing.factory.scene import Scene, scene
from metaextract_testing.factory.tiff import STRIP_OFFSETS, metadata_fields, strip_fields
from metaextract_testing.factory.tiff_structure import (
    Directory,
    Field,
    TiffStructure,
    long_field,
    tiff_structure,
)

# 16-bit RGBA: the most bytes per pixel that common readers take, so that large files stay below the
# pixel counts at which they refuse a file.
_BITS = (16, 16, 16, 16)
_BYTES_PER_PIXEL = 8
_CHUNK_BYTES = 1 << 18


def plan_tiff(bytes_total: int, seed: int) -> LargeImage:
    """Plan a TIFF of exactly ``bytes_total`` bytes."""
    facts = scene("large-tiff", seed)
    extra, extra_tags = metadata_fields(facts)
    width = isqrt(bytes_total // _BYTES_PER_PIXEL * 3 // 2)
    # Offsets and sizes have a fixed length, so the front of any height is as long as this one.
    front_bytes = len(_front(facts, extra, width, height=0, strip_at=0).content)
    height = (bytes_total - front_bytes) // (width * _BYTES_PER_PIXEL)
    strip_bytes = width * height * _BYTES_PER_PIXEL
    front = _front(facts, extra, width, height, strip_at=bytes_total - strip_bytes)

    def chunks() -> Iterator[bytes]:
        random = facts.random("pixels")
        yield front.content.ljust(bytes_total - strip_bytes, b"\0")
        for start in range(0, strip_bytes, _CHUNK_BYTES):
            yield random.randbytes(min(_CHUNK_BYTES, strip_bytes - start))

    tags = {
        "File:FileType": "TIFF",
        "File:MIMEType": "image/tiff",
        "File:ExifByteOrder": "Little-endian (Intel, II)",
        **front.tags,
        **extra_tags,
    }
    return LargeImage(f"large-{seed}.tif", "image/tiff", bytes_total, tags, chunks)


def _front(facts: Scene, extra: tuple[Field, ...], width: int, height: int, strip_at: int) -> TiffStructure:
    strip = strip_fields(width, height, width * height * _BYTES_PER_PIXEL, bits=_BITS)
    offset = long_field(STRIP_OFFSETS, "StripOffsets", strip_at)
    ifd0 = Directory(
        "IFD0",
        (*strip, offset, *camera_fields(facts), *extra),
        {EXIF_POINTER: exif_directory(facts), GPS_POINTER: gps_directory(facts)},
    )
    return tiff_structure([ifd0])
