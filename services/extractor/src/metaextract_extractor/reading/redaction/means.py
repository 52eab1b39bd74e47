"""The means by which a copy becomes better: what to ask ExifTool for, and what to overwrite in place."""

import os
import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from metaextract_extractor.domain.redaction import FieldName
from metaextract_extractor.domain.result import ByteRange, Container, Field, Standard
from metaextract_extractor.reading.redaction.account import Account
from metaextract_extractor.reading.redaction.buried import BURIED
from metaextract_extractor.reading.redaction.cuts import without_parts
from metaextract_extractor.reading.redaction.own_writers import Piece, without_profile_tag
from metaextract_extractor.reading.redaction.structure import is_computed
from metaextract_extractor.reading.redaction.unseen import BOXES

Arguments = tuple[str, ...]

BEHIND: Final[Arguments] = (
    *("-trailer:all=", "-MPF:all="),
    *("-XMP-GCamera:MotionPhoto*=", "-XMP-GCamera:MicroVideo*=", "-XMP-GContainer:all="),
)
"""How to ask for the files behind the picture, and for what announces them."""

PREVIEWS: Final[Arguments] = (
    *("-PreviewImage=", "-JpgFromRaw=", "-JpgFromRaw2=", "-OtherImage=", "-ThumbnailImage=", "-IFD1:all="),
    "-Photoshop:PhotoshopThumbnail=",
)
"""How to ask for the small pictures of the picture, which may have metadata of their own."""

