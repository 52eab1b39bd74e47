"""What redactors promise, proved on real ones with the real ExifTool, at every level of confinement."""

import asyncio
import dataclasses
import struct
import subprocess
from pathlib import Path

import psutil
import pytest

from metaextract_common.errors import ServiceError
from metaextract_extractor.adapters.workers.redactors import RedactorLimits, SandboxedRedactors
from metaextract_extractor.domain.redaction import KeptBecause, RedactionProfile, RedactionReport
from metaextract_testing import exiftool_path
from metaextract_testing.factory import FORMATS, make

pytestmark = pytest.mark.asyncio(loop_scope="module")
MEBIBYTE = 1024 * 1024
UNWRITABLE = {"bigtiff": "BTF", "bmp": "BMP", "ico": "ICO", "svg": "SVG"}
WRITABLE = [fmt for fmt in FORMATS if fmt not in UNWRITABLE]
# Groups that no copy without everything may have; tags that a picture needs stand in none of them.
STATEMENTS = ("GPS", "XMP", "IPTC", "Canon", "Nikon", "Sony", "JUMBF", "MPF", "PNG-iTXt")
LIMITS = RedactorLimits(
    count=2, seconds_max=60, memory_bytes_max=768 * MEBIBYTE, file_bytes_max=32 * MEBIBYTE
)


@pytest.fixture
def redactors(sandbox) -> SandboxedRedactors:
    return SandboxedRedactors(sandbox, LIMITS)


async def redacted(
    redactors: SandboxedRedactors, path: Path, profile: RedactionProfile
) -> tuple[bytes, RedactionReport]:
    async with redactors.redacted(str(path), path.suffix.removeprefix("."), profile) as copy:
        content = b"".join([chunk async for chunk in copy.chunks()])
        assert len(content) == copy.size_bytes
        return content, copy.report


async def refusal(redactors: SandboxedRedactors, path: Path) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        await redacted(redactors, path, RedactionProfile.REMOVE_ALL)
    return caught.value


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
async def test_of_everything_only_the_picture_is_left(fmt: str, redactors, tmp_path: Path) -> None:
    original = on_disk(tmp_path, fmt)

    content, report = await redacted(redactors, original, RedactionProfile.REMOVE_ALL)

    copy = tmp_path / f"copy{original.suffix}"
    copy.write_bytes(content)
    assert statements(tags(copy)) == set()
    assert statements(tags(original)) or fmt in ("cr2", "nef", "arw")
    assert report.verification.verified
    assert report.verification.pixels_unchanged
    assert report.removed


@pytest.mark.parametrize("fmt", WRITABLE)
async def test_without_the_place_all_else_is_as_it_was(fmt: str, redactors, tmp_path: Path) -> None:
    original = on_disk(tmp_path, fmt)
    before = tags(original)

    content, report = await redacted(redactors, original, RedactionProfile.POSITION)

    copy = tmp_path / f"copy{original.suffix}"
    copy.write_bytes(content)
    after = tags(copy)
    assert not [name for name in after if name.startswith(("GPS", "XMP-exif:GPS")) or "City" in name]
    gone = {f"{one.group}:{one.name}" for one in report.removed}
    computed = ("Composite:", "System:", "File:", "ExifTool:")
    # Places of what moved with the rest, and a version and digests that writers set anew.
    moved = ("Offset", "Offsets", "Start", "Digest", "XMPToolkit", "ProfileCMMType")
    for name, value in before.items():
        if not name.startswith(computed) and not name.endswith(moved) and name not in gone:
            assert after.get(name) == value, name
    city = before.get("XMP-photoshop:City")
    assert city is None or city.encode() not in content


@pytest.mark.parametrize("fmt", [fmt for fmt in WRITABLE if fmt not in ("ppm",)])
async def test_a_coarse_position_is_within_a_tenth_of_a_degree(fmt: str, redactors, tmp_path: Path) -> None:
    original = on_disk(tmp_path, fmt)

    content, report = await redacted(redactors, original, RedactionProfile.COARSE_POSITION)

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
        [exiftool_path(), "-config", "", "-n", "-G1", "-s", "-Composite:GPSLatitude", "-Composite:GPSLongitude",
         "-XMP-exif:GPSLatitude", "-XMP-exif:GPSLongitude", path],
        capture_output=True,
        text=True,
        check=True,
    )  # fmt: skip
    lines = (line.split(":", 1) for line in done.stdout.splitlines())
    return {name.strip(): float(value) for name, value in lines}


