"""What copies hold and do not hold, read by an ExifTool of the tests' own."""

import io
import struct
import subprocess
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from metaextract_extractor.domain.redaction import (
    FieldName,
    KeptBecause,
    RedactionProfile,
    RedactionReport,
    Refusal,
)
from metaextract_extractor.reading.engines.exiftool import ExifTool
from metaextract_extractor.reading.redaction.redact import RefusedError, redacted
from metaextract_testing import exiftool_path
from metaextract_testing.factory import FORMATS, make

UNWRITABLE = {"bigtiff": "BTF", "bmp": "BMP", "ico": "ICO", "svg": "SVG"}
WRITABLE = [fmt for fmt in FORMATS if fmt not in UNWRITABLE]
# Groups that no copy without everything may have; tags that a picture needs stand in none of them.
STATEMENTS = ("GPS", "XMP", "IPTC", "Canon", "Nikon", "Sony", "JUMBF", "MPF", "PNG-iTXt")

Redact = Callable[[Path, RedactionProfile], tuple[bytes, RedactionReport]]


@pytest.fixture(scope="module")
def engine() -> Iterator[ExifTool]:
    with ExifTool(exiftool_path()) as exiftool:
        yield exiftool


@pytest.fixture
def redact(engine, tmp_path: Path) -> Redact:
    def run(path: Path, profile: RedactionProfile) -> tuple[bytes, RedactionReport]:
        folder = tmp_path / f"{path.stem}-{profile}"
        folder.mkdir()
        copy = redacted(engine, path, folder, path.suffix.removeprefix("."), profile)
        assert list(folder.iterdir()) == [copy.path]
        return copy.path.read_bytes(), copy.report

    return run


def on_disk(folder: Path, fmt: str, seed: int = 0) -> Path:
    image = make(fmt, seed=seed)
    path = folder / image.name
    path.write_bytes(image.content)
    return path


def tags(path: Path) -> dict[str, str]:
    """What an ExifTool of the test's own prints, embedded files and unknown tags too."""
    done = subprocess.run(
        [exiftool_path(), "-config", "", "-a", "-u", "-ee", "-G1", "-s", "-sep", "\1", path],
        capture_output=True,
        check=False,
    )
    pairs = (
        line.split(":", 1) for line in done.stdout.decode("utf-8", "replace").splitlines() if ":" in line
    )
    found: dict[str, str] = {}
    for name, value in pairs:
        group, tag = name.strip("[ ").split("]")
        found.setdefault(f"{group}:{tag.strip()}", value.strip())
    return found


def statements(found: dict[str, str]) -> set[str]:
    return {name for name in found if name.startswith(STATEMENTS) or ":Comment" in name}


@pytest.mark.parametrize("fmt", WRITABLE)
def test_of_everything_only_the_picture_is_left(fmt: str, redact, tmp_path: Path) -> None:
    original = on_disk(tmp_path, fmt)

    content, report = redact(original, RedactionProfile.REMOVE_ALL)

    copy = tmp_path / f"copy{original.suffix}"
    copy.write_bytes(content)
    assert statements(tags(copy)) == set()
    assert statements(tags(original)) or fmt in ("cr2", "nef", "arw")
    assert report.verification.verified
    assert report.verification.pixels_unchanged
    assert report.removed


@pytest.mark.parametrize("fmt", WRITABLE)
def test_without_the_place_all_else_is_as_it_was(fmt: str, redact, tmp_path: Path) -> None:
    original = on_disk(tmp_path, fmt)
    before = tags(original)

    content, report = redact(original, RedactionProfile.POSITION)

    copy = tmp_path / f"copy{original.suffix}"
    copy.write_bytes(content)
    after = tags(copy)
    assert not [name for name in after if name.startswith(("GPS", "XMP-exif:GPS")) or "City" in name]
    gone = {f"{one.group}:{one.name}" for one in report.removed}
    computed = ("Composite:", "System:", "File:", "ExifTool:")
    # Where the rest stands now, how much of it there is, and what writers set anew.
    moved = ("Offset", "Offsets", "Start", "MediaData", "MediaDataSize", "Digest", "XMPToolkit")
    for name, value in before.items():
        if not name.startswith(computed) and not name.endswith(moved) and name not in gone:
            assert after.get(name) == value, name
    city = before.get("XMP-photoshop:City")
    assert city is None or city.encode() not in content


