"""Large files come in pieces (tus 1.0) over lines that break, through clients that nobody here wrote."""

import asyncio
import base64
import hashlib
import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from tusclient.client import TusClient

from metaextract_client import AsyncMetaExtract, MetaExtract, Patience, ProblemError, State
from metaextract_testing.cutting import CuttingProxy
from metaextract_testing.factory import large_jpeg_chunks, make
from metaextract_testing.fleet import Fleet, eventually, until

TUS = {"Tus-Resumable": "1.0.0"}
PIECE = {**TUS, "Content-Type": "application/offset+octet-stream"}
SIZE = 40_000_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "large.jpg"
    with path.open("wb") as file:
        for piece in large_jpeg_chunks(SIZE):
            file.write(piece)
    return path


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def ended(http: httpx.AsyncClient, path: str) -> dict:
    """Follow an extraction from before it exists to its end, and return it."""
    async with http.stream("GET", f"{path}/events?wait_seconds=20") as stream:
        assert stream.status_code == 200
        async for _ in stream.aiter_lines():
            pass
    return (await http.get(path)).json()


def address(url: str) -> tuple[str, int]:
    host, _, port = url.removeprefix("http://").partition(":")
    return host, int(port)


async def created(http: httpx.AsyncClient, size: int, **headers: str) -> httpx.Response:
    answer = await http.post("/v1/uploads", headers={**TUS, "Upload-Length": str(size), **headers})
    assert answer.status_code == 201, answer.text
    return answer


@pytest.mark.parametrize("checksums", [False, True])
async def test_tuspy_gets_a_large_file_through_a_line_that_breaks(
    running: Fleet, http: httpx.AsyncClient, large: Path, checksums: bool
) -> None:
    proxy = CuttingProxy(*address(running.url), bytes_between_cuts=3_000_000, cuts_max=12, seed=7 + checksums)
    async with proxy.listening() as url:
        file = await asyncio.to_thread(large.open, "rb")  # tuspy closes none that it opens
        uploader = TusClient(f"{url}/v1/uploads").uploader(
            file_stream=file,
            chunk_size=1_500_000 if checksums else 12_000_000,
            retries=100,
            retry_delay=0,
            metadata={"filename": "large.jpg", "filetype": "image/jpeg"},
            upload_checksum=checksums,
        )
        with file:
            uploader.set_url(await asyncio.to_thread(_made, uploader))
            await asyncio.to_thread(uploader.upload)
    state = await http.head(uploader.url.replace(url, running.url), headers=TUS)
    extraction = await ended(http, state.headers["metaextract-extraction"])

    assert proxy.cuts >= 5
    assert extraction["state"] == "STATE_SUCCEEDED"
    assert extraction["result"]["file"]["hashes"]["sha256"] == digest(large)
    assert extraction["result"]["file"]["file_name"] == "large.jpg"


def _made(uploader) -> str:
    """Create the upload; tuspy tries that once only."""
    while True:
        try:
            return uploader.create_url()
        except Exception as error:  # tuspy's own, or that of the library below it
            if "Connection" not in str(error):
                raise


async def test_our_client_gets_a_large_file_through_a_line_that_breaks(running: Fleet, large: Path) -> None:
    proxy = CuttingProxy(*address(running.url), bytes_between_cuts=5_000_000, cuts_max=8, seed=11)
    told: list[tuple[int, int]] = []
    async with proxy.listening() as url:
        patience = Patience(attempts_max=20, retry_seconds_max=120)
        async with AsyncMetaExtract(url, patience=patience) as client:
            extraction = await client.extract(
                large, on_bytes=lambda sent, total: told.append((sent, total)), operations=["forensics"]
            )

    assert proxy.cuts >= 3
    assert extraction.result.file.hashes["sha256"] == digest(large)
    assert extraction.operations[0].operation == "forensics"
    assert told[-1] == (SIZE, SIZE)


async def test_a_program_that_was_killed_goes_on_where_it_was(
    running: Fleet, large: Path, tmp_path: Path
) -> None:
    script = (
        "import os, sys\n"
        "from metaextract_client import MetaExtract\n"
        "def told(sent, total):\n"
        "    if sent >= 20_000_000: os._exit(9)\n"
        "with MetaExtract(sys.argv[1], resume_dir=sys.argv[2]) as client:\n"
        "    client.extract(sys.argv[3], on_bytes=told)\n"
    )
    arguments = [sys.executable, "-c", script, running.url, str(tmp_path), str(large)]
    killed = await asyncio.create_subprocess_exec(*arguments)
    assert await killed.wait() == 9
    first: list[int] = []
    async with AsyncMetaExtract(running.url, resume_dir=tmp_path) as client:
        extraction = await client.extract(large, on_bytes=lambda sent, _: first.append(sent))

    assert first[0] > 10_000_000
    assert extraction.result.file.hashes["sha256"] == digest(large)
    assert list(tmp_path.iterdir()) == []