@pytest.mark.parametrize("fmt", ["jpeg", "png", "webp", "tiff"])
async def test_colour_and_orientation_stay_and_nothing_else(fmt: str, redactors, tmp_path: Path) -> None:
    original = on_disk(tmp_path, fmt)
    before = tags(original)

    content, report = await redacted(redactors, original, RedactionProfile.KEEP_COLOUR_AND_ORIENTATION)

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
async def test_a_format_without_a_writer_is_said_to_have_none(
    fmt: str, name: str, redactors, tmp_path: Path
) -> None:
    error = await refusal(redactors, on_disk(tmp_path, fmt))

    assert (error.reason, error.metadata) == ("REDACTION_UNSUPPORTED", {"format": name})


async def test_a_removed_value_is_found_wherever_it_stands(redactors, tmp_path: Path) -> None:
    author = b"Taken by Jane Example in Alesund"
    path = tmp_path / "a.ppm"
    pixels = author + bytes(16 * 16 * 3 - len(author))
    path.write_bytes(b"P6\n# " + author + b"\n16 16\n255\n" + pixels)

    error = await refusal(redactors, path)

    assert error.reason == "REDACTION_NOT_VERIFIED"
    assert error.metadata["remaining"] == "File:Comment"
    assert "Jane" not in error.message


async def test_a_film_behind_the_picture_that_tells_the_place_goes(redactors, tmp_path: Path) -> None:
    silent, telling = (tmp_path / name for name in ("silent.jpg", "telling.jpg"))
    silent.write_bytes(make("jpeg").content + film(b""))
    telling.write_bytes(make("jpeg").content + film(b"+48.8584+002.2945/"))

    kept, _ = await redacted(redactors, silent, RedactionProfile.POSITION)
    cut, report = await redacted(redactors, telling, RedactionProfile.POSITION)

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


async def test_a_name_that_was_never_the_formats_does_no_harm(redactors, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(make("png").content)

    async with redactors.redacted(str(path), "png", RedactionProfile.REMOVE_ALL) as copy:
        assert copy.report.format_name == "PNG"


async def test_a_broken_file_is_refused_and_nothing_is_handed_out(redactors, tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(make("jpeg").content[:6000])

    error = await refusal(redactors, path)

    assert error.reason in ("REDACTION_REFUSED", "REDACTION_NOT_VERIFIED")


async def test_every_level_of_confinement_lets_a_redactor_write(
    sandbox_level, lock_in, tmp_path: Path
) -> None:
    async with lock_in(sandbox_level) as sandbox:
        path = on_disk(tmp_path, "jpeg")
        content, report = await redacted(
            SandboxedRedactors(sandbox, LIMITS), path, RedactionProfile.REMOVE_ALL
        )

    assert report.verification.verified
    assert content.startswith(b"\xff\xd8")


async def test_a_file_that_takes_too_long_costs_its_redactor(sandbox, slow_file, tmp_path: Path) -> None:
    limits = dataclasses.replace(LIMITS, seconds_max=1)
    path = tmp_path / "slow.jpg"
    path.write_bytes(slow_file)

    error = await refusal(SandboxedRedactors(sandbox, limits), path)

    assert error.reason == "EXTRACTION_TIMED_OUT"
    assert running_redactors() == []


async def test_a_redactor_that_wants_too_much_memory_is_killed(sandbox, tmp_path: Path) -> None:
    limits = dataclasses.replace(LIMITS, memory_bytes_max=8 * MEBIBYTE)

    error = await refusal(SandboxedRedactors(sandbox, limits), on_disk(tmp_path, "jpeg"))

    assert (error.reason, error.metadata) == ("WORKER_LOST", {"cause": "memory_limit"})
    assert running_redactors() == []


async def test_who_gives_up_leaves_no_redactor_behind(sandbox, slow_file, tmp_path: Path, becomes) -> None:
    path = tmp_path / "slow.jpg"
    path.write_bytes(slow_file)
    working = asyncio.create_task(refusal(SandboxedRedactors(sandbox, LIMITS), path))
    await becomes(lambda: len(running_redactors()) == 1)

    working.cancel()
    await asyncio.wait({working})

    assert running_redactors() == []


async def test_no_more_redactors_run_at_once_than_allowed(sandbox, tmp_path: Path) -> None:
    alone = SandboxedRedactors(sandbox, dataclasses.replace(LIMITS, count=1))
    paths = [on_disk(tmp_path, "jpeg", seed) for seed in range(3)]
    peak = 0

    async def watch() -> None:
        nonlocal peak
        while True:
            peak = max(peak, len(running_redactors()))
            await asyncio.sleep(0.02)

    watching = asyncio.create_task(watch())
    await asyncio.gather(*(redacted(alone, path, RedactionProfile.REMOVE_ALL) for path in paths))
    watching.cancel()

    assert peak == 1


def running_redactors() -> list[int]:
    """Redactors that this process started and that have not ended."""
    found = []
    for child in psutil.Process().children():
        try:
            if "metaextract_extractor.redactor" in child.cmdline():
                found.append(child.pid)
        except psutil.NoSuchProcess:
            continue
    return found
