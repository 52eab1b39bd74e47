"""Keeps resumable uploads in a folder. Gateways that share the folder share the uploads."""

import asyncio
import os
import re
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from pydantic import ValidationError

from metaextract_common.errors import ServiceError
from metaextract_gateway.adapters.uploads_store.files import UploadFiles, locked, room_needed, write_all
from metaextract_gateway.domain import errors
from metaextract_gateway.domain.resumable import Kept, ResumableUpload

CHUNK_BYTES: Final = 256 * 1024
LOCK_SECONDS_MAX: Final = 10.0
"""How long a newer request waits for an older one to stop."""
LOCK_PAUSE_SECONDS: Final = 0.02
LOOK_SECONDS: Final = 0.25
"""How often a writer looks whether another gateway wants its upload."""
STRAY_AGE: Final = timedelta(hours=1)
"""Files without a state, which a crash left behind, are deleted when they are this old."""
_ID: Final = re.compile(r"[0-9a-f]{32}")

T = TypeVar("T")


def new_id() -> str:
    """Return a name that nobody guesses."""
    return secrets.token_hex(16)


class DiskUploads:
    """Implements `domain.resumable.UploadStore`. `lifetime`: from the last byte to being forgotten."""

    def __init__(self, folder: Path, *, lifetime: timedelta) -> None:
        self._folder = folder
        self._lifetime = lifetime
        self._writers: dict[str, _Writing] = {}

    def open(self) -> None:
        """Create the folder. Blocks."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Notice, while in the context, when another gateway takes an upload over."""
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching

    async def add(self, known: ResumableUpload) -> Kept:
        """Make the two files."""
        files = self._files(known.id)
        await asyncio.to_thread(files.make, known)
        return await asyncio.to_thread(files.read, self._lifetime)

    async def get(self, upload_id: str) -> Kept:
        """Read the state and the length."""
        return await asyncio.to_thread(self._files(upload_id).read, self._lifetime)

    async def know(self, known: ResumableUpload) -> None:
        """Replace the state, if there is one."""
        await self.get(known.id)
        await asyncio.to_thread(self._files(known.id).write_state, known)

    @asynccontextmanager
    async def writing(self, upload_id: str) -> AsyncIterator["_Writing"]:
        """Claim the upload, wait for the lock, and drop bytes that were never verified."""
        files, name = self._files(upload_id), secrets.token_hex(8)
        await asyncio.to_thread(files.claim, name)
        if (older := self._writers.get(upload_id)) is not None:
            older.supersede()
        descriptor = await _acquired(partial(_locked_by, files, name))
        writing = None
        try:
            kept = await asyncio.to_thread(files.read, self._lifetime)
            self._writers[upload_id] = writing = _Writing(files, name, descriptor, kept)
            if kept.known.unverified_from is not None:
                await writing.cut(kept.known.unverified_from)
                await writing.know(replace(kept.known, unverified_from=None))
            yield writing
        finally:
            if self._writers.get(upload_id) is writing:
                self._writers.pop(upload_id, None)
            os.close(descriptor)

    @asynccontextmanager
    async def reading(self, upload_id: str) -> AsyncIterator[bool]:
        """Try the lock of readers once."""
        files = self._files(upload_id)
        descriptor = await _opened(partial(locked, files.lock_of_reader, os.O_CREAT))
        try:
            yield descriptor is not None
        finally:
            if descriptor is not None:
                os.close(descriptor)

    async def chunks(self, upload_id: str) -> AsyncGenerator[bytes, None]:
        """Read piece by piece; the file may be deleted meanwhile."""
        try:
            file = await asyncio.to_thread(self._files(upload_id).part.open, "rb", buffering=0)
        except FileNotFoundError as error:
            raise errors.upload_not_found() from error
        with file:
            while piece := await _uninterrupted(asyncio.to_thread(file.read, CHUNK_BYTES)):
                yield piece

    async def settle(self, upload_id: str) -> None:
        """Write the state before the bytes go; one that was removed meanwhile stays so."""
        with suppress(ServiceError):
            kept = await self.get(upload_id)
            await asyncio.to_thread(self._files(upload_id).settle, kept.known)

    async def remove(self, upload_id: str) -> None:
        """Delete the files. A writer finds its claim gone."""
        files = self._files(upload_id)
        if not await asyncio.to_thread(files.exist):
            raise errors.upload_not_found()
        await asyncio.to_thread(files.remove)
        if (writer := self._writers.get(upload_id)) is not None:
            writer.supersede()

    async def all(self) -> list[Kept]:
        """Read the state of every upload that is not settled."""
        return await asyncio.to_thread(self._all)

    async def expired(self) -> list[ResumableUpload]:
        """Forget uploads whose time is over, and what a crash left without a state; return the former."""
        return await asyncio.to_thread(self._expired)

    def _all(self) -> list[Kept]:
        found = []
        for path in self._folder.glob("*.json"):
            with suppress(ServiceError):
                found.append(self._files(path.stem).read(self._lifetime))
        return found

    def _expired(self) -> list[ResumableUpload]:
        found, now = [], datetime.now(UTC)
        for path in list(self._folder.iterdir()):
            files = UploadFiles(self._folder, path.name.partition(".")[0])
            with suppress(FileNotFoundError):
                is_state = path in (files.state, files.done)
                if is_state and files.changed_time() + self._lifetime <= now:
                    with suppress(ValidationError):  # of another version
                        found.append(files.known())
                    files.remove()
                elif not files.exist() and _changed(path) + STRAY_AGE <= now:
                    path.unlink()
        return found

    def _files(self, upload_id: str) -> UploadFiles:
        if not _ID.fullmatch(upload_id):
            raise errors.upload_not_found()
        return UploadFiles(self._folder, upload_id)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            writers = list(self._writers.values())
            with suppress(OSError):  # a folder that is away comes back, or not: each request will say so
                for writer in await asyncio.to_thread(lambda ws: [w for w in ws if w.is_unwanted()], writers):
                    writer.supersede()