async def test_the_command_goes_on_where_ctrl_c_stopped_it(
    running: Fleet, large: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "metaextract_client.cli", "extract", str(large), "--ndjson"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    proxy = CuttingProxy(*address(running.url), piece_seconds=0.02)
    kept = running.data_dir / "uploads"
    before = set(kept.iterdir())
    async with proxy.listening() as url:
        arguments = [*command, "--url", url]
        first = await asyncio.create_subprocess_exec(*arguments, env=environment, stderr=subprocess.PIPE)
        await eventually(lambda: any(p.stat().st_size > SIZE / 10 for p in set(kept.glob("*.part")) - before))
        first.send_signal(signal.SIGINT)
        _, said = await first.communicate()
        proxy.hurry()
        second = await asyncio.create_subprocess_exec(*arguments, env=environment, stdout=subprocess.PIPE)
        printed, _ = await second.communicate()

    assert first.returncode == 130
    assert f"goes on with the upload of {large} where it was" in said.decode()
    assert second.returncode == 0
    assert json.loads(printed)["result"]["file"]["hashes"]["sha256"] == digest(large)
    assert len({path.name.partition(".")[0] for path in set(kept.iterdir()) - before}) == 1


def test_a_program_can_begin_now_and_wait_later_and_see_a_batch_and_its_price(running: Fleet) -> None:
    batch = f"batches/{uuid.uuid4()}"
    image = make("jpeg")
    with MetaExtract(running.url) as client:
        extraction_id = client.begin(image.content, file_name=image.name, batch=batch)
        first = client.wait(extraction_id)
        second = client.extract(make("png").content, file_name="b.png", batch=batch)
        told = client.batch(batch)
        quote = client.quote([len(image.content)], operations=["ocr"])
        balance = client.balance()

        sidecar = client.result(extraction_id, "xmp")
        with pytest.raises(ProblemError) as refused:
            client.result(extraction_id, "pdf")

    assert b"<x:xmpmeta" in sidecar
    assert refused.value.reason == "INVALID_REQUEST"
    assert first.extraction_id == extraction_id
    assert first.result.file.hashes["sha256"] == hashlib.sha256(image.content).hexdigest()
    assert second.state is State.SUCCEEDED
    assert (told.name, told.extractions_count, told.succeeded_count) == (batch, 2, 2)
    assert quote.credits_total == quote.files[0].credits > 0
    assert balance.unmetered


@pytest.mark.parametrize("resumable_bytes_min", [1, None])
def test_a_program_pays_the_price_it_asked_for_whichever_way_the_file_goes(
    running: Fleet, resumable_bytes_min: int | None
) -> None:
    image = make("jpeg")
    with MetaExtract(running.url, resumable_bytes_min=resumable_bytes_min) as client:
        quote = client.quote([len(image.content)], operations=["forensics"])
        claim = {"quote": quote.name, "quote_file": quote.files[0].id}
        extraction = client.extract(image.content, file_name=image.name, **claim)
        with pytest.raises(ProblemError) as refused:
            client.extract(image.content, file_name=image.name, **claim)

    assert [one.operation for one in extraction.operations] == ["forensics"]
    assert refused.value.reason == "QUOTE_FILE_UNUSABLE"


async def test_what_an_upload_is_and_becomes_is_told_in_headers(http: httpx.AsyncClient) -> None:
    image = make("jpeg")
    wanted = str(uuid.uuid4())
    told = f"filename Yi5qcGc=,extraction_id {_base64(wanted)},operations {_base64('forensics')}"

    options = await http.options("/v1/uploads")
    made = await created(http, len(image.content), **{"Upload-Metadata": told})
    path = made.headers["location"]
    head = await http.head(path, headers=TUS)
    half = await http.patch(path, content=image.content[:1000], headers={**PIECE, "Upload-Offset": "0"})
    overridden = {**PIECE, "Upload-Offset": "1000", "X-HTTP-Method-Override": "PATCH"}
    last = await http.post(path, content=image.content[1000:], headers=overridden)

    assert options.headers["tus-extension"].split(",") == [
        "creation",
        "creation-with-upload",
        "creation-defer-length",
        "checksum",
        "expiration",
        "termination",
    ]
    assert options.headers["tus-checksum-algorithm"] == "sha256,sha1,md5"
    assert made.headers["metaextract-extraction"] == f"/v1/extractions/{wanted}"
    assert (head.headers["upload-offset"], head.headers["upload-length"]) == ("0", str(len(image.content)))
    assert head.headers["upload-metadata"] == told
    assert head.headers["cache-control"] == "no-store"
    assert "GMT" in half.headers["upload-expires"]
    assert (half.status_code, half.headers["upload-offset"]) == (204, "1000")
    assert last.status_code == 204, last.text
    extraction = await ended(http, f"/v1/extractions/{wanted}")
    assert extraction["operations"][0]["operation"] == "forensics"
    for answer in (options, made, head, half, last):
        assert answer.headers["tus-resumable"] == "1.0.0"


async def test_a_small_file_comes_with_its_creation(http: httpx.AsyncClient) -> None:
    image = make("png")
    checksum = f"sha256 {_base64(hashlib.sha256(image.content).digest())}"
    headers = {**PIECE, "Upload-Length": str(len(image.content)), "Upload-Checksum": checksum}

    answer = await http.post("/v1/uploads", content=image.content, headers=headers)
    extraction = await ended(http, answer.headers["metaextract-extraction"])

    assert (answer.status_code, answer.headers["upload-offset"]) == (201, str(len(image.content)))
    assert extraction["result"]["file"]["hashes"]["sha256"] == hashlib.sha256(image.content).hexdigest()


@pytest.mark.parametrize(
    ("method", "headers", "status", "reason"),
    [
        ("POST", {"Upload-Length": "5"}, 412, "TUS_VERSION_UNSUPPORTED"),
        ("POST", {**TUS}, 400, "INVALID_REQUEST"),
        ("POST", {**TUS, "Upload-Length": "-5"}, 400, "INVALID_REQUEST"),
        ("POST", {**TUS, "Upload-Length": "5", "Upload-Defer-Length": "1"}, 400, "INVALID_REQUEST"),
        ("POST", {**TUS, "Upload-Length": "5", "Upload-Metadata": "filename %%%"}, 400, "INVALID_REQUEST"),
        ("POST", {**TUS, "Upload-Length": "5", "Upload-Concat": "partial"}, 400, "INVALID_REQUEST"),
        ("POST", {**TUS, "Upload-Length": "900000000000"}, 413, "UPLOAD_TOO_LARGE"),
        ("PATCH", {**TUS, "Upload-Offset": "0"}, 415, "TUS_MEDIA_TYPE_REQUIRED"),
        ("PATCH", {**PIECE}, 400, "INVALID_REQUEST"),
        ("PATCH", {**PIECE, "Upload-Offset": "1"}, 409, "UPLOAD_OFFSET_MISMATCH"),
        ("PATCH", {**PIECE, "Upload-Offset": "0", "Upload-Checksum": "crc32 AAAA"}, 400, "INVALID_REQUEST"),
        (
            "PATCH",
            {**PIECE, "Upload-Offset": "0", "Upload-Checksum": "md5 AAAA"},
            460,
            "UPLOAD_CHECKSUM_MISMATCH",
        ),
    ],
)
async def test_what_is_not_tus_is_refused_and_changes_nothing(
    http: httpx.AsyncClient, method: str, headers: dict[str, str], status: int, reason: str
) -> None:
    path = (await created(http, 5)).headers["location"]

    answer = await http.request(
        method, path if method == "PATCH" else "/v1/uploads", headers=headers, content=b"123"
    )

    assert (answer.status_code, answer.json()["reason"]) == (status, reason)
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert (await http.head(path, headers=TUS)).headers["upload-offset"] == "0"


async def test_a_terminated_upload_stops_who_still_writes_to_it(
    running: Fleet, http: httpx.AsyncClient
) -> None:
    path = (await created(http, SIZE)).headers["location"]
    part = running.data_dir / "uploads" / f"{path.rpartition('/')[2]}.part"
    reader, writer = await asyncio.open_connection(*address(running.url))
    headers = {**PIECE, "Host": "x", "Upload-Offset": "0", "Content-Length": str(SIZE)}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"PATCH {path} HTTP/1.1\r\n{head}\r\n".encode() + bytes(300_000))
    await eventually(lambda: part.stat().st_size > 0)

    terminated = await http.delete(path, headers=TUS)
    refused = await asyncio.wait_for(reader.read(), 60)
    writer.close()

    assert terminated.status_code == 204
    assert refused.startswith(b"HTTP/1.1 409 ")
    assert b"UPLOAD_TAKEN_OVER" in refused
    assert (await http.head(path, headers=TUS)).status_code == 404
    assert not part.exists()


