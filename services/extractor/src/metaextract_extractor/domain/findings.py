"""What one reading of a file comes to. Shapes and units as in metaextract/extractor/v1/extractor.proto."""

from dataclasses import dataclass

from metaextract_extractor.domain.insights import Insights
from metaextract_extractor.domain.operations import OperationOutcome
from metaextract_extractor.domain.quality import Quality
from metaextract_extractor.domain.result import (
    Container,
    DetectedFormat,
    Embedded,
    EngineRun,
    Fallback,
    Field,
    Hashes,
    Notice,
    Unread,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was read from the bytes alone."""

    fields: tuple[Field, ...] = ()
    warnings: tuple[Notice, ...] = ()
    engines: tuple[EngineRun, ...] = ()
    fallback: Fallback | None = None
    containers: tuple[Container, ...] = ()
    unread: tuple[Unread, ...] = ()
    embedded: tuple[Embedded, ...] = ()
    insights: Insights | None = None
    quality: Quality | None = None
    operations: tuple[OperationOutcome, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading(Findings):
    """What a worker returns."""

    format_name: str
    media_type: str
    width_pixels: int | None
    height_pixels: int | None
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
    """Where the time went, in seconds: the upload, the wait for a worker, its work, and processor time."""

    receiving_seconds: float
    queued_seconds: float
    parsing_seconds: float
    cpu_seconds: float | None
    memory_peak_bytes: int | None


@dataclass(frozen=True, slots=True)
class ExtractionResult(Findings):
    """Everything that one reading of a file found."""

    file: FileFacts
    timings: Timings
