"""A TIFF of any size below 4 GiB: its directories, and one uncompressed strip of noise behind or before."""

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
    TiffStructure,
    long_field,
    tiff_structure,
)

# 16-bit RGBA: the most bytes per pixel that common readers take, so that large files stay below the
# pixel counts at which they refuse a file.
_BITS = (16, 16, 16, 16)
_BYTES_PER_PIXEL = 8
_CHUNK_BYTES = 1 << 18
_HEADER_BYTES = 8


def plan_tiff(bytes_total: int, seed: int) -> LargeImage:
    """Plan a TIFF of exactly ``bytes_total`` bytes whose directories stand at the front."""
    facts = scene("large-tiff", seed)
    width, height = _size(bytes_total, facts)
    strip_bytes = width * height * _BYTES_PER_PIXEL
    front = _structure(facts, width, height, strip_at=bytes_total - strip_bytes)

    def chunks() -> Iterator[bytes]:
        yield front.content.ljust(bytes_total - strip_bytes, b"\0")
        yield from _strip(facts, strip_bytes)

    return LargeImage(f"large-{seed}.tif", "image/tiff", bytes_total, _tags(facts, front), chunks)


def plan_tiff_late(bytes_total: int, seed: int) -> LargeImage:
    """Plan a TIFF of exactly ``bytes_total`` bytes whose directories end it, as libtiff writes them."""
    facts = scene("large-tiff-late", seed)
    width, height = _size(bytes_total, facts)
    strip_bytes = width * height * _BYTES_PER_PIXEL
    made_bytes = len(_structure(facts, width, height, strip_at=_HEADER_BYTES).content)
    gap_bytes = (bytes_total - made_bytes) // 2 * 2  # directories begin at even offsets
    back = _structure(facts, width, height, strip_at=_HEADER_BYTES, gap_bytes=gap_bytes)

    def chunks() -> Iterator[bytes]:
        yield back.content[:_HEADER_BYTES]
        yield from _strip(facts, strip_bytes)
        yield (
            bytes(gap_bytes - strip_bytes)
            + back.content[_HEADER_BYTES:]
            + bytes((bytes_total - made_bytes) % 2)
        )

    return LargeImage(f"large-late-{seed}.tif", "image/tiff", bytes_total, _tags(facts, back), chunks)


def _size(bytes_total: int, facts: Scene) -> tuple[int, int]:
    """Return width and height of the largest picture that fits."""
    width = isqrt(bytes_total // _BYTES_PER_PIXEL * 3 // 2)
    # Offsets and sizes have a fixed length, so the directories of any height are as long as these.
    made_bytes = len(_structure(facts, width, height=0, strip_at=0).content)
    return width, (bytes_total - made_bytes) // (width * _BYTES_PER_PIXEL)


def _strip(facts: Scene, strip_bytes: int) -> Iterator[bytes]:
    random = facts.random("pixels")
    for start in range(0, strip_bytes, _CHUNK_BYTES):
        yield random.randbytes(min(_CHUNK_BYTES, strip_bytes - start))


def _tags(facts: Scene, structure: TiffStructure) -> dict[str, str]:
    return {
        "File:FileType": "TIFF",
        "File:MIMEType": "image/tiff",
        "File:ExifByteOrder": "Little-endian (Intel, II)",
        **structure.tags,
        **metadata_fields(facts)[1],
    }


def _structure(facts: Scene, width: int, height: int, strip_at: int, gap_bytes: int = 0) -> TiffStructure:
    strip = strip_fields(width, height, width * height * _BYTES_PER_PIXEL, bits=_BITS)
    offset = long_field(STRIP_OFFSETS, "StripOffsets", strip_at)
    ifd0 = Directory(
        "IFD0",
        (*strip, offset, *camera_fields(facts), *metadata_fields(facts)[0]),
        {EXIF_POINTER: exif_directory(facts), GPS_POINTER: gps_directory(facts)},
    )
    return tiff_structure([ifd0], gap_bytes=gap_bytes)
