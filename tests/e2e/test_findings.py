"""What follows from the fields, through the whole product: quality, insights, comparison, the fallback."""

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from PIL import Image, ImageDraw, ImageFont

from metaextract_testing.factory import FORMATS, make
from metaextract_testing.fleet import Fleet, started


def legacy(fleet: Fleet, fmt: str, seed: int = 1) -> dict:
    image = make(fmt, seed=seed)
    return extracted(fleet, image.name, image.content)


def extracted(
    fleet: Fleet, name: str, content: bytes, headers: dict[str, str] | None = None, **fields: str
) -> dict:
    url = f"{fleet.url}/api/images_mvp/extract"
    answer = httpx.post(url, files={"file": (name, content)}, data=fields, headers=headers, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


def with_overlay() -> bytes:
    """A picture as camera apps print on it."""
    image = Image.new("RGB", (1200, 900), (40, 60, 40))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size=36)
    for row, line in enumerate(("GPS Map Camera", "Lat 47.376900  Long 8.541700", "14/05/2023 13:22")):
        draw.text((40, 600 + 60 * row), line, fill="white", font=font)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


async def uploaded(http: httpx.AsyncClient, seed: int) -> str:
    image = make("jpeg", seed=seed)
    answer = await http.post("/v1/extractions", files={"file": (image.name, image.content, image.media_type)})
    return answer.json()["name"]


