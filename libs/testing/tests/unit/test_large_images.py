"""Large images have exactly the size asked for, decode, and are streamed without being held."""

import hashlib
import re
import struct
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import islice
from pathlib import Path

import pillow_heif
import pytest
import rawpy
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from metaextract_testing.factory import (
    LARGE_BYTES_MAX,
    LARGE_BYTES_MIN,
    LARGE_FORMATS,
    LargeImage,
    large_image,
    large_jpeg,
    large_jpeg_chunks,
    large_png,
    large_png_chunks,
    large_tiff,
    large_tiff_chunks,
)

MIB = 1 << 20
Writer = Callable[[Path, int, int], LargeImage]
Chunks = Callable[[int, int], Iterator[bytes]]
LATE = {"webp", "tiff-late", "heic-late"}
"""Formats whose Exif stands behind the picture."""


def picture(content: bytes) -> Image.Image:
    """Decode."""
    if pillow_heif.is_supported(content[:32]):
        return pillow_heif.open_heif(content).to_pillow()
    with Image.open(BytesIO(content)) as opened:
        opened.load()
        return opened.convert("RGB")


@given(
    image_format=st.sampled_from(LARGE_FORMATS),
    bytes_total=st.integers(LARGE_BYTES_MIN, 6 * LARGE_BYTES_MIN),
    seed=st.integers(0, 50),
)
@settings(deadline=None, max_examples=60)
def test_the_stream_has_exactly_the_size_asked_for(image_format: str, bytes_total: int, seed: int) -> None:
    image = large_image(image_format, bytes_total, seed)
    content = b"".join(image.chunks())
    assert len(content) == image.bytes_total == bytes_total
    picture(content)


@pytest.mark.parametrize("image_format", LARGE_FORMATS)
@pytest.mark.parametrize("bytes_total", [200_000 + step for step in range(5)] + [5 * MIB])
def test_the_last_row_is_decoded_from_the_file(image_format: str, bytes_total: int) -> None:
    """A decoder that runs out of data leaves the rest of the picture flat."""
    image = large_image(image_format, bytes_total)
    decoded = picture(b"".join(image.chunks()))
    width, height = decoded.size
    last_row = decoded.crop((0, height - 1, width, height)).tobytes()
    assert len(set(last_row)) > 10


@pytest.mark.parametrize("image_format", LARGE_FORMATS)
def test_every_seed_gives_another_file_and_the_same_seed_the_same(image_format: str) -> None:
    def sha256(seed: int) -> str:
        digest = hashlib.sha256()
        for piece in large_image(image_format, MIB, seed).chunks():
            digest.update(piece)
        return digest.hexdigest()

    assert len({sha256(seed) for seed in range(4)}) == 4
    assert sha256(1) == sha256(1)


@pytest.mark.parametrize("image_format", LARGE_FORMATS)
def test_streaming_never_holds_the_file(image_format: str) -> None:
    total = 64 * MIB
    tracemalloc.start()
    try:
        streamed = sum(len(piece) for piece in large_image(image_format, total).chunks())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert streamed == total
    assert peak < total / 4


@pytest.mark.parametrize("image_format", LARGE_FORMATS)
def test_pieces_stay_small_even_for_the_largest_file(image_format: str) -> None:
    image = large_image(image_format, LARGE_BYTES_MAX)
    assert max(len(piece) for piece in islice(image.chunks(), 100)) <= 4 * MIB


@pytest.mark.parametrize("image_format", LARGE_FORMATS)
@pytest.mark.parametrize("bytes_total", [LARGE_BYTES_MIN - 1, LARGE_BYTES_MAX + 1])
def test_a_size_that_cannot_be_made_is_refused(image_format: str, bytes_total: int) -> None:
    with pytest.raises(ValueError, match="bytes_total must be within"):
        large_image(image_format, bytes_total)


def test_an_unknown_large_format_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown format 'gif'"):
        large_image("gif", MIB)


@pytest.mark.parametrize(
    ("write", "chunks"),
    [(large_jpeg, large_jpeg_chunks), (large_tiff, large_tiff_chunks), (large_png, large_png_chunks)],
)
def test_the_file_on_disk_holds_the_same_bytes_as_the_stream(
    write: Writer, chunks: Chunks, tmp_path: Path
) -> None:
    path = tmp_path / "large"
    image = write(path, MIB, 2)
    assert path.read_bytes() == b"".join(chunks(MIB, 2))
    assert path.stat().st_size == image.bytes_total


def test_the_restart_markers_of_a_large_jpeg_count_its_rows_of_blocks() -> None:
    image = large_image("jpeg", 3 * MIB)
    content = b"".join(image.chunks())
    scan = content[content.rindex(b"\xff\xda") :]
    markers = [found[1] & 7 for found in re.findall(rb"\xff[\xd0-\xd7]", scan)]
    assert len(markers) + 1 == int(image.tags["File:ImageHeight"]) // 8
    assert markers == [number % 8 for number in range(len(markers))]


def test_a_large_png_has_many_idat_chunks_with_the_right_crc() -> None:
    content = b"".join(large_png_chunks(3 * MIB))
    idat_count, at = 0, 8
    while at < len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        body = content[at + 4 : at + 8 + length]
        assert struct.unpack_from(">I", content, at + 8 + length) == (zlib.crc32(body),)
        idat_count += kind == b"IDAT"
        at += 12 + length
    assert idat_count > 40
    assert content.endswith(b"IEND\xaeB`\x82")


def test_the_strip_of_a_large_tiff_ends_with_the_file() -> None:
    image = large_image("tiff", 3 * MIB)
    assert int(image.tags["IFD0:StripOffsets"]) + int(image.tags["IFD0:StripByteCounts"]) == 3 * MIB


@pytest.mark.parametrize("image_format", LARGE_FORMATS)
def test_the_metadata_stands_in_front_of_the_picture_or_at_the_end(image_format: str) -> None:
    content = b"".join(large_image(image_format, 3 * MIB).chunks())
    found = content.index(b"NL 24-70mm f/2.8")
    assert found > 3 * MIB - 64 * 1024 if image_format in LATE else found < 64 * 1024


def test_the_sensor_data_of_a_large_dng_end_with_the_file() -> None:
    image = large_image("dng", 3 * MIB)
    content = b"".join(image.chunks())
    with rawpy.imread(BytesIO(content)) as raw:
        last_row = raw.raw_image[-1]
    assert last_row.tobytes() == content[-last_row.nbytes :]


def test_the_tiles_of_a_large_heic_fill_it() -> None:
    image = large_image("heic", 3 * MIB)
    columns, rows = (int(edge) // 128 for edge in str(image.tags["QuickTime:ImageSpatialExtent"]).split("x"))
    tile_bytes = 27_000
    assert 3 * MIB - columns * rows * tile_bytes < 2 * columns * tile_bytes
