"""Maker notes: recognised by their first bytes, and each entry's value located.

The names of makers' tags are left to the primary engine: `walk.locate` tells it where the values stand.
What is no directory of entries, or is enciphered, is noted as left. Sources: `makernote_kinds`; Exif 3.0
section 4.6.6.2 (MakerNote); DNG 1.7.1, DNGPrivateData with Adobe's `MakN` block.
"""

import re
import struct
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from metaextract_extractor.domain.result import Standard, Why
from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers import ifd
from metaextract_extractor.reading.walkers.exif_values import integers
from metaextract_extractor.reading.walkers.makernote_base import Base, Table, find_base
from metaextract_extractor.reading.walkers.makernote_kinds import (
    KINDS,
    PREVIEWS,
    SUB_DIRECTORIES,
    Camera,
    Kind,
)
from metaextract_extractor.reading.walkers.makernote_tables import (
    find_table,
    fitting,
    likely_order,
    stated_base,
)
from metaextract_extractor.reading.walkers.print_im import walk_print_im

__all__ = ["Camera", "Holder", "walk_adobe_private", "walk_makernote"]

HEAD_BYTES: Final = 64
NOTE_BYTES: Final = 16 * 1024
"""How much of a note is looked at to find its directory; counted against the budget of values."""
BLOCKS_MAX: Final = 64
PREVIEW_BYTES_MIN: Final = 512
_TEXT: Final = re.compile(rb"[\x09\x0d\x0a\x20-\x7e]+\0*")
_PRINT_IM: Final = 0x0E00
_SOI: Final = b"\xff\xd8"
_TYPES_APPLE: Final = frozenset({16})
_ENCIPHERED: Final = {"Sony": range(0x9400, 0x9500), "Nikon": (0x0091, 0x0097, 0x0098, 0x00A8)}
"""Tags whose values are (or, Nikon's, may be) enciphered."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The structure that holds maker notes: its bytes, its header, and what it says of the camera."""

    view: View
    header: ifd.Header
    camera: Camera
    walk: Walk


def walk_makernote(holder: Holder, entry: ifd.Entry, path: str) -> bool:
    """Walk the maker note that `entry` holds; False if it is mere text. Raises `MissingBytesError`."""
    if entry.at is None or entry.size_bytes == 0:
        return True
    if not holder.walk.may_read_value(min(entry.size_bytes, NOTE_BYTES)):
        holder.walk.not_read(f"{path}-MakerNotes", entry.at, Why.BUDGET)
        return True
    head = entry.at.read(0, min(entry.size_bytes, HEAD_BYTES))
    if _TEXT.fullmatch(head) and not any(one.fits(head, holder.camera) for one in KINDS):
        return not _TEXT.fullmatch(entry.at.all(NOTE_BYTES))
    note = entry.offset, entry.size_bytes
    _walk(holder, note, holder.header.order, 0, f"{path}-MakerNotes")
    return True


def walk_adobe_private(holder: Holder, entry: ifd.Entry, path: str) -> bool:
    """Walk the maker note that an Adobe converter kept, or that Pentax and Ricoh put there; False if none."""
    if entry.at is None or not holder.walk.may_read_value(min(entry.size_bytes, NOTE_BYTES)):
        return False
    head = entry.at.read(0, min(entry.size_bytes, HEAD_BYTES))
    if head[:8] in (b"PENTAX \0", b"SAMSUNG\0"):
        note = entry.offset, entry.size_bytes
        _walk(holder, note, holder.header.order, 0, f"{path}-MakerNotes", Kind("Pentax", start=10, base=0))
        return True
    if head[:6] == b"RICOH\0":
        return walk_makernote(holder, entry, path)
    if head[:6] != b"Adobe\0":
        return False
    with holder.walk.within("vendor", f"{path}-MakerNotes", entry.at):
        _adobe_blocks(holder, entry.offset, entry.at, path)
    return True


def _adobe_blocks(holder: Holder, start: int, at: View, path: str) -> None:
    """Blocks of name, length (big-endian) and data; `MakN` holds byte order, first place, note."""
    walk = holder.walk
    position = 6
    walk.understood(at.part(0, 6))
    for _ in range(BLOCKS_MAX):
        if not at.has(position, 8):
            return
        name, length = struct.unpack(">4sI", at.read(position, 8))
        if not at.has(position + 8, length):
            walk.not_read(path, at.part(position), Why.DAMAGED)
            return
        walk.understood(at.part(position, 8))
        if name == b"MakN" and length > 6:  # noqa: PLR2004 - order and place
            order = ">" if at.read(position + 8, 2) == b"MM" else "<"
            (first,) = struct.unpack(">I", at.read(position + 10, 4))
            walk.understood(at.part(position + 8, 6))
            note = start + position + 14, length - 6
            _walk(holder, note, order, note[0] - first, f"{path}-MakerNotes-AdobeMakN-MakerNotes")
        else:
            walk.not_read(path, at.part(position + 8, length), Why.VENDOR)
        position += 8 + length + (length & 1)


