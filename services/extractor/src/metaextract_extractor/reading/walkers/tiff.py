"""TIFF and what is built like it: Exif, DNG, camera raw. Directories, their chains and trees, values.

Sources: TIFF 6.0; Exif 3.0 (CIPA DC-008-2023) chapter 4; TIFF supplement 1 (SubIFDs); BigTIFF; DNG 1.7.1.
Names of directories and paths as ExifTool 13.59.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from metaextract_extractor.domain.result import Standard, Why
from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers import ifd, tiff_images, tiff_pixels
from metaextract_extractor.reading.walkers.exif_tags import EXIF, GPS, Tag
from metaextract_extractor.reading.walkers.exif_values import (
    INTEGERS,
    INTEGERS_BIG,
    TYPE_BYTES,
    integers,
    readable,
    scalar,
)
from metaextract_extractor.reading.walkers.icc import walk_icc
from metaextract_extractor.reading.walkers.iptc import walk_iptc
from metaextract_extractor.reading.walkers.jumbf import walk_jumbf
from metaextract_extractor.reading.walkers.makernotes import (
    Camera,
    Holder,
    walk_adobe_private,
    walk_makernote,
)
from metaextract_extractor.reading.walkers.nested import Walker
from metaextract_extractor.reading.walkers.photoshop import walk_irb
from metaextract_extractor.reading.walkers.print_im import walk_print_im
from metaextract_extractor.reading.walkers.tiff_directories import Gate
from metaextract_extractor.reading.walkers.tiff_names import TOPS, Surroundings, in_context
from metaextract_extractor.reading.walkers.tiff_values import converted_value
from metaextract_extractor.reading.walkers.xmp import walk_xmp

SUB_DIRECTORIES_MAX: Final = 10
"""Directories that one entry may point to."""

_DIRECTORIES: Final = {
    0x014A: "SubIFD",
    0x0190: "GlobParamIFD",
    0x8769: "ExifIFD",
    0x8825: "GPS",
    0xA005: "InteropIFD",
}
_DIRECTORIES_OF_MAKERS: Final = {0x8290: "KodakIFD", 0x888A: "LeafSubIFD", 0xFE00: "KDC_IFD"}
_LEAVES: Final = {
    0x02BC: (walk_xmp, "XMP"),
    0x83BB: (walk_iptc, "IPTC"),
    0x8649: (walk_irb, "Photoshop"),
    0x8773: (walk_icc, "ICC_Profile"),
    0xC68F: (walk_icc, "AsShotICCProfile"),
    0xC691: (walk_icc, "CurrentICCProfile"),
    0xCD41: (walk_jumbf, "JUMBF"),
}
_OF_MAKERS: Final = frozenset(
    {0x4748, 0x8606, 0x935C, 0x9999, 0xC519, 0xC51B, 0xC68C, 0xC6F5, 0xC7D5, 0xCD44, 0xCD47}
)
NAMED_BY_VALUE: Final = 0xF000
"""Tags above may name themselves in their value (Photoshop's camera raw)."""
_MAKER_NOTE: Final = 0x927C
_PRIVATE_DATA: Final = 0xC634
_PRINT_IM: Final = 0xC4A5


Embedding = Mapping[int, tuple[str, Walker]]
"""Tags of the first directory that hold a file of their own: name in the path, and its walker."""


def walk_tiff(view: View, walk: Walk, path: str) -> None:
    """Walk a TIFF structure: a file, or one inside another. `path`: `TIFF`, `JPEG-APP1`, …"""
    walk_embedding_tiff(view, walk, path, EXIF, {})


def walk_embedding_tiff(
    view: View, walk: Walk, path: str, tags: Mapping[int, Tag], embedding: Embedding, first: str = "IFD0"
) -> None:
    """Walk a TIFF structure whose first directory has tags of its own, and holds files of other formats.

    `first`: what that directory is.
    """
    top = path in TOPS
    with walk.within("file" if top else "exif", path, view, keep=not top):
        header = ifd.read_header(view)
        if header is None:
            walk.not_read(path, view, Why.DAMAGED)
            return
        if top:
            path = "BTF" if header.big else "ORF" if header.version in ifd.VERSIONS_ORF else "TIFF"
        _Tiff(view, walk, path, header, tags, dict(embedding), first).walk()


@dataclass(slots=True)
class _Place:
    """A directory on the way: its path, name (group), and how deep it is."""

    path: str
    name: str
    level: int
    tags: Mapping[int, Tag] | None
    """None where only the primary engine knows the names."""


@dataclass(slots=True)
class _Tiff:
    """One TIFF structure."""

    view: View
    walk_: Walk
    path: str
    header: ifd.Header
    tags: Mapping[int, Tag]
    embedding: dict[int, tuple[str, Walker]]
    first: str
    layout: ifd.Layout = field(init=False)
    camera: Camera = field(default_factory=Camera)
    around: Surroundings = field(init=False)
    gate: Gate = field(init=False)
    base: int | None = field(init=False)

    def __post_init__(self) -> None:
        self.layout = ifd.Layout(self.header)
        self.gate = Gate(self.view, self.walk_, self.header)
        self.around = Surroundings(self.path, self.header.version)
        start = self.view.places(0, 1)
        # In these, ExifTool tells offsets as they are written or from the head of the resource, and in the
        # others from the file's first byte.
        apart = self.path.startswith(("PNG", "PSD", "RIFF")) or "-EXIFInfo" in self.path
        self.base = start[0].offset_bytes if start and not apart else None

    @property
    def _holder(self) -> Holder:
        return Holder(self.view, self.header, self.camera, self.walk_)

    def walk(self) -> None:
        """Walk header and first directory."""
        big = self.header.big
        if not big:
            printed = "Little-endian (Intel, II)" if self.header.order == "<" else "Big-endian (Motorola, MM)"
            raw = "II" if self.header.order == "<" else "MM"
            self.walk_.value(
                self.path,
                Standard.FILE,
                "File",
                "ExifByteOrder",
                raw,
                printed,
                tag_id="ExifByteOrder",
                category="Image",
            )  # no place: these bytes change the meaning of all others
        self.walk_.understood(self.view.part(0, ifd.HEADER_BYTES_BIG if big else ifd.HEADER_BYTES))
        first = self.header.first_offset
        if self.around.top and self.gate.is_cr2():
            self.around.tiff_type = "CR2"
        self._chain(first, _Place(self.path, self.first, 1, self.tags))
        if self.around.top and not self.walk_.format_name:
            self.walk_.format_name = "BTF" if big else self.around.tiff_type

    def _chain(self, offset: int, place: _Place) -> None:
        """Walk a directory and those that follow it."""
        parent, name = place.path, place.name
        stem = name.rstrip("0123456789")
        number = int(name[len(stem) :] or 0)
        while offset:
            step = _Place(parent, name, place.level, place.tags)
            following = self._directory(offset, step)
            if following is None or stem not in ("IFD", "SubIFD"):
                return
            number += 1
            name = f"{stem}{number}"
            offset = following
            if stem == "SubIFD" and offset and not self.gate.seems_directory(offset):
                return

    def _directory(self, offset: int, place: _Place) -> int | None:
        """Walk one directory; return the offset of the next, None if it could not be read."""
        walk = self.walk_
        path = f"{place.path}-{place.name}"
        length = self.gate.length(offset, path)
        if length == 0 or not self.gate.may_enter(offset, length, place.level):
            return None
        following: int | None = None
        with walk.within("exif", path, self.view.part(offset, length)):
            directory = ifd.read_directory(self.view, offset, length, self.layout, walk, path)
            following = directory.next_offset
            walk.reference(resolved=True)
            inside = _Place(path, place.name, place.level, place.tags)
            self.around.enter(place.name, directory)
            values: dict[int, str] = {}
            for entry in directory.entries:
                self._entry(entry, inside, values)
            self._images(directory, inside, values)
        return following

    def _entry(self, entry: ifd.Entry, place: _Place, values: dict[int, str]) -> None:
        """Read one entry. Bytes that are missing end the entry, not the directory."""
        if entry.at is None:
            self.walk_.reference(resolved=False)
            return
        if entry.size_bytes > self.header.inline_bytes:
            self.walk_.reference(resolved=True)
        try:
            self._known_entry(entry, entry.at, place, values)
        except MissingBytesError:
            self.walk_.reference(resolved=False)
            self.walk_.not_read(place.path, entry.at, Why.MISSING)

    def _known_entry(self, entry: ifd.Entry, at: View, place: _Place, values: dict[int, str]) -> None:
        tag, walk = entry.tag, self.walk_
        if tag in _DIRECTORIES or tag in _DIRECTORIES_OF_MAKERS:
            self._directories(entry, at, place)
        elif tag in _LEAVES:
            self._leaf(entry, at, place)
        elif tag == _MAKER_NOTE and place.tags is EXIF:
            if not walk_makernote(self._holder, entry, place.path):
                self._value(entry, at, place, values)
        elif tag == _PRIVATE_DATA:
            self._private(entry, at, place)
        elif tag == _PRINT_IM:
            walk_print_im(at, walk, place.path)
        elif tag in self.embedding and place.tags is self.tags:
            name, walk_embedded = self.embedding.pop(tag)  # one each
            walk.image("preview", place.path, at)
            walk_embedded(at, walk, f"{place.path}-{name}")
        elif tag in _OF_MAKERS:
            walk.not_read(place.path, at, Why.VENDOR)
        else:
            self._value(entry, at, place, values)

    def _leaf(self, entry: ifd.Entry, at: View, place: _Place) -> None:
        """Hand a value that follows another standard to its walker."""
        walk_leaf, name = _LEAVES[entry.tag]
        path = f"{place.path}-{name}"
        if not self.walk_.may_read_value(entry.size_bytes):
            self.walk_.not_read(path, at, Why.BUDGET)
        elif entry.size_bytes:
            walk_leaf(at, self.walk_, path)

    def _value(self, entry: ifd.Entry, at: View, place: _Place, values: dict[int, str]) -> None:
        walk, number = self.walk_, entry.tag
        tag = self._tag(number, place)
        standard = place.tags is EXIF or place.tags is GPS
        converted = None if tag is None else converted_value(entry, at, tag, self.header, walk, self.base)
        if tag is None or converted is None:
            if tag is not None or not standard or number > NAMED_BY_VALUE:
                walk.locate(place.path, place.name, number, at)
            if tag is not None:
                walk.understood(at)
            else:
                walk.not_read(place.path, at, Why.UNKNOWN if standard else Why.VENDOR)
            return
        raw, printed = converted
        values[number] = raw
        self._remember(number, raw)
        walk.value(
            place.path,
            Standard.EXIF,
            place.name,
            tag.name,
            scalar(raw),
            readable(printed),
            tag_id=str(number),
            category=tag.category,
            stored_type="" if self.header.big else entry.type_name,
            at=at,
        )

    def _tag(self, number: int, place: _Place) -> Tag | None:
        if place.tags is None:
            return None
        in_its_place = in_context(number, self.around) if place.tags is EXIF else None
        return in_its_place or place.tags.get(number)

    def _remember(self, tag: int, raw: str) -> None:
        """Keep what the meaning of later values hangs on."""
        if tag == 0x010F:  # noqa: PLR2004 - Make
            self.camera.make = raw
        elif tag == 0x0110:  # noqa: PLR2004 - Model
            self.camera.model = raw
        self.around.learn(tag, raw, self.camera.make)

    def _directories(self, entry: ifd.Entry, at: View, place: _Place) -> None:
        """Walk the directories that an entry points to."""
        if entry.type_name not in INTEGERS | INTEGERS_BIG or entry.count == 0:
            self.walk_.not_read(place.path, at, Why.DAMAGED)
            return
        count = min(entry.count, SUB_DIRECTORIES_MAX)
        width = TYPE_BYTES[entry.type_name]
        offsets = integers(entry.type_name, at.read(0, count * width), self.header.order)
        self.walk_.understood(at)
        stem = _DIRECTORIES.get(entry.tag) or _DIRECTORIES_OF_MAKERS[entry.tag]
        tags = None if entry.tag in _DIRECTORIES_OF_MAKERS else GPS if stem == "GPS" else EXIF
        if stem == "GPS" and tags is not None:
            offsets = offsets[:1]
        for number, offset in enumerate(offsets):
            if self._points_to_data(stem, offset):
                self.walk_.locate(place.path, place.name, entry.tag, at)
                return
            if offset < ifd.HEADER_BYTES:
                self.walk_.reference(resolved=False)
                continue
            self.around.leave(place.name)
            name = f"{stem}{number or ''}"
            self._sub_directory(offset, _Place(place.path, name, place.level + 1, tags))
            self.around.back()

    def _points_to_data(self, stem: str, offset: int) -> bool:
        """Whether a SubIFD pointer is none: in the files of the DSLR-A100 it points to the raw data."""
        return stem == "SubIFD" and self.camera.model == "DSLR-A100" and not self.gate.seems_directory(offset)

    def _sub_directory(self, offset: int, place: _Place) -> None:
        if place.name == "SubIFD":
            self._chain(offset, place)
        else:
            self._directory(offset, place)

    def _private(self, entry: ifd.Entry, at: View, place: _Place) -> None:
        """DNGPrivateData holds the maker note of the original, or is Sony's pointer to a directory."""
        if self.around.tiff_type == "ARW" and entry.size_bytes == 4:  # noqa: PLR2004 - an offset
            (offset,) = integers("int32u", at.read(0, 4), self.header.order)
            self.walk_.understood(at)
            self._directory(offset, _Place(place.path, "SR2", place.level + 1, None))
        elif not walk_adobe_private(self._holder, entry, place.path):
            self.walk_.not_read(place.path, at, Why.VENDOR)

    def _images(self, directory: ifd.Directory, place: _Place, values: dict[int, str]) -> None:
        """Note the picture of this directory if it is a small one, else take its size as that of the file."""
        entries = {entry.tag: entry for entry in directory.entries if entry.at is not None}
        if self.around.top and (place.tags is EXIF or place.tags is self.tags):
            tiff_pixels.announce(
                self.view, self.walk_, entries, place.path, place.name, self.header, self.around
            )
        if place.tags is not EXIF:
            return
        if self.around.top:
            tiff_images.take_size(self.walk_, values, place.name, self.around)
        if place.name.startswith(("ExifIFD", "Interop", "Glob")):
            return
        try:
            tiff_images.note(self.view, self.walk_, entries, place.path, place.name, self.header, self.around)
        except MissingBytesError:
            self.walk_.reference(resolved=False)
