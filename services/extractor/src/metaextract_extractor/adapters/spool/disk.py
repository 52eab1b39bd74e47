"""The spool: a folder with one file for each upload under way."""

import asyncio
import hashlib
import os
import uuid
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from metaextract_extractor.domain import errors
from metaextract_extractor.domain.result import Hashes


class DiskFile:
    """Implements `domain.ports.SpooledFile`: writes and digests each chunk in a thread."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor
        self._bytes_received = 0
        self._sha256 = hashlib.sha256()
        self._sha1 = hashlib.sha1(usedforsecurity=False)
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._crc32 = 0

    @property
    def path(self) -> str:
        """Random, apart from a known extension."""
        return str(self._path)

    @property
    def bytes_received(self) -> int:
        """Bytes written."""
        return self._bytes_received

    async def write(self, chunk: bytes) -> None:
        """Append; when this returns the chunk is with the kernel, so the sender may send more."""
        writing = asyncio.create_task(asyncio.to_thread(self._write, chunk))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            await asyncio.wait({writing})  # else the thread might write into the next file of this number
            raise
        except OSError as error:
            raise errors.spool_unavailable() from error

    async def seal(self) -> None:
        """Cut the file to what was written."""
        await asyncio.to_thread(os.truncate, self._descriptor, self._bytes_received)

    def hashes(self) -> Hashes:
        """Digests of what was written."""
        return Hashes(
            sha256=self._sha256.hexdigest(),
            sha1=self._sha1.hexdigest(),
            md5=self._md5.hexdigest(),
            crc32=f"{self._crc32:08x}",
        )

    def _write(self, chunk: bytes) -> None:
        view = memoryview(chunk)
        at = self._bytes_received
        while view:
            written = os.pwrite(self._descriptor, view, at)
            at += written
            view = view[written:]
        for digest in (self._sha256, self._sha1, self._md5):
            digest.update(chunk)
        self._crc32 = zlib.crc32(chunk, self._crc32)
        self._bytes_received = at


class DiskSpool:
    """Implements `domain.ports.Spool` in `folder`, which belongs to this process alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self) -> None:
        """Make the folder, and delete what an earlier process left in it."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in self._folder.iterdir():
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
