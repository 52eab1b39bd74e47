import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from metaextract_client.cli import cli
from metaextract_client.cli.tally import Tally
from metaextract_client.errors import ProblemError, ServerUnreachableError


@pytest.fixture
def extract(far):
    def run(*arguments: str | Path, url: str = "") -> Result:
        return CliRunner().invoke(cli, ["extract", "--url", url or far.url, *map(str, arguments)])

    return run


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Thirty image files in two folders, and what is no image file."""
    folder = tmp_path / "album"
    (folder / "2026" / "raw").mkdir(parents=True)
    for number in range(20):
        (folder / "2026" / f"{number:02}.JPG").write_bytes(b"x" * number)
    for number in range(10):
        (folder / "2026" / "raw" / f"{number:02}.cr3").write_bytes(b"y" * number)
    (folder / "notes.txt").write_text("no image")
    (folder / "jpg").write_text("no extension")
    (folder / "folder.jpg").mkdir()
    return folder


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"abc")
    return path


def test_a_single_file_prints_every_field(extract, photo):
    result = extract(photo)

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "IFD0\tMake\tCanon\nGPS\tGPSAltitude\t35.5 m\n"


def test_many_files_print_a_row_each(extract, album):
    result = extract(album)

    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert rows[0] == ["file", "format", "bytes", "pixels", "fields", "warnings", "engines"]
    assert len(rows) == 31
    assert [str(album / "2026" / "07.JPG"), "JPEG", "7", "640x480", "2", "0", "exiftool"] in rows


def test_json_is_one_array(extract, photo, tmp_path):
    other = tmp_path / "other.cr3"
    other.write_bytes(b"abcd")
    result = extract("--json", photo, other)

    extractions = json.loads(result.stdout)
    assert {e["path"]: e["result"]["file"]["size_bytes"] for e in extractions} == {
        str(photo): "3",
        str(other): "4",
    }
    assert all(e["state"] == "STATE_SUCCEEDED" for e in extractions)


def test_ndjson_is_one_object_a_line(extract, album):
    result = extract("--ndjson", album)

    extractions = [json.loads(line) for line in result.stdout.splitlines()]
    assert len({e["path"] for e in extractions}) == 30
    assert extractions[0]["result"]["fields"][1]["raw"] == 35.5


def test_thirty_files_go_at_once_but_never_more_than_asked_for(extract, album, far):
    far.barrier = asyncio.Barrier(5)  # nobody goes on before five are there

    result = extract("--jobs", "5", "--ndjson", album)

    assert result.exit_code == 0
    assert len(far.uploads) == 30
    assert far.uploads_peak == 5


def test_some_failures_are_told_on_stderr_and_by_the_exit_code(extract, album, far, refusal):
    far.refuse_names = {"03.JPG": refusal(400, "UNSUPPORTED_FORMAT")}
    result = extract("--json", album)

    assert result.exit_code == 1
    assert result.stderr == (
        f"{album / '2026' / '03.JPG'}: This is UNSUPPORTED_FORMAT. (UNSUPPORTED_FORMAT)\n"
        "29 of 30 files were read.\n"
    )
    assert len(json.loads(result.stdout)) == 29


def test_json_of_nothing_is_an_empty_array(extract, photo, far):
    far.failed_reason = "EXTRACTION_TIMED_OUT"
    result = extract("--json", photo)

    assert (result.exit_code, json.loads(result.stdout)) == (1, [])
    assert "Too slow. (EXTRACTION_TIMED_OUT)" in result.stderr


def test_no_server_is_exit_code_3(extract, photo, closed_port):
    result = extract(photo, url=f"http://127.0.0.1:{closed_port}")

    assert result.exit_code == 3
    assert "cannot be reached" in result.stderr
    assert "metaextract up" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["/does/not/exist.jpg"],
        ["--jobs", "0", "."],
        ["--fields", "(", "."],
        ["--url", "localhost:8080", "."],
    ],
)
def test_wrong_usage_is_exit_code_2(extract, arguments):
    assert extract(*arguments).exit_code == 2


def test_a_folder_without_image_files_is_wrong_usage(extract, tmp_path):
    (tmp_path / "notes.txt").write_text("no image")
    result = extract(tmp_path)

    assert result.exit_code == 2
    assert "no image file" in result.stderr


def test_a_named_file_is_sent_whatever_its_extension(extract, tmp_path, far):
    path = tmp_path / "notes.txt"
    path.write_text("no image")

    assert extract(path).exit_code == 0
    assert far.uploads[0]["file_name"] == "notes.txt"


def test_what_is_no_regular_file_is_told_and_the_rest_is_read(extract, tmp_path, photo):
    pipe = tmp_path / "pipe.jpg"
    os.mkfifo(pipe)
    result = extract("--ndjson", pipe, photo)

    assert result.exit_code == 1
    assert result.stderr == f"{pipe}: not a regular file\n"
    assert len(result.stdout.splitlines()) == 1


def test_fields_are_kept_by_group_and_name(extract, photo):
    printed = extract("--fields", "gps:.*altitude", photo)
    as_json = extract("--fields", "^ifd0:", "--json", photo)

    assert printed.stdout == "GPS\tGPSAltitude\t35.5 m\n"
    assert [f["name"] for f in json.loads(as_json.stdout)[0]["result"]["fields"]] == ["Make"]


def test_metadata_cannot_steer_the_terminal(extract, photo, far):
    far.fields = [{"group": "A\tB", "name": "\x1b]0;x\x07", "printed": "a\nb\u202ec\x9bd 日本 \U0001f4f7"}]

    assert extract(photo).stdout == "A\\tB\t\\x1b]0;x\\x07\ta\\nb\\u202ec\\x9bd 日本 \U0001f4f7\n"
    assert extract("--json", photo).stdout.isascii()


def test_partial_results_come_while_the_upload_is_under_way(photo, far):
    far.go_on.clear()
    command = [sys.executable, "-m", "metaextract_client.cli", "extract", "--url", far.url]
    with subprocess.Popen([*command, "--ndjson", "--partial", photo], stdout=subprocess.PIPE) as process:
        first = json.loads(process.stdout.readline())
        far.go_on.set()
        last = json.loads(process.stdout.readline())

    assert process.returncode == 0
    assert first == {
        "path": str(photo),
        "partial_result": {
            "bytes_read": 9,
            "fields": [{"group": "IFD0", "name": "Make", "printed": "Canon"}],
        },
    }
    assert last["state"] == "STATE_SUCCEEDED"


def test_a_reader_that_goes_away_ends_the_command(album, far):
    command = [sys.executable, "-m", "metaextract_client.cli", "extract", "--url", far.url]
    with subprocess.Popen(
        [*command, "--jobs", "1", album], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        process.stdout.close()
        complaints = process.stderr.read()

    assert process.returncode == 1
    assert complaints == b""
    assert len(far.uploads) < 30


def test_a_second_run_repeats_its_requests_so_that_nothing_is_paid_twice(extract, album, far):
    extract(album)
    (album / "2026" / "07.JPG").write_bytes(b"another picture")
    extract(album)

    keys = [{u["file_name"] + str(u["size_bytes"]): u["key"] for u in part} for part in _halves(far.uploads)]
    assert len(set(keys[0].values())) == 30
    assert {name for name in keys[1] if keys[0].get(name) != keys[1][name]} == {"07.JPG15"}


def test_other_work_on_the_same_file_is_another_request(extract, photo, far):
    for operations in (["ocr"], ["ocr", "embedding"], ["embedding", "ocr"], []):
        extract(photo, *(f"--operation={one}" for one in operations))

    keys = [upload["key"] for upload in far.uploads]
    assert keys[1] == keys[2]
    assert len(set(keys)) == 3


def test_a_file_that_is_named_twice_is_sent_once(extract, album, far):
    extract(album, album / "2026" / "07.JPG", album / "2026" / "raw" / ".." / "08.JPG")

    assert len(far.uploads) == 30


def test_when_the_credits_run_out_the_rest_is_not_sent(extract, album, far, refusal):
    far.refuse_names = {"03.JPG": refusal(402, "INSUFFICIENT_CREDITS")}
    result = extract("--jobs", "1", album)

    assert result.exit_code == 4
    assert len(far.uploads) == 4
    assert result.stderr == (
        f"{album / '2026' / '03.JPG'}: This is INSUFFICIENT_CREDITS. (INSUFFICIENT_CREDITS)\n"
        "3 of 30 files were read. 26 were not sent, because nobody would pay for them: buy credits and run "
        "the same command again. What was read within the last hour is not charged again.\n"
    )


def test_a_run_goes_on_when_its_server_was_started_anew(serve_at, closed_port, album, tmp_path):
    command = [sys.executable, "-m", "metaextract_client.cli", "extract", "--ndjson", "--jobs", "2"]
    printed = tmp_path / "printed"
    with serve_at(closed_port) as far, printed.open("wb") as output:
        far.barrier = asyncio.Barrier(2)
        process = subprocess.Popen(
            [*command, "--url", far.url, album], stdout=output, stderr=subprocess.PIPE, text=True
        )
        while not printed.stat().st_size:
            assert process.poll() is None
            time.sleep(0.01)
    with serve_at(closed_port):
        _, complaints = process.communicate(timeout=60)

    states = [json.loads(line)["state"] for line in printed.read_text().splitlines()]
    assert (process.returncode, states) == (0, ["STATE_SUCCEEDED"] * 30), complaints


def test_what_a_run_waits_for_is_said_once_for_all_its_files(capsys):
    tally = Tally()
    busy = ProblemError(status=429, reason="RATE_LIMITED", detail="Too many requests.")
    tally.pausing(busy, 0.5)
    for seconds in (42.0, 41.9, 41.8):
        tally.pausing(busy, seconds)
    away = Tally()
    away.pausing(ServerUnreachableError("it cannot be reached"), 0.5)

    assert capsys.readouterr().err == (
        "Waiting 42 s: Too many requests. (RATE_LIMITED)\nTrying again for some time: it cannot be reached\n"
    )


def test_what_ctrl_c_leaves_is_said(tmp_path):
    tally = Tally()
    assert tally.interrupted() == "Interrupted."

    tally.files_count, tally.read_count = 9, 3
    for name, sent in (("ended.dng", 9), ("new.dng", 0), ("half.dng", 5)):
        tally.sent(Path(name), sent)
    tally.over(Path("ended.dng"))

    assert tally.interrupted() == (
        "Interrupted. 3 of 9 files were read. The same command goes on with the upload of half.dng where it "
        "was. What was read within the last hour is not charged again."
    )


def _halves(uploads: list[dict[str, str]]) -> list[list[dict[str, str]]]:
    middle = len(uploads) // 2
    return [uploads[:middle], uploads[middle:]]
