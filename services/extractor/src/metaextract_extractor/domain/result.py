"""What one reading of a file found. Shapes and units as in metaextract/extractor/v1/result.proto."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

WALKERS: Final = "walkers"
"""Name of our own readers of structure among the engines."""


class Standard(StrEnum):
    """The standard that defines a field."""

    UNSPECIFIED = "unspecified"
    EXIF = "exif"
    IPTC = "iptc"
    XMP = "xmp"
    ICC = "icc"
    MAKERNOTE = "makernote"
    PHOTOSHOP = "photoshop"
    JUMBF = "jumbf"
    CONTAINER = "container"
    COMPOSITE = "composite"
    FILE = "file"
    MPF = "mpf"


class Basis(StrEnum):
    """What the belief in a format rests on, strongest first."""

    SIGNATURE = "signature"
    CONTAINER_BRAND = "container_brand"
    EXTENSION = "extension"


@dataclass(frozen=True, slots=True)
class ByteRange:
    """A range of bytes in the uploaded file."""

    offset_bytes: int
    length_bytes: int


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that the file says about itself."""

    path: str
    standard: Standard
    group: str
    category: str
    name: str
    tag_id: str
    raw: Any
    printed: str
    type: str
    engine: str
    location: ByteRange | None = None
    occurrence: int = 0

    agreement: "Agreement | None" = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """What other readers say of a field: how many read it too, how many of them found the same value.

    `confidence`: how probable it is that an independent reader finds this value, 0 to 1.
    """

    witnesses_count: int
    agreeing_count: int
    confidence: float


CONTAINER_KINDS: Final = (
    "file",  # the outermost structure
    "exif",  # TIFF structure with Exif, camera raw too
    "makernote",
    "iptc",  # IIM datasets
    "xmp",
    "icc",
    "photoshop",  # image resource blocks
    "jumbf",  # C2PA and others
    "mpf",
    "text",  # comments, PNG text chunks
    "vendor",  # application segments and boxes of one maker
    "image",  # headers of the picture itself: SOF, IHDR, hvcC
    "trailer",  # behind the end of the image
)
"""What a container holds."""


@dataclass(frozen=True, slots=True)
class Container:
    """A part of the file that holds metadata. `path` as in `Field.path`; `places` is empty if unpacked."""

    path: str
    kind: str
    places: tuple[ByteRange, ...]


class Why(StrEnum):
    """Why a range was not decoded."""

    UNKNOWN = "unknown"
    """Nobody knows its structure."""
    VENDOR = "vendor"
    """Structure of one maker, not documented."""
    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"
    """It contradicts its format."""
    MISSING = "missing"
    """Not received (yet), or past the end of the file."""
    BUDGET = "budget"
    """A limit of ours stopped the reading."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A range inside a metadata container that nobody decoded."""

    path: str
    place: ByteRange
    why: Why


@dataclass(frozen=True, slots=True)
class Embedded:
    """A picture or film inside the file. `kind`: thumbnail, preview, mpf, gain_map, depth, video, …"""

    kind: str
    path: str
    places: tuple[ByteRange, ...]
    width_pixels: int | None = None
    height_pixels: int | None = None


@dataclass(frozen=True, slots=True)
class Hashes:
    """Digests of the whole file, lower-case hexadecimal."""

    sha256: str
    sha1: str
    md5: str
    crc32: str


@dataclass(frozen=True, slots=True)
class DetectedFormat:
    """A format and why we believe in it. What was declared is told only if it is another format's."""

    name: str
    media_type: str
    basis: Basis
    declared_media_type: str = ""
    declared_extension: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a reader of the result should know."""

    code: str
    message: str
    engine: str = ""


class Outcome(StrEnum):
    """How the run of an engine ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class EngineRun:
    """One engine's part in a reading. Times in seconds; `cpu_seconds` is None where not measurable.

    `cause` says why it failed or was not tried, as in the contract.
    """

    name: str
    version: str
    wall_seconds: float
    cpu_seconds: float | None
    fields_count: int
    outcome: Outcome = Outcome.SUCCEEDED
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Fallback:
    """The result is that of the basic path: which engine is missing from it, and why."""

    engine: str
    cause: str
