"""What one reading of a file found, as frozen dataclasses: `ExtractionResult` of the contract."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BeforeValidator


def _seconds(value: object) -> object:
    """Turn a protobuf duration in JSON (`1.5s`) into a number."""
    return float(value.removesuffix("s")) if isinstance(value, str) else value


Seconds = Annotated[float, BeforeValidator(_seconds)]


@dataclass(frozen=True, slots=True)
class ByteRange:
    """A range of bytes in the uploaded file, from `offset_bytes` (counted from 0)."""

    offset_bytes: int = 0
    length_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Agreement:
    """What other engines say of a field; `confidence` (0 to 1): would an independent reader find it so?"""

    witnesses_count: int = 0
    agreeing_count: int = 0
    confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that the file says about itself: `printed` for people, `raw` for machines.

    `location` is None where the place is not known, `agreement` where no other engine read it.
    """

    path: str = ""
    standard: str = ""
    group: str = ""
    category: str = ""
    name: str = ""
    tag_id: str = ""
    raw: Any = None
    printed: str = ""
    type: str = ""
    engine: str = ""
    location: ByteRange | None = None
    occurrence: int = 0
    agreement: Agreement | None = None


@dataclass(frozen=True, slots=True)
class DetectedFormat:
    """The format that the bytes are in, and what that rests on."""

    name: str = ""
    media_type: str = ""
    basis: str = ""
    declared_media_type: str = ""
    declared_extension: str = ""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """The file as such. `hashes` maps `sha256`, `sha1`, `md5`, `crc32` to lower-case hexadecimal."""

    file_name: str = ""
    size_bytes: int = 0
    hashes: Mapping[str, str] = field(default_factory=dict)
    format: DetectedFormat = DetectedFormat()
    width_pixels: int | None = None
    height_pixels: int | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """Something odd about the file or incomplete about the reading (`Warning` in the contract)."""

    code: str = ""
    message: str = ""
    engine: str = ""


@dataclass(frozen=True, slots=True)
class EngineRun:
    """One engine's part in a reading; times in seconds, `cpu` is None where it cannot be measured.

    `outcome`: `OUTCOME_SUCCEEDED`, `OUTCOME_FAILED` or `OUTCOME_SKIPPED`; `cause` says why in the last two.
    """

    name: str = ""
    version: str = ""
    wall: Seconds = 0.0
    cpu: Seconds | None = None
    fields_count: int = 0
    outcome: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Fallback:
    """The result is that of the basic path, because `engine` is missing from it."""

    engine: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Container:
    """A part of the file that holds metadata."""

    path: str = ""
    kind: str = ""
    places: tuple[ByteRange, ...] = ()


@dataclass(frozen=True, slots=True)
class EmbeddedFile:
    """A picture or film inside the file."""

    kind: str = ""
    path: str = ""
    places: tuple[ByteRange, ...] = ()
    width_pixels: int | None = None
    height_pixels: int | None = None


@dataclass(frozen=True, slots=True)
class Timings:
    """Where the time went, in seconds; `memory_peak_bytes` is None where it could not be measured."""

    receiving: Seconds = 0.0
    queued: Seconds = 0.0
    parsing: Seconds = 0.0
    cpu: Seconds = 0.0
    memory_peak_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """Everything that one reading of a file found; `fields` are in file order.

    `fallback` is set when Pillow and our own walkers answer in place of the primary engine.
    """

    file: FileFacts = FileFacts()
    fields: tuple[Field, ...] = ()
    warnings: tuple[Notice, ...] = ()
    engines: tuple[EngineRun, ...] = ()
    timings: Timings = Timings()
    fallback: Fallback | None = None
    containers: tuple[Container, ...] = ()
    embedded: tuple[EmbeddedFile, ...] = ()