class _Writing:
    """Implements `domain.resumable.Writing` on a locked file."""

    def __init__(self, files: UploadFiles, name: str, descriptor: int, kept: Kept) -> None:
        self._files = files
        self._name = name
        self._descriptor = descriptor
        self._size_bytes = os.fstat(descriptor).st_size
        self._kept = kept
        self._stopped: Callable[[], None] | None = None
        self._superseded = False

    @property
    def kept(self) -> Kept:
        """The state as it was read or written last, with the length as it is."""
        unverified_from = self._kept.known.unverified_from
        size_bytes = self._size_bytes if unverified_from is None else min(self._size_bytes, unverified_from)
        return replace(self._kept, offset_bytes=size_bytes)

    def is_unwanted(self) -> bool:
        """Whether somebody else claimed the upload, or removed it. Blocks."""
        return not self._files.claimed_by(self._name)

    def supersede(self) -> None:
        """Make whoever is in `until_superseded` stop."""
        self._superseded = True
        if self._stopped is not None:
            self._stopped()

    @asynccontextmanager
    async def until_superseded(self) -> AsyncIterator[None]:
        """Cancel what runs in the context, by a timeout that comes when we say so."""
        try:
            async with asyncio.timeout(None) as limit:
                loop = asyncio.get_running_loop()
                self._stopped = lambda: None if limit.expired() else limit.reschedule(loop.time())
                if self._superseded:
                    self._stopped()
                try:
                    yield
                finally:
                    self._stopped = None
        except TimeoutError:
            if not limit.expired():
                raise
            raise errors.upload_taken_over() from None

    async def append(self, data: bytes) -> None:
        """Write in a thread, which a cancellation waits for: nobody else may write meanwhile."""
        await _uninterrupted(asyncio.to_thread(self._append, data))

    async def cut(self, size_bytes: int) -> None:
        """Truncate."""
        await _uninterrupted(asyncio.to_thread(self._cut, size_bytes))

    async def know(self, known: ResumableUpload) -> None:
        """Replace the state file."""
        await _uninterrupted(asyncio.to_thread(self._files.write_state, known))
        self._kept = replace(self._kept, known=known)

    async def secure(self) -> None:
        """Flush the file."""
        await _uninterrupted(asyncio.to_thread(os.fdatasync, self._descriptor))

    def _append(self, data: bytes) -> None:
        try:
            with room_needed():
                write_all(self._descriptor, data, self._size_bytes)
        finally:
            self._size_bytes = os.fstat(self._descriptor).st_size

    def _cut(self, size_bytes: int) -> None:
        os.ftruncate(self._descriptor, size_bytes)
        self._size_bytes = size_bytes


def _changed(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _locked_by(files: UploadFiles, name: str) -> int | None:
    """Try to lock the bytes; raises UPLOAD_TAKEN_OVER if there is a newer claim, UPLOAD_NOT_FOUND."""
    descriptor = locked(files.part)
    if descriptor is not None and not files.claimed_by(name):
        os.close(descriptor)
        descriptor = None
    if descriptor is None and not files.claimed_by(name):
        raise errors.upload_taken_over() if files.exist() else errors.upload_not_found()
    return descriptor


async def _acquired(attempt: Callable[[], int | None]) -> int:
    deadline = asyncio.get_running_loop().time() + LOCK_SECONDS_MAX
    while asyncio.get_running_loop().time() < deadline:
        if (descriptor := await _opened(attempt)) is not None:
            return descriptor
        await asyncio.sleep(LOCK_PAUSE_SECONDS)
    raise errors.upload_locked()


async def _opened(attempt: Callable[[], int | None]) -> int | None:
    """Call in a thread; who is cancelled meanwhile leaves nothing open, and nothing locked."""
    opening = asyncio.ensure_future(asyncio.to_thread(attempt))
    try:
        return await _uninterrupted(opening)
    except asyncio.CancelledError:
        if opening.exception() is None and (descriptor := opening.result()) is not None:
            os.close(descriptor)
        raise


async def _uninterrupted(work: Awaitable[T]) -> T:
    """Finish `work`, which runs in a thread, even if we are cancelled meanwhile, and be cancelled then."""
    task, cancelled = asyncio.ensure_future(work), False
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            cancelled = True
    if cancelled:
        raise asyncio.CancelledError
    return task.result()
