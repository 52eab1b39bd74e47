"""Boxes of the ISO base media file format: how they lie behind each other.

Source: ISO/IEC 14496-12, section 4.2 (box and full box); ISO/IEC 15444-1, annex I.4 uses the same heads.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from metaextract_extractor.domain.result import Why
from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import Walk

HEAD_BYTES: Final = 8
LARGE_HEAD_BYTES: Final = 16
FULL_HEAD_BYTES: Final = 4
"""Version and flags in front of a full box's content."""
UUID_BYTES: Final = 16
BOXES_MAX: Final = 10_000
"""Boxes that lie beside each other in one container."""

_TO_THE_END: Final = 0
_LARGE: Final = 1


@dataclass(frozen=True, slots=True)
class Box:
    """A box: its four characters, what stands in it, and whether all of that is within its container."""

    kind: str
    frame: View
    """Head and body."""
    body: View
    body_at: int
    """Where the body begins in the container."""
    size_bytes: int
    """Size of the body as the head claims it."""
    whole: bool
    open_ended: bool = False
    """The head says: up to the end of the file."""


def boxes(view: View, walk: Walk, path: str) -> Iterator[Box]:
    """Go through the boxes of a container; heads count as understood. Damage ends it and is noted.

    A box that reaches past the end of its container is handed out last, cut, with `whole` false.
    """
    at = 0
    for _ in range(BOXES_MAX):
        if at + HEAD_BYTES > view.size_bytes:
            break
        box = _box(view, at)
        if box is None:
            walk.not_read(path, view.part(at), Why.DAMAGED)
            return
        walk.understood(view.part(at, box.body_at - at))
        if not box.whole:
            walk.reference(resolved=False)
        yield box
        at = box.body_at + box.size_bytes
        if not box.whole:
            return
    else:
        walk.exceeded("boxes_max")
    if at < view.size_bytes:
        walk.not_read(path, view.part(at), Why.UNKNOWN)


def _box(view: View, at: int) -> Box | None:
    """Return the box that begins here, or None if its size makes no sense."""
    size, kind = struct.unpack(">I4s", view.read(at, HEAD_BYTES))
    head = HEAD_BYTES
    left = view.size_bytes - at
    open_ended = size == _TO_THE_END
    if size == _LARGE:
        if left < LARGE_HEAD_BYTES:
            return None
        head = LARGE_HEAD_BYTES
        (size,) = struct.unpack(">Q", view.read(at + HEAD_BYTES, HEAD_BYTES))
    elif open_ended:
        size = left
    if size < head:
        return None
    taken = min(size, left)
    return Box(
        kind=kind.decode("latin-1"),
        frame=view.part(at, taken),
        body=view.part(at + head, taken - head),
        body_at=at + head,
        size_bytes=size - head,
        whole=size <= left,
        open_ended=open_ended,
    )


def full_head(view: View) -> tuple[int, int]:
    """Read version and flags of a full box."""
    (word,) = struct.unpack(">I", view.read(0, FULL_HEAD_BYTES))
    return word >> 24, word & 0xFFFFFF


@contextmanager
def guarded(walk: Walk, path: str, view: View) -> Iterator[None]:
    """Keep what lacks bytes in one box from ending the reading of those beside it; it is noted as left."""
    try:
        yield
    except MissingBytesError as missing:
        cut_off = missing.at is None
        if not cut_off:
            walk.reference(resolved=False)
        walk.not_read(path, view, Why.DAMAGED if cut_off else Why.MISSING)
