"""Files go in over HTTP, everything they say comes out."""

import asyncio
import gzip
import hashlib
import itertools
import json
import uuid
from collections.abc import AsyncIterator, Iterable

import httpx
import pytest

from metaextract_testing.factory import FORMATS, large_image, large_jpeg_chunks, make
from metaextract_testing.fleet import Fleet, eventually


def printed(extraction: dict) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for field in extraction["result"]["fields"]:
        found.setdefault(f"{field['group']}:{field['name']}", []).append(field.get("printed", ""))
    return found


@pytest.mark.parametrize("fmt", FORMATS)
async def test_every_known_tag_of_every_format_is_in_the_result(http: httpx.AsyncClient, fmt: str) -> None:
    image = make(fmt)

    answer = await http.post("/v1/extractions", files={"file": (image.name, image.content, image.media_type)})

    assert answer.status_code == 201, answer.text
    found = printed(answer.json())
    missing = {tag: value for tag, value in image.tags.items() if value not in found.get(tag, [])}
    assert not missing
    file = answer.json()["result"]["file"]
    assert file["file_name"] == image.name
    assert int(file["size_bytes"]) == len(image.content)
    assert file["hashes"]["sha256"] == hashlib.sha256(image.content).hexdigest()
    assert file["hashes"]["md5"] == hashlib.md5(image.content).hexdigest()


async def test_the_raw_body_gives_the_same_fields_as_the_multipart_body(http: httpx.AsyncClient) -> None:
    image = make("jpeg")

    form = await http.post("/v1/extractions", files={"file": (image.name, image.content, image.media_type)})
    raw = await http.post(
        f"/v1/extractions?file_name={image.name}",
        content=image.content,
        headers={"Content-Type": "image/jpeg"},
    )

    assert raw.json()["result"]["fields"] == form.json()["result"]["fields"]


async def test_an_extraction_can_be_read_again_at_its_location(http: httpx.AsyncClient) -> None:
    image = make("png")

    created = await http.post("/v1/extractions", files={"file": (image.name, image.content)})
    again = await http.get(created.headers["location"])

    assert again.status_code == 200
    assert again.json() == created.json()


async def test_a_repeated_upload_under_one_idempotency_key_is_read_once(http: httpx.AsyncClient) -> None:
    image, other = make("jpeg", seed=1), make("jpeg", seed=2)
    headers = {"Idempotency-Key": str(uuid.uuid4())}

    first = await http.post("/v1/extractions", files={"file": (image.name, image.content)}, headers=headers)
    http.cookies.clear()  # as a client whose first answer was lost
    second = await http.post("/v1/extractions", files={"file": (image.name, image.content)}, headers=headers)
    third = await http.post("/v1/extractions", files={"file": (other.name, other.content)}, headers=headers)

    assert second.json() == first.json()
    assert third.status_code == 409
    assert third.json()["reason"] in ("IDEMPOTENCY_KEY_REUSED", "REQUEST_ID_REUSED")  # by size, by content


