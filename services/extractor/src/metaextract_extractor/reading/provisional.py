"""Which fields of an unfinished file may be told already."""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from metaextract_extractor.domain.canonical import agree
from metaextract_extractor.domain.result import ByteRange, Container, Field, Standard, Why
from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import Walk

_TOLD_AT_THE_END: Final = frozenset(
    {"FileSize", "TrailerLength", "ImageDataHash", "Warning", "Error", "UnknownTags"}
)
_COUNTS: Final = re.compile(r"\w*Duration|AnimationFrames|(?:Frame|Image|Page|Layer|Track)s?Count")
"""Names of what is counted over a whole file: they are told at the end even if its head states them."""

_FROM_PIXELS: Final = frozenset({("Photoshop", "Compression")})
"""What an engine takes from the picture and tells under the path of a container."""

_PIECE_BYTES: Final = 64 * 1024
_LOOKED_AT_BYTES_MAX: Final = 16 * 1024 * 1024
"""Entries of a maker note may all claim the same large range."""


def provisional(fields: Iterable[Field], walk: Walk, view: View) -> tuple[Field, ...]:
    """Return the fields whose container has arrived whole; computed ones wait for the end.

    `view`: the file. An engine that reads an unfinished file takes bytes that have not arrived for zeros.
    Our walkers know which they are, so what they read too is right, and so is everything in a container
    in which they missed nothing.
    """
    ground = _Ground(walk, view)
    return tuple(one for one in fields if ground.holds(one))


class _Ground:
    """What of a file has arrived, in containers."""

    def __init__(self, walk: Walk, view: View) -> None:
        self._walk = walk
        self._view = view
        self._read: defaultdict[tuple[str, str, str], list[Field]] = defaultdict(list)
        for one in walk.fields:
            self._read[one.path, one.group, one.name].append(one)
        files = {one.path for one in walk.containers if one.kind == "file"}
        missing = {one.path for one in walk.unread if one.why is Why.MISSING}
        self._open_file = bool(files & missing)
        self._open_paths = missing - files
        self._containers: defaultdict[str, list[Container]] = defaultdict(list)
        for container in walk.containers:
            if container.kind != "file":
                self._containers[container.path].append(container)
        self._whole: dict[str, bool] = {}
        self._looked_at_bytes = 0

    def holds(self, field: Field) -> bool:
        """Whether what has yet to arrive cannot change this field."""
        if field.standard is Standard.COMPOSITE or field.name in _TOLD_AT_THE_END:
            return False
        if _COUNTS.fullmatch(field.name):
            return False
        if self._is_read(field) and not self._depends_on_neighbours(field):
            return True
        return (field.group, field.name) not in _FROM_PIXELS and self._is_whole(field)

    def _is_read(self, field: Field) -> bool:
        """Whether a walker read the same, which it does from bytes that are there."""
        same = self._read.get((field.path, field.group, field.name), ())
        return any(one == field or agree(one, field) for one in same)

    def _depends_on_neighbours(self, field: Field) -> bool:
        """Whether it is a statement about the file that other parts of an open container may correct."""
        return field.group == "File" and self._is_around_open(field.path)

    def _is_whole(self, field: Field) -> bool:
        nearest = self._nearest(field.path)
        if nearest is None or (self._open_file and not self._is_alone(nearest)):
            return False
        if nearest not in self._whole:
            self._whole[nearest] = not self._is_around_open(nearest) and self._has_arrived_whole(nearest)
        return self._whole[nearest]

    def _nearest(self, path: str) -> str | None:
        parts = path.split("-")
        for count in range(len(parts), 0, -1):
            outer = "-".join(parts[:count])
            if outer in self._containers:
                return outer
        return None

    def _is_alone(self, path: str) -> bool:
        """Whether no other container of this path is to be expected from a file of which parts are missing.

        The next part may be one of which only the head is there, and the engine has read it. Maker notes
        come once.
        """
        containers = self._containers[path]
        return len(containers) == 1 and containers[0].kind == "makernote"

    def _is_around_open(self, path: str) -> bool:
        return any(_is_within(one, path) or _is_within(path, one) for one in self._open_paths)

    def _has_arrived_whole(self, path: str) -> bool:
        """Whether the containers of a path have arrived, and the values that their entries point to."""
        places = [place for one in self._containers[path] for place in one.places]
        places += [one.place for one in self._walk.located if _is_within(one.path, path)]
        return all(map(self._has_arrived, set(places)))

    def _has_arrived(self, place: ByteRange) -> bool:
        self._looked_at_bytes += place.length_bytes
        if self._looked_at_bytes > _LOOKED_AT_BYTES_MAX:
            return False
        end = place.offset_bytes + place.length_bytes
        try:
            for offset in range(place.offset_bytes, end, _PIECE_BYTES):
                self._view.read(offset, min(_PIECE_BYTES, end - offset))
        except MissingBytesError:
            return False
        return True


def _is_within(path: str, container: str) -> bool:
    return path == container or path.startswith(f"{container}-")
