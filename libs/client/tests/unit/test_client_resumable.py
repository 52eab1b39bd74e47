"""What a resumable upload does when the server says this or that."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from metaextract_client import ConnectionBrokenError, Patience, ProblemError
from metaextract_client import resumable as resumable_module
from metaextract_client.resumable import NotResumableError, ResumableUpload, UploadMemory
from metaextract_client.transport import Transport
from metaextract_client.uploading import upload_of

CONTENT = os.urandom(1_000_000)


class Tus:
    """A server that keeps one upload; `disturb` may answer in its place, or break the connection."""

    def __init__(self) -> None:
        self.content = bytearray()
        self.requests: list[httpx.Request] = []
        self.created = 0
        self.forgotten = False
        self.disturb: Callable[[httpx.Request], httpx.Response | None] = lambda _request: None

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        body = await request.aread()
        if (answer := self.disturb(request)) is not None:
            return answer
        if request.method == "POST":
            self.created += 1
            self.content.clear()
            self.forgotten = False
            return self._told(201, Location=f"/v1/uploads/{self.created}")
        if self.forgotten:
            return problem(404, "UPLOAD_NOT_FOUND")
        if request.method == "PATCH":
            if int(request.headers["upload-offset"]) != len(self.content):
                return problem(409, "UPLOAD_OFFSET_MISMATCH")
            assert int(request.headers["content-length"]) == len(body)
            self.content += body
            return self._told(204)
        return self._told(200)

    def methods(self) -> list[str]:
        return [request.method for request in self.requests]

    def _told(self, status: int, **headers: str) -> httpx.Response:
        told = {"Upload-Offset": str(len(self.content)), "MetaExtract-Extraction": "/v1/extractions/id-1"}
        return httpx.Response(status, headers={**told, **headers})


def problem(status: int, reason: str, **headers: str) -> httpx.Response:
    kind = {"content-type": "application/problem+json", **headers}
    return httpx.Response(status, json={"reason": reason, "detail": reason}, headers=kind)


def once(*answers: httpx.Response | Exception) -> Callable[[httpx.Request], httpx.Response | None]:
    """Answer PATCH requests so, in turn, before the server does."""
    left = list(answers)

    def disturb(request: httpx.Request) -> httpx.Response | None:
        if request.method != "PATCH" or not left:
            return None
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return disturb


@pytest.fixture
def far_side() -> Tus:
    return Tus()


@pytest.fixture
async def transport(far_side: Tus) -> AsyncIterator[Transport]:
    one = Transport("http://far.side", None, None, Patience(attempts_max=3, retry_seconds_max=10))
    one.http = httpx.AsyncClient(base_url="http://far.side", transport=httpx.MockTransport(far_side))
    async with one.http:
        yield one


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.jpg"
    path.write_bytes(CONTENT)
    return path


def sending(
    transport: Transport, source: Path | bytes, memory: UploadMemory | None = None
) -> ResumableUpload:
    return ResumableUpload(transport, upload_of(source), len(CONTENT), memory)


async def test_a_file_arrives_in_pieces_and_its_extraction_is_named(
    far_side: Tus, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resumable_module, "PIECE_BYTES", 400_000)

    assert await sending(transport, CONTENT).send() == "id-1"

    assert bytes(far_side.content) == CONTENT
    assert far_side.methods() == ["POST", "PATCH", "PATCH", "PATCH"]


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.ReadError("cut"),
        httpx.ConnectError("refused"),
        problem(409, "UPLOAD_OFFSET_MISMATCH"),
        problem(423, "UPLOAD_LOCKED", **{"Retry-After": "0"}),
        problem(429, "RATE_LIMITED", **{"Retry-After": "0"}),
        problem(503, "DRAINING", **{"Retry-After": "0"}),
        problem(507, "UPLOADS_STORE_FULL", **{"Retry-After": "0"}),
    ],
)
async def test_what_passes_is_waited_for_and_the_server_asked_where_to_go_on(
    far_side: Tus, transport: Transport, trouble: httpx.Response | Exception
) -> None:
    far_side.disturb = once(trouble)

    await sending(transport, CONTENT).send()

    assert far_side.methods() == ["POST", "PATCH", "HEAD", "PATCH"]
    assert bytes(far_side.content) == CONTENT


@pytest.mark.parametrize(
    "trouble", [problem(409, "UPLOAD_TAKEN_OVER"), problem(402, "INSUFFICIENT_CREDITS"), problem(413, "X")]
)
async def test_what_does_not_pass_is_raised_at_once(
    far_side: Tus, transport: Transport, trouble: httpx.Response
) -> None:
    far_side.disturb = once(trouble)

    with pytest.raises(ProblemError):
        await sending(transport, CONTENT).send()

    assert far_side.methods() == ["POST", "PATCH"]


async def test_attempts_without_progress_are_counted(far_side: Tus, transport: Transport) -> None:
    far_side.disturb = once(*[httpx.ReadError("cut")] * 9)

    with pytest.raises(ConnectionBrokenError):
        await sending(transport, CONTENT).send()

    assert far_side.methods().count("PATCH") == 3


@pytest.mark.parametrize("status", [404, 405])
async def test_a_server_without_resumable_uploads_is_told_apart(
    far_side: Tus, transport: Transport, status: int
) -> None:
    far_side.disturb = lambda _request: problem(status, "PATH_NOT_FOUND")

    with pytest.raises(NotResumableError):
        await sending(transport, CONTENT).send()


async def test_another_run_goes_on_and_forgets_when_all_is_done(
    far_side: Tus, transport: Transport, file: Path, tmp_path: Path
) -> None:
    memory = UploadMemory(tmp_path / "memory")
    far_side.disturb = once(problem(402, "INSUFFICIENT_CREDITS"))
    with pytest.raises(ProblemError):
        await sending(transport, file, memory).send()

    again = sending(transport, file, memory)
    await again.send()
    again.forget()

    assert far_side.methods() == ["POST", "PATCH", "HEAD", "PATCH"]
    assert list((tmp_path / "memory").iterdir()) == []


async def test_an_upload_that_the_server_forgot_begins_anew(
    far_side: Tus, transport: Transport, file: Path, tmp_path: Path
) -> None:
    memory = UploadMemory(tmp_path / "memory")
    await sending(transport, file, memory).send()
    far_side.forgotten = True

    await sending(transport, file, memory).send()

    assert far_side.methods() == ["POST", "PATCH", "HEAD", "POST", "PATCH"]


async def test_another_file_or_wish_is_another_upload(
    far_side: Tus, transport: Transport, file: Path, tmp_path: Path
) -> None:
    memory = UploadMemory(tmp_path / "memory")
    await sending(transport, file, memory).send()
    wished = replace(upload_of(file), operations=("ocr",))
    await ResumableUpload(transport, wished, len(CONTENT), memory).send()
    os.utime(file, (0, 0))
    await sending(transport, file, memory).send()

    assert far_side.created == 3


async def test_a_folder_that_cannot_be_written_to_keeps_no_file_from_being_sent(
    far_side: Tus, transport: Transport, file: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "memory").write_text("no folder")
    upload = sending(transport, file, UploadMemory(tmp_path / "memory"))
    await upload.send()
    upload.forget()

    assert bytes(far_side.content) == CONTENT
    assert "another run cannot go on with this upload" in caplog.text


async def test_a_file_that_shrinks_meanwhile_is_an_os_error(transport: Transport, file: Path) -> None:
    upload = sending(transport, file)
    await asyncio.to_thread(os.truncate, file, 10)

    with pytest.raises(OSError, match="shorter"):
        await upload.send()
