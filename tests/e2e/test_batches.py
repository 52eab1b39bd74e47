"""Many files at once over HTTP."""

import asyncio
import json
import uuid

import grpc
import httpx
import pytest

from metaextract.billing.v1 import billing_pb2
from metaextract.billing.v1.billing_pb2_grpc import BillingServiceStub
from metaextract_testing.factory import make
from metaextract_testing.fleet import Fleet
from metaextract_testing.hostile import slow_jpeg

IMAGE = make("png")
CORRUPT = b"no image at all " * 5000
FILES_COUNT = 30


def form(*contents: bytes) -> list[tuple[str, tuple[str, bytes]]]:
    return [("file", (f"{number}.png", content)) for number, content in enumerate(contents)]


@pytest.fixture
def batch() -> str:
    return f"batches/{uuid.uuid4()}"


async def test_of_thirty_files_the_bad_one_is_an_entry_with_its_error(http: httpx.AsyncClient) -> None:
    contents = [IMAGE.content] * FILES_COUNT
    contents[13] = CORRUPT

    answer = await http.post("/v1/batches", files=form(*contents))

    assert answer.status_code == 201, answer.text
    batch, files = answer.json()["batch"], answer.json()["files"]
    assert answer.headers["location"] == f"/v1/{batch['name']}"
    assert (batch["extractions_count"], batch["succeeded_count"], batch["failed_count"]) == (30, 29, 1)
    assert (batch["fraction"], batch["size_bytes"]) == (1, str(29 * len(IMAGE.content)))
    assert [file["file_name"] for file in files] == [f"{number}.png" for number in range(FILES_COUNT)]
    states = [file["state"] for file in files]
    assert states[13] == "STATE_FAILED"
    assert states.count("STATE_SUCCEEDED") == FILES_COUNT - 1
    assert (files[13]["error"]["reason"], files[13]["error"]["status"]) == ("UNSUPPORTED_FORMAT", 415)
    assert all("error" not in file for file in files if file["state"] == "STATE_SUCCEEDED")

    listed, token = [], ""
    while token or not listed:
        page = await http.get(f"/v1/{batch['name']}/extractions?page_size=12&page_token={token}")
        listed += page.json()["extractions"]
        token = page.json().get("next_page_token", "")
    assert [one["name"] for one in listed] == [file["extraction"] for file in files]
    assert not any("result" in one for one in listed)
    whole = await http.get(f"/v1/{files[20]['extraction']}")
    assert (whole.json()["batch"], whole.json()["state"]) == (batch["name"], "STATE_SUCCEEDED")
    assert (await http.get(f"/v1/{batch['name']}")).json() == batch

    results = await http.get(f"/v1/{batch['name']}/results")
    assert results.headers["content-type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in results.text.splitlines()]
    assert [one["name"] for one in lines] == [file["extraction"] for file in files]
    assert lines[20] == whole.json()
    assert (lines[13]["state"], "result" in lines[13]) == ("STATE_FAILED", False)


async def test_the_events_of_a_batch_begin_before_it_and_end_with_its_last_file(
    http: httpx.AsyncClient, batch: str
) -> None:
    async def watched() -> list[tuple[str, dict]]:
        seen, kind = [], ""
        url = f"/v1/{batch}/events?extractions_count=5&wait_seconds=50"
        async with http.stream("GET", url) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            async for line in answer.aiter_lines():
                if line.startswith("event: "):
                    kind = line.removeprefix("event: ")
                if line.startswith("data: "):
                    seen.append((kind, json.loads(line.removeprefix("data: "))))
        return seen

    watching = asyncio.create_task(watched())
    sending = [
        http.post(f"/v1/extractions?batch={batch}", files={"file": ("a.png", IMAGE.content)})
        for _ in range(5)
    ]
    answers = await asyncio.gather(*sending)
    assert {answer.json()["batch"] for answer in answers} == {batch}
    events = await watching
    assert [kind for kind, _ in events] == ["changed"] * (len(events) - 1) + ["ended"]
    assert events[-1][1]["ended"]["succeeded_count"] == 5
    sequences = [int(event["sequence"]) for _, event in events]
    assert sequences == sorted(set(sequences))
    resumed = await http.get(
        f"/v1/{batch}/events?extractions_count=5", headers={"Last-Event-ID": str(sequences[-1])}
    )
    assert resumed.status_code == 204


async def test_a_batch_is_cancelled_while_its_files_come(http: httpx.AsyncClient, batch: str) -> None:
    contents = [IMAGE.content, slow_jpeg(), IMAGE.content, IMAGE.content]
    sending = asyncio.create_task(http.post(f"/v1/batches?batch={batch}", files=form(*contents)))

    async with asyncio.timeout(60):
        while True:
            found = (await http.get(f"/v1/{batch}")).json()
            if found.get("parsing_count") == 1 and found["succeeded_count"] == 1:
                break
            await asyncio.sleep(0.05)
    cancelled = await http.post(f"/v1/{batch}:cancel")

    assert cancelled.json()["cancelled_count"] == 1
    answer = (await sending).json()
    assert [file["state"] for file in answer["files"]] == [
        "STATE_SUCCEEDED",
        "STATE_CANCELLED",
        "STATE_FAILED",
        "STATE_FAILED",
    ]
    reasons = [file["error"]["reason"] for file in answer["files"][1:]]
    assert reasons == ["EXTRACTION_CANCELLED", "BATCH_CANCELLED", "BATCH_CANCELLED"]
    assert answer["batch"] == (await http.get(f"/v1/{batch}")).json()
    late = await http.post(f"/v1/extractions?batch={batch}", files={"file": ("a.png", IMAGE.content)})
    assert (late.status_code, late.json()["reason"]) == (409, "BATCH_CANCELLED")


async def test_a_repeated_request_answers_with_the_first_batch(http: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    contents = (IMAGE.content, make("jpeg").content)
    first = await http.post("/v1/batches", files=form(*contents), headers=headers)
    again = await http.post("/v1/batches", files=form(*contents), headers=headers)
    assert again.status_code == 201
    assert again.json() == first.json()


@pytest.mark.parametrize(
    ("query", "files", "status", "reason"),
    [
        ("?batch=batches/1", form(IMAGE.content), 400, "INVALID_REQUEST"),
        ("", [("other", ("a.png", IMAGE.content))], 400, "MULTIPART_MALFORMED"),
        ("", [("comment", (None, "no file"))], 400, "FILE_MISSING"),
    ],
)
async def test_what_is_no_batch_is_refused(http: httpx.AsyncClient, query, files, status, reason) -> None:
    answer = await http.post(f"/v1/batches{query}", files=files)
    assert (answer.status_code, answer.json()["reason"]) == (status, reason)


async def test_a_batch_that_is_not_there_is_not_found(http: httpx.AsyncClient, batch: str) -> None:
    for path in ("", "/extractions", "/events", "/results"):
        answer = await http.get(f"/v1/{batch}{path}")
        assert (answer.status_code, answer.json()["reason"]) == (404, "BATCH_NOT_FOUND")
    answer = await http.post(f"/v1/{batch}:cancel")
    assert (answer.status_code, answer.json()["reason"]) == (404, "BATCH_NOT_FOUND")


async def test_files_beyond_what_can_be_paid_fail_alone(metered: Fleet, network: dict[str, str]) -> None:
    async with httpx.AsyncClient(base_url=metered.url, headers=network, timeout=60) as http:
        answer = await http.post("/v1/batches", files=form(*[IMAGE.content] * 4))
        assert answer.status_code == 201, answer.text
        files = answer.json()["files"]
        assert [file["state"] for file in files] == ["STATE_SUCCEEDED"] * 2 + ["STATE_FAILED"] * 2
        assert {(file["error"]["status"], "extraction" in file) for file in files[2:]} == {(402, False)}
        assert answer.json()["batch"]["extractions_count"] == 2
        none = await http.post("/v1/batches", files=form(IMAGE.content))
        assert none.status_code == 402


async def test_small_files_of_a_batch_are_paid_from_an_account_that_could_not_pay_a_large_one(
    metered: Fleet, network: dict[str, str], session: str
) -> None:
    async with grpc.aio.insecure_channel(metered.target("billing")) as channel:
        request = billing_pb2.GrantCreditsRequest(account=f"session:{session}", request_id=session, credits=3)
        await BillingServiceStub(channel).GrantCredits(request)
    headers = {**network, "X-Session-Id": session}
    async with httpx.AsyncClient(base_url=metered.url, headers=headers, timeout=60) as http:
        answer = await http.post("/v1/batches", files=form(*[IMAGE.content] * 3))
        balance = (await http.get("/v1/credits")).json()

    assert answer.json()["batch"]["succeeded_count"] == 3, answer.text
    assert balance["credits_available"] == "0"


async def test_a_client_that_goes_away_keeps_what_has_arrived(http: httpx.AsyncClient, batch: str) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    body = part + IMAGE.content + b"\r\n" + part + IMAGE.content[:5000]
    head = (
        f"POST /v1/batches?batch={batch} HTTP/1.1\r\nHost: {http.base_url.host}\r\nContent-Length: 999999\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    )
    _, writer = await asyncio.open_connection(http.base_url.host, http.base_url.port)
    writer.write(head.encode() + body)
    await writer.drain()

    async def counts() -> tuple[int, int, int]:
        found = (await http.get(f"/v1/{batch}")).json()
        return tuple(found.get(f"{one}_count", 0) for one in ("succeeded", "receiving", "extractions"))

    async with asyncio.timeout(60):
        while await counts() != (1, 1, 2):
            await asyncio.sleep(0.05)
        writer.close()
        await writer.wait_closed()
        while await counts() != (1, 0, 2):
            await asyncio.sleep(0.05)
