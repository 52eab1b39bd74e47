"""The files of one upload in the store's folder, and what is done to them. Everything here blocks.

`<id>.part` holds the bytes, and its length says how many; it is locked by whoever writes. `<id>.json` says
what is known, and is replaced in one step; when the extraction has ended, `<id>.done` stands alone instead.
`<id>.claim` names the newest request that wants to write: the older one finds another name than its own
there and stops. `<id>.reading` is locked by the gateway that hands the whole file on.
"""

import errno
import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from metaextract_gateway.domain import errors
from metaextract_gateway.domain.resumable import Kept, ResumableUpload

_KNOWN: Final = TypeAdapter(ResumableUpload)
_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_SUFFIXES: Final = (".claim", ".reading", ".part", ".json", ".done")


@contextmanager
def room_needed() -> Iterator[None]:
    """Turn a full disk, or a used-up quota, into UPLOADS_STORE_FULL."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise errors.uploads_store_full() from error
        raise


@dataclass(frozen=True, slots=True)
class UploadFiles:
    """The files of one upload."""

    folder: Path
    id: str

    @property
    def part(self) -> Path:
        """The bytes."""
        return self.folder / f"{self.id}.part"

    @property
    def state(self) -> Path:
        """What is known."""
        return self.folder / f"{self.id}.json"

    @property
    def done(self) -> Path:
        """What was known when the extraction had ended."""
        return self.folder / f"{self.id}.done"

    @property
    def lock_of_reader(self) -> Path:
        """Locked by the gateway that reads the whole file."""
        return self.folder / f"{self.id}.reading"

    @property
    def _claim(self) -> Path:
        return self.folder / f"{self.id}.claim"

    def make(self, known: ResumableUpload) -> None:
        """Create an upload without bytes."""
        with room_needed():
            os.close(os.open(self.part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        try:
            self.write_state(known)
        except BaseException:
            self.part.unlink()
            raise

    def exist(self) -> bool:
        """Whether there is such an upload."""
        return self.state.exists() or self.done.exists()

    def write_state(self, known: ResumableUpload) -> None:
        """Replace the state in one step that survives the loss of power."""
        with room_needed():
            self._replace(self.done if known.is_settled else self.state, _KNOWN.dump_json(known))
            folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def known(self) -> ResumableUpload:
        """Return what is known, even if its time is over; raises FileNotFoundError or ValidationError."""
        try:
            return _KNOWN.validate_json(self.state.read_bytes())
        except FileNotFoundError:
            return _KNOWN.validate_json(self.done.read_bytes())

    def read(self, lifetime: timedelta) -> Kept:
        """Return the upload as it is; raises UPLOAD_NOT_FOUND, also when its time is over."""
        try:
            known, size_bytes = self._known_and_size()
            expire_time = self.changed_time() + lifetime
        except (FileNotFoundError, ValidationError) as error:  # a state that another version wrote
            raise errors.upload_not_found() from error
        if known.unverified_from is not None:
            size_bytes = min(size_bytes, known.unverified_from)
        if expire_time <= datetime.now(UTC):
            raise errors.upload_not_found()
        return Kept(known, size_bytes, expire_time)

    def _known_and_size(self) -> tuple[ResumableUpload, int]:
        try:
            return _KNOWN.validate_json(self.state.read_bytes()), self.part.stat().st_size
        except FileNotFoundError:
            known = _KNOWN.validate_json(self.done.read_bytes())
            return known, known.upload.size_bytes_expected or 0

    def changed_time(self) -> datetime:
        """When it was last written to, in UTC; raises FileNotFoundError."""
        times = []
        for path in (self.state, self.part, self.done):
            with suppress(FileNotFoundError):
                times.append(path.stat().st_mtime)
        if not times:
            raise FileNotFoundError(self.state)
        return datetime.fromtimestamp(max(times), UTC)

    def claim(self, name: str) -> None:
        """Say who is the newest that wants to write; raises UPLOAD_NOT_FOUND."""
        if not self.exist():
            raise errors.upload_not_found()
        with room_needed():
            self._replace(self._claim, name.encode())

    def claimed_by(self, name: str) -> bool:
        """Whether `name` is still the newest."""
        try:
            return self._claim.read_bytes() == name.encode()
        except FileNotFoundError:
            return False

    def settle(self, known: ResumableUpload) -> None:
        """Keep what is known alone."""
        self.write_state(replace(known, is_settled=True))
        for path in (self.state, self.part, self._claim, self.lock_of_reader):
            path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Delete everything, what is known last: nothing is left that nobody finds."""
        for suffix in _SUFFIXES:
            (self.folder / f"{self.id}{suffix}").unlink(missing_ok=True)

    def _replace(self, path: Path, content: bytes) -> None:
        new = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")  # others may write the same one
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            write_all(descriptor, content, 0)
            os.fsync(descriptor)
            new.replace(path)
        except BaseException:
            new.unlink()
            raise
        finally:
            os.close(descriptor)


def locked(path: Path, flags: int = 0) -> int | None:
    """Open and lock a file; None if somebody else has the lock, or the file is another one by now.

    Raises UPLOAD_NOT_FOUND.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | flags, 0o600)
    except FileNotFoundError as error:
        raise errors.upload_not_found() from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_ino == path.stat().st_ino:
            return descriptor
    except BlockingIOError:
        pass
    except FileNotFoundError as error:
        os.close(descriptor)
        raise errors.upload_not_found() from error
    os.close(descriptor)
    return None


def write_all(descriptor: int, data: bytes, offset: int) -> None:
    """Write everything at a place of the file; raises OSError, having written a part perhaps."""
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written