@pytest.mark.parametrize("fmt", [fmt for fmt in WRITABLE if fmt not in ("ppm",)])
def test_a_coarse_position_is_within_a_tenth_of_a_degree(fmt: str, redact, tmp_path: Path) -> None:
    original = on_disk(tmp_path, fmt)

    content, report = redact(original, RedactionProfile.COARSE_POSITION)

    copy = tmp_path / f"copy{original.suffix}"
    copy.write_bytes(content)
    exact, coarse = degrees(original), degrees(copy)
    assert coarse
    for name, value in coarse.items():
        assert abs(value * 10 - round(value * 10)) < 1e-6
        assert abs(value - exact[name]) <= 0.05 + 1e-9
        assert value != exact[name]
    rest = {name for name in tags(copy) if name.startswith("GPS:")}
    assert rest <= {
        f"GPS:GPS{one}" for one in ("VersionID", "Latitude", "LatitudeRef", "Longitude", "LongitudeRef")
    }
    assert KeptBecause.ROUNDED in {one.because for one in report.kept}


def degrees(path: Path) -> dict[str, float]:
    """Signed positions in degrees, of Exif (composed with its hemisphere) and XMP."""
    done = subprocess.run(
        [exiftool_path(), "-config", "", "-n", "-G1", "-s", "-Composite:GPSLatitude",
         "-Composite:GPSLongitude", "-XMP-exif:GPSLatitude", "-XMP-exif:GPSLongitude", path],
        capture_output=True,
        text=True,
        check=True,
    )  # fmt: skip
    lines = (line.split(":", 1) for line in done.stdout.splitlines())
    return {name.strip(): float(value) for name, value in lines}


@pytest.mark.parametrize("fmt", ["jpeg", "png", "webp", "tiff"])
def test_colour_and_orientation_stay_and_nothing_else(fmt: str, redact, tmp_path: Path) -> None:
    original = on_disk(tmp_path, fmt)
    before = tags(original)

    content, report = redact(original, RedactionProfile.KEEP_COLOUR_AND_ORIENTATION)

    copy = tmp_path / f"copy{original.suffix}"
    copy.write_bytes(content)
    after = tags(copy)
    assert after["IFD0:Orientation"] == before["IFD0:Orientation"]
    profile = {name: value for name, value in before.items() if name.startswith("ICC")}
    assert profile
    assert {name: after.get(name) for name in profile} == profile
    assert statements(after) == set()
    assert {KeptBecause.COLOUR, KeptBecause.ORIENTATION} <= {one.because for one in report.kept}


@pytest.mark.parametrize(("fmt", "name"), UNWRITABLE.items())
def test_a_format_without_a_writer_is_said_to_have_none(fmt: str, name: str, redact, tmp_path: Path) -> None:
    with pytest.raises(RefusedError) as caught:
        redact(on_disk(tmp_path, fmt), RedactionProfile.REMOVE_ALL)

    assert (caught.value.refusal, caught.value.format_name) == (Refusal.UNSUPPORTED, name)


def test_a_removed_value_is_found_wherever_it_stands(redact, tmp_path: Path) -> None:
    author = b"Taken by Jane Example in Alesund"
    path = tmp_path / "a.ppm"
    pixels = author + bytes(16 * 16 * 3 - len(author))
    path.write_bytes(b"P6\n# " + author + b"\n16 16\n255\n" + pixels)

    with pytest.raises(RefusedError) as caught:
        redact(path, RedactionProfile.REMOVE_ALL)

    assert caught.value.refusal is Refusal.NOT_VERIFIED
    assert caught.value.remaining == (FieldName("File", "Comment"),)
    assert "Jane" not in caught.value.cause


