"""The items of an image file: what they are, where they lie, what they refer to, which properties they have.

Source: ISO/IEC 14496-12, sections 8.11.3 (iloc), 8.11.6 (iinf), 8.11.12 (iref), 8.11.14 (iprp);
ISO/IEC 23008-12, section 9.3. Every count and every length is checked against the bytes that are there.
"""

import struct
from dataclasses import dataclass, field
from typing import Final

from metaextract_extractor.domain.result import Why
from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.bmff import FULL_HEAD_BYTES, boxes, full_head

ITEMS_MAX: Final = 10_000
EXTENTS_MAX: Final = 50_000
"""Extents, references and associations, each counted over all items of the file."""
_CHUNK_BYTES: Final = 64 * 1024
_OFFSET_SIZES: Final = (0, 4, 8)


@dataclass(frozen=True, slots=True)
class Extent:
    """A run of bytes of an item: offset from what its construction method says."""

    offset: int
    length: int


@dataclass(slots=True)
class Item:
    """An item as the boxes describe it; all of them may be silent or contradict each other."""

    kind: str = ""
    """Four characters, such as `hvc1`, `Exif`, `mime`."""
    content_type: str = ""
    content_encoding: str = ""
    protected: bool = False
    method: int = 0
    elsewhere: bool = False
    """Its data are in another file."""
    extents: list[Extent] = field(default_factory=list)
    refers_to: dict[str, list[int]] = field(default_factory=dict)
    properties: list[int] = field(default_factory=list)
    """Numbers of the properties, counted from 1."""


@dataclass(slots=True)
class Items:
    """All items of one `meta` box."""

    by_id: dict[int, Item] = field(default_factory=dict)
    primary: int | None = None
    idat: View | None = None
    extents_count: int = 0

    def get(self, number: int, walk: Walk) -> Item | None:
        """Return the item of this number, made if it is new; None when there are too many."""
        item = self.by_id.get(number)
        if item is None:
            if len(self.by_id) >= ITEMS_MAX:
                walk.exceeded("items_max")
                return None
            item = self.by_id[number] = Item()
        return item

    def room(self, walk: Walk) -> bool:
        """Claim room for one more extent, reference or association."""
        self.extents_count += 1
        if self.extents_count > EXTENTS_MAX:
            walk.exceeded("item_extents_max")
            return False
        return True

    def content(self, item: Item, file: View) -> View | None:
        """View an item's bytes; None if they are elsewhere or past the end."""
        base = self.idat if item.method == 1 else file
        if base is None or item.method > 1 or item.elsewhere or not item.extents:
            return None
        parts: list[View] = []
        for extent in item.extents:
            length = extent.length or max(0, base.size_bytes - extent.offset)
            if not base.has(extent.offset, length):
                return None
            parts.append(base.part(extent.offset, length))
        return parts[0] if len(parts) == 1 else View.joined(parts)


class _Reader:
    """Goes through a box's content and never past its end."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._chunk = b""
        self._chunk_at = 0
        self.at = 0

    def integer(self, size: int) -> int:
        """Read an unsigned number of so many bytes; 0 bytes are a 0."""
        if size == 0:
            return 0
        start = self.at - self._chunk_at
        if start + size > len(self._chunk):
            self._chunk_at = self.at
            length = min(_CHUNK_BYTES, max(size, self._view.size_bytes - self.at))
            self._chunk = self._view.read(self.at, length)
            start = 0
        self.at += size
        return int.from_bytes(self._chunk[start : start + size], "big")

    @property
    def left(self) -> int:
        return self._view.size_bytes - self.at


def read_locations(view: View, walk: Walk, items: Items, path: str) -> None:
    """Read an `iloc` box's content, all versions."""
    reader = _Reader(view)
    version = reader.integer(1)
    reader.integer(3)
    sizes = reader.integer(2)
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version in (1, 2) else 0
    if not {offset_size, length_size, base_size, index_size} <= set(_OFFSET_SIZES):
        walk.not_read(path, view, Why.DAMAGED)
        return
    number_size = 2 if version < 2 else 4  # noqa: PLR2004 - versions of the box
    for _ in range(reader.integer(number_size)):
        item = items.get(reader.integer(number_size), walk)
        if item is None:
            return
        item.method = reader.integer(2) & 15 if version in (1, 2) else 0
        item.elsewhere = reader.integer(2) != 0
        base = reader.integer(base_size)
        item.extents = []
        for _ in range(reader.integer(2)):
            if not items.room(walk):
                return
            reader.integer(index_size)
            offset, length = reader.integer(offset_size), reader.integer(length_size)
            item.extents.append(Extent(base + offset, length))
    walk.understood(view.part(0, reader.at))


