"""Which parts of a file no reader looks into. They may say anything, so no copy keeps them.

Segments, chunks and boxes of one maker, free space, and what follows the picture. Inside directories,
profiles and maker notes nothing counts as unseen: there the values are looked for instead (`leaks`).

Sources: ITU-T T.81, annex B; ISO/IEC 14496-12, 8.1.2; TIFF 6.0, section 2; DNG 1.7.1 (OriginalRawFileData).
"""

import mmap
import re
import struct
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from metaextract_extractor.domain.result import ByteRange, Container, Field, Unread, Why
from metaextract_extractor.reading.insights.top_boxes import top_boxes
from metaextract_extractor.reading.redaction.pictures import picture_end
from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import Walk

BOXES: Final = frozenset({"HEIF", "AVIF", "JXL", "JP2"})
"""Families of boxes."""

_LISTS: Final = BOXES | {"JPEG", "EXV", "PNG", "GIF", "WEBP"}
"""Families of parts that stand one behind the other: whoever does not know one, steps over it."""
_FREE: Final = frozenset({b"free", b"skip", b"wide"})
_JXL_BOXES: Final = "-JP2"
"""What ExifTool puts between a JPEG XL file and its boxes."""
_COMPRESSED: Final = "Brotli"
_UNSEEN_KINDS: Final = frozenset({"vendor", "trailer"})
_ORIGINAL_RAW_TAG: Final = str(0xC68C)
_BLANK: Final = re.compile(rb"[^\0 \r\n\xff]")
_DIRECTORY: Final = re.compile(r"(IFD\d*|SubIFD\d*)$")
_PICTURES: Final = {273: 279, 288: 289, 324: 325, 513: 514}
"""Tags of offsets and of lengths: strips, free bytes, tiles, JPEG streams."""
_NUMBERS: Final = {3: ("H", 2), 4: ("I", 4)}
_MARKER: Final = re.compile(rb"\xff+([\x01-\xcf\xd8-\xfe])")
_ALONE: Final = frozenset({0x01, 0xD8})
_EOI: Final = 0xD9


def unseen_in(path: Path, view: View, family: str, walk: Walk, fields: Sequence[Field]) -> list[Container]:
    """Return them, each with its place; of kind `trailer` what may be cut off, of kind `vendor` the rest."""
    found: dict[Container, None] = {}
    if family in _LISTS:
        found |= dict.fromkeys(_left_by_walkers(walk, fields, view.size_bytes))
    if family in BOXES:
        found |= dict.fromkeys(_free_space(view, family))
        found |= dict.fromkeys(Container(one.path, "vendor", one.places) for one in _compressed(walk))
    if any(one.tag_id == _ORIGINAL_RAW_TAG for one in walk.located):
        places = tuple(one.place for one in walk.located if one.tag_id == _ORIGINAL_RAW_TAG)
        found[Container("OriginalRawFileData", "vendor", places)] = None
    found |= dict.fromkeys(_behind(path, view, family, walk, fields))
    return [one for one in found if any(_tells(path, place) for place in one.places)]


def _left_by_walkers(walk: Walk, fields: Sequence[Field], size_bytes: int) -> Iterator[Container]:
    for one in walk.unread:
        holder = _holder(walk, one)
        if one.why is Why.MISSING or holder is None or _is_behind(one):
            continue
        if holder.kind in _UNSEEN_KINDS:
            if not _is_in_directory(holder, walk) and not _is_decoded(holder, walk, fields):
                yield Container(holder.path, "vendor", holder.places)
        elif holder.kind == "file":
            at_end = one.place.offset_bytes + one.place.length_bytes == size_bytes
            cut = at_end and one.why is Why.DAMAGED
            yield Container(one.path, "trailer" if cut else "vendor", (one.place,))


def _compressed(walk: Walk) -> list[Container]:
    """Our walkers unpack these, but nothing here packs them again."""
    return [one for one in walk.containers if _COMPRESSED in one.path and one.places]


def _is_behind(unread: Unread) -> bool:
    return unread.path.endswith("-Trailer")


def _holder(walk: Walk, unread: Unread) -> Container | None:
    """Return the smallest container of the same path around it."""
    path = unread.path.removesuffix(_JXL_BOXES)
    around = [
        one
        for one in walk.containers
        if one.path in (path, unread.path) and any(_holds(place, unread.place) for place in one.places)
    ]
    return min(around, key=lambda one: sum(place.length_bytes for place in one.places), default=None)


def _holds(outer: ByteRange, inner: ByteRange) -> bool:
    ends = (outer.offset_bytes + outer.length_bytes, inner.offset_bytes + inner.length_bytes)
    return outer.offset_bytes <= inner.offset_bytes and ends[1] <= ends[0]


def _is_in_directory(container: Container, walk: Walk) -> bool:
    outer = [one for one in walk.containers if one.kind in ("exif", "makernote") and one is not container]
    return any(
        container.path.startswith(f"{one.path}-") and _holds(around, place)
        for one in outer
        for around in one.places
        for place in container.places
    )


def _is_decoded(container: Container, walk: Walk, fields: Sequence[Field]) -> bool:
    """Whether ExifTool reads what our walkers do not: fields below its path, and of no other container."""
    below = f"{container.path}-"
    others = tuple(
        one.path for one in walk.containers if one.path.startswith(below) and one.kind not in _UNSEEN_KINDS
    )
    return any(one.path.startswith(below) and not one.path.startswith(others) for one in fields)


