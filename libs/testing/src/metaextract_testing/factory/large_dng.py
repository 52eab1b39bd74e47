"""A DNG of any size below 4 GiB: directories and a preview at the front, one strip of sensor noise behind."""

from collections.abc import Iterator
from math import isqrt

from metaextract_testing.factory.made import LargeImage
from metaextract_testing.factory.raw import dng_fields, preview_directory, sensor_fields
from metaextract_testing.factory.scene import Scene, scene
from metaextract_testing.factory.tiff import STRIP_OFFSETS
from metaextract_testing.factory.tiff_structure import Directory, TiffStructure, long_field, tiff_structure

_BYTES_PER_SAMPLE = 2
_CHUNK_BYTES = 1 << 18


def plan_dng(bytes_total: int, seed: int) -> LargeImage:
    """Plan a DNG of exactly ``bytes_total`` bytes."""
    facts = scene("large-dng", seed)
    # Offsets and sizes have a fixed length, so the front of any height is as long as this one.
    front_bytes = len(_front(facts, 0, 0, strip_at=0).content)
    samples = (bytes_total - front_bytes) // _BYTES_PER_SAMPLE
    width = isqrt(samples * 3 // 2) // 2 * 2  # a colour filter array has pairs of columns and rows
    height = samples // width // 2 * 2
    strip_bytes = width * height * _BYTES_PER_SAMPLE
    front = _front(facts, width, height, strip_at=bytes_total - strip_bytes)

    def chunks() -> Iterator[bytes]:
        random = facts.random("sensor")
        yield front.content.ljust(bytes_total - strip_bytes, b"\0")
        for start in range(0, strip_bytes, _CHUNK_BYTES):
            yield random.randbytes(min(_CHUNK_BYTES, strip_bytes - start))

    tags = {
        "File:FileType": "DNG",
        "File:MIMEType": "image/x-adobe-dng",
        "File:ExifByteOrder": "Little-endian (Intel, II)",
        **front.tags,
        **dng_fields(facts)[1],
    }
    return LargeImage(f"large-{seed}.dng", "image/x-adobe-dng", bytes_total, tags, chunks)


def _front(facts: Scene, width: int, height: int, strip_at: int) -> TiffStructure:
    offset = long_field(STRIP_OFFSETS, "StripOffsets", strip_at)
    sensor = Directory("SubIFD", (*sensor_fields(width, height, "SubIFD"), offset))
    return tiff_structure([preview_directory(facts, dng_fields(facts)[0], sensor=sensor)])