def test_a_film_behind_the_picture_that_tells_the_place_goes(redact, tmp_path: Path) -> None:
    silent, telling = (tmp_path / name for name in ("silent.jpg", "telling.jpg"))
    silent.write_bytes(make("jpeg").content + film(b""))
    telling.write_bytes(make("jpeg").content + film(b"+48.8584+002.2945/"))

    kept, _ = redact(silent, RedactionProfile.POSITION)
    cut, report = redact(telling, RedactionProfile.POSITION)

    assert kept.endswith(film(b""))
    assert b"mp42" not in cut
    assert "UserData:GPSCoordinates" in {f"{one.group}:{one.name}" for one in report.removed}


def film(position: bytes) -> bytes:
    """Return an MP4 of no picture; `position` as phones write it (ISO 6709, in user data)."""

    def box(kind: bytes, *content: bytes) -> bytes:
        joined = b"".join(content)
        return struct.pack(">I", 8 + len(joined)) + kind + joined

    header = box(b"mvhd", bytes(12), struct.pack(">II", 1000, 1000), bytes(80))
    place = box(b"\xa9xyz", struct.pack(">HH", len(position), 0x15C7), position) if position else b""
    start = box(b"ftyp", b"mp42", bytes(4), b"isommp42")
    return start + box(b"moov", header, box(b"udta", place)) + box(b"mdat", bytes(100))


