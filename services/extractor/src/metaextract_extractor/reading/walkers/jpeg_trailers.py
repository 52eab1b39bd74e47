"""What stands behind the picture of a JPEG file: further pictures, films, makers' blocks.

Where it stands is told by MPF (offsets), by XMP (lengths counted from the end of the file: Google's Motion
Photo format 1.0 and its container directory, the older MicroVideo), or by marks at the very end (Samsung's
`SEFT`). Of the entropy-coded data before it the last 64 KiB are searched, and all of it only if the picture
does not end there.
"""

import re
import struct
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from metaextract_extractor.domain.result import Why
from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers import jpeg_markers as markers
from metaextract_extractor.reading.walkers.mpf import MpImage

TAIL_BYTES: Final = 64 * 1024
ITEMS_MAX: Final = 64
SEGMENTS_MAX: Final = 64
_END_OF_IMAGE: Final = b"\xff\xd9"
_PIECE_BYTES: Final = 1024 * 1024
MARK_BYTES: Final = 4096
"""Where in a segment a gain map names itself."""
_SEF_HEAD_BYTES: Final = 12
_SEF_ENTRIES_MAX: Final = 256
_GAIN_MAP: Final = 0x050000
_GAIN_MAP_MARKS: Final = (b"ns.adobe.com/hdr-gain-map", b"aux:hdrgainmap", b"photo/gainmap", b"HDRGainMap")
_KINDS: Final = {"MotionPhoto": "video", "GainMap": "gain_map", "Depth": "depth", "DepthMap": "depth"}


@dataclass(frozen=True, slots=True)
class _Item:
    """A part behind the picture, as XMP tells it: what it is, its length, and the unused bytes behind it."""

    kind: str
    length_bytes: int
    padding_bytes: int


