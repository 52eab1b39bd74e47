"""The rules of an upload: order, limits, whole or not at all."""

import asyncio
import hashlib
import itertools
import zlib
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaextract_common.errors import ServiceError
from metaextract_extractor.application import receiving as module
from metaextract_extractor.application.receiving import Receiving
from metaextract_extractor.domain.model import UploadFinish
from metaextract_extractor.domain.result import Hashes
from metaextract_testing.factory import make

IMAGE = make("png").content
BYTES_MAX = 1_000_000


class MemoryFile:
    """Implements `domain.ports.SpooledFile` in memory."""

    path = "nowhere"

    def __init__(self) -> None:
        self.content = b""
        self.sealed = False

    @property
    def bytes_received(self) -> int:
        return len(self.content)

    async def write(self, chunk: bytes) -> None:
        assert not self.sealed
        self.content += chunk

    async def seal(self) -> None:
        self.sealed = True

    def hashes(self) -> Hashes:
        return Hashes(
            hashlib.sha256(self.content).hexdigest(),
            hashlib.sha1(self.content, usedforsecurity=False).hexdigest(),
            hashlib.md5(self.content, usedforsecurity=False).hexdigest(),
            f"{zlib.crc32(self.content):08x}",
        )


async def nothing() -> None:
    pass


async def stream(*parts: bytes | UploadFinish) -> AsyncIterator[bytes | UploadFinish]:
    for part in parts:
        yield part


def finish(content: bytes) -> UploadFinish:
    return UploadFinish(len(content), hashlib.sha256(content).digest())


async def received(
    *parts: bytes | UploadFinish, extension: str = "png", bytes_max: int = BYTES_MAX
) -> tuple[MemoryFile, Receiving]:
    file = MemoryFile()
    receiving = Receiving(file, extension=extension, upload_bytes_max=bytes_max, idle_seconds_max=20)
    await receiving.receive(stream(*parts), nothing)
    return file, receiving


async def refusal(*parts: bytes | UploadFinish, **options) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        await received(*parts, **options)
    return caught.value


async def test_a_whole_upload_is_spooled_and_sealed() -> None:
    file, receiving = await received(IMAGE[:9000], IMAGE[9000:], finish(IMAGE))
    assert file.sealed
    assert file.content == IMAGE
    assert receiving.head == IMAGE[:4096]


async def test_chunks_of_one_byte_give_the_same_file() -> None:
    file, receiving = await received(*(bytes([one]) for one in IMAGE), finish(IMAGE))
    assert file.content == IMAGE
    assert receiving.head == IMAGE[:4096]


@given(st.lists(st.integers(0, len(IMAGE)), max_size=20))
async def test_however_it_is_cut_the_file_is_the_same(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(IMAGE)]
    chunks = [IMAGE[start:end] for start, end in itertools.pairwise(edges)]
    file, _ = await received(*chunks, finish(IMAGE))
    assert file.content == IMAGE


async def test_a_client_need_not_compute_the_digest() -> None:
    file, _ = await received(IMAGE, UploadFinish(len(IMAGE), b""))
    assert file.sealed


@pytest.mark.parametrize("share", [0, 1, 10_000, len(IMAGE)])
async def test_an_upload_that_ends_without_a_finish_is_incomplete(share: int) -> None:
    error = await refusal(IMAGE[:share])
    assert (error.reason, error.metadata) == ("UPLOAD_INCOMPLETE", {"bytes_received": str(share)})


@pytest.mark.parametrize(
    "wrong",
    [
        UploadFinish(len(IMAGE) + 1, b""),
        UploadFinish(len(IMAGE) - 1, hashlib.sha256(IMAGE).digest()),
        UploadFinish(len(IMAGE), bytes(32)),
    ],
    ids=["longer", "shorter", "digest"],
)
async def test_other_bytes_than_were_sent_are_refused(wrong: UploadFinish) -> None:
    error = await refusal(IMAGE, wrong)
    assert (error.reason, error.metadata) == ("UPLOAD_CORRUPTED", {"bytes_received": str(len(IMAGE))})


async def test_the_limit_is_the_last_size_that_is_accepted() -> None:
    await received(IMAGE, finish(IMAGE), bytes_max=len(IMAGE))
    error = await refusal(IMAGE, finish(IMAGE), bytes_max=len(IMAGE) - 1)
    assert (error.reason, error.metadata) == ("UPLOAD_TOO_LARGE", {"size_bytes_max": str(len(IMAGE) - 1)})


async def test_what_is_beyond_the_limit_is_not_spooled() -> None:
    file = MemoryFile()
    receiving = Receiving(file, extension="png", upload_bytes_max=10_000, idle_seconds_max=20)
    with pytest.raises(ServiceError):
        await receiving.receive(stream(IMAGE[:9000], IMAGE[9000:], finish(IMAGE)), nothing)
    assert file.content == IMAGE[:9000]


async def test_what_is_no_image_is_refused_after_its_first_bytes() -> None:
    asked_for = 0

    async def endless() -> AsyncIterator[bytes | UploadFinish]:
        nonlocal asked_for
        while True:
            asked_for += 1
            yield b"no image " * 100

    file = MemoryFile()
    with pytest.raises(ServiceError) as caught:
        await Receiving(file, extension="jpg", upload_bytes_max=BYTES_MAX, idle_seconds_max=20).receive(
            endless(), nothing
        )
    assert (caught.value.reason, caught.value.metadata) == ("UNSUPPORTED_FORMAT", {"extension": "jpg"})
    assert asked_for <= 5


@pytest.mark.parametrize("content", [b"", b"no image"])
async def test_what_is_too_short_to_be_an_image_is_refused_at_the_end(content: bytes) -> None:
    assert (await refusal(content, finish(content))).reason == "UNSUPPORTED_FORMAT"


async def test_progress_is_told_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    file = MemoryFile()

    async def advanced() -> None:
        told.append(file.bytes_received)

    chunks = [IMAGE[at : at + 1000] for at in range(0, len(IMAGE), 1000)]
    monkeypatch.setattr(module, "ADVANCE_SECONDS", 0)
    await Receiving(file, extension="png", upload_bytes_max=BYTES_MAX, idle_seconds_max=20).receive(
        stream(*chunks, finish(IMAGE)), advanced
    )
    assert told == [min(at, len(IMAGE)) for at in range(1000, len(IMAGE) + 1000, 1000)]


async def test_an_upload_that_stands_still_is_given_up() -> None:
    async def stalled() -> AsyncIterator[bytes | UploadFinish]:
        yield make("png").content
        await asyncio.Event().wait()

    receiving = Receiving(MemoryFile(), extension="png", upload_bytes_max=BYTES_MAX, idle_seconds_max=0.05)
    with pytest.raises(ServiceError) as caught:
        await receiving.receive(stalled(), nothing)

    assert caught.value.reason == "UPLOAD_INCOMPLETE"
