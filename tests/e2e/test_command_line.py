"""The command line against the running product."""

import json
import subprocess
import sys
from pathlib import Path

from metaextract_testing.factory import make
from metaextract_testing.fleet import Fleet


def metaextract(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "metaextract_client.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def folder_of(tmp_path: Path, *formats: str) -> Path:
    for seed, fmt in enumerate(formats):
        image = make(fmt, seed=seed)
        (tmp_path / f"{seed}-{image.name}").write_bytes(image.content)
    return tmp_path


def test_a_folder_is_extracted_one_line_of_json_for_each_file(running: Fleet, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "jpeg", "png", "heic", "tiff", "webp")

    done = metaextract("extract", str(folder), "--ndjson", "--url", running.url)

    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    formats = sorted(line["result"]["file"]["format"]["name"] for line in lines)
    assert formats == ["HEIC", "JPEG", "PNG", "TIFF", "WEBP"]


def test_one_file_is_shown_as_a_table_of_its_fields(running: Fleet, tmp_path: Path) -> None:
    image = make("jpeg")
    (tmp_path / image.name).write_bytes(image.content)

    done = metaextract("extract", str(tmp_path / image.name), "--url", running.url)

    assert done.returncode == 0, done.stderr
    assert image.tags["IFD0:Make"] in done.stdout


def test_a_file_that_fails_does_not_stop_the_others(running: Fleet, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "jpeg", "png")
    (folder / "broken.jpg").write_bytes(b"no image")

    done = metaextract("extract", str(folder), "--ndjson", "--url", running.url)

    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 2
    assert "broken.jpg" in done.stderr


def test_a_server_that_is_away_is_said_to_be_away(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "jpeg")

    done = metaextract("extract", str(folder), "--url", "http://127.0.0.1:9")

    assert done.returncode == 3
    assert "127.0.0.1:9" in done.stderr


def test_formats_and_doctor_answer(running: Fleet) -> None:
    formats = metaextract("formats", "--url", running.url)
    doctor = metaextract("doctor", "--url", running.url)

    assert formats.returncode == 0
    assert "JPEG" in formats.stdout
    assert doctor.returncode == 0, doctor.stdout
    assert "ExifTool" in doctor.stdout
