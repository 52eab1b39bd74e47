"""What goes well is what the OpenAPI document says, in every language; and what HTTP expects of a server."""

import base64
import csv
import io
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from openapi_schema_validator import OAS31Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from metaextract_gateway.adapters.http import reference
from metaextract_testing.exiftool import exiftool_path
from metaextract_testing.factory import make
from metaextract_testing.fleet import Fleet

DOCUMENT: Final = json.loads(Path(reference.__file__).with_name("openapi.json").read_text())
KEYS: Final = {"X-Session-Id": "a session of the tests"}


@pytest.fixture(scope="module")
def http(running: Fleet) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.url, timeout=60) as client:
        yield client


def conforms(answer: httpx.Response, path: str, verb: str) -> Any:
    """Check an answer against the document; return its JSON."""
    told = DOCUMENT["paths"][path][verb]["responses"][str(answer.status_code)]
    media_type = answer.headers["content-type"].partition(";")[0]
    schema = {"$ref": f"urn:openapi#{pointer(path, verb, answer.status_code, media_type)}"}
    assert media_type in told["content"]
    registry = Registry().with_resource("urn:openapi", Resource(DOCUMENT, DRAFT202012))
    body = answer.json()
    OAS31Validator(schema, registry=registry).validate(body)
    return body


def pointer(path: str, verb: str, status: int, media_type: str) -> str:
    parts = ("paths", path, verb, "responses", str(status), "content", media_type, "schema")
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def upload(
    http: httpx.Client, fmt: str = "jpeg", path: str = "/v1/extractions", **options: Any
) -> httpx.Response:
    image = make(fmt)
    return http.post(path, files={"file": (image.name, image.content, image.media_type)}, **options)


@pytest.mark.parametrize("fmt", ["jpeg", "heic"])
def test_an_extraction_is_what_the_document_says(http: httpx.Client, fmt: str) -> None:
    created = upload(http, fmt, params={"operations": ["ocr", "forensics", "embedding"]})

    made = conforms(created, "/v1/extractions", "post")
    again = conforms(http.get(created.headers["location"]), "/v1/extractions/{name}", "get")
    result = http.get(f"{created.headers['location']}/result")
    assert again == made
    assert conforms(result, "/v1/extractions/{extraction}/result", "get") == made["result"]


def test_batches_comparisons_and_reports_are_what_the_document_says(http: httpx.Client) -> None:
    image = make("jpeg")
    batch = http.post(
        "/v1/batches", files=[("file", (image.name, image.content)), ("file", ("x.jpg", b"no"))]
    )
    made = conforms(batch, "/v1/batches", "post")
    report = upload(http, path="/v1/redactions?profile=position&report=only")
    names = [upload(http, fmt).json()["name"] for fmt in ("jpeg", "png")]
    compared = http.get("/v1/extractions:compare", params={"names": names})

    assert [one["state"] for one in made["files"]] == ["STATE_SUCCEEDED", "STATE_FAILED"]
    conforms(http.get(batch.headers["location"]), "/v1/batches/{name}", "get")
    assert conforms(report, "/v1/redactions", "post")["verification"]["verified"]
    assert conforms(compared, "/v1/extractions:compare", "get")["fields"]


def test_prices_and_credits_are_those_of_whoever_asks(http: httpx.Client, token: str) -> None:
    files = {"files": [{"id": "a", "size_bytes": "1000"}], "operations": {"ocr": True}}
    quoted = http.post("/v1/quotes", json=files, headers=KEYS)
    quote = conforms(quoted, "/v1/quotes", "post")
    signed_in = http.post("/v1/quotes", json=files, headers={"Authorization": f"Bearer {token}"} | KEYS)
    claimed = upload(http, params={"quote": quote["name"], "quote_file": "a"}, headers=KEYS)
    elsewhere = upload(
        http, params={"quote": quote["name"], "quote_file": "a"}, headers={"X-Session-Id": "another"}
    )

    assert quote["account"] == "session:a session of the tests"
    assert signed_in.json()["account"].startswith("user:")
    assert [one["operation"] for one in claimed.json()["operations"]] == ["ocr"]
    assert (elsewhere.status_code, elsewhere.json()["reason"]) == (404, "QUOTE_NOT_FOUND")
    for path in ("/v1/credits", "/v1/credits/transfers"):
        conforms(http.get(path, headers=KEYS), path, "get")
        assert http.get(path, headers={"X-Session-Id": ""}).json()["reason"] == "SESSION_REQUIRED"
    conforms(http.get("/v1/credits/packs"), "/v1/credits/packs", "get")


