import asyncio
import base64
import hashlib
import os
import tracemalloc
from pathlib import Path

import pytest
from starlette.responses import HTMLResponse

from metaextract_client import (
    AsyncMetaExtract,
    ByteRange,
    ConnectionBrokenError,
    Event,
    ExtractionFailedError,
    MetaExtract,
    PartialResult,
    Patience,
    ProblemError,
    Progress,
    ServerUnreachableError,
    State,
    StateChange,
)
from metaextract_client.errors import retry_after_seconds


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(os.urandom(300_000))
    return path


async def test_a_file_arrives_whole_and_its_result_is_typed(far, photo):
    async with AsyncMetaExtract(far.url) as client:
        extraction = await client.extract(photo)

    assert far.uploads[0]["sha256"] == hashlib.sha256(photo.read_bytes()).hexdigest()
    assert far.uploads[0]["file_name"] == "photo.jpg"
    assert extraction.extraction_id == far.uploads[0]["extraction_id"]
    assert extraction.state is State.SUCCEEDED
    assert extraction.result.file.size_bytes == 300_000
    assert extraction.result.fields[1].location == ByteRange(offset_bytes=120, length_bytes=8)
    assert extraction.result.fields[1].raw == 35.5
    assert extraction.result.engines[0].wall == 0.125
    assert extraction.result.engines[0].cpu is None
    assert extraction.result.timings.memory_peak_bytes == 1_048_576
    assert extraction.raw["new_member"] == 1


async def test_bytes_can_be_sent_under_a_name(far):
    async with AsyncMetaExtract(far.url) as client:
        await client.extract(b"abc", file_name="a.cr3")

    assert (far.uploads[0]["file_name"], far.uploads[0]["size_bytes"]) == ("a.cr3", 3)


def test_a_program_without_an_event_loop_can_extract(far, photo):
    with MetaExtract(far.url) as client:
        assert client.extract(photo).state is State.SUCCEEDED


async def test_a_name_that_is_not_text_is_sent_readable_and_cut(far, tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b'/\xff"\n' + b"x" * 200 + b".jpg"))
    os.close(os.open(path, os.O_CREAT))
    async with AsyncMetaExtract(far.url) as client:
        await client.extract(path)
        await client.extract(b"abc", file_name="é" * 300 + ".jpg")

    assert far.uploads[0]["file_name"].startswith("\ufffd")
    assert far.uploads[1]["file_name"] == "é" * 251 + ".jpg"


async def test_the_server_is_told_the_digest_of_what_is_sent(far, photo):
    async with AsyncMetaExtract(far.url) as client:
        await client.extract(photo)
        await client.extract(b"abc")

    for upload in far.uploads:
        stated = base64.b64encode(bytes.fromhex(upload["sha256"])).decode()
        assert upload["content_digest"] == f"sha-256=:{stated}:"


async def test_a_file_is_never_whole_in_memory(far, tmp_path):
    path = tmp_path / "big.cr3"
    with path.open("wb") as file:
        file.truncate(64_000_000)
    async with AsyncMetaExtract(far.url) as client:
        await client.extract(b"warm up")
        tracemalloc.start()
        try:
            await client.extract(path)
            _, peak_bytes = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert far.uploads[1]["size_bytes"] == 64_000_000
    assert peak_bytes < 16_000_000


async def test_progress_is_told_while_the_upload_is_under_way(far, photo):
    far.go_on.clear()
    seen: list[Event] = []

    def happened(event: Event) -> None:
        seen.append(event)
        if isinstance(event.change, Progress) and event.change.step == "exiftool":
            far.go_on.set()

    async with AsyncMetaExtract(far.url) as client:
        await client.extract(photo, on_progress=happened, partial_results=True)

    changes = [event.change for event in seen]
    assert [event.sequence for event in seen] == [1, 2, 3, 4]
    assert changes[0] == StateChange(State.RECEIVING)
    assert changes[1] == Progress(State.RECEIVING, 300_000, 300_000, 1.0)
    assert isinstance(changes[2], PartialResult)
    assert changes[2].fields[0].name == "Make"
    assert changes[3] == Progress(State.PARSING, fraction=0.5, step="exiftool")
    assert seen[0].time is not None


async def test_an_upload_succeeds_although_its_progress_cannot_be_watched(far, photo):
    far.watchable = False
    seen: list[Event] = []
    async with AsyncMetaExtract(far.url) as client:
        extraction = await client.extract(photo, on_progress=seen.append)

    assert extraction.state is State.SUCCEEDED
    assert seen == []


async def test_an_error_in_the_callers_callback_reaches_the_caller(far, photo):
    far.go_on.clear()

    def happened(event: Event) -> None:
        far.go_on.set()
        raise LookupError(str(event.sequence))

    async with AsyncMetaExtract(far.url) as client:
        with pytest.raises(LookupError):
            await client.extract(photo, on_progress=happened)


async def test_a_refused_upload_is_repeated_after_the_asked_time_with_the_same_key(far, refusal, photo):
    far.refusals = [refusal(503, "SPOOL_UNAVAILABLE", {"Retry-After": "1"})]
    async with AsyncMetaExtract(far.url) as client:
        extraction = await client.extract(photo)

    first, second = far.uploads
    assert extraction.state is State.SUCCEEDED
    assert first["key"] == second["key"] != ""
    assert first["sha256"] == second["sha256"]
    assert first["extraction_id"] != second["extraction_id"]
    assert second["at"] - first["at"] >= 1


