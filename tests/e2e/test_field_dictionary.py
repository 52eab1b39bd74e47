"""The field dictionary over HTTP and from the command line."""

import json
import subprocess
import sys

import httpx
import pytest

from metaextract_testing.fleet import Fleet, eventually


@pytest.fixture
async def fields(running: Fleet, http: httpx.AsyncClient) -> httpx.AsyncClient:
    """A client of a product whose dictionary is ready: right after an update it takes some seconds."""
    await eventually(
        lambda: httpx.get(f"{running.url}/v1/fieldDictionary", timeout=60).status_code == 200, seconds=50
    )
    return http


def metaextract(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "metaextract_client.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


async def test_a_field_is_found_by_words_and_read_by_its_name(fields: httpx.AsyncClient) -> None:
    found = (await fields.get("/v1/fieldDefinitions", params={"query": "gps lat", "page_size": 3})).json()
    one = (await fields.get(f"/v1/{found['fields'][0]['name']}", params={"language": "de"})).json()

    assert len(found["fields"]) == 3
    assert found["fields"][0]["field_name"] == "GPSLatitude"
    assert found["total_size"] > 3
    assert (one["name"], one["tag_id_hex"]) == ("fieldDefinitions/GPS.Main.GPSLatitude", "0x0002")
    assert one["descriptions"]["de"] == one["description"]


async def test_pages_follow_each_other(fields: httpx.AsyncClient) -> None:
    query = {"query": "lens", "group": "EXIF", "page_size": 2}
    first = (await fields.get("/v1/fieldDefinitions", params=query)).json()
    second = (
        await fields.get("/v1/fieldDefinitions", params={**query, "page_token": first["next_page_token"]})
    ).json()
    names = [one["name"] for page in (first, second) for one in page["fields"]]

    assert len(set(names)) == 4


async def test_a_slip_of_the_hand_is_mended_and_said(fields: httpx.AsyncClient) -> None:
    found = (await fields.get("/v1/fieldDefinitions?query=DateTimeOrignal")).json()

    assert found["corrected_query"] == "DateTimeOriginal"
    assert found["fields"][0]["group"] == "ExifIFD"


async def test_what_is_wrong_is_a_problem_document(fields: httpx.AsyncClient) -> None:
    missing = await fields.get("/v1/fieldDefinitions/Exif.Main.None")
    language = await fields.get("/v1/fieldDefinitions?query=x&language=xx")
    unknown = await fields.get("/v1/fieldDefinitions?colour=red")

    assert (missing.status_code, missing.json()["reason"]) == (404, "FIELD_DEFINITION_NOT_FOUND")
    assert (language.status_code, language.json()["metadata"]["field"]) == (400, "language")
    assert (unknown.status_code, unknown.json()["reason"]) == (400, "INVALID_REQUEST")


async def test_the_dictionary_knows_all_that_the_engine_knows(fields: httpx.AsyncClient) -> None:
    dictionary = (await fields.get("/v1/fieldDictionary")).json()
    groups = (await fields.get("/v1/fieldGroups", params={"family": 1})).json()["groups"]

    assert dictionary["definitions_count"] > 30_000
    assert dictionary["names_count"] > 20_000
    assert {"ExifIFD", "GPS", "Canon", "XMP-dc", "LibRaw"} <= {one["group"] for one in groups}


async def test_the_command_line_looks_fields_up(fields: httpx.AsyncClient, running: Fleet) -> None:
    table = metaextract("fields", "0x0112", "--group", "IFD0", "--url", running.url)
    document = metaextract("fields", "Orientation", "--limit", "1", "--json", "--url", running.url)
    info = metaextract("fields", "--info", "--url", running.url)

    assert table.returncode == 0, table.stderr
    assert table.stdout.startswith(
        "Orientation\tIFD0\tExif::Main\tint16u\t274 (0x0112)\tyes\tOrientation\t1 = Horizontal"
    )
    assert json.loads(document.stdout)[0]["values_count"] == 8
    assert "exiftool 13." in info.stdout
