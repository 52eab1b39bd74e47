"""Exif, XMP and image resources where no structure leads to: in comments, in previews, in what was left.

They are found by their first bytes, wherever these are in the file, and inside of values of XMP, which may
hold whole pictures in Base64. ExifTool reads what was found, as a file of its own.
"""

import base64
import binascii
import mmap
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from metaextract_extractor.domain.result import ByteRange, Field, Standard
from metaextract_extractor.reading.engines.exiftool import ExifTool
from metaextract_extractor.reading.redaction.structure import is_computed
from metaextract_extractor.reading.view import BytesSource, View
from metaextract_extractor.reading.walk import BudgetExceededError, Walk
from metaextract_extractor.reading.walkers.tiff import walk_tiff

COUNT_MAX: Final = 48
"""Blocks that are read. A file with more is taken for one that nobody has looked through."""
BLOCK_BYTES_MAX: Final = 1024 * 1024
BURIED: Final = "Buried"
"""First part of the path of a field in one."""

_EXIF, _RESOURCES = b"Exif\0\0", b"Photoshop 3.0\0"
_PACKETS: Final = {b"<x:xmpmeta": b"</x:xmpmeta>", b"<rdf:RDF": b"</rdf:RDF>"}
_TIFF_SIGNATURES: Final = (b"II*\0", b"MM\0*")
_READ_ANYWAY: Final = frozenset({"exif", "xmp", "photoshop", "iptc"})
_SEGMENT_BYTES_MAX: Final = 65_500
_BASE64: Final = re.compile(r"[A-Za-z0-9+/\s]{400,}={0,2}\s*")
_CARRIERS_COUNT_MAX: Final = 16


@dataclass(frozen=True, slots=True)
class Carrier:
    """A value that holds a whole file, and what that file states."""

    field: Field
    inner: tuple[Field, ...]


def buried_in(exiftool: ExifTool, path: Path, walk: Walk, scratch: Path) -> tuple[list[Field], bool]:
    """Return the fields of all such blocks, with the block as their place, and whether all were read."""
    fields: list[Field] = []
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        blocks: dict[ByteRange, bytes] = {}
        for place, block in _blocks(content, _Known(walk)):
            blocks.setdefault(place, block)
            if len(blocks) > COUNT_MAX:
                return fields, False
    for place, block in blocks.items():
        apart = read_apart(exiftool, block, scratch)
        fields += [replace(one, path=f"{BURIED}-{one.path}", location=place) for one in apart]
    return fields, True


def carriers_in(exiftool: ExifTool, path: Path, fields: Iterable[Field], scratch: Path) -> Iterator[Carrier]:
    """Yield the values of XMP that hold a file."""
    count = 0
    for one in fields:
        if one.standard is not Standard.XMP or count >= _CARRIERS_COUNT_MAX or not _is_name(one):
            continue
        if one.printed.startswith("(Binary data"):
            held = exiftool.value(path, one.group, one.name)
        elif isinstance(one.raw, str) and _BASE64.fullmatch(one.raw):
            held = b""
            with suppress(binascii.Error):
                held = base64.b64decode("".join(one.raw.split()) + "==")
        else:
            continue
        count += 1
        inner = tuple(read_apart(exiftool, held, scratch)) if held else ()
        yield Carrier(one, inner)


def _is_name(field: Field) -> bool:
    """Whether group and name, which come from the file, can stand in an argument for ExifTool."""
    return re.fullmatch(r"[\w-]{1,200}:[\w-]{1,200}", f"{field.group}:{field.name}", re.ASCII) is not None


def read_apart(exiftool: ExifTool, content: bytes, scratch: Path) -> Iterator[Field]:
    """Yield what ExifTool says of these bytes as a file of their own."""
    apart = scratch / "apart"
    try:
        apart.write_bytes(content)
        for one in exiftool.read(apart, "-ee").fields:
            if not is_computed(one.group, one.name):
                yield replace(one, location=None)
    finally:
        apart.unlink(missing_ok=True)


class _Known:
    """Where blocks are read anyway: in containers, but not in pictures inside of these."""

    def __init__(self, walk: Walk) -> None:
        self._read = [place for one in walk.containers if one.kind in _READ_ANYWAY for place in one.places]
        self._files = [place for one in walk.embedded for place in one.places]

    def __contains__(self, at: int) -> bool:
        return _is_in(self._read, at) and not _is_in(self._files, at)


def _blocks(content: mmap.mmap, known: _Known) -> Iterator[tuple[ByteRange, bytes]]:
    for at in _found(content, _EXIF):
        start = at + len(_EXIF)
        if content[start : start + 4] in _TIFF_SIGNATURES and start not in known:
            block = _directories(content[start : start + BLOCK_BYTES_MAX])
            yield ByteRange(start, len(block)), block
    for opening, closing in _PACKETS.items():
        for at in _found(content, opening):
            if at not in known:
                end = content.find(closing, at, at + BLOCK_BYTES_MAX)
                stop = end + len(closing) if end >= 0 else min(len(content), at + BLOCK_BYTES_MAX)
                yield ByteRange(at, stop - at), content[at:stop]
    for at in _found(content, _RESOURCES):
        start = at + len(_RESOURCES)
        if content[start : start + 4] == b"8BIM" and start not in known:
            stop = min(len(content), at + _SEGMENT_BYTES_MAX)
            segment = content[at:stop]
            block = b"\xff\xd8\xff\xed" + (len(segment) + 2).to_bytes(2, "big") + segment + b"\xff\xd9"
            yield ByteRange(at, stop - at), block


def _found(content: mmap.mmap, sign: bytes) -> Iterator[int]:
    at = content.find(sign)
    while at >= 0:
        yield at
        at = content.find(sign, at + 1)


def _is_in(places: Sequence[ByteRange], at: int) -> bool:
    return any(one.offset_bytes <= at < one.offset_bytes + one.length_bytes for one in places)


def _directories(data: bytes) -> bytes:
    """Return the part that the directories at its beginning lead to."""
    walk = Walk()
    with suppress(BudgetExceededError):
        walk_tiff(View.of(BytesSource(data)), walk, "TIFF")
    places = [place for one in walk.containers if one.kind != "file" for place in one.places]
    places += [one.location for one in walk.fields if one.location is not None]
    places += [one.place for one in walk.located]
    ends = [place.offset_bytes + place.length_bytes for place in places if place.length_bytes < len(data)]
    return data[: max((*ends, 8))]