def read_informations(view: View, walk: Walk, items: Items, path: str) -> None:
    """Read an `iinf` box's content: one `infe` box an item."""
    version, _ = full_head(view)
    start = FULL_HEAD_BYTES + (2 if version == 0 else 4)
    walk.understood(view.part(0, start))
    for box in boxes(view.part(start), walk, path):
        if box.kind == "infe" and box.whole and not _read_information(box.body, walk, items):
            return


def _read_information(view: View, walk: Walk, items: Items) -> bool:
    content = view.all(_CHUNK_BYTES)
    walk.understood(view)
    version = content[0] if content else 0
    number_size = 4 if version == 3 else 2  # noqa: PLR2004 - version of the box
    head = FULL_HEAD_BYTES + number_size + 2
    if len(content) < head:
        return True
    number = int.from_bytes(content[FULL_HEAD_BYTES : FULL_HEAD_BYTES + number_size], "big")
    item = items.get(number, walk)
    if item is None:
        return False
    item.protected = content[head - 2 : head] != b"\0\0"
    if version >= 2:  # noqa: PLR2004 - version of the box
        item.kind = content[head : head + 4].decode("latin-1")
        head += 4
    texts = [one.decode("utf-8", "replace") for one in content[head:].split(b"\0")[:3]]
    texts += [""] * (3 - len(texts))
    if version < 2 or item.kind == "mime":  # noqa: PLR2004 - version of the box
        item.content_type, item.content_encoding = texts[1], texts[2]
    return True


def read_references(view: View, walk: Walk, items: Items, path: str) -> None:
    """Read an `iref` box's content: boxes named by the kind of reference."""
    version, _ = full_head(view)
    size = 2 if version == 0 else 4
    walk.understood(view.part(0, FULL_HEAD_BYTES))
    for box in boxes(view.part(FULL_HEAD_BYTES), walk, path):
        if not box.whole or box.body.size_bytes < size + 2:
            continue
        reader = _Reader(box.body)
        item = items.get(reader.integer(size), walk)
        if item is None:
            return
        targets = item.refers_to.setdefault(box.kind, [])
        for _ in range(min(reader.integer(2), reader.left // size)):
            if not items.room(walk):
                return
            targets.append(reader.integer(size))
        walk.understood(box.body.part(0, reader.at))


def read_associations(view: View, walk: Walk, items: Items) -> None:
    """Read an `ipma` box's content: which item has which properties."""
    version, flags = full_head(view)
    reader = _Reader(view.part(FULL_HEAD_BYTES))
    size = 2 if flags & 1 else 1
    for _ in range(reader.integer(4)):
        item = items.get(reader.integer(2 if version == 0 else 4), walk)
        if item is None:
            return
        item.properties = []
        for _ in range(reader.integer(1)):
            if not items.room(walk):
                return
            item.properties.append(reader.integer(size) & (0x7FFF if flags & 1 else 0x7F))
    walk.understood(view.part(0, FULL_HEAD_BYTES + reader.at))


def read_primary(view: View) -> tuple[int, View] | None:
    """Read a `pitm` box's content: number of the primary item and where it stands."""
    version, _ = full_head(view)
    size = 2 if version == 0 else 4
    try:
        place = view.part(FULL_HEAD_BYTES, size)
    except MissingBytesError:
        return None
    return int.from_bytes(place.read(0, size), "big"), place


def spatial_extent(view: View) -> tuple[int, int] | None:
    """Read an `ispe` property's content: width and height in pixels."""
    if view.size_bytes < FULL_HEAD_BYTES + 8 or full_head(view) != (0, 0):
        return None
    width, height = struct.unpack(">II", view.read(FULL_HEAD_BYTES, 8))
    return width, height
