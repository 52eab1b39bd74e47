"""Which bytes of a file have arrived, when they may come in any order."""

from bisect import bisect_right

from metaextract_extractor.domain.result import ByteRange


class Ranges:
    """Ranges of bytes, in order and apart; neighbours are joined."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    @property
    def bytes_count(self) -> int:
        """Bytes in all ranges together."""
        return sum(self._ends) - sum(self._starts)

    @property
    def prefix_bytes(self) -> int:
        """Length of the range that begins with the first byte; 0 if there is none."""
        return self._ends[0] if self._starts and self._starts[0] == 0 else 0

    def overlaps(self, offset: int, length: int) -> bool:
        """Whether a byte of the range is here already."""
        index = bisect_right(self._starts, offset)
        before = index > 0 and self._ends[index - 1] > offset
        after = index < len(self._starts) and self._starts[index] < offset + length
        return length > 0 and (before or after)

    def covers(self, offset: int, length: int) -> bool:
        """Whether all bytes of the range are here."""
        index = bisect_right(self._starts, offset) - 1
        return length == 0 or (index >= 0 and self._ends[index] >= offset + length)

    def add(self, offset: int, length: int) -> None:
        """Take in a range that does not overlap another."""
        if length == 0:
            return
        index = bisect_right(self._starts, offset)
        self._starts.insert(index, offset)
        self._ends.insert(index, offset + length)
        if index + 1 < len(self._starts) and self._starts[index + 1] == self._ends[index]:
            self._join(index)
        if index > 0 and self._ends[index - 1] == offset:
            self._join(index - 1)

    def all(self) -> tuple[ByteRange, ...]:
        """Return the ranges."""
        return tuple(
            ByteRange(start, end - start) for start, end in zip(self._starts, self._ends, strict=True)
        )

    def _join(self, index: int) -> None:
        """Make one of the range at `index` and the next."""
        self._ends[index] = self._ends.pop(index + 1)
        del self._starts[index + 1]