def test_an_upload_in_pieces_claims_a_price_too(http: httpx.Client) -> None:
    content = make("jpeg").content
    files = {"files": [{"id": "a", "size_bytes": str(len(content))}], "operations": {"ocr": True}}
    quote = http.post("/v1/quotes", json=files, headers=KEYS).json()["name"]

    def created(name: str, session: str) -> httpx.Response:
        told = {"quote": name, "quote_file": "a"}
        encoded = (f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in told.items())
        headers = {
            "Tus-Resumable": "1.0.0",
            "Content-Type": "application/offset+octet-stream",
            "Upload-Length": str(len(content)),
            "Upload-Metadata": ",".join(encoded),
            "X-Session-Id": session,
        }
        return http.post("/v1/uploads", content=content, headers=headers)

    made = created(quote, KEYS["X-Session-Id"])
    extraction = made.headers["metaextract-extraction"]
    http.get(f"{extraction}/events", params={"wait_seconds": 20})  # to its end
    used = created(quote, KEYS["X-Session-Id"])
    elsewhere = created(quote, "another")
    misspelt = created("quotes/1", KEYS["X-Session-Id"])

    assert made.status_code == 201, made.text
    assert [one["operation"] for one in http.get(extraction).json()["operations"]] == ["ocr"]
    assert (used.status_code, used.json()["reason"]) == (409, "QUOTE_FILE_UNUSABLE")
    assert (elsewhere.status_code, elsewhere.json()["reason"]) == (404, "QUOTE_NOT_FOUND")
    assert (misspelt.status_code, misspelt.json()["metadata"]["field"]) == (400, "quote")


def test_a_key_may_ask_whose_it_is_and_make_no_other(http: httpx.Client, token: str) -> None:
    bearer = {"Authorization": f"Bearer {token}"}
    key = http.post("/v1/apiKeys", json={"title": "laptop"}, headers=bearer).json()["secret"]
    by_key = http.get("/v1/users/me", headers={"X-API-Key": key})
    more = http.post("/v1/apiKeys", json={"title": "another"}, headers={"X-API-Key": key})

    assert conforms(by_key, "/v1/users/me", "get")["email"] == "anna@example.com"
    assert by_key.json() == http.get("/v1/users/me", headers=bearer).json()
    assert (more.status_code, more.json()["reason"]) == (403, "API_KEY_NOT_ALLOWED")


def test_nobody_names_the_account_that_pays_or_where_buyers_are_sent(http: httpx.Client) -> None:
    named = http.post("/v1/quotes", json={"account": "user:somebody", "files": []}, headers=KEYS)
    order = {"pack": "starter", "return_url": "https://evil.example"}
    sent = http.post("/v1/credits/orders", json=order, headers=KEYS | {"Idempotency-Key": "1"})
    unkeyed = http.post("/v1/credits/orders", json={"pack": "starter"}, headers=KEYS)

    assert [one.status_code for one in (named, sent, unkeyed)] == [400, 400, 400]
    assert [one.json()["metadata"]["field"] for one in (named, sent, unkeyed)] == [
        "account",
        "return_url",
        "Idempotency-Key",
    ]