def _walk(
    holder: Holder, note: tuple[int, int], order: str, outer: int, path: str, kind: Kind | None = None
) -> None:
    """Walk the note at (offset, length) whose surroundings count offsets from `outer`."""
    view, walk = holder.view, holder.walk
    content = view.part(*note)
    with walk.within("makernote", path, content, keep=True):
        head = content.read(0, min(note[1], HEAD_BYTES))
        kind = kind or next((one for one in KINDS if one.fits(head, holder.camera)), None)
        found = find_table(view, note, kind, order) if kind is not None and kind.structured else None
        if kind is None or found is None:
            walk.not_read(path, content, Why.VENDOR)
            return
        table, shift = found
        base = Base(stated_base(view, note, kind, outer) if shift is None else shift)
        if shift is None or kind.fix:
            base = find_base(view, table, note, kind, holder.camera, base.offset)
        walk.understood(view.part(note[0], max(0, table.offset - note[0])))
        if table.order != holder.header.order:
            _say_order(table.order, walk, path)
        _Note(view, walk, kind.group).directory(table, base, path, kind.group)


def _say_order(order: str, walk: Walk, path: str) -> None:
    raw, printed = (
        ("II", "Little-endian (Intel, II)") if order == "<" else ("MM", "Big-endian (Motorola, MM)")
    )
    name = "MakerNoteByteOrder"
    walk.value(path, Standard.FILE, "File", name, raw, printed, tag_id=name, category="Image")


class _Note:
    """One note: writes down where its values stand."""

    def __init__(self, view: View, walk: Walk, maker: str) -> None:
        self._view = view
        self._walk = walk
        self._maker = maker
        self._visited: set[int] = set()

    def directory(self, table: Table, base: Base, path: str, group: str, level: int = 0) -> None:
        """Walk a directory of the note and those in it."""
        walk = self._walk
        if table.offset in self._visited or level > 2:  # noqa: PLR2004 - none has more
            return
        self._visited.add(table.offset)
        if walk.entries_count + table.count > walk.budgets.entries_max:
            walk.exceeded("entries_max")
            return
        walk.entries_count += table.count
        header = ifd.Header(table.order, ifd.VERSION, 0)
        foreign = _TYPES_APPLE if self._maker == "Apple" else frozenset[int]()
        layout = ifd.Layout(header, base.offset, base.entry_based, foreign, standard=False)
        length = table.length + (4 if self._view.has(table.offset, table.length + 4) else 0)
        directory = ifd.read_directory(self._view, table.offset, length, layout, walk, path)
        for entry in directory.entries:
            try:
                self._entry(entry, table, base, path, group, level)
            except MissingBytesError:
                walk.reference(resolved=False)
        with suppress(MissingBytesError):
            for tags in PREVIEWS.get(group, ()):
                self._preview(_pointer(directory.entries, tags, table.order), base, path)

    def _entry(self, entry: ifd.Entry, table: Table, base: Base, path: str, group: str, level: int) -> None:
        walk = self._walk
        if entry.at is None:
            walk.reference(resolved=False)
            return
        if entry.size_bytes > 4:  # noqa: PLR2004 - not inline
            walk.reference(resolved=True)
        below = SUB_DIRECTORIES.get(group, {}).get(entry.tag) if level == 0 else None
        if below is not None and entry.size_bytes and self._below(entry, table, base, path, below, level):
            return
        if entry.tag == _PRINT_IM and group != "PreviewIFD" and entry.size_bytes > 4:  # noqa: PLR2004 - as above
            walk_print_im(entry.at, walk, path)
            return
        walk.locate(path, group, entry.tag, entry.at)
        enciphered = entry.tag in _ENCIPHERED.get(group, ())
        walk.not_read(path, entry.at, Why.ENCRYPTED if enciphered else Why.VENDOR)
        if entry.size_bytes >= PREVIEW_BYTES_MIN and entry.at.read(0, 3) == b"\xff\xd8\xff":
            walk.image("preview", path, entry.at)

    def _below(
        self, entry: ifd.Entry, table: Table, base: Base, path: str, below: tuple[str, str], level: int
    ) -> bool:
        """Walk a directory inside the note: pointed to, or the value itself."""
        name, group = below
        if entry.at is None:
            return False
        pointed = entry.type_name in ("ifd", "int32u") and entry.count == 1
        offset = entry.offset
        if pointed:
            offset = integers("int32u", entry.at.read(0, 4), table.order)[0] + base.offset
            self._walk.understood(entry.at)
            name = "MakerNotes" if self._maker == "Olympus" else name
        if not self._view.has(offset, 2):
            self._walk.reference(resolved=False)
            return False
        order = table.order if pointed else likely_order(self._view.read(offset, 2), table.order)
        (count,) = struct.unpack(order + "H", self._view.read(offset, 2))
        found = fitting(self._view, Table(offset, count, order))
        if found is None:
            return False
        self.directory(found[0], base, f"{path}-{name}", group, level + 1)
        return True

    def _preview(self, pointer: tuple[int, int] | None, base: Base, path: str) -> None:
        """Note the preview at (offset, length), which counts like the note or like what holds it.

        Programs remove previews and leave the pointer: one that leads nowhere is nothing that is lacking.
        """
        if pointer is None:
            return
        offset, length = pointer
        starts = [offset + one for one in (base.offset, 0) if self._view.has(offset + one, length)]
        start = next((one for one in starts if self._view.read(one, 2) == _SOI), None)
        if start is not None:
            self._walk.reference(resolved=True)
            self._walk.image("preview", path, self._view.part(start, length))


def _pointer(entries: Sequence[ifd.Entry], tags: tuple[int, int], order: str) -> tuple[int, int] | None:
    """Return the offset and the length that two entries tell; None if they tell none."""
    found = {
        one.tag: integers("int32u", one.at.read(0, 4), order)[0]
        for one in entries
        if one.tag in tags and one.at is not None and one.type_name in ("int32u", "ifd") and one.count == 1
    }
    offset, length = (found.get(tag, 0) for tag in tags)
    return (offset, length) if offset and length else None
