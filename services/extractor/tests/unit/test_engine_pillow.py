"""Pillow as a witness: what it says agrees with ExifTool, and hostile files end early."""

import struct
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin, TiffImagePlugin

from metaextract_extractor.domain.canonical import agree
from metaextract_extractor.domain.result import Field
from metaextract_extractor.reading.engines.exiftool import ExifTool
from metaextract_extractor.reading.engines.pillow import Pillow
from metaextract_extractor.reading.evidence import Engine, EngineError, Report, subject_of
from metaextract_testing.exiftool import exiftool_path
from metaextract_testing.factory import make

FORMATS = (
    "jpeg",
    "png",
    "apng",
    "webp",
    "tiff",
    "tiff-be",
    "bigtiff",
    "gif",
    "bmp",
    "avif",
    "jp2",
    "psd",
    "dng",
)

Reads = Callable[[Engine, bytes, str], Report]


@pytest.fixture(scope="module")
def engine() -> Pillow:
    return Pillow()


@pytest.fixture(scope="module")
def exiftool() -> Iterator[ExifTool]:
    with ExifTool(exiftool_path()) as tool:
        yield tool


def first(report: Report, group: str, name: str) -> Field:
    return next(one for one in report.fields if (one.group, one.name) == (group, name))


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(*chunks: bytes, width: int = 1, height: int = 1) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize("fmt", FORMATS)
def test_every_field_meets_one_of_exiftool_and_agrees(
    fmt: str, engine: Pillow, exiftool: ExifTool, tmp_path: Path
) -> None:
    made = make(fmt)
    path = tmp_path / made.name
    path.write_bytes(made.content)
    with subject_of(path, len(made.content), "", None) as subject:
        report = engine.read(subject)
    primary = {(one.group, one.name, one.occurrence): one for one in exiftool.read(path).fields}

    assert report.fields
    missing = [one for one in report.fields if (one.group, one.name, one.occurrence) not in primary]
    assert not missing
    differing = [
        (one, primary[one.group, one.name, one.occurrence])
        for one in report.fields
        if not agree(primary[one.group, one.name, one.occurrence], one)
    ]
    assert not differing


def test_exif_values_are_raw_values_of_exiftool(engine: Pillow, read_bytes: Reads) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8769)[0x829A] = TiffImagePlugin.IFDRational(1, 125)
    exif.get_ifd(0x8769)[0x9201] = TiffImagePlugin.IFDRational(7, 1)
    exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0hello"
    exif.get_ifd(0x8825).update({1: "S", 2: (1.0, 30.0, 0.0), 5: b"\0", 7: (1.0, 2.0, 3.5)})
    buffer = BytesIO()
    Image.new("RGB", (2, 2)).save(buffer, "JPEG", exif=exif)

    report = read_bytes(engine, buffer.getvalue(), "jpg")

    assert first(report, "IFD0", "Orientation").raw == 6
    assert first(report, "IFD0", "Orientation").printed == "Rotate 90 CW"
    assert first(report, "ExifIFD", "ExposureTime").raw == 0.008
    assert first(report, "ExifIFD", "ShutterSpeedValue").raw == 1 / 128
    assert first(report, "ExifIFD", "UserComment").raw == "hello"
    assert first(report, "GPS", "GPSLatitude").raw == 1.5
    assert first(report, "GPS", "GPSAltitudeRef").raw == 0
    assert first(report, "GPS", "GPSTimeStamp").raw == "01:02:03.5"


def test_an_orientation_in_xmp_is_no_orientation_in_exif(engine: Pillow, read_bytes: Reads) -> None:
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", '<x tiff:Orientation="6"/>')
    buffer = BytesIO()
    Image.new("RGB", (2, 2)).save(buffer, "PNG", pnginfo=text)

    report = read_bytes(engine, buffer.getvalue(), "png")

    assert not [one for one in report.fields if one.name == "Orientation"]


def test_the_pixels_of_a_png_without_exif_are_left_alone(engine: Pillow, read_bytes: Reads) -> None:
    content = png(width=8_000, height=8_000)  # there is no pixel in it: decoding would fail

    report = read_bytes(engine, content, "png")

    assert first(report, "PNG", "ImageWidth").raw == 8_000
    assert not report.notices


def test_a_picture_of_too_many_pixels_is_refused(engine: Pillow, read_bytes: Reads) -> None:
    with pytest.raises(EngineError, match="DecompressionBombError"):
        read_bytes(engine, png(width=50_000, height=50_000), "png")


@pytest.mark.parametrize("kind", [b"iCCP", b"zTXt"])
def test_unpacking_ends_at_the_limit_of_pillow(kind: bytes, engine: Pillow, read_bytes: Reads) -> None:
    content = png(chunk(kind, b"a\0\0" + zlib.compress(bytes(64 * 1024 * 1024))))

    try:
        report = read_bytes(engine, content, "png")
    except EngineError:
        return
    assert all(len(str(one.raw)) <= 64 * 1024 for one in report.fields)


def test_a_loop_over_single_bytes_ends_at_the_limit_of_reads(engine: Pillow, read_bytes: Reads) -> None:
    content = b"\xff\xd8" + b"\xff" * 1_000_000

    with pytest.raises(EngineError, match="ReadingLimitError"):
        read_bytes(engine, content, "jpg")


def test_a_webp_with_a_huge_canvas_is_refused_before_it_is_opened(engine: Pillow, read_bytes: Reads) -> None:
    size = (16_383).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + size + size
    content = b"RIFF" + struct.pack("<I", len(body)) + body

    with pytest.raises(EngineError, match="canvas"):
        read_bytes(engine, content, "webp")


def test_text_that_is_no_utf_8_is_left_out(engine: Pillow, read_bytes: Reads) -> None:
    exif = Image.Exif()
    exif[0x010F] = "ACME"
    block = exif.tobytes().replace(b"ACME", b"AC\xdcE")
    buffer = BytesIO()
    Image.new("RGB", (2, 2)).save(buffer, "JPEG", exif=block)

    report = read_bytes(engine, buffer.getvalue(), "jpg")

    assert not [one for one in report.fields if one.name == "Make"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fmt=st.sampled_from(FORMATS),
    cut=st.floats(0, 1),
    flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), max_size=8),
)
def test_damaged_files_are_read_or_refused(
    fmt: str, cut: float, flips: list[tuple[float, int]], engine: Pillow, tmp_path: Path
) -> None:
    content = bytearray(make(fmt).content)
    for at, mask in flips:
        content[int(at * len(content))] ^= mask
    path = tmp_path / "damaged"
    path.write_bytes(content[: int(cut * len(content))])
    with subject_of(path, path.stat().st_size, "", None) as subject:
        if not engine.reads(subject):
            return
        try:
            report = engine.read(subject)
        except EngineError:
            return
    for one in report.fields:
        assert isinstance(one.raw, str | int | float)
