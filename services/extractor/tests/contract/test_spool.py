"""What the spool promises."""

import asyncio
import errno
import hashlib
import os
import threading
import zlib
from pathlib import Path

import pytest

from metaextract_common.errors import ServiceError
from metaextract_extractor.adapters.spool.disk import DiskSpool

CONTENT = bytes(range(256)) * 400


@pytest.fixture
def spool(tmp_path: Path) -> DiskSpool:
    made = DiskSpool(tmp_path / "spool")
    made.open()
    return made


def left(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "spool").iterdir())


@pytest.mark.parametrize("chunk_bytes", [1, 1000, len(CONTENT)])
async def test_a_file_is_what_was_written_with_its_digests(spool: DiskSpool, chunk_bytes: int) -> None:
    content = CONTENT[:5000] if chunk_bytes == 1 else CONTENT
    async with spool.file("jpg", None) as file:
        for at in range(0, len(content), chunk_bytes):
            await file.write(content[at : at + chunk_bytes], at)
        await file.seal()
        assert Path(file.path).read_bytes() == content
        assert file.received.bytes_count == len(content)
        assert await file.head(100) == content[:100]
        hashes = await file.hashes()
    assert hashes.sha256 == hashlib.sha256(content).hexdigest()
    assert hashes.sha1 == hashlib.sha1(content, usedforsecurity=False).hexdigest()
    assert hashes.md5 == hashlib.md5(content, usedforsecurity=False).hexdigest()
    assert hashes.crc32 == f"{zlib.crc32(content):08x}"


async def test_a_file_that_comes_tail_first_has_the_same_digests(spool: DiskSpool) -> None:
    async with spool.file("jpg", len(CONTENT)) as file:
        await file.write(CONTENT[60_000:], 60_000)
        assert await file.head(100) == b""
        await file.write(CONTENT[:50_000], 0)
        assert await file.head(100) == CONTENT[:100]
        await file.write(CONTENT[50_000:60_000], 50_000)
        await file.seal()
        assert Path(file.path).read_bytes() == CONTENT
        hashes = await file.hashes()
    assert hashes.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert hashes.crc32 == f"{zlib.crc32(CONTENT):08x}"


@pytest.mark.parametrize("expected", [None, 0, 100, len(CONTENT), len(CONTENT) * 2])
async def test_a_file_has_its_expected_length_at_first_and_its_real_one_at_last(
    spool: DiskSpool, expected: int | None
) -> None:
    async with spool.file("", expected) as file:
        path = Path(file.path)
        assert path.stat().st_size == (expected or 0)
        await file.write(CONTENT, 0)
        await file.seal()
        assert path.read_bytes() == CONTENT


async def test_nothing_is_left_whatever_happens(spool: DiskSpool, tmp_path: Path) -> None:
    async with spool.file("jpg", 100):
        assert len(left(tmp_path)) == 1
    with pytest.raises(LookupError):
        async with spool.file("jpg", 100) as file:
            await file.write(CONTENT, 0)
            raise LookupError
    assert left(tmp_path) == []


async def test_only_we_may_read_a_file_and_its_name_says_nothing(spool: DiskSpool) -> None:
    async with spool.file("jpg", None) as one, spool.file("jpg", None) as other:
        assert one.path != other.path
        assert Path(one.path).stat().st_mode & 0o777 == 0o600
        assert Path(one.path).suffix == ".jpg"
        assert Path(one.path).parent.stat().st_mode & 0o777 == 0o700


async def test_what_a_crash_left_is_deleted_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool" / "old.jpg").write_bytes(b"x")
    DiskSpool(tmp_path / "spool").open()
    assert left(tmp_path) == []


async def test_a_spool_that_is_gone_is_unavailable(spool: DiskSpool, tmp_path: Path) -> None:
    await spool.check()
    (tmp_path / "spool").rmdir()
    for attempt in (spool.check, lambda: spool.file("", None).__aenter__()):
        with pytest.raises(ServiceError) as caught:
            await attempt()
        assert caught.value.reason == "SPOOL_UNAVAILABLE"


async def test_a_full_disk_is_unavailable(spool: DiskSpool, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object) -> int:
        raise OSError(errno.ENOSPC, "no space left")

    async with spool.file("", None) as file:
        with monkeypatch.context() as patch:
            patch.setattr(os, "pwrite", full)
            with pytest.raises(ServiceError) as caught:
                await file.write(CONTENT, 0)
    assert caught.value.reason == "SPOOL_UNAVAILABLE"


async def test_a_cancelled_write_is_over_before_its_file_is_closed(
    spool: DiskSpool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number of a closed file is given to the next one: a late write would land in another upload."""
    writing, go_on, real = threading.Event(), threading.Event(), os.pwrite
    written: list[int] = []

    def slow(descriptor: int, content: memoryview, at: int) -> int:
        writing.set()
        go_on.wait(60)
        written.append(real(descriptor, content, at))
        return written[-1]

    monkeypatch.setattr(os, "pwrite", slow)

    async def upload() -> None:
        async with spool.file("", None) as file:
            await file.write(CONTENT, 0)

    task = asyncio.create_task(upload())
    await asyncio.to_thread(writing.wait, 60)
    task.cancel()
    await asyncio.sleep(0.05)
    assert not task.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 60)
    assert written == [len(CONTENT)]