@dataclass(slots=True)
class Trailers:
    """Collects what the segments say of trailers, then walks them."""

    view: View
    walk_: Walk
    path: str
    images: list[MpImage] = field(default_factory=list)
    _items: list[_Item] = field(default_factory=list)

    def see_packet(self, packet: bytes) -> None:
        """Take from an XMP packet what it says of lengths behind the picture."""
        if self._items:
            return
        items = re.findall(rb"<[^<>]*Item:Semantic[^<>]*>", packet)[:ITEMS_MAX]
        for item in items[1:] if len(items) > 1 else []:
            semantic = _attribute(item, b"Item:Semantic")
            length, padding = _attribute(item, b"Item:Length"), _attribute(item, b"Item:Padding")
            if semantic and length.isdigit() and len(length) < 16:  # noqa: PLR2004 - a length
                kind = _KINDS.get(semantic.decode("latin-1"), "other")
                spare = int(padding) if padding.isdigit() and len(padding) < 16 else 0  # noqa: PLR2004
                self._items.append(_Item(kind, int(length), spare))
        if not self._items:
            offset = re.search(rb"(?:MicroVideo|MotionPhoto)Offset(?:=[\"']|>)(\d{1,15})", packet)
            if offset:
                self._items.append(_Item("video", int(offset.group(1)), 0))

    @property
    def begin(self) -> int:
        """Where the first of the parts begins whose lengths XMP tells; the end of the file without."""
        size = self.view.size_bytes
        lengths = [item.length_bytes + item.padding_bytes for item in self._items]
        begin = size - sum(lengths)
        fits = lengths and begin > 0 and self._fits(self._items[0].kind, begin, lengths[0])
        return begin if fits else size

    def walk(self, end: int, *, picture_follows: bool) -> None:
        """Note all that stands behind `end`, the end of the segments."""
        places: list[tuple[int, int]] = []
        for image in self.images[:ITEMS_MAX]:
            place = self._mp_image(image)
            if place is not None and place not in places:
                places.append(place)
        places.extend(self._by_lengths(places))
        try:
            behind = self._samsung(places)
            self._rest(end, places, behind, picture_follows=picture_follows)
        except MissingBytesError:
            if self.walk_.broken_off:
                self._breaks_off(end)
            else:
                self.walk_.reference(resolved=False)

    def _mp_image(self, image: MpImage) -> tuple[int, int] | None:
        start = self.view.places(0, 1)
        offset = image.offset_bytes - (start[0].offset_bytes if start else 0)
        if image.offset_bytes == 0 or image.length_bytes == 0:
            return None
        resolved = self.view.has(offset, image.length_bytes)
        self.walk_.reference(resolved=resolved)
        if not resolved:
            self._note_cut(offset, image.length_bytes)
            return None
        part = self.view.part(offset, image.length_bytes)
        width, height, gain_map = glance(part)
        kind = "gain_map" if gain_map or image.type_code == _GAIN_MAP else "mpf"
        self.walk_.image(kind, f"{self.path}-Trailer", part, width, height)
        return offset, image.length_bytes

    def _note_cut(self, offset: int, length: int) -> None:
        """Say that a further picture lost its end, if it begins: who removes one may leave its pointer."""
        with suppress(MissingBytesError):
            if self.view.has(offset, 2) and self.view.read(offset, 2) == b"\xff\xd8":
                self.walk_.picture(f"{self.path}-Trailer", self.view, offset, length)

    def _by_lengths(self, known: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Place the items from the end of the file backwards."""
        places: list[tuple[int, int]] = []
        end = self.view.size_bytes
        for item in reversed(self._items):
            offset = end - item.padding_bytes - item.length_bytes
            resolved = item.length_bytes > 0 and offset > 0
            self.walk_.reference(resolved=resolved)
            if not resolved:
                break
            end = offset
            place = (offset, item.length_bytes)
            if place in known or not self._fits(item.kind, offset, item.length_bytes):
                continue
            places.append(place)
            part = self.view.part(*place)
            width, height = (None, None) if item.kind == "video" else glance(part)[:2]
            self.walk_.image(item.kind, f"{self.path}-Trailer", part, width, height)
        return places

    def _fits(self, kind: str, offset: int, length: int) -> bool:
        """Whether what stands there begins as it should; yes if it has not arrived."""
        try:
            head = self.view.read(offset, min(8, length))
        except MissingBytesError:
            return True
        return head[4:8] == b"ftyp" if kind == "video" else kind == "other" or head[:2] == b"\xff\xd8"

    def _samsung(self, places: list[tuple[int, int]]) -> int | None:
        """Walk Samsung's directory at the end (`SEFH` … `SEFT`); return where its first block begins."""
        size = self.view.size_bytes
        if not self.view.has(size - 8, 8):
            return None
        length, mark = struct.unpack("<I4s", self.view.read(size - 8, 8))
        head: int = size - 8 - length
        if mark != b"SEFT" or not _SEF_HEAD_BYTES <= length <= TAIL_BYTES or not self.view.has(head, length):
            return None
        data = self.view.read(head, length)
        if data[:4] != b"SEFH":
            return None
        path = f"{self.path}-Trailer"
        count = min(struct.unpack_from("<I", data, 8)[0], (length - 12) // 12, _SEF_ENTRIES_MAX)
        first = head
        with self.walk_.within("trailer", path, self.view.part(head, length + 8)):
            self.walk_.understood(self.view.part(head, length + 8))
            for index in range(count):
                _, back, block = struct.unpack_from("<III", data, 12 + 12 * index)
                offset = head - back
                resolved = back > 0 and self.view.has(offset, block) and block >= 8  # noqa: PLR2004 - its head
                self.walk_.reference(resolved=resolved)
                if resolved:
                    first = min(first, offset)
                    self._samsung_block(offset, block, path, places)
        return first

    def _samsung_block(self, offset: int, length: int, path: str, places: list[tuple[int, int]]) -> None:
        part = self.view.part(offset, length)
        with self.walk_.within("trailer", path, part):
            (name_bytes,) = struct.unpack("<I", part.read(4, 4))
            if not part.has(8, name_bytes) or name_bytes > 256:  # noqa: PLR2004 - names are short
                self.walk_.not_read(path, part, Why.DAMAGED)
                return
            content = part.part(8 + name_bytes)
            self.walk_.understood(part.part(0, 8 + name_bytes))
            head = content.read(0, min(8, content.size_bytes))
            if head[4:8] == b"ftyp":
                kind = "video"
            elif head[:3] == b"\xff\xd8\xff":
                kind = "depth" if b"epth" in part.read(8, name_bytes) else "other"
            else:
                self.walk_.not_read(path, content, Why.VENDOR)
                return
            if (offset + 8 + name_bytes, content.size_bytes) not in places:
                self.walk_.image(kind, path, content)

    def _rest(
        self, end: int, places: list[tuple[int, int]], samsung: int | None, *, picture_follows: bool
    ) -> None:
        """Note what follows the end of the picture and is no known part, where that end shows."""
        size = self.view.size_bytes
        stops = [offset for offset, _ in places] + ([samsung] if samsung is not None else [])
        begin: int | None = None
        if not picture_follows:
            begin = end
        elif not stops:
            begin = self._behind_last_eoi(end)
            if begin is None and not self._ends(end):
                self._breaks_off(end)
                return
        self.walk_.picture_whole = True
        if begin is not None and not stops and size > begin:
            rest = self.view.part(begin)
            with self.walk_.within("trailer", f"{self.path}-Trailer", rest):
                if not rest.read(0, min(TAIL_BYTES, rest.size_bytes)).strip(b"\0\xff"):
                    self.walk_.understood(rest)  # padding
                elif rest.read(0, min(8, rest.size_bytes))[4:8] == b"ftyp":
                    self.walk_.image("video", f"{self.path}-Trailer", rest)
                    self.walk_.not_read(f"{self.path}-Trailer", rest, Why.UNKNOWN)
                else:
                    self.walk_.not_read(f"{self.path}-Trailer", rest, Why.UNKNOWN)

    def _behind_last_eoi(self, end: int) -> int | None:
        size = self.view.size_bytes
        start = max(end, size - TAIL_BYTES)
        tail = self.view.read(start, max(0, size - start))
        at = tail.rfind(_END_OF_IMAGE)
        return start + at + 2 if at >= 0 else None

    def _ends(self, end: int) -> bool:
        """Whether the picture has an end: no entropy-coded data look like one (T.81 B.1.1.5)."""
        size = self.view.size_bytes
        return any(
            _END_OF_IMAGE in self.view.read(start, min(_PIECE_BYTES + 1, size - start))
            for start in range(end, size, _PIECE_BYTES)
        )

    def _breaks_off(self, end: int) -> None:
        """Say that the picture, which begins at `end`, has no end, so that more would follow."""
        self.walk_.reference(resolved=False)
        self.walk_.not_read(self.path, self.view.part(min(end, self.view.size_bytes)), Why.MISSING)


def _attribute(item: bytes, name: bytes) -> bytes:
    found = re.search(re.escape(name) + rb"\s*=\s*[\"']([^\"']{0,64})[\"']", item)
    return found.group(1) if found else b""


def glance(view: View) -> tuple[int | None, int | None, bool]:
    """Look at the head of a JPEG: width, height, and whether it says that it is a gain map."""
    gain_map = False
    try:
        if view.read(0, 2) != b"\xff\xd8":
            return None, None, False
        for count, segment in enumerate(markers.segments(view, 2, None, "")):
            if segment.is_frame and segment.content.size_bytes >= 5:  # noqa: PLR2004 - with its size
                data = segment.content.read(1, 4)
                return int.from_bytes(data[2:], "big"), int.from_bytes(data[:2], "big"), gain_map
            if segment.marker in (0xE1, 0xE2):
                data = segment.content.all(MARK_BYTES)
                gain_map = gain_map or any(mark in data for mark in _GAIN_MAP_MARKS)
            if count > SEGMENTS_MAX:
                break
    except MissingBytesError:
        pass
    return None, None, gain_map
