"""Uploads in pieces: who may go on with them, how much may be open, and what becomes of them when whole."""

import asyncio
import hashlib
import os
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from metaextract_common.errors import Kind, ServiceError
from metaextract_gateway.application.resuming import Checksum, Piece
from metaextract_gateway.domain.model import HoldState, Quoted

CONTENT = bytes(range(256)) * 4000
ALICE = "user:00000000-0000-4000-8000-000000000001"
BUSY = ServiceError(Kind.EXHAUSTED, "extractor.metaextract", "EXTRACTOR_BUSY", "Later.", {}, 0.01)
CANCELLED = ServiceError(Kind.CANCELLED, "extractor.metaextract", "EXTRACTION_CANCELLED", "Cut off.")
POOR = ServiceError(Kind.PRECONDITION, "billing.metaextract", "INSUFFICIENT_CREDITS", "Buy some.")


async def reason(awaitable) -> str:
    with pytest.raises(ServiceError) as caught:
        await awaitable
    return caught.value.reason


def names(gateway) -> set[str]:
    return {one.name.partition(".")[2] for one in gateway.store._folder.iterdir()}


async def test_a_file_in_pieces_is_read_once_and_paid_once_and_only_its_state_is_left(gateway) -> None:
    made = await gateway.create(len(CONTENT))
    first = await gateway.append(made.known.id, 0, CONTENT[:300_001])
    last = await gateway.append(made.known.id, 300_001, CONTENT[300_001:])
    await gateway.settled()

    assert (first.offset_bytes, last.offset_bytes) == (300_001, len(CONTENT))
    assert gateway.reader.read == {made.known.upload.extraction_id: CONTENT}
    assert gateway.ledger.states() == [HoldState.CAPTURED]
    assert names(gateway) == {"done"}
    kept = await gateway.resuming.status(made.known.id, "")
    assert (kept.offset_bytes, kept.known.is_settled) == (len(CONTENT), True)


async def test_the_last_request_may_be_repeated_and_reads_nothing_again(gateway) -> None:
    made = await gateway.create(len(CONTENT))
    await gateway.append(made.known.id, 0, CONTENT)
    await gateway.settled()

    again = await gateway.append(made.known.id, len(CONTENT), b"")

    assert again.is_whole
    assert len(gateway.reader.read) == 1
    assert await reason(gateway.append(made.known.id, len(CONTENT), b"more")) == "UPLOAD_TOO_LARGE"
    assert await reason(gateway.append(made.known.id, 0, CONTENT)) == "UPLOAD_OFFSET_MISMATCH"


async def test_an_empty_file_is_whole_when_it_is_made(gateway) -> None:
    made = await gateway.create(0)
    await gateway.settled()

    assert gateway.reader.read == {made.known.upload.extraction_id: b""}


async def test_a_length_may_be_told_later_and_once(gateway) -> None:
    made = await gateway.create(None)
    assert gateway.ledger.holds == {}
    await gateway.append(made.known.id, 0, CONTENT[:5])
    assert await reason(gateway.append(made.known.id, 5, b"", size_bytes=4)) == "INVALID_REQUEST"
    await gateway.append(made.known.id, 5, b"", size_bytes=len(CONTENT))
    assert gateway.ledger.states() == [HoldState.HELD]
    assert await reason(gateway.append(made.known.id, 5, b"", size_bytes=7)) == "INVALID_REQUEST"

    await gateway.append(made.known.id, 5, CONTENT[5:])
    await gateway.settled()

    assert list(gateway.reader.read.values()) == [CONTENT]


@pytest.mark.parametrize("algorithm", ["sha256", "sha1", "md5"])
async def test_a_piece_that_is_not_what_its_checksum_says_leaves_nothing(gateway, algorithm: str) -> None:
    right = Checksum(algorithm, hashlib.new(algorithm, CONTENT[10:]).digest())
    wrong = Checksum(algorithm, hashlib.new(algorithm, CONTENT).digest())
    made = await gateway.create(len(CONTENT))
    await gateway.append(made.known.id, 0, CONTENT[:10])

    refused = await reason(gateway.append(made.known.id, 10, CONTENT[10:], checksum=wrong))
    left = (await gateway.resuming.status(made.known.id, "")).offset_bytes
    await gateway.append(made.known.id, 10, CONTENT[10:], checksum=right)
    await gateway.settled()

    assert (refused, left) == ("UPLOAD_CHECKSUM_MISMATCH", 10)
    assert list(gateway.reader.read.values()) == [CONTENT]


