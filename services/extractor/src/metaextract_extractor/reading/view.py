"""Random access to bytes that may still be arriving, with the way back to their place in the file."""

import os
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol, Self

from metaextract_extractor.domain.result import ByteRange

BLOCK_BYTES: Final = 16 * 1024
"""Small reads that follow each other are served from blocks of this size."""

JUMP_BYTES: Final = 512
"""The block after a jump: who goes from chunk to chunk reads their heads only."""


class MissingBytesError(Exception):
    """Bytes that are not there: not received yet, or past the end. `at`: their place in the file."""

    def __init__(self, at: ByteRange | None) -> None:
        super().__init__("the bytes are not there")
        self.at = at


class ByteSource(Protocol):
    """The file: `size_bytes` is its whole length, of which parts may not have arrived."""

    @property
    def size_bytes(self) -> int:
        """Length of the whole file."""
        ...

    def read(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes, or raise `MissingBytesError`."""
        ...


class FileSource:
    """A file on disk. `received`: the ranges that have arrived, in order and apart; None for all of it."""

    def __init__(self, descriptor: int, size_bytes: int, received: Sequence[ByteRange] | None = None) -> None:
        self._descriptor = descriptor
        self._size_bytes = size_bytes
        self._received = received if received is not None else (ByteRange(0, size_bytes),)
        self._starts = [one.offset_bytes for one in self._received]
        self._block = b""
        self._block_offset = 0
        self.bytes_read = 0
        """Bytes asked of the operating system so far."""

    @property
    def size_bytes(self) -> int:
        """Length of the whole file."""
        return self._size_bytes

    def read(self, offset: int, length: int) -> bytes:
        """Read from the block at hand, or from disk."""
        at = offset - self._block_offset
        if at >= 0 and at + length <= len(self._block):
            return self._block[at : at + length]
        available = self._available(offset)
        if offset < 0 or length < 0 or length > available:
            raise MissingBytesError(ByteRange(max(offset, 0), max(length, 1)))
        if length >= BLOCK_BYTES:
            return self._pread(offset, length)
        goes_on = offset <= self._block_offset + len(self._block) and at >= 0
        wanted = BLOCK_BYTES if goes_on else max(length, JUMP_BYTES)
        self._block = self._pread(offset, min(wanted, available))
        self._block_offset = offset
        return self._block[:length]

    def _available(self, offset: int) -> int:
        index = bisect_right(self._starts, offset) - 1
        if index < 0:
            return 0
        one = self._received[index]
        return max(0, one.offset_bytes + one.length_bytes - offset)

    def _pread(self, offset: int, length: int) -> bytes:
        data = os.pread(self._descriptor, length, offset)
        self.bytes_read += len(data)
        if len(data) < length:
            raise MissingBytesError(ByteRange(offset, length))
        return data


class BytesSource:
    """A file in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def size_bytes(self) -> int:
        """Length."""
        return len(self._data)

    def read(self, offset: int, length: int) -> bytes:
        """Slice."""
        if offset < 0 or length < 0 or offset + length > len(self._data):
            raise MissingBytesError(ByteRange(max(offset, 0), max(length, 1)))
        return self._data[offset : offset + length]


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    """Where it begins in the view."""
    length: int
    source: ByteSource
    offset: int
    placed: bool
    """Whether `offset` is a place in the file; False for what was unpacked."""


class View:
    """A run of bytes: a range of the file, several ranges one behind the other, or what was unpacked.

    Offsets count from the beginning of the view. Nothing is copied before it is read.
    """

    __slots__ = ("_pieces", "_starts", "size_bytes")

    def __init__(self, pieces: Sequence[_Piece]) -> None:
        self._pieces = pieces
        self._starts = [piece.start for piece in pieces]
        self.size_bytes: int = pieces[-1].start + pieces[-1].length if pieces else 0

    @classmethod
    def of(cls, source: ByteSource) -> Self:
        """View a whole file."""
        return cls([_Piece(0, source.size_bytes, source, 0, placed=True)])

    @classmethod
    def unpacked(cls, data: bytes) -> Self:
        """View what was decompressed or otherwise decoded: it has no place in the file."""
        return cls([_Piece(0, len(data), BytesSource(data), 0, placed=False)])

    @classmethod
    def joined(cls, views: Sequence["View"]) -> Self:
        """View several runs as one, such as a profile in chunks or an item in extents."""
        pieces: list[_Piece] = []
        start = 0
        for view in views:
            for piece in view._pieces:  # noqa: SLF001 - our own class
                pieces.append(_Piece(start, piece.length, piece.source, piece.offset, piece.placed))
                start += piece.length
        return cls(pieces)

    def read(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes from `offset`, or raise `MissingBytesError`."""
        parts = [piece.source.read(at, count) for piece, at, count in self._covering(offset, length)]
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def all(self, bytes_max: int) -> bytes:
        """Return everything, but at most the first `bytes_max`."""
        return self.read(0, min(self.size_bytes, bytes_max))

    def beginning(self, bytes_max: int) -> bytes:
        """Return as much from the beginning as is there, at most `bytes_max`; raises if nothing is."""
        there = 0
        for piece, at, count in self._covering(0, min(self.size_bytes, bytes_max)):
            arrived = _arrived(piece.source, at, count)
            there += arrived
            if arrived < count:
                break
        return self.read(0, there)

    def part(self, offset: int, length: int | None = None) -> "View":
        """View a range of this view; without `length` up to its end. Raises `MissingBytesError` past it."""
        count = self.size_bytes - offset if length is None else length
        pieces: list[_Piece] = []
        start = 0
        for piece, at, taken in self._covering(offset, count):
            pieces.append(_Piece(start, taken, piece.source, at, piece.placed))
            start += taken
        return View(pieces)

    def has(self, offset: int, length: int) -> bool:
        """Whether the range lies within this view (which does not say that it has arrived)."""
        return offset >= 0 and length >= 0 and offset + length <= self.size_bytes

    def place(self, offset: int = 0, length: int | None = None) -> ByteRange | None:
        """Return where in the file a range stands; None if it is empty, scattered or was unpacked."""
        count = self.size_bytes - offset if length is None else length
        if count <= 0 or not self.has(offset, count):
            return None
        places = self.places(offset, count)
        return places[0] if len(places) == 1 else None

    def places(self, offset: int = 0, length: int | None = None) -> list[ByteRange]:
        """Return where in the file the pieces of a range stand; empty for what was unpacked."""
        count = self.size_bytes - offset if length is None else length
        places: list[ByteRange] = []
        for piece, at, taken in self._covering(offset, count):
            if not piece.placed or taken == 0:
                continue
            last = places[-1] if places else None
            if last is not None and last.offset_bytes + last.length_bytes == at:
                places[-1] = ByteRange(last.offset_bytes, last.length_bytes + taken)
            else:
                places.append(ByteRange(at, taken))
        return places

    def _covering(self, offset: int, length: int) -> list[tuple[_Piece, int, int]]:
        """Return the pieces under a range, each with the offset in its source and the count of bytes."""
        if not self.has(offset, length):
            raise MissingBytesError(None)
        covering: list[tuple[_Piece, int, int]] = []
        index = max(0, bisect_right(self._starts, offset) - 1)
        left = length
        while index < len(self._pieces) and (left > 0 or not covering):
            piece = self._pieces[index]
            skip = offset - piece.start if offset > piece.start else 0
            taken = min(left, piece.length - skip)
            covering.append((piece, piece.offset + skip, taken))
            left -= taken
            index += 1
        return covering


def _arrived(source: ByteSource, offset: int, length: int) -> int:
    """Return how many bytes from there on have arrived, found by halving."""
    there, gone = 0, length + 1
    while gone - there > 1:
        middle = (there + gone) // 2
        try:
            source.read(offset + middle - 1, 1)
        except MissingBytesError:
            gone = middle
        else:
            there = middle
    return there