@contextmanager
def gateway_beside(
    fleet: Fleet, folder: Path, port: int = 0, **settings: str
) -> Iterator[tuple[str, subprocess.Popen]]:
    """Run another gateway for the same services, with uploads of its own."""
    log = folder / f"gateway-{uuid.uuid4()}.log"
    environment = {
        "PATH": os.environ["PATH"],
        "GRPC_ENABLE_FORK_SUPPORT": "0",
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "GATEWAY_METERED": "false",
        "GATEWAY_EXTRACTOR_TARGET": fleet.target("extractor"),
        "GATEWAY_BILLING_TARGET": fleet.target("billing"),
        "GATEWAY_ANALYTICS_TARGET": fleet.target("analytics"),
        "GATEWAY_TOKEN_SECRET_FILE": str(fleet.data_dir / "token-secret"),
        "GATEWAY_UPLOADS_DIR": str(folder / "uploads"),
        **settings,
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "metaextract_gateway.main"],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        until(lambda: "service.started" in log.read_text() or process.poll() is not None)
        started = next(line for line in log.read_text().splitlines() if "service.started" in line)
        yield f"http://127.0.0.1:{started.partition('127.0.0.1:')[2].partition(chr(34))[0]}", process
    finally:
        process.terminate()
        process.wait(30)