def metaextract(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "metaextract_client.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


UNMEASURED = {"bmp"}
"""Nothing in it counts as a tag or as a container of metadata."""


@pytest.mark.parametrize("fmt", FORMATS)
def test_the_legacys_quality_is_measured_for_every_format(running: Fleet, fmt: str) -> None:
    document = legacy(running, fmt)

    metrics = document["quality_metrics"]
    if fmt in UNMEASURED:
        assert metrics["extraction_completeness"] is None
    else:
        assert 0 < metrics["extraction_completeness"] <= 1
    assert 0 < metrics["processing_efficiency"] <= 1
    assert metrics["confidence_score"] is None or 0 < metrics["confidence_score"] <= 1
    assert metrics["format_support_level"] in {"comprehensive", "advanced", "basic", "limited"}
    assert metrics["enhanced_extraction"] is True
    assert document["processing_insights"]["fallback_extraction"] is False
    assert document["processing_insights"]["reading_ms"] > 0
    assert document["ai_detection"]["ai_detected"] is None


async def test_what_a_reading_cost_is_told_alike_on_both_interfaces(
    running: Fleet, http: httpx.AsyncClient
) -> None:
    image = make("jpeg")
    new = (await http.post("/v1/extractions", files={"file": (image.name, image.content)})).json()
    document = legacy(running, "jpeg")

    old, insights = document["quality_metrics"]["efficiency"], document["processing_insights"]
    assert old["queue_ms"] == pytest.approx(insights["queue_ms"], abs=0.001)
    assert old["wall_ms"] == pytest.approx(insights["reading_ms"], abs=0.001)
    assert int(old["memory_peak_bytes"]) / 1e6 == pytest.approx(insights["memory_usage_mb"], abs=0.01)
    assert 10 < insights["memory_usage_mb"] < 768 * 1.05
    cost, timings = new["quality"]["efficiency"], new["result"]["timings"]
    assert cost.keys() == {name for name, value in old.items() if value is not None}
    assert cost["queue_ms"] >= 0
    assert cost["wall_ms"] == pytest.approx(float(timings["parsing"].removesuffix("s")) * 1000, abs=0.001)
    assert cost["memory_peak_bytes"] == timings["memory_peak_bytes"]


def test_a_jpeg_is_agreed_on_by_several_engines_and_has_its_hashes(running: Fleet) -> None:
    document = legacy(running, "jpeg")

    words = document["quality_metrics"]["confidence_words"]
    assert re.fullmatch(r"\d+ of \d+ values agreed by [3-9] engines, no conflicts", words)
    assert document["perceptual_hashes"]["available"] is True
    assert re.fullmatch(r"[0-9a-f]{16}", document["perceptual_hashes"]["phash"])
    assert document["thumbnail"]["width"] > 0
    assert {"walkers", "exiftool", "pillow"} <= {
        one["name"] for one in document["extraction_info"]["engines"]
    }


def test_a_free_check_gives_away_neither_place_nor_device_nor_owner(
    metered: Fleet, network: dict[str, str]
) -> None:
    image = make("jpeg", seed=1)

    document = extracted(metered, image.name, image.content, network)

    tags = image.tags
    assert document["access"]["mode"] == "device_free"
    shown = json.dumps(document, ensure_ascii=False)
    for value in ("75.7466", "109.0544", tags["ExifIFD:SerialNumber"], tags["ExifIFD:OwnerName"]):
        assert value not in shown
    assert document["quality_metrics"]["confidence_score"] > 0.9


def test_what_is_printed_on_the_picture_is_read_but_its_place_is_not_given_away(
    running: Fleet, metered: Fleet, network: dict[str, str]
) -> None:
    content = with_overlay()

    whole = extracted(running, "overlay.jpg", content, op_ocr="1")
    free = extracted(metered, "overlay.jpg", content, network, op_ocr="1")

    parsed = whole["burned_metadata"]["parsed_data"]
    assert (parsed["gps"]["latitude"], parsed["gps"]["longitude"]) == (47.3769, 8.5417)
    assert parsed["timestamp"] == "2023-05-14T13:22"
    assert whole["metadata_comparison"]["summary"]["gps_comparison"] == "burned_only"
    assert free["burned_metadata"]["parsed_data"]["timestamp"] == "2023-05-14T13:22"
    assert free["burned_metadata"]["extracted_text"] is None
    assert not {"47.3769", "8.5417"} & set(re.findall(r"\d+\.\d{4}", json.dumps(free)))


def test_without_the_primary_engine_the_basic_path_answers_in_the_same_shape(
    running: Fleet, tmp_path: Path
) -> None:
    with started(tmp_path, environment={"EXTRACTOR_ENGINES_OFF": "exiftool"}) as basic:
        document = legacy(basic, "jpeg")

    assert document.keys() == legacy(running, "jpeg").keys()
    assert document["processing_insights"]["fallback_extraction"] is True
    assert document["extraction_info"]["fallback_reason"] == "exiftool: off"
    assert document["quality_metrics"]["enhanced_extraction"] is False
    assert document["exif"]["Make"] == make("jpeg", seed=1).tags["IFD0:Make"]


async def test_two_extractions_are_compared_over_http(http: httpx.AsyncClient) -> None:
    first, second = await uploaded(http, 1), await uploaded(http, 2)

    answer = await http.get("/v1/extractions:compare", params={"names": [first, second]})
    lonely = await http.get("/v1/extractions:compare", params={"names": [first]})
    unknown = await http.get("/v1/extractions:compare", params={"names": [first, f"{second[:-4]}0000"]})

    comparison = answer.json()
    assert comparison["extractions"] == [first, second]
    relations = {f"{one['group']}:{one['name']}": one["relation"] for one in comparison["fields"]}
    assert relations["ExifIFD:DateTimeOriginal"] == "RELATION_DIFFERENT"
    assert relations["IFD0:Make"] == "RELATION_EQUAL"
    assert (lonely.status_code, lonely.json()["reason"]) == (400, "INVALID_REQUEST")
    assert (unknown.status_code, unknown.json()["reason"]) == (404, "EXTRACTION_NOT_FOUND")


async def test_operations_are_delivered_over_http_or_say_why_not(http: httpx.AsyncClient) -> None:
    outcomes = {}
    for fmt in ("jpeg", "svg"):
        image = make(fmt)
        answer = await http.post(
            "/v1/extractions",
            params={"operations": ["embedding", "forensics"]},
            files={"file": (image.name, image.content, image.media_type)},
        )
        outcomes[fmt] = {one["operation"]: one for one in answer.json()["operations"]}

    assert len(outcomes["jpeg"]["embedding"]["embedding"]["vector"]) == 256
    assert outcomes["jpeg"]["forensics"]["forensics"]["statements"]
    assert outcomes["svg"]["embedding"].keys() == {"operation", "delivered", "reason"}
    assert outcomes["svg"]["embedding"]["delivered"] is False
    assert outcomes["svg"]["forensics"]["delivered"] is True


async def test_without_operations_there_are_no_outcomes(http: httpx.AsyncClient) -> None:
    image = make("jpeg")
    answer = await http.post("/v1/extractions", files={"file": (image.name, image.content, image.media_type)})

    assert "operations" not in answer.json()


async def test_an_operation_that_there_is_not_is_refused_before_the_file_is_read(
    http: httpx.AsyncClient,
) -> None:
    image = make("jpeg")
    files = {"file": (image.name, image.content, image.media_type)}

    answer = await http.post("/v1/extractions", params={"operations": ["ocr", "magic"]}, files=files)

    assert (answer.status_code, answer.json()["reason"]) == (400, "INVALID_REQUEST")
    assert "embedding, ocr, forensics" in answer.json()["detail"]


def test_the_command_line_compares_and_tells_what_a_file_gives_away(running: Fleet, tmp_path: Path) -> None:
    paths = []
    for seed in (1, 2):
        image = make("jpeg", seed=seed)
        paths.append(str(tmp_path / f"{seed}.jpg"))
        Path(paths[-1]).write_bytes(image.content)

    compared = metaextract("compare", *paths, "--url", running.url)
    privacy = metaextract("privacy", paths[0], "--url", running.url)

    assert (compared.returncode, privacy.returncode) == (0, 0), compared.stderr + privacy.stderr
    rows = [line.split("\t") for line in compared.stdout.splitlines()]
    assert ["different", "IFD0:Artist"] in [row[:2] for row in rows]
    assert all(row[0] != "equal" for row in rows)
    subjects = {tuple(line.split("\t")[1:3]) for line in privacy.stdout.splitlines()}
    assert {("place", "exact"), ("device", "exact"), ("time", "")} <= subjects
