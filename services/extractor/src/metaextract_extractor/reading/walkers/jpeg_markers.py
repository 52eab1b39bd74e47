"""The marker segments of a JPEG stream, up to the entropy-coded data.

Source: ITU-T T.81 annex B (markers, segments, fill bytes).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from metaextract_extractor.domain.result import Why
from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import Walk

SOI, EOI, SOS, DQT, DHT, DRI, COM = 0xD8, 0xD9, 0xDA, 0xDB, 0xC4, 0xDD, 0xFE
APP0, APP15 = 0xE0, 0xEF
_NAMES: Final = {
    **{0xC0 + number: f"SOF{number}" for number in range(16) if number == 0 or number & 3},
    **{APP0 + number: f"APP{number}" for number in range(16)},
    **{0xD0 + number: f"RST{number}" for number in range(8)},
    **{0xF0 + number: f"JPG{number}" for number in range(14)},
    0x01: "TEM",
    0xC4: "DHT",
    0xC8: "JPG",
    0xCC: "DAC",
    SOI: "SOI",
    EOI: "EOI",
    SOS: "SOS",
    DQT: "DQT",
    0xDC: "DNL",
    DRI: "DRI",
    0xDE: "DHP",
    0xDF: "EXP",
    COM: "COM",
}
_STANDALONE: Final = frozenset({0x01, SOI, EOI, *range(0xD0, 0xD8)})
_SEARCH_BYTES: Final = 64 * 1024
"""How far behind damage the next marker is looked for."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A marker and what belongs to it. `offset`: of its 0xFF; `content` is empty without length."""

    marker: int
    offset: int
    content: View

    @property
    def name(self) -> str:
        """As the standard calls it, such as `APP1`."""
        return _NAMES.get(self.marker, "RES")

    @property
    def is_frame(self) -> bool:
        """Whether it is a start of frame."""
        return self.name.startswith("SOF")

    @property
    def end(self) -> int:
        """Behind its last byte."""
        return self.offset + 2 + (0 if self.marker in _STANDALONE else 2) + self.content.size_bytes


def segments(view: View, start: int, walk: Walk | None, path: str) -> Iterator[Segment]:
    """Yield the segments from `start` up to SOS or EOI, inclusive. Raises `MissingBytesError`.

    A segment that claims more than there is, is cut. Damage in between is skipped, and noted in `walk`.
    """
    offset = start
    while view.has(offset, 2):
        marker_at = _marker_at(view, offset)
        if marker_at is None:
            _note(walk, path, view.part(offset), Why.DAMAGED)
            return
        if marker_at > offset:
            skipped = view.part(offset, marker_at - offset)
            if _all_fill(skipped):
                if walk is not None:
                    walk.understood(skipped)
            else:
                _note(walk, path, skipped, Why.DAMAGED)
        offset = marker_at
        marker = view.read(offset + 1, 1)[0]
        if marker in _STANDALONE:
            segment = Segment(marker, offset, view.part(offset + 2, 0))
        else:
            if not view.has(offset, 4):
                _note(walk, path, view.part(offset), Why.DAMAGED)
                return
            length = int.from_bytes(view.read(offset + 2, 2), "big")
            if length < 2:  # noqa: PLR2004 - the length counts itself
                _note(walk, path, view.part(offset, 4), Why.DAMAGED)
                offset += 2
                continue
            segment = Segment(marker, offset, _content(view, offset + 4, length - 2, walk))
        yield segment
        if marker in (SOS, EOI):
            return
        offset = segment.end


def _content(view: View, offset: int, length: int, walk: Walk | None) -> View:
    taken = min(length, view.size_bytes - offset)
    if taken < length and walk is not None:
        walk.reference(resolved=False)
    return view.part(offset, taken)


def _marker_at(view: View, offset: int) -> int | None:
    """Return where the next marker begins: 0xFF, then neither 0x00 nor 0xFF."""
    head = view.read(offset, 2)
    if head[:1] == b"\xff" and head[1] not in (0x00, 0xFF):
        return offset
    length = min(_SEARCH_BYTES, view.size_bytes - offset)
    try:
        data = view.read(offset, length)
    except MissingBytesError:
        data = view.read(offset, min(length, 4096))
    at = data.find(b"\xff")
    while 0 <= at < len(data) - 1:
        if data[at + 1] not in (0x00, 0xFF):
            return offset + at
        at = data.find(b"\xff", at + 1)
    return None


def _all_fill(view: View) -> bool:
    return view.size_bytes < 64 and not view.read(0, view.size_bytes).strip(b"\xff")  # noqa: PLR2004 - a few


def _note(walk: Walk | None, path: str, view: View, why: Why) -> None:
    if walk is not None:
        walk.not_read(path, view, why)
