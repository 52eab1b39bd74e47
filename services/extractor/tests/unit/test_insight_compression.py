"""How images are packed; JPEG tables against an encoder that makes them."""

from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from metaextract_extractor.domain.insights_picture import Compression, JpegCompression
from metaextract_extractor.domain.result import ByteRange, Field, Standard
from metaextract_extractor.reading.evidence import Evidence, Subject
from metaextract_extractor.reading.insights.compression import STANDARD_TABLES, compression
from metaextract_extractor.reading.insights.jpeg_tables import read_head
from metaextract_extractor.reading.view import BytesSource, View
from metaextract_extractor.reading.walk import Walk
from metaextract_testing.factory import make
from metaextract_testing.factory.scene import scene

PICTURE = scene("jpeg", 7).picture(64, 48)


def packed(content: bytes, family: str, *fields: tuple[str, str, object, str]) -> Compression | None:
    stated = [
        Field("", Standard.CONTAINER, group, "", name, "", raw, printed, "", "x", ByteRange(0, 1))
        for group, name, raw, printed in fields
    ]
    subject = Subject(Path("x"), View.of(BytesSource(content)), family, "")
    return compression(Evidence(subject, Walk(), stated))


def jpeg(**how: object) -> bytes:
    buffer = BytesIO()
    PICTURE.save(buffer, "JPEG", **how)
    return buffer.getvalue()


def described(**how: object) -> JpegCompression:
    found = packed(jpeg(**how), "JPEG")
    assert found is not None
    assert (found.codec, found.lossless, found.bits_per_sample) == ("JPEG", False, 8)
    assert found.jpeg is not None
    return found.jpeg


@pytest.mark.parametrize("quality", range(2, 101, 7))
def test_quality_of_the_independent_jpeg_group_is_exact(quality: int) -> None:
    found = described(quality=quality)
    assert (found.quality, found.quality_exact) == (quality, True)
    assert found.encoder == STANDARD_TABLES


def test_other_tables_have_a_nearest_quality_that_is_not_exact() -> None:
    tables = [[max(1, value - 1) for value in table] for table in ([16] * 64, [20] * 64)]
    found = described(qtables=tables)
    assert (found.quality_exact, found.encoder) == (False, "")
    assert found.quality is not None
    assert 70 < found.quality < 95
    assert [table.values for table in found.tables] == [(15,) * 64, (19,) * 64]


def test_tables_that_are_coarse_in_low_frequencies_alone_are_not_taken_for_fine_ones() -> None:
    """Adobe's lower qualities: a quarter of the coefficients tells them apart, the others are the same."""
    low, medium, high = (described(qtables=[[value] * 16 + [12] * 48] * 2).quality for value in (48, 32, 8))
    assert low is not None
    assert medium is not None
    assert high is not None
    assert low < medium < high
    assert low < 70
    assert 80 < high < 95


def test_a_third_table_of_its_own_keeps_the_quality_from_being_exact() -> None:
    content = jpeg(quality=80)
    frame = content.index(b"\xff\xc0")
    third = frame + 10 + 2 * 3 + 2  # the table number of the third component
    content = content[:third] + b"\x00" + content[third + 1 :]
    found = packed(content, "JPEG")
    assert found is not None
    assert found.jpeg is not None
    assert found.jpeg.quality_exact
    extra = b"\xff\xdb\x00\x43\x02" + bytes([9] * 64)
    content = content[:third] + b"\x02" + content[third + 1 :]
    other = packed(content[:frame] + extra + content[frame:], "JPEG")
    assert other is not None
    assert other.jpeg is not None
    assert not other.jpeg.quality_exact
    assert len(other.jpeg.tables) == 3


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_subsampling_is_named(subsampling: str) -> None:
    assert described(subsampling=subsampling).subsampling == subsampling


def test_process_entropy_coding_and_restarts_are_told() -> None:
    plain = described(restart_marker_blocks=4)
    assert (plain.process, plain.progressive, plain.huffman_standard) == ("baseline", False, True)
    assert plain.restart_interval_blocks == 4
    best = described(optimize=True)
    assert (best.huffman_standard, best.restart_interval_blocks) == (False, 0)
    assert described(progressive=True).progressive