def test_a_sidecar_says_to_exiftool_what_the_picture_said(http: httpx.Client, tmp_path: Path) -> None:
    image = make("jpeg")
    made = upload(http).json()
    sidecar = http.get(f"/v1/{made['name']}/result", headers={"Accept": "application/rdf+xml"})
    (tmp_path / image.name).write_bytes(image.content)
    (tmp_path / "made.xmp").write_bytes(sidecar.content)

    def read(name: str) -> dict[str, Any]:
        command = [exiftool_path(), "-j", "-n", "-G1", "-XMP:all", "-EXIF:all", "-IPTC:all", tmp_path / name]
        return dict(json.loads(subprocess.run(command, capture_output=True, check=True).stdout)[0])

    own, written = read(image.name), read("made.xmp")
    left_out = re.findall(r"[\w-]+:[\w.-]+", re.findall(r"<!-- (.*?) -->", sidecar.text + "<!--  -->")[0])
    of_xmp = {
        name: value
        for name, value in own.items()
        if name.startswith("XMP-") and name not in left_out and not name.startswith("XMP-x:")
    }
    assert of_xmp
    assert {name: written.get(name) for name in of_xmp} == of_xmp
    assert written["XMP-tiff:Make"] == own["IFD0:Make"]
    assert written["XMP-exif:ExposureTime"] == pytest.approx(own["ExifIFD:ExposureTime"])
    assert sidecar.headers["content-disposition"] == f'attachment; filename="{Path(image.name).stem}.xmp"'


def test_every_rendering_holds_every_field(http: httpx.Client, extraction: str) -> None:
    path = f"/v1/extractions/{extraction}/result"
    fields = http.get(path).json()["fields"]
    lines = [json.loads(line) for line in http.get(path, params={"format": "ndjson"}).text.splitlines()]
    table = http.get(path, headers={"Accept": "text/csv"})

    assert [line["field"] for line in lines[1:]] == fields
    rows = list(csv.DictReader(io.StringIO(table.text, newline="")))
    assert [(row["group"], row["name"]) for row in rows] == [(one["group"], one["name"]) for one in fields]
    head = http.head(path, params={"format": "csv"})
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) == len(table.content)


def test_a_server_with_good_manners(http: httpx.Client, extraction: str) -> None:
    wrong_type = http.get("/v1/formats", headers={"Accept": "text/html"})
    wrong_parameter = http.get("/v1/formats", params={"nonsense": "1"})
    wrong_uploads = [
        http.post(f"/v1/{one}?nonsense=1", files={"file": ("a.jpg", b"")})
        for one in ("extractions", "batches", "redactions")
    ]
    wrong_method = http.delete("/v1/apiKeys")
    options = http.options("/v1/apiKeys")
    unfinished = http.get(f"/v1/extractions/{extraction}/result", params={"format": "pdf"})
    seen = http.get(f"/v1/extractions/{extraction}/events", headers={"Last-Event-ID": "999999"})
    traced = http.get("/v1/nothing", headers={"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"})

    assert (wrong_type.status_code, wrong_type.json()["metadata"]) == (
        406,
        {"media_types": "application/json"},
    )
    assert (wrong_parameter.status_code, wrong_parameter.json()["metadata"]["field"]) == (400, "nonsense")
    assert {one.json()["metadata"]["field"] for one in wrong_uploads} == {"nonsense"}
    assert (wrong_method.status_code, wrong_method.headers["allow"]) == (405, "GET, HEAD, OPTIONS, POST")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")
    assert (unfinished.status_code, unfinished.json()["reason"]) == (400, "INVALID_REQUEST")
    assert seen.status_code == 204
    assert (traced.status_code, traced.json()["trace_id"]) == (404, "a" * 32)
    assert traced.headers["traceparent"].startswith(f"00-{'a' * 32}-")
    assert "/docs" in http.get("/").json()["reference"]


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b"[1]",
        b"null",
        b"\xff\xfe",
        b'{"files":' + b'{"files":' * 200 + b"1",
        b'{"files":[{"id":"\\ud800"}]}',
    ],
    ids=["deep", "list", "null", "no text", "nested", "surrogate"],
)
def test_json_that_is_none_is_refused(http: httpx.Client, body: bytes) -> None:
    answer = http.post("/v1/quotes", content=body)

    assert (answer.status_code, answer.json()["reason"]) == (400, "INVALID_REQUEST")