async def test_no_more_bytes_than_declared_are_taken(gateway) -> None:
    made = await gateway.create(10)

    assert await reason(gateway.append(made.known.id, 0, CONTENT)) == "UPLOAD_TOO_LARGE"
    assert await reason(gateway.append(made.known.id, 0, b"12", length_bytes=11)) == "UPLOAD_TOO_LARGE"
    assert await reason(gateway.create(10_000_001)) == "UPLOAD_TOO_LARGE"


@pytest.mark.parametrize(
    ("limits", "refused"),
    [
        ({"owner_open_max": 2}, "UPLOADS_OPEN_LIMIT"),
        ({"owner_open_bytes_max": 250}, "UPLOADS_OPEN_LIMIT"),
        ({"open_max": 2}, "UPLOADS_STORE_FULL"),
        ({"open_bytes_max": 250}, "UPLOADS_STORE_FULL"),
    ],
)
async def test_what_is_open_is_bounded_until_some_of_it_ends(
    start, limits: dict[str, int], refused: str
) -> None:
    async with start(**limits) as gateway:
        first = await gateway.create(100)
        await gateway.create(100)
        assert await reason(gateway.create(100)) == refused
        await gateway.resuming.terminate(first.known.id, "")
        third = await gateway.create(100)
        assert await reason(gateway.create(100)) == refused
        await gateway.append(third.known.id, 0, bytes(100))
        await gateway.settled()
        await gateway.create(100)


async def test_another_owner_has_limits_of_its_own(start) -> None:
    async with start(owner_open_max=1) as gateway:
        await gateway.create(1, owner="address:x")
        await gateway.create(1, owner="address:y")
        assert await reason(gateway.create(1, owner="address:y")) == "UPLOADS_OPEN_LIMIT"


async def test_nothing_is_taken_in_when_nobody_pays(gateway) -> None:
    gateway.ledger.refusal = POOR

    assert await reason(gateway.create(100)) == "INSUFFICIENT_CREDITS"
    assert names(gateway) == set()


async def test_what_cannot_be_paid_in_the_end_is_told_and_can_be_asked_for_again(gateway) -> None:
    made = await gateway.create(None)
    await gateway.append(made.known.id, 0, CONTENT)
    gateway.ledger.refusal = POOR
    declared = gateway.append(made.known.id, len(CONTENT), b"", size_bytes=len(CONTENT))
    assert await reason(declared) == "INSUFFICIENT_CREDITS"

    gateway.ledger.refusal = None
    await gateway.append(made.known.id, len(CONTENT), b"", size_bytes=len(CONTENT))
    await gateway.settled()

    assert list(gateway.reader.read.values()) == [CONTENT]


async def test_a_claimed_price_must_hold_when_the_upload_is_made_and_never_spoils_it_later(gateway) -> None:
    claimed = Quoted("q", "1", must_hold=True)
    gateway.ledger.refusal = ServiceError(Kind.PRECONDITION, "billing.metaextract", "QUOTE_EXPIRED", "Late.")
    with pytest.raises(ServiceError) as refused:
        await gateway.create(5, quoted=claimed)
    gateway.ledger.refusal = None
    made = await gateway.create(5, quoted=claimed)

    assert refused.value.reason == "QUOTE_EXPIRED"
    assert (await gateway.store.get(made.known.id)).known.upload.quoted == Quoted("q", "1")


async def test_what_the_client_says_of_the_whole_file_is_kept_for_the_extractor(gateway) -> None:
    made = await gateway.create(5, sha256="ff" * 32)

    assert (await gateway.store.get(made.known.id)).known.upload.sha256 == "ff" * 32