GEOTIFF: Final[Arguments] = tuple(
    f"-IFD0:{name}="
    for name in (
        *("GeoTiffDirectory", "GeoTiffDoubleParams", "GeoTiffAsciiParams"),
        *("ModelTiePoint", "ModelTransform", "PixelScale", "IntergraphMatrix"),
    )
)
"""What the fields of GeoTIFF are drawn from."""

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
    {Standard.EXIF, Standard.MAKERNOTE, Standard.PHOTOSHOP, Standard.CONTAINER, Standard.ICC, Standard.XMP}
)
_CONTAINERS_IN_PLACE: Final = frozenset({"HEIF", "AVIF", "GIF", "JP2", "JXL", "WEBP"})
"""Families of boxes and blocks: nothing points into one, and none has a checksum."""
_CHECKSUMS: Final = "PNG"
_IN_BOXES: Final = frozenset({"video"})
_PARTS_TO_CUT: Final = {"PNG": ("vendor",), "GIF": ("vendor", "text")}
_PROFILE_TAGS: Final = {"MakeAndModel": b"mmod"}
_FILLERS: Final = {"xmp": b" ", "exif": b"\0", "jumbf": b"\0", "iptc": b"\0", "vendor": b"\0", "text": b" "}
_EMPTY_EXIF: Final = b"II*\0\x08\0\0\0" + bytes(6)
"""A TIFF header, and a directory with no entry and no successor."""
_TIFF_SIGNATURES: Final = (b"II*\0", b"MM\0*")
_BLANK: Final = b"\0 "


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What is still in a copy and must not be.

    Fields, containers, parts that nobody looks into (`unseen`), and removed `values` that stand in its bytes
    at `places`.
    """

    fields: tuple[Field, ...] = ()
    containers: tuple[Container, ...] = ()
    unseen: tuple[Container, ...] = ()
    values: tuple[FieldName, ...] = ()
    places: tuple[ByteRange, ...] = ()

    @property
    def any(self) -> bool:
        """Whether there is something."""
        return bool(self.fields or self.containers or self.unseen or self.values)

    @property
    def names(self) -> tuple[FieldName, ...]:
        """Everything by its name; a container by the path that leads to it."""
        named = [FieldName(one.group, one.name) for one in self.fields]
        named += [FieldName("", one.path) for one in (*self.containers, *self.unseen)]
        return tuple(dict.fromkeys((*named, *self.values)))


def removals(fields: Iterable[Field]) -> Arguments:
    """Return how to ask ExifTool to delete fields, each by its name."""
    stated = [one for one in fields if not is_computed(one.group, one.name)]
    named = [f"-{one.group}:{one.name}=" for one in stated if _is_word(one.group) and _is_word(one.name)]
    projection = GEOTIFF if any(one.group == "GeoTiff" for one in stated) else ()
    return tuple(dict.fromkeys((*named, *projection)))


def _is_word(name: str) -> bool:
    """Whether a name, which may come from the file, can stand in an argument for ExifTool."""
    return re.fullmatch(r"[A-Za-z0-9_-]{1,200}", name) is not None


def blocks_of(left: Leftovers) -> Arguments:
    """Return how to ask for all of the blocks that the leftovers are in."""
    blocks = [_BLOCKS[one.standard] for one in left.fields if one.standard in _BLOCKS]
    blocks += ["-Jpeg2000:all=" for one in left.fields if one.group.startswith("XML")]
    blocks += [
        f"-{one.group}:all="
        for one in left.fields
        if one.standard is Standard.CONTAINER and _is_word(one.group)
    ]
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
    """Write `target` with zeros, or spaces in texts, where the fields stand; False if none has a place."""
    if copy.family == _CHECKSUMS:
        return False
    pieces = [
        (one.location.offset_bytes, _field_filler(one, one.location, copy.path))
        for one in left.fields
        if one.location and (one.standard in _FIELDS_IN_PLACE or one.path.startswith(BURIED))
    ]
    profiles = [one for one in copy.containers if one.kind == "icc"]
    for name in {one.name for one in left.fields if one.standard is Standard.ICC} & set(_PROFILE_TAGS):
        for profile in profiles:
            pieces += without_profile_tag(copy.path, profile, _PROFILE_TAGS[name])
    return _overwritten(copy.path, target, pieces)


def _field_filler(field: Field, place: ByteRange, file: Path) -> bytes:
    if field.path.startswith(BURIED):
        kind = "xmp" if field.standard is Standard.XMP else "exif"
        return _filler(kind, place.length_bytes, file, place.offset_bytes)
    return (b" " if field.standard is Standard.XMP else b"\0") * place.length_bytes


def overwritten_containers(left: Leftovers, copy: Account, target: Path) -> bool:
    """Write `target` with filler in the containers, or without them; False if that cannot be done."""
    parts = [one for one in left.containers if one.kind in _PARTS_TO_CUT.get(copy.family, ())]
    if parts or copy.family == _CHECKSUMS:
        return without_parts(copy.path, target, parts, copy.family)
    if copy.family not in _CONTAINERS_IN_PLACE:
        return False
    paths = {one.path for one in left.fields if one.path}
    wanted = [
        one
        for one in copy.containers
        if one.kind in _FILLERS
        and (one in left.containers or any(path.startswith(one.path) for path in paths))
    ]
    pieces = [
        (at.offset_bytes, _filler(one.kind, at.length_bytes, copy.path, at.offset_bytes))
        for one in wanted
        for at in one.places
    ]
    return _overwritten(copy.path, target, pieces)


def without_unseen(left: Leftovers, copy: Account, target: Path) -> bool:
    """Write `target` without the parts that nobody looks into; False if there are none."""
    return without_parts(copy.path, target, left.unseen, copy.family)


def overwritten_values(left: Leftovers, copy: Account, target: Path) -> bool:
    """Write `target` with zeros where removed values still stand; False if that cannot be done.

    Should the picture by chance hold one, then the copy is not verified, because its picture is another.
    """
    if copy.family == _CHECKSUMS:
        return False
    pieces = [(one.offset_bytes, bytes(one.length_bytes)) for one in left.places]
    return _overwritten(copy.path, target, pieces)


def overwritten_files(left: Leftovers, copy: Account, target: Path) -> bool:
    """Write `target` with zeros where films and pictures stand in boxes of their own; False if none does."""
    if copy.family not in BOXES or not left.fields:
        return False
    films = tuple(Container(one.path, "vendor", one.places) for one in copy.embedded if one.kind in _IN_BOXES)
    return without_parts(copy.path, target, films, copy.family)


def _filler(kind: str, length: int, file: Path, offset: int) -> bytes:
    """Spaces for text; for Exif a directory with nothing in it, so that readers do not stumble."""
    content = _FILLERS[kind] * length
    with file.open("rb") as opened:
        is_start = os.pread(opened.fileno(), len(_TIFF_SIGNATURES[0]), offset) in _TIFF_SIGNATURES
    if is_start and length >= len(_EMPTY_EXIF):
        return _EMPTY_EXIF + content[len(_EMPTY_EXIF) :]
    return content


def _overwritten(source: Path, target: Path, pieces: Sequence[Piece]) -> bool:
    if not pieces:
        return False
    shutil.copyfile(source, target)
    with target.open("r+b") as file:
        for offset, content in pieces:
            os.pwrite(file.fileno(), content, offset)
    return True
