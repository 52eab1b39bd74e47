"""What one reading of a file found. Shapes and units as in metaextract/extractor/v1/result.proto."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


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


@dataclass(frozen=True, slots=True)
class Hashes:
    """Digests of the whole file, lower-case hexadecimal."""

    sha256: str
    sha1: str
    md5: str
    crc32: str


@dataclass(frozen=True, slots=True)
class DetectedFormat:
    """A format and why we believe in it."""

    name: str
    media_type: str
    basis: Basis
    declared_media_type: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a reader of the result should know."""

    code: str
    message: str
    engine: str = ""


@dataclass(frozen=True, slots=True)
class EngineRun:
    """One engine's part in a reading. Times in seconds; `cpu_seconds` is None where not measurable."""

    name: str
    version: str
    wall_seconds: float
    cpu_seconds: float | None
    fields_count: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What a worker returns: everything that can be known from the bytes alone."""

    format_name: str
    media_type: str
    width_pixels: int | None
    height_pixels: int | None
    fields: tuple[Field, ...]
    warnings: tuple[Notice, ...]
    engines: tuple[EngineRun, ...]
    cpu_seconds: float | None
    memory_peak_bytes: int | None


@dataclass(frozen=True, slots=True)
class FileFacts:
    """The file as such."""

    file_name: str
    size_bytes: int
    hashes: Hashes
    format: DetectedFormat
    width_pixels: int | None = None
    height_pixels: int | None = None


@dataclass(frozen=True, slots=True)
class Timings:
    """Where the time went, in seconds, apart from the transfer."""

    receiving_seconds: float
    queued_seconds: float
    parsing_seconds: float
    cpu_seconds: float | None
    memory_peak_bytes: int | None


@dataclass(frozen=True, slots=True)
class ExtractionResult:
    """Everything that one reading of a file found."""

    file: FileFacts
    timings: Timings
    fields: tuple[Field, ...] = ()
    warnings: tuple[Notice, ...] = ()
    engines: tuple[EngineRun, ...] = field(default=())