async def test_a_terminated_upload_is_gone_and_gives_back_what_was_held(gateway) -> None:
    made = await gateway.create(100)
    await gateway.resuming.terminate(made.known.id, "")

    assert names(gateway) == set()
    assert gateway.ledger.states() == [HoldState.RELEASED]
    assert await reason(gateway.resuming.status(made.known.id, "")) == "UPLOAD_NOT_FOUND"
    assert await reason(gateway.append(made.known.id, 0, b"1")) == "UPLOAD_NOT_FOUND"
    assert await reason(gateway.resuming.terminate(made.known.id, "")) == "UPLOAD_NOT_FOUND"


async def test_the_upload_of_an_account_takes_the_account(gateway) -> None:
    made = await gateway.create(100, account=ALICE)
    kept = await gateway.resuming.status(made.known.id, ALICE)

    assert kept.offset_bytes == 0
    assert await reason(gateway.resuming.status(made.known.id, "user:other")) == "UPLOAD_NOT_FOUND"
    assert await reason(gateway.append(made.known.id, 0, b"1")) == "UPLOAD_NOT_FOUND"
    assert await reason(gateway.resuming.terminate(made.known.id, "")) == "UPLOAD_NOT_FOUND"


@pytest.mark.parametrize("upload_id", ["", "..", "../../etc/passwd", "x" * 32, "0" * 32, "A" * 32])
async def test_names_that_we_did_not_make_name_nothing(gateway, upload_id: str) -> None:
    assert await reason(gateway.resuming.status(upload_id, "")) == "UPLOAD_NOT_FOUND"


async def test_the_same_request_gives_the_same_upload(gateway) -> None:
    made = await gateway.create(100, request_id="key-1")
    await gateway.append(made.known.id, 0, bytes(60))
    again = await gateway.create(100, request_id="key-1")
    other = await gateway.create(101, request_id="key-1")

    assert (again.known.id, again.offset_bytes) == (made.known.id, 60)
    assert other.known.id != made.known.id


async def test_uploads_expire_after_their_last_byte(start) -> None:
    async with start(lifetime=timedelta(seconds=100)) as gateway:
        old, new = await gateway.create(100), await gateway.create(100)
        await gateway.append(old.known.id, 0, bytes(60))
        for path in gateway.store._folder.glob(f"{old.known.id}*"):
            os.utime(path, (path.stat().st_mtime - 101,) * 2)

        assert await reason(gateway.resuming.status(old.known.id, "")) == "UPLOAD_NOT_FOUND"
        await gateway.resuming.sweep()

        assert {one.name.partition(".")[0] for one in gateway.store._folder.iterdir()} == {new.known.id}
        assert gateway.ledger.states() == [HoldState.RELEASED, HoldState.HELD]


async def test_files_that_a_crash_left_without_a_state_are_swept(gateway) -> None:
    stray = gateway.store._folder / f"{'0' * 32}.part"
    fresh = gateway.store._folder / f"{'1' * 32}.part"
    stray.write_bytes(b"1")
    fresh.write_bytes(b"1")
    os.utime(stray, (stray.stat().st_mtime - 3601,) * 2)

    await gateway.resuming.sweep()

    assert list(gateway.store._folder.iterdir()) == [fresh]