async def test_the_callers_request_id_is_the_idempotency_key(far, photo):
    async with AsyncMetaExtract(far.url) as client:
        await client.extract(photo, request_id="order-17")

    assert far.uploads[0]["key"] == "order-17"


async def test_a_server_that_asks_for_a_long_wait_is_not_asked_again(far, refusal, photo):
    far.refusals = [refusal(429, "EXTRACTOR_BUSY", {"Retry-After": "3600"}, limit="4")]
    async with AsyncMetaExtract(far.url) as client:
        with pytest.raises(ProblemError) as caught:
            await client.extract(photo)

    assert len(far.uploads) == 1
    assert caught.value.retry_after_seconds == 3600
    assert caught.value.metadata == {"limit": "4"}


async def test_attempts_are_counted(far, refusal, photo):
    far.refusals = [refusal(503, "DRAINING", {"Retry-After": "0"}) for _ in range(9)]
    async with AsyncMetaExtract(far.url, patience=Patience(attempts_max=3)) as client:
        with pytest.raises(ProblemError, match=r"This is DRAINING\."):
            await client.extract(photo)

    assert len(far.uploads) == 3


async def test_an_error_that_does_not_pass_is_raised_at_once(far, refusal, photo):
    far.refusals = [refusal(400, "UNSUPPORTED_FORMAT", extension="txt")]
    async with AsyncMetaExtract(far.url) as client:
        with pytest.raises(ProblemError) as caught:
            await client.extract(photo)

    assert len(far.uploads) == 1
    assert (caught.value.status, caught.value.reason) == (400, "UNSUPPORTED_FORMAT")
    assert caught.value.metadata == {"extension": "txt"}
    assert caught.value.retry_after_seconds is None


async def test_a_failed_extraction_is_an_error_that_says_why(far, photo):
    far.failed_reason = "EXTRACTION_TIMED_OUT"
    async with AsyncMetaExtract(far.url) as client:
        with pytest.raises(ExtractionFailedError, match=r"Too slow\.") as caught:
            await client.extract(photo)

    assert caught.value.extraction.error.reason == "EXTRACTION_TIMED_OUT"
    assert caught.value.extraction.error.metadata == {"seconds_max": "9"}


async def test_an_answer_of_another_kind_of_server_is_a_problem(far, photo):
    far.html = True
    async with AsyncMetaExtract(far.url) as client:
        with pytest.raises(ProblemError, match="does not answer like a MetaExtract server"):
            await client.extract(photo)


async def test_no_server_is_told_apart(closed_port):
    async with AsyncMetaExtract(
        f"http://127.0.0.1:{closed_port}", patience=Patience(attempts_max=2)
    ) as client:
        with pytest.raises(ServerUnreachableError):
            await client.extract(b"abc")


async def test_an_upload_waits_for_a_server_that_starts_late(closed_port, serve_at, photo):
    async with AsyncMetaExtract(
        f"http://127.0.0.1:{closed_port}", patience=Patience(attempts_max=50)
    ) as client:
        uploading = asyncio.create_task(client.extract(photo))
        await asyncio.sleep(0.2)
        with serve_at(closed_port):
            assert (await uploading).state is State.SUCCEEDED


async def test_a_connection_that_breaks_is_tried_again_with_the_same_key_and_told_in_the_end(photo):
    keys: list[bytes] = []

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        keys.extend(line for line in head.splitlines() if line.lower().startswith(b"idempotency-key"))
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with AsyncMetaExtract(f"http://127.0.0.1:{port}", patience=Patience(attempts_max=3)) as client:
            with pytest.raises(ConnectionBrokenError):
                await client.extract(photo)

    assert len(keys) == 3
    assert len(set(keys)) == 1


async def test_bytes_sent_are_told(far, photo):
    told: list[tuple[int, int]] = []
    async with AsyncMetaExtract(far.url) as client:
        await client.extract(photo, on_bytes=lambda sent, total: told.append((sent, total)))

    assert told == sorted(told)
    assert told[-1] == (300_000, 300_000)


async def test_a_file_that_is_not_there_is_an_os_error(far, tmp_path):
    async with AsyncMetaExtract(far.url) as client:
        with pytest.raises(FileNotFoundError):
            await client.extract(tmp_path / "none.jpg")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0), ("soon", None), ("", None), ("-1", None)],
)
def test_retry_after_is_seconds_or_a_date(value, seconds):
    assert retry_after_seconds(value) == seconds


@pytest.mark.parametrize("status", [500, 502, 504])
async def test_what_a_proxy_or_a_server_that_is_stopped_says_is_tried_again(far, photo, status):
    far.refusals = [HTMLResponse("<h1>Sorry</h1>", status)]
    async with AsyncMetaExtract(far.url) as client:
        extraction = await client.extract(photo)

    assert extraction.state is State.SUCCEEDED
    assert len({upload["key"] for upload in far.uploads}) == 1
    assert len(far.uploads) == 2


async def test_a_failure_of_the_server_that_it_gives_a_reason_for_is_told(far, photo, refusal):
    far.refusals = [refusal(500, "INTERNAL")]
    async with AsyncMetaExtract(far.url) as client:
        with pytest.raises(ProblemError):
            await client.extract(photo)

    assert len(far.uploads) == 1