async def test_events_are_streamed_from_the_first_byte_to_the_end_and_resume(http: httpx.AsyncClient) -> None:
    size = 3_000_000
    extraction_id = str(uuid.uuid4())
    events: list[tuple[int, str, dict]] = []
    partly_read = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        sent = 0
        for piece in large_jpeg_chunks(size):
            for at in range(0, len(piece), 200_000):
                yield piece[at : at + 200_000]
                sent += 200_000
                await asyncio.sleep(0.12)
                if sent > size / 2:  # however busy the machine is
                    await partly_read.wait()

    async def watch() -> None:
        url = f"/v1/extractions/{extraction_id}/events?wait_seconds=50"
        async with http.stream("GET", url) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            async for frame in frames(stream):
                events.append(frame)
                if frame[1] == "partial_result":
                    partly_read.set()

    watching = asyncio.create_task(watch())
    created = await http.post(
        f"/v1/extractions?extraction_id={extraction_id}&partial_results=true&file_name=large.jpg",
        content=body(),
        headers={"Content-Type": "image/jpeg", "Content-Length": str(size)},
    )
    await asyncio.wait_for(watching, 60)

    assert created.status_code == 201, created.text
    kinds = [kind for _, kind, _ in events]
    assert [sequence for sequence, _, _ in events] == sorted({sequence for sequence, _, _ in events})
    assert kinds[0] == "state_change"
    assert kinds[-1] == "ended"
    received = [int(e["progress"]["bytes_received"]) for _, kind, e in events if kind == "progress"]
    assert received == sorted(received)
    assert len(set(received)) > 3
    assert "partial_result" in kinds
    tags = large_image("jpeg", size).tags
    partial = next(event for _, kind, event in events if kind == "partial_result")
    seen = {f"{f['group']}:{f['name']}": f.get("printed") for f in partial["partial_result"]["fields"]}
    assert seen["IFD0:Make"] == tags["IFD0:Make"]
    assert events[-1][2]["ended"] == created.json()

    middle = events[len(events) // 2][0]
    async with http.stream(
        "GET", f"/v1/extractions/{extraction_id}/events", headers={"Last-Event-ID": str(middle)}
    ) as stream:
        resumed = [frame async for frame in frames(stream)]
    assert resumed[0][0] > middle
    assert resumed[-1] == events[-1]


async def frames(stream: httpx.Response) -> AsyncIterator[tuple[int, str, dict]]:
    frame: dict[str, str] = {}
    async for line in stream.aiter_lines():
        if line:
            key, _, value = line.partition(": ")
            frame[key] = value
        elif "data" in frame:
            yield int(frame["id"]), frame["event"], json.loads(frame["data"])
            frame = {}


def request_head(framing: str) -> bytes:
    lines = ("POST /v1/extractions HTTP/1.1", "Host: x", "Content-Type: image/jpeg", framing)
    return "\r\n".join([*lines, "", ""]).encode()


async def refused(fleet: Fleet, head: bytes, pieces: Iterable[bytes]) -> tuple[bytes, int]:
    """Send a request until an answer comes, as curl does; return the answer and the bytes sent."""
    host, _, port = fleet.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    answering = asyncio.create_task(reader.readuntil(b"\r\n\r\n"))
    writer.write(head)
    sent = 0
    for piece in pieces:
        if answering.done():
            break
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0)
        sent += len(piece)
    answer = await asyncio.wait_for(answering, 60)
    writer.close()
    return answer, sent


async def test_an_upload_over_the_limit_is_refused_before_it_is_sent(running: Fleet) -> None:
    head = request_head("Content-Length: 1000000000")

    answer, sent = await refused(running, head, itertools.repeat(bytes(65536), 10_000))

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"application/problem+json" in answer
    assert b"connection: close" in answer.lower()
    assert sent < 64 * 1024 * 1024
    await eventually(lambda: not running.spooled())


async def test_an_upload_of_undeclared_length_is_cut_off_at_the_limit(running: Fleet) -> None:
    head = request_head("Transfer-Encoding: chunked")
    image = make("jpeg").content
    pieces = [b"%x\r\n%s\r\n" % (len(one), one) for one in (image, bytes(1024 * 1024))]

    answer, sent = await refused(
        running, head, itertools.chain([pieces[0]], itertools.repeat(pieces[1], 1000))
    )

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert 100 * 1024 * 1024 < sent < 150 * 1024 * 1024
    await eventually(lambda: not running.spooled())
    await eventually(lambda: running.server().get("uploads_count", 0) == 0)


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("photo.jpg", b"this is text, not a photograph", "image/jpeg"),
        ("photo.jpg", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "image/jpeg"),
        ("photo.png", b"PK\x03\x04" + bytes(100), "image/png"),
        ("photo.jpg", b"", "image/jpeg"),
        ("drawing.svgz", gzip.compress(b"no drawing " * 1000, mtime=0), "image/svg+xml"),
    ],
)
async def test_what_is_no_image_is_refused_whatever_its_name(
    http: httpx.AsyncClient, name: str, content: bytes, media_type: str
) -> None:
    new = await http.post("/v1/extractions", files={"file": (name, content, media_type)})
    legacy = await http.post("/api/images_mvp/extract", files={"file": (name, content, media_type)})

    assert new.status_code == 415
    assert new.headers["content-type"] == "application/problem+json"
    assert new.json()["reason"] == "UNSUPPORTED_FORMAT"
    assert legacy.status_code == 403
    assert legacy.json() == {
        "error": "Unsupported file type",
        "message": "File type not permitted",
        "code": "UNSUPPORTED_FILE_TYPE",
    }