async def test_what_a_killed_gateway_leaves_goes_on_with_the_next(
    running: Fleet, large: Path, tmp_path: Path
) -> None:
    content = large.read_bytes()
    with gateway_beside(running, tmp_path) as (url, process):
        async with httpx.AsyncClient(base_url=url, timeout=60) as doomed:
            half, whole = await created(doomed, SIZE), await created(doomed, SIZE)

            async def body() -> AsyncIterator[bytes]:
                for at in range(0, SIZE, 1_000_000):
                    yield content[at : at + 1_000_000]
                    if at == 20_000_000:
                        process.send_signal(signal.SIGKILL)

            with pytest.raises(httpx.TransportError):
                await doomed.patch(
                    half.headers["location"], content=body(), headers={**PIECE, "Upload-Offset": "0"}
                )
    part = tmp_path / "uploads" / f"{whole.headers['location'].rpartition('/')[2]}.part"
    part.write_bytes(content)  # as if the kill had come between the last byte and the extraction
    with gateway_beside(running, tmp_path) as (url, _):
        async with httpx.AsyncClient(base_url=url, timeout=60) as http:
            state = await http.head(half.headers["location"], headers=TUS)
            offset = int(state.headers["upload-offset"])
            last = await http.patch(
                half.headers["location"],
                content=content[offset:],
                headers={**PIECE, "Upload-Offset": str(offset)},
            )
            assert last.status_code == 204
            for answer in (half, whole):
                extraction = await ended(http, answer.headers["metaextract-extraction"])
                assert extraction["result"]["file"]["hashes"]["sha256"] == digest(large)
            await eventually(lambda: not part.exists())
            state = await http.head(whole.headers["location"], headers=TUS)

    assert 1_000_000 < offset < SIZE
    assert state.headers["upload-offset"] == str(SIZE)


async def test_a_client_that_would_rather_not_wait_gets_its_answer_when_the_file_is_here(
    http: httpx.AsyncClient,
) -> None:
    image = make("heic")
    answer = await http.post(
        f"/v1/extractions?file_name={image.name}",
        content=image.content,
        headers={"Content-Type": image.media_type, "Prefer": "respond-async, wait=10"},
    )
    extraction = await ended(http, answer.headers["location"])

    assert answer.status_code == 202
    assert answer.headers["preference-applied"] == "respond-async"
    assert f"/v1/{answer.json()['name']}" == answer.headers["location"]
    assert extraction["result"]["file"]["hashes"]["sha256"] == hashlib.sha256(image.content).hexdigest()


async def test_what_is_no_image_is_refused_though_nobody_would_wait(http: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json", "Prefer": "respond-async"}

    assert (await http.post("/v1/extractions", content=b"{}", headers=headers)).status_code == 415


def _base64(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()
