"""Reads a file that breaks off once more, as the beginning of a longer one.

Of a whole file a walker leaves alone what reaches past its end: that may be damage. Of one that is still
arriving it reads what is there, and says which bytes are missing. So a file of which something is missing is
walked as if it went on: that tells what stands in the containers in which it breaks off, and how long these
are.
"""

from contextlib import suppress
from typing import Final

from metaextract_extractor.domain.result import ByteRange, Container, Unread, Why
from metaextract_extractor.reading.dispatch import walk_file
from metaextract_extractor.reading.evidence import Subject
from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import BudgetExceededError, Walk

BEYOND_BYTES: Final = 2**32
"""How much longer it is taken to be: as far as offsets of 32 bits reach."""

_LACKING: Final = frozenset({Why.MISSING, Why.DAMAGED})


class _Continued:
    """A file with so many more bytes, none of which has arrived."""

    def __init__(self, view: View) -> None:
        self._view = view

    @property
    def size_bytes(self) -> int:
        """The length that it is taken to have."""
        return self._view.size_bytes + BEYOND_BYTES

    def read(self, offset: int, length: int) -> bytes:
        """Read what is there."""
        if not self._view.has(offset, length):
            raise MissingBytesError(ByteRange(max(offset, 0), max(length, 1)))
        return self._view.read(offset, length)


def walked(subject: Subject) -> Walk:
    """Let our walkers read a file, and one that breaks off once more (`Walk.further`)."""
    walk = _walked(subject, subject.view)
    if subject.whole and _lacks(walk) and not walk.budgets_exceeded:
        walk.further = _walked(subject, View.of(_Continued(subject.view)), broken_off=True)
    return walk


def cut_containers(walk: Walk, end: int) -> list[Container]:
    """Return the containers of a walk beyond the end of a file that have bytes there. `end`: of the file."""
    return [
        one
        for one in walk.containers
        if one.kind != "file" and any(_end(place) > end for place in one.places)
    ]


def torn_structure(walk: Walk, end: int) -> list[str]:
    """Return the paths of what goes on behind the end of a file, if that is a break and no wrong pointer.

    A wrong pointer leads a reader out of a whole file too. So what leads behind the end is a break where
    something begins in the file and goes on, where several pointers lead there, or where the file does not
    have its picture. Maker notes are left out: programs move them and do not correct their pointers.
    """
    further = walk.further
    if further is None:
        return []
    files = {one.path for one in further.containers if one.kind == "file"}  # nothing announces what follows
    notes = tuple(one.path for one in further.containers if one.kind == "makernote")
    behind = [
        one
        for one in further.unread
        if one.why is Why.MISSING
        and _end(one.place) > end
        and one.path not in files
        and not one.path.startswith(notes)
    ]
    cut = [
        one.path
        for one in cut_containers(further, end)
        if not one.path.startswith(notes) and any(place.offset_bytes < end for place in one.places)
    ]
    cut += [one.path for one in behind if one.place.offset_bytes < end]
    cut += [one.path for one in _mended_by_length(walk, further) if _end(one.place) == end]
    several = len({one.place.offset_bytes for one in behind}) > 1
    return [*cut, *(one.path for one in behind)] if cut or several or not walk.picture_whole else []


def _mended_by_length(walk: Walk, further: Walk) -> list[Unread]:
    """Return what contradicts its format in a file, and is in order in a longer one."""
    still = {one.place.offset_bytes for one in further.unread if one.why in _LACKING}
    return [one for one in walk.unread if one.why is Why.DAMAGED and one.place.offset_bytes not in still]


def _end(place: ByteRange) -> int:
    return place.offset_bytes + place.length_bytes


def _walked(subject: Subject, view: View, *, broken_off: bool = False) -> Walk:
    walk = Walk(broken_off=broken_off)
    with suppress(BudgetExceededError):  # noted in the walk; what was found until then stands
        walk_file(view, walk, subject.family, subject.extension)
    return walk


def _lacks(walk: Walk) -> bool:
    return walk.references_known > walk.references_resolved or any(one.why in _LACKING for one in walk.unread)
