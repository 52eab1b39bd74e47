"""What JPEG spreads over several segments, put together: ICC chunks, extended XMP, JUMBF boxes.

Sources: ICC.1 annex B.4; Adobe XMP part 3, section 1.1.3.1; ISO/IEC 19566-5 annex D.2.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from metaextract_extractor.domain.result import Why
from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.jumbf import walk_jumbf
from metaextract_extractor.reading.walkers.xmp import walk_xmp

_GUID_BYTES: Final = 32
_EXTENSION_BYTES: Final = _GUID_BYTES + 8
_BOX_HEAD: Final = 8
_SEGMENT_HEAD: Final = 8
"""`JP`, box instance (2), packet sequence (4)."""


@dataclass(slots=True)
class Chunks:
    """Numbered chunks of one profile."""

    _parts: dict[int, View] = field(default_factory=dict)
    _count: int = 0

    def add(self, number: int, count: int, part: View) -> View | None:
        """Take a chunk; return the whole when it was the last that was missing."""
        if count == 1:
            return part
        self._parts.setdefault(number, part)
        self._count = self._count or count
        if len(self._parts) < self._count:
            return None
        whole = View.joined([self._parts[one] for one in sorted(self._parts)])
        self._parts, self._count = {}, 0
        return whole

    def left_over(self) -> list[View]:
        """Return chunks that never became a whole."""
        return list(self._parts.values())


@dataclass(slots=True)
class ExtendedXmp:
    """Portions of extended packets by the digest that names them."""

    _main: list[bytes] = field(default_factory=list)
    _portions: dict[bytes, dict[int, View]] = field(default_factory=dict)
    _lengths: dict[bytes, int] = field(default_factory=dict)

    def see_main(self, packet: bytes) -> None:
        """Remember which extended packets the main one names."""
        self._main.extend(re.findall(rb"HasExtendedXMP[^0-9A-Fa-f]{1,40}([0-9A-Fa-f]{32})", packet))

    def add(self, content: View, walk: Walk, path: str) -> bool:
        """Take a portion: digest, whole length, offset, bytes."""
        if content.size_bytes <= _EXTENSION_BYTES:
            return False
        head = content.read(0, _EXTENSION_BYTES)
        digest = head[:_GUID_BYTES].upper()
        length, offset = int.from_bytes(head[32:36], "big"), int.from_bytes(head[36:40], "big")
        portion = content.part(_EXTENSION_BYTES)
        portions = self._portions.setdefault(digest, {})
        if offset in portions or self._lengths.setdefault(digest, length) != length:
            walk.not_read(path, portion, Why.DAMAGED)
            return True
        portions[offset] = portion
        walk.understood(content.part(0, _EXTENSION_BYTES))
        return True

    def walk(self, walk: Walk, path: str) -> None:
        """Walk each packet that is complete and named; the others are noted as left."""
        named = {digest.upper() for digest in self._main}
        for digest, portions in self._portions.items():
            position = 0
            for offset in sorted(portions):
                if offset != position:
                    break
                position += portions[offset].size_bytes
            parts = [portions[offset] for offset in sorted(portions)]
            if position == self._lengths[digest] and digest in named:
                walk_xmp(View.joined(parts), walk, path)
                continue
            walk.reference(resolved=False)
            for part in parts:
                walk.not_read(path, part, Why.DAMAGED)


@dataclass(slots=True)
class _Parts:
    """The packets of one box: its length as stated, and its parts by sequence number."""

    length: int
    parts: dict[int, View] = field(default_factory=dict)


@dataclass(slots=True)
class Boxes:
    """JUMBF boxes by type and instance number; each packet repeats the head of its box."""

    _boxes: dict[tuple[bytes, bytes], _Parts] = field(default_factory=dict)

    def add(self, content: View, walk: Walk, path: str) -> bool:
        """Take a packet; False if it is none."""
        if content.size_bytes < _SEGMENT_HEAD + _BOX_HEAD:
            return False
        head = content.read(0, min(_SEGMENT_HEAD + 2 * _BOX_HEAD, content.size_bytes))
        instance, sequence = head[2:4], int.from_bytes(head[4:8], "big")
        length, kind = int.from_bytes(head[8:12], "big"), head[12:16]
        long = length == 1
        if long and len(head) < _SEGMENT_HEAD + 2 * _BOX_HEAD:
            return False
        if long:
            length = int.from_bytes(head[16:24], "big")
        if sequence > walk.budgets.jumbf_packets_max:
            walk.exceeded("jumbf_packets_max")
            walk.not_read(path, content, Why.DAMAGED)
            return True
        box = self._boxes.setdefault((kind, instance), _Parts(length))
        repeated = _SEGMENT_HEAD + (2 * _BOX_HEAD if long else _BOX_HEAD)
        first = sequence in (0, 1) and not box.parts
        if sequence in box.parts:
            walk.not_read(path, content, Why.DAMAGED)
            return True
        box.parts[sequence] = content.part(_SEGMENT_HEAD if first else repeated)
        walk.understood(content.part(0, _SEGMENT_HEAD if first else repeated))
        return True

    def walk(self, walk: Walk, path: str) -> None:
        """Walk all boxes that came, in the order of their first packets."""
        for box in self._boxes.values():
            whole = View.joined([box.parts[sequence] for sequence in sorted(box.parts)])
            try:
                walk_jumbf(whole, walk, path)
            except MissingBytesError:
                walk.reference(resolved=False)
        self._boxes = {}
