"""Which directories of a TIFF structure are entered: each once, and only so many, so deep."""

from typing import Final

from metaextract_extractor.domain.result import Why
from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers import ifd

LEVELS_MAX: Final = 8
"""Directories within directories."""
_CR2: Final = b"CR\x02\0"
_CR2_AT: Final = 8


class Gate:
    """Lets the walker of one structure into its directories."""

    def __init__(self, view: View, walk: Walk, header: ifd.Header) -> None:
        self._view, self._walk, self._header = view, walk, header
        self._visited: set[int] = set()

    def is_cr2(self) -> bool:
        """Whether the header goes on with CR2's signature and raw directory (lclevy, CR2 section 2)."""
        end = _CR2_AT + 8
        if self._header.first_offset < end or not self._view.has(_CR2_AT, 8):
            return False
        try:
            found = self._view.read(_CR2_AT, 8).startswith(_CR2)
        except MissingBytesError:
            return False
        if found:
            self._walk.understood(self._view.part(_CR2_AT, 8))
        return found

    def seems_directory(self, offset: int) -> bool:
        """Whether a directory seems to stand there; no if it has not arrived."""
        try:
            return self._view.has(offset, 8) and ifd.looks_like_directory(self._view, offset, self._header)
        except MissingBytesError:
            return False

    def length(self, offset: int, path: str) -> int:
        """Return the length of the directory, 0 if there is none; says so."""
        length = 0
        why = Why.DAMAGED
        if self._view.has(offset, 8 if self._header.big else 2):
            try:
                length = ifd.table_bytes(self._view, offset, self._header)
            except MissingBytesError:
                why = Why.MISSING
        if length == 0:
            self._walk.reference(resolved=False)
            if self._view.has(offset, 2):
                self._walk.not_read(path, self._view.part(offset, 2), why)
        return length

    def may_enter(self, offset: int, length: int, level: int) -> bool:
        """Whether a directory is new and within the budgets, which it then counts against."""
        walk = self._walk
        if offset in self._visited:
            return False
        self._visited.add(offset)
        entries = length // (20 if self._header.big else 12)
        budgets = walk.budgets
        exceeded = ""
        if level > LEVELS_MAX:
            exceeded = "depth_max"
        elif walk.directories_count >= budgets.directories_max:
            exceeded = "directories_max"
        elif walk.entries_count + entries > budgets.entries_max:
            exceeded = "entries_max"
        if exceeded:
            walk.exceeded(exceeded)
            return False
        walk.directories_count += 1
        walk.entries_count += entries
        return True