def test_what_the_program_said_of_quality_stands_beside_the_tables() -> None:
    found = packed(jpeg(quality=90), "JPEG", ("Photoshop", "PhotoshopQuality", 5, "9"))
    assert found is not None
    assert found.jpeg is not None
    assert (found.jpeg.quality, found.jpeg.quality_stated) == (90, "Photoshop 9")


@pytest.mark.parametrize(("lossless", "codec"), [(True, "VP8L"), (False, "VP8")])
def test_webp_tells_by_its_chunks_whether_it_lost_something(lossless: bool, codec: str) -> None:
    buffer = BytesIO()
    PICTURE.save(buffer, "WEBP", lossless=lossless)
    found = packed(buffer.getvalue(), "WEBP")
    assert found is not None
    assert (found.codec, found.lossless) == (codec, lossless)


def test_animated_webp_is_looked_at_frame_by_frame() -> None:
    buffer = BytesIO()
    other = Image.new("RGB", PICTURE.size, "red")
    PICTURE.save(buffer, "WEBP", lossless=True, save_all=True, append_images=[other])
    found = packed(buffer.getvalue(), "WEBP")
    assert found is not None
    assert (found.codec, found.lossless) == ("VP8L", True)


@pytest.mark.parametrize(
    ("irreversible", "profile", "lossless"),
    [(True, "irreversible 9-7", False), (False, "reversible 5-3", None)],
)
def test_jpeg_2000_tells_its_wavelet(irreversible: bool, profile: str, lossless: bool | None) -> None:
    buffer = BytesIO()
    PICTURE.save(buffer, "JPEG2000", irreversible=irreversible)
    found = packed(buffer.getvalue(), "JP2")
    assert found is not None
    assert (found.profile, found.lossless) == (profile, lossless)


@pytest.mark.parametrize(("code", "lossless"), [(1, True), (5, True), (6, False), (7, None), (32773, True)])
def test_tiff_compressions_are_known_to_lose_or_not(code: int, lossless: bool | None) -> None:
    found = packed(b"II*\0", "TIFF", ("IFD0", "Compression", code, "x"))
    assert found is not None
    assert found.lossless is lossless


def test_the_image_itself_counts_not_the_preview_in_the_first_directory() -> None:
    found = packed(
        b"II*\0",
        "TIFF",
        ("IFD0", "SubfileType", 1, "Reduced-resolution image"),
        ("IFD0", "Compression", 6, "JPEG (old-style)"),
        ("SubIFD", "SubfileType", 0, "Full-resolution image"),
        ("SubIFD", "Compression", 8, "Adobe Deflate"),
        ("SubIFD", "BitsPerSample", "12 12 12", "12 12 12"),
    )
    assert found is not None
    assert (found.codec, found.lossless, found.bits_per_sample) == ("Adobe Deflate", True, 12)


def test_av1_profile_and_level_are_read_at_the_place_of_the_configuration() -> None:
    # marker and version; profile 1, level index 8 (4.0); the rest.
    found = packed(bytes((0x81, 0x28, 0x0C, 0)), "AVIF", ("QuickTime", "AV1ConfigurationVersion", 1, "1"))
    assert found is not None
    assert (found.codec, found.profile, found.level) == ("AV1", "High", "4.0")


def test_hevc_profile_and_level_are_named() -> None:
    found = packed(
        b"",
        "HEIF",
        ("QuickTime", "HEVCConfigurationVersion", 1, "1"),
        ("QuickTime", "GeneralProfileIDC", 3, "Main Still Picture"),
        ("QuickTime", "GeneralLevelIDC", 93, "93 (level 3.1)"),
        ("QuickTime", "ChromaFormat", 1, "4:2:0"),
        ("QuickTime", "BitDepthLuma", 8, "8"),
    )
    assert found == Compression("HEVC", None, "Main Still Picture", "3.1", "4:2:0", 8, None)


FILES = {
    family: make(name, seed=1).content
    for name, family in (("jpeg", "JPEG"), ("webp", "WEBP"), ("jp2", "JP2"))
}


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(FILES)), st.integers(0, 4000), st.binary(max_size=64))
def test_any_bytes_behind_any_beginning_are_survived(family: str, cut: int, tail: bytes) -> None:
    packed(FILES[family][:cut] + tail, family)
    read_head(View.unpacked(b"\xff\xd8" + tail))
