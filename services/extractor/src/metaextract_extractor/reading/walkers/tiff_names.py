"""Names of TIFF tags that hang on what stands around them: pictures in directories.

One pair of tags (StripOffsets and StripByteCounts, or JPEGInterchangeFormat and its length) points to the
main image, a thumbnail, a preview or the camera's own JPEG, as the file type and the directory tell.
Source: TIFF 6.0 section 22 for the tags, the raw formats as ExifTool 13.59 names them.
"""

from dataclasses import dataclass, field
from typing import Final

from metaextract_extractor.reading.walkers import ifd
from metaextract_extractor.reading.walkers.exif_tags import Tag

TOPS: Final = frozenset({"TIFF", "BTF", "ORF"})
"""Paths of structures that are the file itself."""
STRIP_OFFSETS: Final = 0x0111
STRIP_BYTE_COUNTS: Final = 0x0117
JPEG_OFFSET: Final = 0x0201
JPEG_LENGTH: Final = 0x0202
SUBFILE_TYPE: Final = 0x00FE
WIDTH: Final = 0x0100
HEIGHT: Final = 0x0101
COMPRESSION: Final = 0x0103
SUB_DIRECTORIES: Final = 0x014A
DNG_VERSION: Final = 0xC612

_PAIRS: Final = {
    STRIP_OFFSETS: "Start",
    STRIP_BYTE_COUNTS: "Length",
    JPEG_OFFSET: "Start",
    JPEG_LENGTH: "Length",
}
_RAW_BY_MAKE: Final = (
    ("NIKON", "NEF"),
    ("SAMSUNG", "SRW"),
    ("PENTAX", "PEF"),
    ("RICOH", "PEF"),
    ("SONY", "ARW"),
    ("EASTMAN KODAK", "KDC"),
    ("Hasselblad", "3FR"),
    ("SEIKO EPSON", "ERF"),
    ("Mamiya", "MEF"),
)


@dataclass(slots=True)
class Surroundings:
    """What the directories walked so far say of the file. `path`: what holds the structure."""

    path: str
    version: int
    tiff_type: str = field(init=False)
    """`APP1`, `TIFF`, or the raw format as far as it shows."""
    directory: str = "IFD0"
    parents: list[str] = field(default_factory=list)
    compression: str = ""
    subfile_type: str = ""
    has_sub_directories: bool = False

    def __post_init__(self) -> None:
        if self.top:
            self.tiff_type = {ifd.VERSION_RW2: "RW2"}.get(self.version, "TIFF")
            if self.version in ifd.VERSIONS_ORF:
                self.tiff_type = "ORF"
        else:
            self.tiff_type = "MRW" if self.path.startswith("MRW") else self.path.rsplit("-", 1)[-1]

    @property
    def top(self) -> bool:
        """Whether this structure is the file itself."""
        return self.path in TOPS

    def enter(self, name: str, directory: ifd.Directory) -> None:
        """Begin a directory."""
        self.directory = name
        self.compression = self.subfile_type = ""
        if name == "IFD0":
            tags = {entry.tag for entry in directory.entries}
            self.has_sub_directories = SUB_DIRECTORIES in tags
            if DNG_VERSION in tags and self.top:
                self.tiff_type = "DNG"

    def leave(self, name: str) -> None:
        """Step from a directory into one below."""
        self.parents.append(name)

    def back(self) -> None:
        """Step out again. What the directory below said of compression goes on to hold, as in ExifTool."""
        self.directory = self.parents.pop()

    def learn(self, tag: int, raw: str, make: str) -> None:
        """Take in a value."""
        if tag == COMPRESSION:
            self.compression = raw
        elif tag == SUBFILE_TYPE:
            self.subfile_type = raw
        elif tag == 0x010F and self.tiff_type == "TIFF" and self.directory == "IFD0":  # noqa: PLR2004 - Make
            self._guess(make)

    def _guess(self, make: str) -> None:
        for start, name in _RAW_BY_MAKE:
            if make.startswith(start) and (self.has_sub_directories or name == "PEF"):
                if name == "ARW" and (self.subfile_type, self.compression) != ("1", "6"):
                    return
                self.tiff_type = name
                return


def in_context(tag: int, around: Surroundings) -> Tag | None:
    """Return the tag as its surroundings name it; None if its name does not hang on them."""
    end = _PAIRS.get(tag)
    if end is None:
        return None
    if tag in (STRIP_OFFSETS, STRIP_BYTE_COUNTS):
        stem = _strips(around)
        if stem == "Strip":
            return Tag("StripOffsets" if tag == STRIP_OFFSETS else "StripByteCounts", how="offsets")
    else:
        stem = _jpeg(around)
        if stem == "Thumbnail":
            return Tag("ThumbnailOffset" if tag == JPEG_OFFSET else "ThumbnailLength")
    return Tag(stem + end)


def _strips(around: Surroundings) -> str:
    if around.compression in ("34892", "52546"):
        return "OtherImage" if around.compression == "34892" else "PreviewJXL"
    name, kind = around.directory, around.tiff_type
    if kind == "CR2" and name == "IFD0":
        return "PreviewImage"
    reduced = kind in ("DNG", "TIFF") and around.compression == "7" and around.subfile_type != "0"
    if reduced or (kind == "APP1" and name == "IFD2"):
        if kind == "CR2":
            return "PreviewImage"
        return "JpgFromRaw" if name == "SubIFD2" else "PreviewImage"
    return "Strip"


def _jpeg(around: Surroundings) -> str:
    name, kind = around.directory, around.tiff_type
    if kind == "NEF" and name == "IFD0" and around.compression == "6":
        around.tiff_type = kind = "NRW"
    in_riff_or_mov = around.path.startswith(("RIFF", "HEIC", "HEIF", "AVIF", "MOV", "QuickTime"))
    if name == "IFD1" or (name == "IFD0" and (in_riff_or_mov or kind in ("MRW", "NRW"))):
        return "Thumbnail"
    if kind == "SRW" and name == "SubIFD" and around.parents[-1:] == ["IFD1"]:
        return "Thumbnail"
    if name == "IFD0" and kind in ("ARW", "SR2"):
        return "PreviewImage"
    return "JpgFromRaw" if name in ("SubIFD", "IFD2") else "OtherImage"
