"""Every made image is a real file of its format, always the same one for a seed, and tells what it claims."""

import hashlib
import struct
import zlib
from io import BytesIO

import pillow_heif
import pytest
from PIL import Image

from metaextract_testing.factory import (
    FORMATS,
    FORMATS_UNKNOWN_TO_EXIFTOOL,
    MadeImage,
    corrupted,
    make,
    truncated,
)

ALL_FORMATS = FORMATS + FORMATS_UNKNOWN_TO_EXIFTOOL
WITH_EXIF = ("jpeg", "png", "apng", "webp", "tiff", "tiff-be", "heic", "avif", "dng", "cr2", "nef", "arw")
WITH_POSITION = (*WITH_EXIF, "jp2", "psd")


@pytest.fixture(scope="module", autouse=True)
def _heic_in_pillow() -> None:
    pillow_heif.register_heif_opener()


def sha256(image: MadeImage) -> str:
    return hashlib.sha256(image.content).hexdigest()


@pytest.mark.parametrize("image_format", [name for name in ALL_FORMATS if name != "svg"])
def test_pillow_opens_verifies_and_decodes_the_image(image_format: str) -> None:
    content = make(image_format, seed=3).content
    with Image.open(BytesIO(content)) as image:
        image.verify()
    with Image.open(BytesIO(content)) as image:
        image.load()
        assert len(set(image.convert("RGB").tobytes())) > 10, "a picture has more than a few levels"


@pytest.mark.parametrize("image_format", WITH_EXIF)
def test_pillow_reads_the_same_exif_as_the_truth_claims(image_format: str) -> None:
    made = make(image_format, seed=1)
    with Image.open(BytesIO(made.content)) as image:
        exif = image.getexif()
        exif_ifd, gps = exif.get_ifd(0x8769), exif.get_ifd(0x8825)
    assert exif[0x010F] == made.tags["IFD0:Make"]
    assert exif_ifd[0x9003] == made.tags["ExifIFD:DateTimeOriginal"]
    assert f"{float(exif_ifd[0x829D]):.1f}" == made.tags["ExifIFD:FNumber"]
    assert exif_ifd[0x8827] == int(made.tags["ExifIFD:ISO"])
    hemispheres = {"N": "North", "S": "South", "E": "East", "W": "West"}
    assert hemispheres[gps[1]] == made.tags["GPS:GPSLatitudeRef"]
    assert hemispheres[gps[3]] == made.tags["GPS:GPSLongitudeRef"]
    degrees, minutes, seconds = (float(number) for number in gps[2])
    assert f"{degrees:.0f} deg {minutes:.0f}' {seconds:.2f}\"" == made.tags["GPS:GPSLatitude"]


@pytest.mark.parametrize("image_format", ALL_FORMATS)
def test_the_same_seed_gives_the_same_file_and_truth(image_format: str) -> None:
    assert make(image_format, seed=5) == make(image_format, seed=5)


@pytest.mark.parametrize("image_format", ALL_FORMATS)
def test_every_seed_gives_another_file(image_format: str) -> None:
    images = [make(image_format, seed=seed) for seed in range(6)]
    assert len({sha256(image) for image in images}) == len(images)
    assert len({image.name for image in images}) == len(images)


@pytest.mark.parametrize("image_format", WITH_POSITION)
def test_the_seed_changes_title_date_and_position(image_format: str) -> None:
    first, second = make(image_format, seed=0).tags, make(image_format, seed=1).tags
    for name in ("IFD0:ImageDescription", "ExifIFD:DateTimeOriginal", "GPS:GPSLatitude"):
        assert first[name] != second[name]


def test_every_jpeg_lies_south_and_west_and_other_formats_lie_anywhere() -> None:
    def corners(image_format: str) -> set[tuple[str, str]]:
        made = (make(image_format, seed=seed).tags for seed in range(30))
        return {(tags["GPS:GPSLatitudeRef"], tags["GPS:GPSLongitudeRef"]) for tags in made}

    assert corners("jpeg") == {("South", "West")}
    assert len(corners("tiff")) == 4


def test_no_two_formats_share_a_file() -> None:
    assert len({sha256(make(image_format)) for image_format in ALL_FORMATS}) == len(ALL_FORMATS)


def test_an_unknown_format_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="unknown format 'xcf'"):
        make("xcf")


def test_a_jpeg_is_a_gapless_walk_of_marker_segments() -> None:
    content = make("jpeg").content
    markers, at = [], 2
    while True:
        mark, marker, length = struct.unpack_from(">BBH", content, at)
        assert mark == 0xFF
        markers.append(marker)
        at += 2 + length
        if marker == 0xDA:
            break
    assert content[:2] == b"\xff\xd8"
    assert content[-2:] == b"\xff\xd9"
    assert markers[:6] == [0xE0, 0xE1, 0xE1, 0xE2, 0xED, 0xFE]


@pytest.mark.parametrize(
    ("image_format", "expected"),
    [
        ("png", {b"iCCP", b"pHYs", b"tIME", b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"IDAT"}),
        ("apng", {b"acTL", b"fcTL", b"fdAT", b"eXIf", b"iTXt"}),
    ],
)
def test_every_png_chunk_has_the_right_crc(image_format: str, expected: set[bytes]) -> None:
    content = make(image_format).content
    kinds, at = [], 8
    while at < len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        body = content[at + 4 : at + 8 + length]
        assert struct.unpack_from(">I", content, at + 8 + length) == (zlib.crc32(body),)
        kinds.append(kind)
        at += 12 + length
    assert kinds[0] == b"IHDR"
    assert kinds[-1] == b"IEND"
    assert expected <= set(kinds)


@pytest.mark.parametrize(("image_format", "order"), [("tiff", "<"), ("tiff-be", ">")])
def test_a_tiff_has_all_metadata_before_its_pixels(image_format: str, order: str) -> None:
    made = make(image_format)
    front = len(made.content) - int(made.tags["IFD0:StripByteCounts"])
    with Image.open(BytesIO(made.content[:front])) as image:
        assert image.getexif()[0x010E] == made.tags["IFD0:ImageDescription"]
        assert image.getexif().get_ifd(0x8825)[18] == "WGS-84"
    assert struct.unpack_from(f"{order}H", made.content, 2) == (42,)


def test_a_cr2_points_from_its_mark_to_the_directory_of_the_sensor_data() -> None:
    content = make("cr2").content
    mark, raw_offset = struct.unpack_from("<4sI", content, 8)
    entry_count, first_tag = struct.unpack_from("<HH", content, raw_offset)
    assert mark == b"CR\x02\x00"
    assert first_tag == 0x00FE
    assert 0 < entry_count < 20


def test_a_truncated_image_is_the_front_of_the_file() -> None:
    image = make("jpeg")
    half = truncated(image, 0.5)
    assert half.content == image.content[: len(image.content) // 2]
    assert truncated(image, 1).content == image.content
    assert truncated(image, 0).content == b""
    with pytest.raises(ValueError, match="share"):
        truncated(image, 1.1)


def test_a_corrupted_image_differs_in_a_few_bytes_that_the_seed_chooses() -> None:
    image = make("png")
    damaged = corrupted(image, 1)
    changed = sum(a != b for a, b in zip(image.content, damaged.content, strict=True))
    assert changed == len(image.content) // 200
    assert damaged == corrupted(image, 1)
    assert damaged.content != corrupted(image, 2).content
