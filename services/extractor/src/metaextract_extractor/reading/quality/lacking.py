"""What a file that breaks off lacks, as far as the part that is there tells.

Our walkers read such a file as the beginning of a longer one (`Walk.further`), so they know

* the directories of which entries are missing, the values that entries point to, and the directories that
  entries or other directories point to;
* the containers that begin and do not end, or of which an index tells where they would stand, and how many
  of their bytes are missing;
* whether the outermost structure goes on: what follows the chunk in which it breaks off is not known, unless
  the file tells its length and announces what it has (WebP).
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Final

from metaextract_extractor.domain.result import WALKERS, ByteRange, Container, Standard, Unread, Why
from metaextract_extractor.reading.broken_off import BEYOND_BYTES, cut_containers
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.quality.intervals import (
    Spans,
    difference,
    intersection,
    size,
    spans,
    union,
)
from metaextract_extractor.reading.quality.measures import KILOBYTES_USUAL, MEASURED, measures, tables
from metaextract_extractor.reading.quality.packets import rest_of
from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import Walk

_ITEMS: Final = {"EXIF": "exif", "XMP": "xmp"}
"""How items are called of which an index tells where they are."""

_NAMES: Final = {"Meta": "meta", "XML": "xmp"}
"""What containers hold that are of no kind of their own, by the end of their path."""

_PACKET: Final = "xmp"
_PACKETS_MAX: Final = 16
"""So many are looked at; the rest count by their length."""

_NO_TAGS: Final = frozenset({Standard.COMPOSITE, Standard.FILE})
_FILE: Final = "file"
_DIRECTORIES: Final = "exif"
ROOT_AT_THE_END: Final = frozenset({"X3F", "CRW"})
_ENTRY_BYTES: Final = {"BTF": 20}
_ENTRY_BYTES_USUAL: Final = 12
_COUNT_BYTES_MAX: Final = 8
_PICTURE_SEGMENTS: Final = ("JPEG-DQT", "JPEG-SOF", "EXV-DQT", "EXV-SOF")
_CHUNK_HEAD_BYTES: Final = 8
_PICTURES: Final = frozenset({b"IDAT", b"fdAT"})
_ANNOUNCED_BY_WEBP: Final = {
    "EXIF": ("exif", "EXIF"),
    "XMP": ("xmp", "XMP"),
    "ICC Profile": ("icc", "ICC_Profile"),
}


def lacking(evidence: Evidence) -> dict[str, float]:
    """Count what is lacking, by kind; empty if nothing is known to be.

    `entries`, `values`: of directories that are there. `directory ExifIFD`: one of which nothing is there.
    `next page`: as many entries as the directory before it has. `cut xmp`: a container, by the share of it
    that is missing, and `kilobytes cut xmp` how much that is; `rest xmp`: of a packet of which a part was
    read, what is missing if it is as dense, and `kilobytes rest xmp` where too little of it is there to tell.
    `tables`: whether values of maker notes were left out that hold tables, and how long they are. `untold`:
    what our walkers found and the engine left out with its container. `behind pixels PNG`: what may follow in
    the file.
    """
    walk = evidence.walk.further
    if walk is None:
        return {}
    lacks = _Lacks(evidence, walk)
    lacks.measure_containers()
    lacks.count_missing()
    return {kind: count for kind, count in lacks.counts.items() if count > 0}


class _Lacks:
    """Adds up what is lacking, by kind."""

    def __init__(self, evidence: Evidence, walk: Walk) -> None:
        self._evidence = evidence
        self._walk = walk
        self._end = evidence.subject.view.size_bytes
        self._containers: dict[str, Container] = {}
        for one in walk.containers:
            self._containers.setdefault(one.path, one)
        packets = islice(walk.views.get(_PACKET, ()), _PACKETS_MAX)
        self._packets = {tuple(view.places()): view for view in packets}
        self.counts: defaultdict[str, float] = defaultdict(float)

    def measure_containers(self) -> None:
        """Measure containers from the inside out, each without those in it."""
        counted: Spans = []
        for one in sorted(cut_containers(self._walk, self._end), key=lambda one: size(spans(one.places))):
            beyond = _beyond(one.places, self._end)
            missing, all_bytes = size(difference(beyond, counted)), size(spans(one.places))
            counted = union([*counted, *beyond])
            name = _NAMES.get(one.path.rpartition("-")[2], one.kind)
            if (name in MEASURED and not self._has_directories(one)) or name == "meta":
                if name == "makernote" and any(entry.path == one.path for entry in self._walk.located):
                    continue  # its entries are counted instead
                self._count_in_container(name, one, missing, all_bytes)

    def count_missing(self) -> None:
        """Count directories, entries and values, and what may follow in the file."""
        missing = [one for one in self._walk.unread if one.why is Why.MISSING]
        open_ended: list[Unread] = []
        for one in missing:
            around = self._containers.get(one.path)
            name = _ITEMS.get(one.path.rpartition("-")[2])
            if around is None and name:
                self._cut(name, one.place.length_bytes, one.place.length_bytes)
            elif around is None:
                self._count_directory(one)
            elif around.kind == _DIRECTORIES:
                self._count_in_directory(one, around)
            elif around.kind == _FILE:
                open_ended.append(one)
        damaged = Counter(self._containers[one.path].kind for one in self._damaged())
        for kind, count in damaged.items():
            self.counts[f"damaged {kind}"] += min(count, 1)
        known, resolved = self._walk.references_known, self._walk.references_resolved
        if open_ended:
            self._count_behind(open_ended[-1])
        self._count_untold()
        if not open_ended and not any(self.counts.values()) and known > resolved:
            self.counts["reference"] = 1

    def _count_untold(self) -> None:
        """Count what our walkers read, and entries of maker notes that they found, of which nothing was told.

        Of whole maker notes of which something was told, the engine says which entries it does not know.
        """
        names = {(field.group, field.name) for field in self._evidence.fields}
        self.counts["untold"] += sum(
            (field.group, field.name) not in names
            for field in self._walk.fields
            if field.standard not in _NO_TAGS
        )
        cut = {one.path for one in cut_containers(self._walk, self._end)}
        told: defaultdict[str, set[str]] = defaultdict(set)
        for field in self._evidence.fields:
            if field.engine != WALKERS:
                parts = field.path.split("-")
                told[field.path].add(field.tag_id)
                for count in range(1, len(parts)):
                    told["-".join(parts[:count])].add(f"-{parts[count]}")
        for path, entries in Counter(one.path for one in self._walk.located).items():
            if path in cut or not told[path]:
                self.counts["untold"] += max(0, entries - len(told[path]))
        left_out = tables([one for one in self._walk.located if not told[one.path]])
        self.counts["tables"] = min(1, len(left_out))
        self.counts["kilobytes tables"] = sum(left_out)

    def _damaged(self) -> Iterator[Unread]:
        for one in self._walk.unread:
            around = self._containers.get(one.path) if one.why is Why.DAMAGED else None
            if around is not None and around.kind != _FILE:
                yield one

    def _count_in_container(self, name: str, one: Container, missing: float, all_bytes: float) -> None:
        there = self._beginning(one) if one.kind == _PACKET else b""
        if there and all_bytes < BEYOND_BYTES / 2:
            self._count_in_packet(one, there, missing)
        else:
            self._cut(name, missing if self._is_told_of(one) else all_bytes, all_bytes)

    def _cut(self, name: str, missing: float, all_bytes: float) -> None:
        if all_bytes < BEYOND_BYTES / 2:
            full, _ = measures(name, all_bytes)
            _, kilobytes = measures(name, missing)
            full *= missing / all_bytes
        else:
            full, kilobytes = 1.0, KILOBYTES_USUAL.get(name, 0.0)
        self.counts[f"cut {name}"] += full
        self.counts[f"kilobytes cut {name}"] += kilobytes

    def _beginning(self, one: Container) -> bytes:
        """Return what is there of a packet."""
        view = self._packets.get(one.places)
        with suppress(MissingBytesError):
            return view.beginning(self._walk.budgets.xmp_bytes_max) if view else b""
        return b""

    def _count_in_packet(self, one: Container, there: bytes, missing: float) -> None:
        rest = rest_of(there, round(missing))
        read = sum(field.path == one.path for field in self._walk.fields) + rest.begun_count
        self.counts["untold"] += rest.begun_count
        self.counts["rest xmp"] += read * rest.as_dense_bytes / len(there)
        self.counts["kilobytes rest xmp"] += rest.as_usual_bytes / 1000

    def _is_told_of(self, one: Container) -> bool:
        """Whether something of what is in it was told. Most are read as a whole or not at all."""
        return any(
            field.path == one.path or field.path.startswith(f"{one.path}-") for field in self._evidence.fields
        )

    def _has_directories(self, one: Container) -> bool:
        """Whether a TIFF structure has directories that were read: these tell what is missing."""
        return one.kind == _DIRECTORIES and (
            "IFD" in one.path or any(path.startswith(f"{one.path}-IFD") for path in self._containers)
        )

    def _count_directory(self, one: Unread) -> None:
        """Count a directory that was pointed to."""
        outer, _, name = one.path.rpartition("-")
        if one.place.length_bytes > _COUNT_BYTES_MAX:
            return
        stem = name.rstrip("0123456789")
        number = int(name[len(stem) :] or 0)
        around = self._containers.get(outer)
        is_top = around is not None and around.kind == _FILE
        if is_top and stem == "IFD" and number > 0:
            before = f"{outer}-IFD{number - 1}"
            self.counts["next page"] += sum(field.path == before for field in self._walk.fields)
        elif is_top and name == "IFD0":
            self.counts["lost root"] += 1
        elif name != "IFD0":
            self.counts[f"directory {stem}"] += 1

    def _count_in_directory(self, one: Unread, around: Container) -> None:
        start, end = one.place.offset_bytes, one.place.offset_bytes + one.place.length_bytes
        table = spans(around.places)
        if intersection([(start, end)], table) == [(start, end)]:
            step = _ENTRY_BYTES.get(around.path.partition("-")[0], _ENTRY_BYTES_USUAL)
            self.counts["entries"] += one.place.length_bytes // step
            self.counts[f"open {around.path.rpartition('-')[2].rstrip('123456789')}"] += 1
        else:
            self.counts["values"] += 1

    def _count_behind(self, last: Unread) -> None:
        """Count what may follow in the file behind what is known of it."""
        top = last.path.partition("-")[0].replace("EXV", "JPEG")
        paths = self._containers.keys()
        if top in ROOT_AT_THE_END:
            self.counts["lost root"] += 1
        elif top == "RIFF":
            self._count_announced(last.place)
        elif top != "MOV":
            self.counts[f"behind {self._breaks_off_in()} {top}"] += 1
        elif not any(path.startswith(("MOV-Meta", "MOV-Movie")) for path in paths):
            self.counts["lost meta"] += 1  # one that was read names all that there is

    def _breaks_off_in(self) -> str:
        """Return the part of the file in which it ends: metadata follow one more than another."""
        if self._breaks_off_in_pixels():
            return "pixels"
        several = [one for one in self._walk.containers if one.kind in MEASURED]
        if not several:
            return "head"
        return _DIRECTORIES if several[-1].kind == _DIRECTORIES or "IFD" in several[-1].path else "metadata"

    def _breaks_off_in_pixels(self) -> bool:
        """Whether what the file breaks off in is a part of the picture."""
        if self._evidence.walk.format_name in ("JPEG", "EXV"):
            return any(path.startswith(_PICTURE_SEGMENTS) for path in self._containers)
        first = [one for one in self._evidence.walk.unread if one.why in (Why.MISSING, Why.DAMAGED)]
        if not first:
            return True  # our walkers leave out pixels, and do not note them
        one = first[-1]
        if one.path == "PNG":
            head = _read(self._evidence.subject.view, one.place.offset_bytes, _CHUNK_HEAD_BYTES)
            return head[4:] in _PICTURES
        return one.path == "GIF-Image"

    def _count_announced(self, next_chunk: ByteRange) -> None:
        """Count what the flags of a WebP announce and has not come, in the bytes that it says it has.

        What they do not announce is not there (RFC 9649, 2.7): the rest is picture.
        """
        view = self._evidence.subject.view
        length = 8 + int.from_bytes(_read(view, 4, 4), "little")
        left = max(0, length - next_chunk.offset_bytes)
        flags = self._evidence.first("RIFF", "WebP_Flags")
        announced = flags.printed.split(", ") if flags else ()
        absent = [
            kind
            for name, (kind, path) in _ANNOUNCED_BY_WEBP.items()
            if name in announced and f"RIFF-{path}" not in self._containers
        ]
        for kind in absent if left else ():
            self._cut(kind, left / len(absent), left / len(absent))


def _beyond(places: tuple[ByteRange, ...], end: int) -> Spans:
    return [(max(start, end), stop) for start, stop in spans(places) if stop > end]


def _read(view: View, offset_bytes: int, length: int) -> bytes:
    """Return what is there."""
    try:
        return view.read(offset_bytes, length)
    except MissingBytesError:
        return b""