@contextmanager
def room_for(size_bytes: int) -> Iterator[None]:
    """Let no file of this process grow longer: the kernel then refuses as it does when a disk is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_full_disk_refuses_and_loses_nothing(gateway) -> None:
    made = await gateway.create(len(CONTENT))
    with room_for(500_000):
        assert await reason(gateway.append(made.known.id, 0, CONTENT)) == "UPLOADS_STORE_FULL"
    kept = await gateway.resuming.status(made.known.id, "")
    assert kept.offset_bytes == 500_000

    await gateway.append(made.known.id, 500_000, CONTENT[500_000:])
    await gateway.settled()

    assert list(gateway.reader.read.values()) == [CONTENT]


async def test_a_full_disk_takes_no_new_upload_and_leaves_nothing(gateway) -> None:
    with room_for(10):
        assert await reason(gateway.create(100)) == "UPLOADS_STORE_FULL"

    assert names(gateway) == set()
    assert gateway.ledger.states() == [HoldState.RELEASED]


async def test_what_an_extractor_is_too_busy_for_is_read_later(gateway) -> None:
    gateway.reader.failures = [BUSY, BUSY]
    made = await gateway.create(len(CONTENT))
    await gateway.append(made.known.id, 0, CONTENT)
    await gateway.settled()

    assert list(gateway.reader.read) == [made.known.upload.extraction_id]
    assert gateway.ledger.states() == [HoldState.RELEASED, HoldState.RELEASED, HoldState.CAPTURED]


async def whole_and_unread(gateway) -> tuple[str, str]:
    """What a gateway leaves that dies as the last byte arrives."""
    made = await gateway.create(len(CONTENT))
    async with gateway.store.writing(made.known.id) as writing:
        await writing.append(CONTENT)
    return made.known.id, made.known.upload.extraction_id


async def test_a_whole_upload_of_a_dead_gateway_is_read_by_another(gateway, other) -> None:
    _, extraction_id = await whole_and_unread(gateway)

    await other.resuming.sweep()
    await other.settled()

    assert gateway.reader.read == {extraction_id: CONTENT}
    assert gateway.ledger.states() == [HoldState.CAPTURED]


async def test_two_gateways_that_sweep_at_once_read_an_upload_once(gateway, other) -> None:
    _, extraction_id = await whole_and_unread(gateway)

    await asyncio.gather(gateway.resuming.sweep(), other.resuming.sweep())
    await gateway.settled()
    await other.settled()

    assert gateway.reader.read == {extraction_id: CONTENT}


async def test_what_was_read_for_a_dead_gateway_is_paid_once_and_not_read_again(gateway, other) -> None:
    upload_id, extraction_id = await whole_and_unread(gateway)
    await other.resuming.sweep()
    await other.settled()
    known = (await gateway.store.get(upload_id)).known
    gateway.store._files(upload_id).part.write_bytes(CONTENT)  # as if it had died before it noted the end
    await gateway.store.know(replace(known, is_settled=False))

    await gateway.resuming.sweep()
    await gateway.settled()

    assert gateway.reader.read == {extraction_id: CONTENT}
    assert gateway.ledger.states() == [HoldState.CAPTURED]
    assert (await gateway.store.get(upload_id)).known.is_settled


async def test_an_extraction_that_was_cut_off_is_made_again_under_a_new_name(gateway) -> None:
    upload_id, extraction_id = await whole_and_unread(gateway)
    gateway.reader.ended[extraction_id] = CANCELLED

    await gateway.resuming.sweep()
    await gateway.settled()

    known = (await gateway.resuming.status(upload_id, "")).known
    assert known.upload.extraction_id != extraction_id
    assert gateway.reader.read == {known.upload.extraction_id: CONTENT}


async def test_an_extraction_name_that_is_in_use_is_refused_before_a_byte_comes(gateway) -> None:
    first = await gateway.create(5)
    await gateway.append(first.known.id, 0, b"12345")
    await gateway.settled()
    used = replace(first.known, id="0" * 32)

    assert await reason(gateway.resuming.create(used, repeatable=False)) == "INVALID_REQUEST"


async def stalled(released: asyncio.Event, *chunks: bytes) -> AsyncIterator[bytes]:
    """A connection that brings the first chunk, then nothing for long, then the rest."""
    yield chunks[0]
    await released.wait()
    for chunk in chunks[1:]:
        yield chunk


@pytest.mark.parametrize("where", ["the same gateway", "another gateway"])
@pytest.mark.parametrize("how", ["status", "append", "terminate"])
async def test_a_newer_request_stops_an_older_one(gateway, other, where: str, how: str) -> None:
    newer, released = (gateway if where == "the same gateway" else other), asyncio.Event()
    made = await gateway.create(len(CONTENT))
    piece = Piece(0, stalled(released, CONTENT[:300_000], CONTENT[300_000:]))
    older = asyncio.create_task(gateway.resuming.append(made.known.id, "", piece))
    while (await gateway.store.get(made.known.id)).offset_bytes < 300_000:
        await asyncio.sleep(0.01)

    if how == "terminate":
        await newer.resuming.terminate(made.known.id, "")
        assert await reason(older) == "UPLOAD_TAKEN_OVER"
        assert names(gateway) <= {"claim"}
        return
    if how == "status":
        assert (await newer.resuming.status(made.known.id, "")).offset_bytes == 300_000
    await newer.append(made.known.id, 300_000, CONTENT[300_000:])
    released.set()
    assert await reason(older) == "UPLOAD_TAKEN_OVER"
    await newer.settled()

    assert list(gateway.reader.read.values()) == [CONTENT]


async def test_a_request_that_was_read_in_another_way_is_told_where(gateway) -> None:
    first = await gateway.create(5, request_id="key-1")
    await gateway.append(first.known.id, 0, b"12345")
    await gateway.settled()
    gateway.reader.earlier["key-1"] = gateway.reader.ended[first.known.upload.extraction_id]

    second = await gateway.create(5, request_id="key-1")
    await gateway.append(second.known.id, 0, b"12345")
    await gateway.settled()

    kept = await gateway.resuming.status(second.known.id, "")
    assert kept.known.upload.extraction_id == first.known.upload.extraction_id
    assert gateway.ledger.states() == [HoldState.CAPTURED]


async def test_an_upload_without_a_length_may_be_terminated(gateway) -> None:
    made = await gateway.create(None)
    await gateway.resuming.terminate(made.known.id, "")

    assert names(gateway) == set()


async def test_settled_uploads_expire_too(start) -> None:
    async with start(lifetime=timedelta(seconds=100)) as gateway:
        made = await gateway.create(5)
        await gateway.append(made.known.id, 0, b"12345")
        await gateway.settled()
        done = gateway.store._folder / f"{made.known.id}.done"
        os.utime(done, (done.stat().st_mtime - 101,) * 2)

        assert await reason(gateway.resuming.status(made.known.id, "")) == "UPLOAD_NOT_FOUND"
        await gateway.resuming.sweep()

        assert names(gateway) == set()
        assert gateway.ledger.states() == [HoldState.CAPTURED]


async def test_a_gateway_that_stops_leaves_what_it_could_not_begin_to_the_next(start, other) -> None:
    async with start() as stopping:
        stopping.reader.failures = [replace_wait(BUSY, 60)]
        made = await stopping.create(5)
        await stopping.append(made.known.id, 0, b"12345")
        began = asyncio.get_running_loop().time()
        await stopping.background.drained(20)
        assert asyncio.get_running_loop().time() - began < 10

    await other.resuming.sweep()
    await other.settled()

    assert list(other.reader.read.values()) == [b"12345"]


def replace_wait(error: ServiceError, seconds: float) -> ServiceError:
    return ServiceError(error.kind, error.domain, error.reason, error.message, error.metadata, seconds)


async def test_what_was_paid_and_forgotten_is_not_read_and_paid_again(gateway, other) -> None:
    upload_id, extraction_id = await whole_and_unread(gateway)
    await gateway.resuming.sweep()
    await gateway.settled()
    known = (await gateway.store.get(upload_id)).known
    gateway.store._files(upload_id).part.write_bytes(CONTENT)  # as if it had died before it noted the end
    await gateway.store.know(replace(known, is_settled=False))
    gateway.reader.ended.clear()  # and nobody had come for longer than results are kept

    await other.resuming.sweep()
    await other.settled()

    assert list(gateway.reader.read) == [extraction_id]
    assert gateway.ledger.states() == [HoldState.CAPTURED]
    assert (await gateway.store.get(upload_id)).known.is_settled


@pytest.mark.parametrize("how", ["append", "status"])
async def test_whoever_comes_to_write_when_all_was_read_is_told_so(
    gateway, other, monkeypatch, how: str
) -> None:
    made = await gateway.create(len(CONTENT))
    writing = gateway.store.writing

    @asynccontextmanager
    async def late(upload_id: str) -> AsyncIterator[object]:
        monkeypatch.undo()
        await other.append(upload_id, 0, CONTENT)
        await other.settled()
        async with writing(upload_id) as begun:
            yield begun

    monkeypatch.setattr(gateway.store, "writing", late)
    if how == "status":
        assert (await gateway.resuming.status(made.known.id, "")).is_whole
    else:
        assert await reason(gateway.append(made.known.id, 0, CONTENT)) == "UPLOAD_OFFSET_MISMATCH"
