"""The rules of an upload: order, limits, whole or not at all."""

import asyncio
import hashlib
import itertools
import zlib
from collections.abc import AsyncIterator
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaextract_common.errors import ServiceError
from metaextract_extractor.application import receiving as module
from metaextract_extractor.application.receiving import RANGES_COUNT_MAX, Part, Receiving
from metaextract_extractor.domain.formats import HEAD_BYTES
from metaextract_extractor.domain.model import PlacedChunk, UploadFinish
from metaextract_extractor.domain.ranges import Ranges
from metaextract_extractor.domain.result import Hashes
from metaextract_testing.factory import make

IMAGE = make("png").content
BYTES_MAX = 1_000_000


class MemoryFile:
    """Implements `domain.ports.SpooledFile` in memory."""

    path = "nowhere"

    def __init__(self) -> None:
        self.content = bytearray()
        self.received = Ranges()
        self.sealed = False

    async def write(self, chunk: bytes, offset: int) -> None:
        assert not self.sealed
        self.content.extend(bytes(max(0, offset + len(chunk) - len(self.content))))
        self.content[offset : offset + len(chunk)] = chunk
        self.received.add(offset, len(chunk))

    async def head(self, length: int) -> bytes:
        return bytes(self.content[: min(length, self.received.prefix_bytes)])

    async def seal(self) -> None:
        self.sealed = True

    async def hashes(self) -> Hashes:
        return Hashes(
            hashlib.sha256(self.content).hexdigest(),
            hashlib.sha1(self.content, usedforsecurity=False).hexdigest(),
            hashlib.md5(self.content, usedforsecurity=False).hexdigest(),
            f"{zlib.crc32(self.content):08x}",
        )


async def nothing() -> None:
    pass


async def stream(*parts: Part) -> AsyncIterator[Part]:
    for part in parts:
        yield part


def finish(content: bytes) -> UploadFinish:
    return UploadFinish(len(content), hashlib.sha256(content).digest())


def receiving_into(
    file: MemoryFile,
    *,
    extension: str = "png",
    bytes_max: int = BYTES_MAX,
    size_bytes: int | None = None,
    idle_seconds_max: float = 20,
) -> Receiving:
    return Receiving(
        file,
        size_bytes=size_bytes,
        extension=extension,
        upload_bytes_max=bytes_max,
        idle_seconds_max=idle_seconds_max,
    )


async def received(*parts: Part, **options) -> tuple[MemoryFile, Receiving]:
    file = MemoryFile()
    receiving = receiving_into(file, **options)
    await receiving.receive(stream(*parts), nothing)
    return file, receiving


async def refusal(*parts: Part, **options) -> ServiceError:
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


@given(st.lists(st.integers(0, len(IMAGE)), max_size=20), st.randoms(use_true_random=False))
async def test_in_whatever_order_it_comes_the_file_is_the_same(cuts: list[int], random: Random) -> None:
    edges = [0, *sorted(cuts), len(IMAGE)]
    chunks = [PlacedChunk(start, IMAGE[start:end]) for start, end in itertools.pairwise(edges)]
    random.shuffle(chunks)
    file, receiving = await received(*chunks, finish(IMAGE), size_bytes=len(IMAGE))
    assert file.content == IMAGE
    assert receiving.head == IMAGE[:4096]


async def test_placed_and_plain_chunks_may_be_mixed() -> None:
    parts = (PlacedChunk(9000, IMAGE[9000:]), PlacedChunk(0, IMAGE[:5000]), IMAGE[5000:9000])
    file, _ = await received(*parts, finish(IMAGE), size_bytes=len(IMAGE))
    assert file.content == IMAGE


@pytest.mark.parametrize(
    ("parts", "size_bytes"),
    [
        ((PlacedChunk(0, IMAGE[:100]),), None),
        ((PlacedChunk(len(IMAGE) - 1, b"xx"),), len(IMAGE)),
        ((PlacedChunk(10, b"xx"), PlacedChunk(11, b"x")), len(IMAGE)),
        ((PlacedChunk(10, b"xx"), PlacedChunk(8, b"xx"), b"x"), len(IMAGE)),
        (tuple(PlacedChunk(at * 2, b"x") for at in range(RANGES_COUNT_MAX + 1)), len(IMAGE)),
    ],
    ids=["no size", "past the end", "overlap", "overlap of a plain chunk", "too many holes"],
)
async def test_placed_chunks_that_do_not_fit_are_refused(parts, size_bytes) -> None:
    assert (await refusal(*parts, size_bytes=size_bytes)).reason == "UPLOAD_OUT_OF_ORDER"


async def test_a_file_with_a_hole_is_not_whole() -> None:
    parts = (PlacedChunk(9000, IMAGE[9000:]), PlacedChunk(0, IMAGE[:8999]))
    error = await refusal(*parts, finish(IMAGE), size_bytes=len(IMAGE))
    assert (error.reason, error.metadata) == ("UPLOAD_CORRUPTED", {"bytes_received": str(len(IMAGE) - 1)})


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
    receiving = receiving_into(file, bytes_max=10_000)
    with pytest.raises(ServiceError):
        await receiving.receive(stream(IMAGE[:9000], IMAGE[9000:], finish(IMAGE)), nothing)
    assert file.content == IMAGE[:9000]


async def test_what_is_no_image_is_refused_after_its_first_bytes() -> None:
    asked_for = 0

    async def endless() -> AsyncIterator[Part]:
        nonlocal asked_for
        while True:
            asked_for += 1
            yield b"no image " * 100

    file = MemoryFile()
    with pytest.raises(ServiceError) as caught:
        await receiving_into(file, extension="jpg").receive(endless(), nothing)
    assert caught.value.reason == "UNSUPPORTED_FORMAT"
    assert caught.value.metadata["extension"] == "jpg"
    assert int(caught.value.metadata["bytes_received"]) >= HEAD_BYTES
    assert asked_for <= 5


@pytest.mark.parametrize("content", [b"", b"no image"])
async def test_what_is_too_short_to_be_an_image_is_refused_at_the_end(content: bytes) -> None:
    assert (await refusal(content, finish(content))).reason == "UNSUPPORTED_FORMAT"


async def test_of_an_empty_file_it_is_said_that_it_is_empty() -> None:
    empty = await refusal(finish(b""))
    short = await refusal(b"no image", finish(b"no image"))
    assert (empty.message, empty.metadata["bytes_received"]) == (
        "The file is empty (file name extension: 'png').",
        "0",
    )
    assert "empty" not in short.message


async def test_progress_is_told_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    file = MemoryFile()

    async def advanced() -> None:
        told.append(file.received.bytes_count)

    chunks = [IMAGE[at : at + 1000] for at in range(0, len(IMAGE), 1000)]
    monkeypatch.setattr(module, "ADVANCE_SECONDS", 0)
    await receiving_into(file).receive(stream(*chunks, finish(IMAGE)), advanced)
    assert told == [min(at, len(IMAGE)) for at in range(1000, len(IMAGE) + 1000, 1000)]


async def test_an_upload_that_stands_still_is_given_up() -> None:
    async def stalled() -> AsyncIterator[Part]:
        yield make("png").content
        await asyncio.Event().wait()

    receiving = receiving_into(MemoryFile(), idle_seconds_max=0.05)
    with pytest.raises(ServiceError) as caught:
        await receiving.receive(stalled(), nothing)

    assert caught.value.reason == "UPLOAD_INCOMPLETE"
