"""The means by which a copy becomes better: what to ask ExifTool for, and what to overwrite in place."""

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from metaextract_extractor.domain.redaction import FieldName
from metaextract_extractor.domain.result import ByteRange, Container, Field, Standard
from metaextract_extractor.reading.redaction.account import Account

Arguments = tuple[str, ...]

EMBEDDED: Final[Arguments] = (
    *("-trailer:all=", "-MPF:all=", "-JpgFromRaw=", "-JpgFromRaw2=", "-OtherImage="),
    *("-PreviewImage=", "-ThumbnailImage=", "-Photoshop:PhotoshopThumbnail=", "-IFD1:all="),
)
"""How to ask for whatever is a file of its own, with metadata of its own."""

_BLOCKS: Final = {
    Standard.XMP: "-XMP:all=",
    Standard.IPTC: "-IPTC:all=",
    Standard.MAKERNOTE: "-MakerNotes:all=",
    Standard.PHOTOSHOP: "-Photoshop:all=",
    Standard.JUMBF: "-JUMBF:all=",
    Standard.MPF: "-MPF:all=",
    Standard.ICC: "-ICC_Profile:all=",
}
_BLOCKS_BY_KIND: Final = {
    "xmp": "-XMP:all=",
    "iptc": "-IPTC:all=",
    "makernote": "-MakerNotes:all=",
    "jumbf": "-JUMBF:all=",
    "mpf": "-MPF:all=",
    "trailer": "-trailer:all=",
    "text": "-PNG:all=",
}

_FIELDS_IN_PLACE: Final = frozenset(
    {Standard.EXIF, Standard.MAKERNOTE, Standard.PHOTOSHOP, Standard.CONTAINER, Standard.ICC}
)
_CONTAINERS_IN_PLACE: Final = frozenset({"HEIF", "AVIF", "GIF", "JP2", "JXL", "WEBP"})
"""Families of boxes and blocks: nothing points into one, and none has a checksum."""
_CHECKSUMS: Final = "PNG"
_CHUNK_HEADER_BYTES: Final = 8
_CHUNK_FRAME_BYTES: Final = 12
_FILLERS: Final = {"xmp": b" ", "exif": b"\0", "jumbf": b"\0", "iptc": b"\0", "vendor": b"\0"}
_EMPTY_EXIF: Final = b"II*\0\x08\0\0\0" + bytes(6)
"""A TIFF header, and a directory with no entry and no successor."""
_TIFF_SIGNATURES: Final = (b"II*\0", b"MM\0*")
_BLANK: Final = b"\0 "


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What is still in a copy and must not be: fields, containers, and removed `values` in its bytes."""

    fields: tuple[Field, ...] = ()
    containers: tuple[Container, ...] = ()
    values: tuple[FieldName, ...] = ()

    @property
    def any(self) -> bool:
        """Whether there is something."""
        return bool(self.fields or self.containers or self.values)

    @property
    def names(self) -> tuple[FieldName, ...]:
        """Everything by its name; a container by the path that leads to it."""
        named = [FieldName(one.group, one.name) for one in self.fields]
        named += [FieldName("", one.path) for one in self.containers]
        return tuple(dict.fromkeys((*named, *self.values)))


def blocks_of(left: Leftovers) -> Arguments:
    """Return how to ask for all of the blocks that the leftovers are in."""
    blocks = [_BLOCKS[one.standard] for one in left.fields if one.standard in _BLOCKS]
    blocks += [_BLOCKS_BY_KIND[one.kind] for one in left.containers if one.kind in _BLOCKS_BY_KIND]
    return tuple(dict.fromkeys(blocks))


def is_blank(path: Path, container: Container) -> bool:
    """Whether there is nothing in the container but filler."""
    with path.open("rb") as file:
        stored = b"".join(
            os.pread(file.fileno(), one.length_bytes, one.offset_bytes) for one in container.places
        )
    return bool(container.places) and not stored.removeprefix(_EMPTY_EXIF).strip(_BLANK)


def overwritten_fields(left: Leftovers, copy: Account, target: Path) -> bool:
    """Write `target` with zeros where the fields stand; False if none has a place."""
    if copy.family == _CHECKSUMS:
        return False
    places = copy.places
    found = [
        places.get((one.group, one.name, one.occurrence))
        for one in left.fields
        if one.standard in _FIELDS_IN_PLACE
    ]
    return _overwritten(copy.path, target, [(place, b"\0") for place in found if place is not None])


def overwritten_containers(left: Leftovers, copy: Account, target: Path) -> bool:
    """Write `target` with filler in the containers, or without them; False if that cannot be done."""
    if copy.family == _CHECKSUMS:
        return _without_chunks(copy.path, target, [one for one in left.containers if one.kind == "vendor"])
    if copy.family not in _CONTAINERS_IN_PLACE:
        return False
    paths = {one.path for one in left.fields if one.path}
    wanted = [
        one
        for one in copy.containers
        if one.kind in _FILLERS and (one in left.containers or any(path.startswith(one.path) for path in paths))
    ]
    return _overwritten(copy.path, target, [(at, _FILLERS[one.kind]) for one in wanted for at in one.places])


def _overwritten(source: Path, target: Path, pieces: Iterable[tuple[ByteRange, bytes]]) -> bool:
    found = list(pieces)
    if not found:
        return False
    shutil.copyfile(source, target)
    with target.open("r+b") as file:
        for place, filler in found:
            content = filler * place.length_bytes
            start = os.pread(file.fileno(), len(_TIFF_SIGNATURES[0]), place.offset_bytes)
            if start in _TIFF_SIGNATURES and place.length_bytes >= len(_EMPTY_EXIF):
                content = _EMPTY_EXIF + content[len(_EMPTY_EXIF) :]
            os.pwrite(file.fileno(), content, place.offset_bytes)
    return True


def _without_chunks(source: Path, target: Path, containers: Iterable[Container]) -> bool:
    """Leave out PNG chunks (PNG, third edition, 5.3); a container is what stands in one."""
    places = sorted((place.offset_bytes, place.length_bytes) for one in containers for place in one.places)
    if not places:
        return False
    with source.open("rb") as file, target.open("xb") as copy:
        for offset, length in places:
            copy.write(file.read(max(0, offset - _CHUNK_HEADER_BYTES - file.tell())))
            file.seek(offset + length + _CHUNK_FRAME_BYTES - _CHUNK_HEADER_BYTES)
        shutil.copyfileobj(file, copy)
    return True
