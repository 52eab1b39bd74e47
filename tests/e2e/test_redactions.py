"""Redacted copies over HTTP and from the command line."""

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from metaextract_testing import exiftool_path
from metaextract_testing.factory import make
from metaextract_testing.fleet import Fleet, eventually


def metaextract(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "metaextract_client.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def tags(path: Path) -> dict[str, object]:
    done = subprocess.run(
        [exiftool_path(), "-config", "", "-j", "-G1", "-a", "-ee", path], capture_output=True, check=True
    )
    return dict(json.loads(done.stdout)[0])


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    image = make("jpeg")
    path = tmp_path / "photo.jpg"
    path.write_bytes(image.content)
    return path


async def test_a_file_goes_in_and_a_copy_without_the_place_comes_out(
    http: httpx.AsyncClient, photo: Path
) -> None:
    answer = await http.post(
        "/v1/redactions?profile=position", files={"file": ("Möwe; x.jpg", photo.read_bytes())}
    )

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"Mowe_ x-redacted.jpg\"; filename*=UTF-8''M%C3%B6we%3B%20x-redacted.jpg"
    )
    summary = json.loads(answer.headers["metaextract-redaction"])
    assert (summary["profile"], summary["format"], summary["verified"]) == ("position", "JPEG", True)
    assert summary["removed"]["GPS"] > 5
    copy = photo.with_name("copy.jpg")
    copy.write_bytes(answer.content)
    assert not [name for name in tags(copy) if "GPS" in name]
    assert tags(copy)["IFD0:Make"] == tags(photo)["IFD0:Make"]


async def test_the_body_may_be_the_file_and_the_profile_a_form_field(
    http: httpx.AsyncClient, photo: Path
) -> None:
    raw = await http.post(
        "/v1/redactions?profile=remove-all&file_name=a.jpg",
        content=photo.read_bytes(),
        headers={"content-type": "image/jpeg"},
    )
    form = await http.post(
        "/v1/redactions", data={"profile": "remove_all"}, files={"file": ("a.jpg", photo.read_bytes())}
    )

    assert (raw.status_code, form.status_code) == (200, 200)
    assert raw.content == form.content
    assert json.loads(raw.headers["metaextract-redaction"])["kept"] == {}


async def test_the_whole_report_can_be_had_instead_of_the_copy(http: httpx.AsyncClient, photo: Path) -> None:
    answer = await http.post(
        "/v1/redactions?profile=coarse_position&report=only", files={"file": ("a.jpg", photo.read_bytes())}
    )

    report = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert report["profile"] == "REDACTION_PROFILE_COARSE_POSITION"
    assert {"group": "GPS", "name": "GPSAltitude"} in report["removed"]
    rounded = {"group": "GPS", "name": "GPSLatitude", "because": "KEPT_BECAUSE_ROUNDED"}
    assert rounded in report["kept"]
    assert report["verification"]["pixels_unchanged"]


async def test_what_is_wrong_is_a_problem_document(http: httpx.AsyncClient, photo: Path) -> None:
    async def problem(query: str, content: bytes, name: str = "a.jpg") -> tuple[int, str]:
        answer = await http.post(f"/v1/redactions{query}", files={"file": (name, content)})
        assert answer.headers["content-type"] == "application/problem+json"
        return answer.status_code, answer.json()["reason"]

    content = photo.read_bytes()
    assert await problem("?profile=colour", content) == (400, "INVALID_REQUEST")
    assert await problem("", content) == (400, "INVALID_REQUEST")
    assert await problem("?profile=position&report=yes", content) == (400, "INVALID_REQUEST")
    assert await problem("?profile=position", b"no image at all") == (415, "UNSUPPORTED_FORMAT")
    svg = make("svg")
    assert await problem("?profile=position", svg.content, svg.name) == (415, "REDACTION_UNSUPPORTED")
    leaking = b"P6\n# by Jane Example, Alesund\n4 4\n255\nby Jane Example, Alesund".ljust(200, b"\0")
    assert await problem("?profile=remove_all", leaking, "a.ppm") == (422, "REDACTION_NOT_VERIFIED")


async def test_nothing_of_a_redaction_is_kept(running: Fleet, http: httpx.AsyncClient, photo: Path) -> None:
    answer = await http.post("/v1/redactions?profile=position", files={"file": ("a.jpg", photo.read_bytes())})

    assert answer.status_code == 200
    await eventually(lambda: running.spooled() == [])


async def test_redactions_count_against_the_limits_of_uploads(
    metered: Fleet, network: dict[str, str]
) -> None:
    async with httpx.AsyncClient(base_url=metered.url, headers=network, timeout=60) as http:
        statuses = [
            (await http.post("/v1/redactions?profile=x", files={"file": ("a.jpg", b"x")})).status_code
            for _ in range(11)
        ]

    assert statuses == [*[400] * 10, 429]


def test_the_command_writes_a_copy_and_says_what_it_did(running: Fleet, photo: Path) -> None:
    copy = photo.with_name("out.jpg")

    done = metaextract("redact", str(photo), "--profile", "position", "-o", str(copy), "--url", running.url)

    assert done.returncode == 0, done.stderr
    assert "removed" in done.stdout
    assert "GPS (" in done.stdout
    assert "the picture is the same" in done.stdout
    assert not [name for name in tags(copy) if "GPS" in name]
    assert [one.name for one in photo.parent.iterdir()].count("out.jpg") == 1
    assert len(list(photo.parent.iterdir())) == 2


def test_the_command_overwrites_nothing_unless_told_and_its_input_never(running: Fleet, photo: Path) -> None:
    before = photo.read_bytes()
    target = photo.with_name("photo-redacted.jpg")
    target.write_bytes(b"precious")
    arguments = ("redact", str(photo), "--profile", "remove-all", "--url", running.url)

    refused = metaextract(*arguments)
    onto_itself = metaextract(*arguments, "-o", str(photo), "--force")
    assert (refused.returncode, onto_itself.returncode) == (2, 2)
    assert target.read_bytes() == b"precious"
    forced = metaextract(*arguments, "--force", "--json")

    assert forced.returncode == 0, forced.stderr
    assert json.loads(forced.stdout)["output"] == str(target)
    assert target.read_bytes() != b"precious"
    assert photo.read_bytes() == before


def test_the_command_says_why_there_is_no_copy(running: Fleet, tmp_path: Path) -> None:
    svg = tmp_path / "a.svg"
    svg.write_bytes(make("svg").content)

    unsupported = metaextract("redact", str(svg), "--profile", "position", "--url", running.url)
    away = metaextract("redact", str(svg), "--profile", "position", "--url", "http://127.0.0.1:9")

    assert unsupported.returncode == 1
    assert "REDACTION_UNSUPPORTED" in unsupported.stderr
    assert away.returncode == 3
    assert list(tmp_path.iterdir()) == [svg]