async def test_a_name_of_another_format_is_told_and_refused_by_the_legacy(http: httpx.AsyncClient) -> None:
    file = {"file": ("photo.jpg", make("png").content, "image/jpeg")}
    new = (await http.post("/v1/extractions", files=file)).json()
    legacy = await http.post("/api/images_mvp/extract", files=file)

    told = new["result"]["file"]["format"]
    assert (told["name"], told["declared_extension"], told["declared_media_type"]) == (
        "PNG",
        "jpg",
        "image/jpeg",
    )
    assert "FORMAT_DISAGREES" in [one["code"] for one in new["result"]["warnings"]]
    assert (legacy.status_code, legacy.json()["code"]) == (403, "UNSUPPORTED_FILE_TYPE")


async def test_a_body_that_is_declared_as_text_is_refused_unread(http: httpx.AsyncClient) -> None:
    answer = await http.post("/v1/extractions", content=b"{}", headers={"Content-Type": "application/json"})

    assert answer.status_code == 415
    assert answer.json()["reason"] == "MEDIA_TYPE_UNSUPPORTED"


async def test_a_form_without_a_file_is_refused_in_both_languages(http: httpx.AsyncClient) -> None:
    new = await http.post("/v1/extractions", files={"x": (None, "1")})
    legacy = await http.post("/api/images_mvp/extract", files={"x": (None, "1")})

    assert new.status_code == 400
    assert new.json()["reason"] == "FILE_MISSING"
    assert legacy.status_code == 400
    assert legacy.json()["error"]["code"] == "INVALID_REQUEST"
    assert legacy.json()["error"]["message"] == "No file uploaded"


async def test_an_unknown_extraction_is_a_404_everywhere(http: httpx.AsyncClient) -> None:
    unknown = str(uuid.uuid4())

    for answer in (
        await http.get(f"/v1/extractions/{unknown}"),
        await http.get(f"/v1/extractions/{unknown}/events"),
        await http.post(f"/v1/extractions/{unknown}:cancel"),
    ):
        assert answer.status_code == 404
        assert answer.json()["reason"] == "EXTRACTION_NOT_FOUND"


async def test_formats_and_server_are_answered_from_the_contract(http: httpx.AsyncClient) -> None:
    formats = (await http.get("/v1/formats")).json()["formats"]
    server = (await http.get("/v1/server")).json()

    assert {"JPEG", "HEIC", "CR3"} <= {one["name"] for one in formats}
    versions = {one["name"]: one["version"] for one in server["engines"]}
    major, minor = versions["exiftool"].split(".")
    assert (int(major), int(minor)) >= (13, 50)


async def test_a_hundred_files_at_once_all_get_their_own_answer(http: httpx.AsyncClient) -> None:
    images = [make("jpeg", seed=seed) for seed in range(100)]

    async def upload(image) -> str:
        answer = await http.post("/v1/extractions", files={"file": (image.name, image.content)})
        assert answer.status_code == 201, answer.text
        return answer.json()["result"]["file"]["hashes"]["sha256"]

    answers = await asyncio.gather(*(upload(image) for image in images))

    assert answers == [hashlib.sha256(image.content).hexdigest() for image in images]


async def test_a_wrong_path_or_method_is_a_problem_too(http: httpx.AsyncClient) -> None:
    nowhere = await http.get("/v1/nothing")
    wrong = await http.get("/v1/extractions")
    index = await http.get("/")

    assert (nowhere.status_code, nowhere.json()["reason"]) == (404, "PATH_NOT_FOUND")
    assert (wrong.status_code, wrong.json()["reason"]) == (405, "METHOD_NOT_ALLOWED")
    assert wrong.headers["allow"] == "OPTIONS, POST"
    assert index.json()["name"] == "MetaExtract"