def _free_space(view: View, family: str) -> Iterator[Container]:
    for kind, body in top_boxes(view):
        if kind in _FREE and body.size_bytes:
            yield Container(f"{family}-Free", "vendor", tuple(body.places()))


def _behind(path: Path, view: View, family: str, walk: Walk, fields: Sequence[Field]) -> Iterator[Container]:
    """Yield what follows the picture and is neither a file that is read by itself, nor decoded."""
    end = _end_of(path, view, family, walk)
    if end is None or end >= view.size_bytes:
        return
    covered = [place for place in _files_within(path, walk) if place.offset_bytes >= end]
    for one in walk.containers:
        if one.kind == "trailer" and _is_decoded(one, walk, fields):
            covered += one.places
    for place in _uncovered(end, view.size_bytes, covered):
        at_end = place.offset_bytes + place.length_bytes == view.size_bytes
        yield Container(f"{family}-Trailer", "trailer" if at_end else "vendor", (place,))


def _end_of(path: Path, view: View, family: str, walk: Walk) -> int | None:
    """Return where the picture ends, if that can be told."""
    if family == "JPEG":
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return end_of_jpeg(content, 0)
    if family == "TIFF" and walk.format_name == "TIFF":
        return _end_of_tiff(view, walk)
    if family == "PSD":
        return picture_end(view, family)
    trailers = (one.places[0] for one in walk.containers if one.kind == "trailer" and one.places)
    return min((one.offset_bytes for one in trailers), default=None)


def end_of_jpeg(content: mmap.mmap, start: int) -> int | None:
    """Return where the JPEG stream that begins at `start` ends; None if it is cut."""
    at = start + 2
    while (marker := _MARKER.search(content, at)) is not None:
        number = marker[1][0]
        at = marker.end()
        if number == _EOI:
            return at
        if number not in _ALONE:
            at += max(2, int.from_bytes(content[at : at + 2], "big"))
    return None


def _end_of_tiff(view: View, walk: Walk) -> int | None:
    """Return the end of the last thing that a directory leads to; None if one leads nowhere."""
    places = [place for one in walk.containers if one.kind != "file" for place in one.places]
    places += [place for one in walk.embedded for place in one.places]
    places += [one.location for one in walk.fields if one.location is not None]
    places += [one.place for one in walk.located]
    ends = [one.offset_bytes + one.length_bytes for one in places] + [end for _, end in walk.structure]
    order = "<" if view.read(0, 2) == b"II" else ">"
    directories = [one for one in walk.containers if _DIRECTORY.search(one.path) and len(one.places) == 1]
    try:
        for one in directories:
            ends += _ends_of_pictures(view, one.places[0], order)
    except (MissingBytesError, struct.error, ValueError):
        return None
    return max(ends) if len(ends) > len(directories) else None


def _ends_of_pictures(view: View, directory: ByteRange, order: str) -> Iterator[int]:
    """Yield where the strips, tiles and JPEG streams of a directory end. Raises if they are not there."""
    numbers: dict[int, tuple[int, ...]] = {}
    table = view.read(directory.offset_bytes, directory.length_bytes)
    (count,) = struct.unpack_from(f"{order}H", table)
    for at in range(2, 2 + 12 * count, 12):
        tag, kind, length = struct.unpack_from(f"{order}HHI", table, at)
        if tag in _PICTURES or tag in _PICTURES.values():
            if kind not in _NUMBERS:
                raise ValueError(kind)
            code, size = _NUMBERS[kind]
            stored = table[at + 8 : at + 12]
            if length * size > len(stored):
                stored = view.read(struct.unpack_from(f"{order}I", table, at + 8)[0], length * size)
            numbers[tag] = struct.unpack_from(f"{order}{length}{code}", stored)
    for offsets, lengths in _PICTURES.items():
        pairs = zip(numbers.get(offsets, ()), numbers.get(lengths, ()), strict=True)
        yield from (offset + length for offset, length in pairs)


def _files_within(path: Path, walk: Walk) -> Iterator[ByteRange]:
    """Yield the places of pictures and films behind the picture, each no longer than it really is."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for one in walk.embedded:
            for place in one.places:
                start = place.offset_bytes
                if content[start : start + 3] == b"\xff\xd8\xff":
                    end = end_of_jpeg(content, start)
                    stop = start + place.length_bytes
                    yield ByteRange(start, min(stop, end if end is not None else stop) - start)
                elif content[start + 4 : start + 8] == b"ftyp":
                    yield place


def _uncovered(start: int, end: int, covered: Iterable[ByteRange]) -> Iterator[ByteRange]:
    at = start
    for one in sorted(covered, key=lambda place: place.offset_bytes):
        if one.offset_bytes > at:
            yield ByteRange(at, min(one.offset_bytes, end) - at)
        at = max(at, one.offset_bytes + one.length_bytes)
    if at < end:
        yield ByteRange(at, end - at)


def _tells(path: Path, place: ByteRange) -> bool:
    """Whether there is anything but filler."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return _BLANK.search(content, place.offset_bytes, place.offset_bytes + place.length_bytes) is not None
