"""A file that a library may read only so often, so that no loop of the library can run for long."""

import io
from pathlib import Path
from typing import Final

READS_COUNT_MAX: Final = 200_000
READ_BYTES_MAX: Final = 64 * 1024 * 1024
"""For all reads together."""


class ReadingLimitError(Exception):
    """A library read more often, or more, than it may. Not an `OSError`, which libraries catch."""


class BoundedFile(io.RawIOBase):
    """A file to read, with budgets for the number of reads and for the bytes of all of them."""

    def __init__(
        self, path: Path, *, reads_count_max: int = READS_COUNT_MAX, read_bytes_max: int = READ_BYTES_MAX
    ) -> None:
        self._file = path.open("rb")
        self._reads_left = reads_count_max
        self._bytes_left = read_bytes_max

    def read(self, size: int = -1, /) -> bytes:
        """Read at most `size` bytes, or the rest; raises `ReadingLimitError` when a budget is used up."""
        self._reads_left -= 1
        data = self._file.read(self._bytes_left + 1 if size < 0 else min(size, self._bytes_left + 1))
        self._bytes_left -= len(data)
        if self._reads_left < 0 or self._bytes_left < 0:
            raise ReadingLimitError
        return data

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Move as in `io`."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the position."""
        return self._file.tell()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()
