"""Copies that come back: written whole or not at all, and over nothing unless that is wanted."""

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from metaextract_client import (
    AsyncMetaExtract,
    ConnectionBrokenError,
    Patience,
    ProblemError,
    Redaction,
    RedactionProfile,
)

SUMMARY = {
    "profile": "position",
    "format": "JPEG",
    "verified": True,
    "pixels_unchanged": True,
    "values_searched_count": 4,
    "removed_count": 3,
    "removed": {"GPS": 3},
    "kept": {},
    "told_by_a_newer_server": 1,
}
COPY = b"copy" * 100_000


class FarSide:
    """Answers in turn; keeps what was asked."""

    def __init__(self, *answers: httpx.Response) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.requests.append(request)
        return self.answers.pop(0)


def copied(content: bytes | AsyncIterator[bytes] = COPY, **headers: str) -> httpx.Response:
    return httpx.Response(
        200, headers={"MetaExtract-Redaction": json.dumps(SUMMARY), **headers}, content=content
    )


def problem(status: int, reason: str) -> httpx.Response:
    return httpx.Response(
        status,
        json={"reason": reason, "detail": reason},
        headers={"content-type": "application/problem+json"},
    )


@pytest.fixture
def client_of():
    def make(far_side: FarSide) -> AsyncMetaExtract:
        client = AsyncMetaExtract("http://far.side", patience=Patience(retry_seconds_max=1))
        client._transport.http = httpx.AsyncClient(
            base_url="http://far.side", transport=httpx.MockTransport(far_side)
        )
        return client

    return make


async def test_a_copy_is_written_and_what_was_done_returned(client_of, tmp_path: Path):
    far_side = FarSide(copied())
    target = tmp_path / "copy.jpg"

    async with client_of(far_side) as client:
        done = await client.redact(b"original", target, RedactionProfile.POSITION, file_name="a.jpg")

    assert isinstance(done, Redaction)
    assert (done.removed, done.verified, done.size_bytes) == ({"GPS": 3}, True, len(COPY))
    assert target.read_bytes() == COPY
    assert list(tmp_path.iterdir()) == [target]
    assert far_side.requests[0].url.params["profile"] == "position"
    assert b'filename="a.jpg"' in far_side.requests[0].content
    mask = os.umask(0)
    os.umask(mask)
    assert target.stat().st_mode & 0o777 == 0o666 & ~mask


async def test_a_file_that_exists_is_overwritten_only_if_wanted(client_of, tmp_path: Path):
    target = tmp_path / "copy.jpg"
    target.write_bytes(b"precious")
    far_side = FarSide(copied())

    async with client_of(far_side) as client:
        with pytest.raises(FileExistsError):
            await client.redact(b"original", target, "position")
        assert far_side.requests == []
        assert target.read_bytes() == b"precious"
        await client.redact(b"original", target, "position", overwrite=True)

    assert target.read_bytes() == COPY


async def test_a_file_that_appears_meanwhile_stays(client_of, tmp_path: Path):
    target = tmp_path / "copy.jpg"

    async def slowly() -> AsyncIterator[bytes]:
        yield b"first"
        target.write_bytes(b"of somebody else")
        yield b"second"

    async with client_of(FarSide(copied(slowly()))) as client:
        with pytest.raises(FileExistsError):
            await client.redact(b"original", target, "position")

    assert target.read_bytes() == b"of somebody else"
    assert list(tmp_path.iterdir()) == [target]


async def test_a_copy_that_breaks_off_leaves_nothing(client_of, tmp_path: Path):
    async def broken() -> AsyncIterator[bytes]:
        yield b"first"
        raise httpx.ReadError("gone")

    async with client_of(FarSide(*(copied(broken()) for _ in range(5)))) as client:
        with pytest.raises(ConnectionBrokenError):
            await client.redact(b"original", tmp_path / "copy.jpg", "position")

    assert list(tmp_path.iterdir()) == []


async def test_a_refusal_leaves_nothing_and_a_busy_server_is_asked_again(client_of, tmp_path: Path):
    target = tmp_path / "copy.jpg"
    far_side = FarSide(problem(422, "REDACTION_NOT_VERIFIED"), problem(429, "EXTRACTOR_BUSY"), copied())

    async with client_of(far_side) as client:
        with pytest.raises(ProblemError) as caught:
            await client.redact(b"original", target, "remove_all")
        assert caught.value.reason == "REDACTION_NOT_VERIFIED"
        assert list(tmp_path.iterdir()) == []
        await client.redact(b"original", target, "remove_all")

    assert target.read_bytes() == COPY
    assert len(far_side.requests) == 3


async def test_an_answer_without_the_summary_is_none_of_ours(client_of, tmp_path: Path):
    async with client_of(FarSide(httpx.Response(200, content=COPY))) as client:
        with pytest.raises(ProblemError):
            await client.redact(b"original", tmp_path / "copy.jpg", "position")

    assert list(tmp_path.iterdir()) == []
