"""What a worker gets to see of the spool: a folder of its own, with the file of its task and no other.

The file is a hard link, so that the worker sees it grow and the spool may forget it. Folders are below the
spool's own, because links do not cross file systems.
"""

import errno
import os
import shutil
import stat
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path


class InboxesUnavailableError(Exception):
    """The file system of the spool has no hard links."""


class Inbox:
    """The folder of one worker."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def holding(self, file: Path, suffix: str | None = None) -> Iterator[str]:
        """Let the worker see `file` for the time of the block; yields its name there: random, same suffix."""
        link = self.folder / f"{uuid.uuid4().hex}{file.suffix if suffix is None else suffix}"
        os.link(file, link)
        try:
            yield link.name
        finally:
            link.unlink(missing_ok=True)

    def remove(self) -> None:
        """Delete the folder, and what a task left in it."""
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Outbox:
    """A folder that one worker can write to; no file in it may be larger than `file_bytes_max`."""

    folder: Path
    file_bytes_max: int

    def size_bytes(self) -> int:
        """Return what it holds now, symbolic links not followed. Files come and go while it counts."""
        total = 0
        with os.scandir(self.folder) as entries:
            for one in entries:
                with suppress(FileNotFoundError):
                    total += one.stat(follow_symlinks=False).st_size
        return total

    def opened(self, name: str) -> int:
        """Open a plain file that the worker left, by its name; raises `OSError` for anything else."""
        descriptor = os.open(self.folder / Path(name).name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
            os.close(descriptor)
            raise OSError(errno.EPERM, "the worker left something other than a file of its own")
        return descriptor

    def remove(self) -> None:
        """Delete the folder, and what is left in it."""
        shutil.rmtree(self.folder, ignore_errors=True)


class Inboxes:
    """The inboxes of all workers, in `folder`, which belongs to this process alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()

    def open(self) -> None:
        """Make the folder, without what an earlier process left. Raises `InboxesUnavailableError`."""
        self.close()
        self.folder.mkdir(mode=0o700, parents=True)
        with tempfile.NamedTemporaryFile(dir=self.folder) as probe:
            try:
                os.link(probe.name, f"{probe.name}-linked")
            except OSError as error:
                raise InboxesUnavailableError(
                    f"Files in {self.folder.parent} cannot be linked ({error.strerror}): "
                    "put EXTRACTOR_SPOOL_DIR on a file system with hard links."
                ) from error
            Path(f"{probe.name}-linked").unlink()

    def new(self) -> Inbox:
        """Make an empty one."""
        return Inbox(Path(tempfile.mkdtemp(dir=self.folder)))

    def new_outbox(self, file_bytes_max: int) -> Outbox:
        """Make an empty one."""
        return Outbox(Path(tempfile.mkdtemp(dir=self.folder)), file_bytes_max)

    def close(self) -> None:
        """Delete all."""
        shutil.rmtree(self.folder, ignore_errors=True)