@pytest.mark.parametrize("fmt", WRITABLE)
def test_a_cut_file_is_refused_or_its_picture_is_the_same(fmt: str, redact, tmp_path: Path) -> None:
    original = on_disk(tmp_path, fmt)
    original.write_bytes(original.read_bytes()[: original.stat().st_size * 2 // 3])

    refused, copy = None, tmp_path / f"copy{original.suffix}"
    try:
        content, _ = redact(original, RedactionProfile.REMOVE_ALL)
        copy.write_bytes(content)
    except RefusedError as error:
        refused = error

    if refused is None:
        assert statements(tags(copy)) == set()
    else:
        assert refused.refusal in (Refusal.DAMAGED, Refusal.NOT_VERIFIED)
        assert refused.cause


def test_other_texts_that_name_the_place_go_with_it(redact, tmp_path: Path) -> None:
    path = on_disk(tmp_path, "jpeg")
    write(
        path,
        "-all=",
        "-XMP-photoshop:City=Barcelona",
        "-XMP-dc:Description=A week in Barcelona",
        "-XMP-dc:Rights=All rights reserved",
        "-GPS:GPSLatitude#=41.40338",
        "-GPS:GPSLatitudeRef=N",
        "-GPS:GPSLongitude#=2.17403",
        "-GPS:GPSLongitudeRef=E",
        "-ExifIFD:UserComment=seen at 41.40338, 2.17403",
        "-IFD0:Artist=Jane Example",
    )

    content, report = redact(path, RedactionProfile.POSITION)

    gone = {f"{one.group}:{one.name}" for one in report.removed}
    assert {"XMP-photoshop:City", "XMP-dc:Description", "ExifIFD:UserComment"} <= gone
    assert b"Barcelona" not in content
    assert b"41.40338" not in content
    assert b"Jane Example" in content
    assert b"All rights reserved" in content


def test_a_colour_profile_stays_without_the_serial_number_of_a_screen(redact, tmp_path: Path) -> None:
    path = on_disk(tmp_path, "tiff")
    profile = tmp_path / "screen.icc"
    profile.write_bytes(screen_profile(b"serial 4711 of mine"))
    write(path, f"-ICC_Profile<={profile}")

    content, report = redact(path, RedactionProfile.KEEP_COLOUR_AND_ORIENTATION)

    copy = tmp_path / "copy.tif"
    copy.write_bytes(content)
    assert b"4711" not in content
    assert "ICC_Profile:MakeAndModel" in {f"{one.group}:{one.name}" for one in report.removed}
    assert tags(copy)["ICC_Profile:ProfileDescription"] == "A screen"


def screen_profile(serial: bytes) -> bytes:
    """Return a small profile as screens have it: a name, and Apple's tag with the one screen in it."""
    name = b"desc" + bytes(4) + struct.pack(">I", 9) + b"A screen\0" + bytes(79)
    device = b"mmod" + bytes(4) + serial.ljust(32, b"\0")
    place = 128 + 4 + 2 * 12
    table = struct.pack(">I4sII4sII", 2, b"desc", place, len(name), b"mmod", place + len(name), len(device))
    size = place + len(name) + len(device)
    header = struct.pack(">I4s", size, b"appl").ljust(12, b"\0") + b"mntrRGB XYZ " + bytes(12) + b"acsp"
    return header.ljust(128, b"\0") + table + name + device


def test_content_credentials_go_wherever_something_else_goes(redact, tmp_path: Path) -> None:
    path = on_disk(tmp_path, "jpeg")
    store = jumbf(b"c2pa")
    segment = b"JP" + struct.pack(">HI", 1, 1) + store
    content = path.read_bytes()
    path.write_bytes(content[:2] + b"\xff\xeb" + struct.pack(">H", len(segment) + 2) + segment + content[2:])
    assert any(name.startswith("JUMBF") for name in tags(path))

    _, report = redact(path, RedactionProfile.COARSE_POSITION)

    assert any(one.group.startswith("JUMBF") for one in report.removed)


def jumbf(label: bytes) -> bytes:
    """Return a box with a description and nothing else (ISO/IEC 19566-5, annex A)."""
    identity = label + bytes.fromhex("00110010800000aa00389b71")
    described = identity + b"\x03" + label + b"\0"
    description = struct.pack(">I", 8 + len(described)) + b"jumd" + described
    return struct.pack(">I", 8 + len(description)) + b"jumb" + description


def test_what_no_writer_reaches_is_overwritten_where_it_stands(redact, tmp_path: Path) -> None:
    path = on_disk(tmp_path, "gif")
    content = path.read_bytes()
    store = jumbf(b"c2pa")
    block = b"\x21\xff\x0bC2PA_GIF\x01\x00\x00" + bytes([len(store)]) + store + b"\0"
    path.write_bytes(content[:-1] + block + b";")
    assert any(name.startswith("JUMBF") for name in tags(path))

    redacted_content, report = redact(path, RedactionProfile.REMOVE_ALL)

    copy = tmp_path / "copy.gif"
    copy.write_bytes(redacted_content)
    assert not [name for name in tags(copy) if name.startswith("JUMBF")]
    assert store not in redacted_content
    assert report.verification.pixels_unchanged


def test_unknown_chunks_of_a_png_do_not_stay(redact, tmp_path: Path) -> None:
    path = on_disk(tmp_path, "png")
    content = path.read_bytes()
    secret = b"unknown to everybody"
    checksum = struct.pack(">I", zlib.crc32(b"prVt" + secret))
    chunk = struct.pack(">I", len(secret)) + b"prVt" + secret + checksum
    path.write_bytes(content[:33] + chunk + content[33:])

    redacted_content, _ = redact(path, RedactionProfile.REMOVE_ALL)

    assert secret not in redacted_content
    Image.open(io.BytesIO(redacted_content)).load()


def test_image_resources_of_a_psd_that_no_writer_knows_do_not_stay(redact, tmp_path: Path) -> None:
    path = on_disk(tmp_path, "psd")
    content = path.read_bytes()
    colours = int.from_bytes(content[26:30], "big")
    at = 30 + colours
    length = int.from_bytes(content[at : at + 4], "big")
    saved_at = "/Users/jane/secret.psd".encode("utf-16-be")
    resource = b"8BIM" + struct.pack(">HHI", 0x043E, 0, len(saved_at)) + saved_at
    resources = content[at + 4 : at + 4 + length] + resource
    path.write_bytes(
        content[:at] + struct.pack(">I", len(resources)) + resources + content[at + 4 + length :]
    )

    redacted_content, report = redact(path, RedactionProfile.REMOVE_ALL)

    assert saved_at not in redacted_content
    assert report.verification.pixels_unchanged


def write(path: Path, *arguments: str) -> None:
    subprocess.run(
        [exiftool_path(), "-config", "", "-q", "-q", "-overwrite_original", *arguments, path], check=True
    )
