"""The spool: a folder with one file for each upload under way."""

import asyncio
import hashlib
import os
import shutil
import uuid
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from metaextract_extractor.domain import errors
from metaextract_extractor.domain.ranges import Ranges
from metaextract_extractor.domain.result import Hashes

READ_BYTES: Final = 1024 * 1024


class DiskFile:
    """Implements `domain.ports.SpooledFile`: writes each chunk in a thread, and digests it if in order."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor
        self._received = Ranges()
        self._digests = _Digests()

    @property
    def path(self) -> str:
        """Random, apart from a known extension."""
        return str(self._path)

    @property
    def received(self) -> Ranges:
        """Ranges written."""
        return self._received

    async def write(self, chunk: bytes, offset: int) -> None:
        """Write; when this returns the chunk is with the kernel, so the sender may send more."""
        await self._in_thread(self._write, chunk, offset)

    async def head(self, length: int) -> bytes:
        """Read back what was written."""
        there = min(length, self._received.prefix_bytes)
        return await asyncio.to_thread(os.pread, self._descriptor, there, 0)

    async def seal(self) -> None:
        """Cut the file to what was written."""
        await asyncio.to_thread(os.truncate, self._descriptor, self._received.bytes_count)

    async def hashes(self) -> Hashes:
        """Digests of what was written; what came out of order is read once more for it."""
        await self._in_thread(self._digest_rest)
        return self._digests.result()

    async def _in_thread(self, work: Callable[..., None], *arguments: bytes | int) -> None:
        working = asyncio.create_task(asyncio.to_thread(work, *arguments))
        try:
            await asyncio.shield(working)
        except asyncio.CancelledError:
            await asyncio.wait({working})  # else the thread might touch the next file of this number
            raise
        except OSError as error:
            raise errors.spool_unavailable() from error

    def _write(self, chunk: bytes, offset: int) -> None:
        view = memoryview(chunk)
        at = offset
        while view:
            written = os.pwrite(self._descriptor, view, at)
            at += written
            view = view[written:]
        if offset == self._digests.bytes_count:
            self._digests.update(chunk)
        self._received.add(offset, len(chunk))

    def _digest_rest(self) -> None:
        while self._digests.bytes_count < self._received.prefix_bytes:
            left = self._received.prefix_bytes - self._digests.bytes_count
            chunk = os.pread(self._descriptor, min(left, READ_BYTES), self._digests.bytes_count)
            if not chunk:
                raise OSError("the spooled file is shorter than what was written")
            self._digests.update(chunk)


class _Digests:
    """Digests of the bytes from the first one on."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._sha1 = hashlib.sha1(usedforsecurity=False)
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._crc32 = 0
        self.bytes_count = 0

    def update(self, chunk: bytes) -> None:
        for digest in (self._sha256, self._sha1, self._md5):
            digest.update(chunk)
        self._crc32 = zlib.crc32(chunk, self._crc32)
        self.bytes_count += len(chunk)

    def result(self) -> Hashes:
        return Hashes(
            sha256=self._sha256.hexdigest(),
            sha1=self._sha1.hexdigest(),
            md5=self._md5.hexdigest(),
            crc32=f"{self._crc32:08x}",
        )


class DiskSpool:
    """Implements `domain.ports.Spool` in `folder`, which belongs to this process alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self) -> None:
        """Make the folder, and delete what an earlier process left in it."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in self._folder.iterdir():
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left)
            else:
                left.unlink()

    @asynccontextmanager
    async def file(self, extension: str, size_bytes: int | None) -> AsyncIterator[DiskFile]:
        """Create, lengthen (sparse) if the length is known, delete at the end."""
        path = self._folder / f"{uuid.uuid4().hex}{'.' + extension if extension else ''}"
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        except OSError as error:
            raise errors.spool_unavailable() from error
        try:
            if size_bytes:
                os.truncate(descriptor, size_bytes)
            yield DiskFile(path, descriptor)
        finally:
            os.close(descriptor)
            path.unlink(missing_ok=True)

    async def check(self) -> None:
        """Return if a file can be created."""
        async with self.file("", None):
            pass
