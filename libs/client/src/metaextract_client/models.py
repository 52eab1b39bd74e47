"""What a server says, as frozen dataclasses. The contract is `proto/metaextract/extractor/v1`.

Members that this client does not know are left out here and kept in `Extraction.raw`, so that an older client
works with a newer server.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, TypeAdapter

Json = Mapping[str, Any]


class State(StrEnum):
    """The place of an extraction in its life cycle. SUCCEEDED, FAILED and CANCELLED are terminal."""

    UNSPECIFIED = "STATE_UNSPECIFIED"
    RECEIVING = "STATE_RECEIVING"
    QUEUED = "STATE_QUEUED"
    PARSING = "STATE_PARSING"
    SUCCEEDED = "STATE_SUCCEEDED"
    FAILED = "STATE_FAILED"
    CANCELLED = "STATE_CANCELLED"

    @classmethod
    def _missing_(cls, value: object) -> "State":
        return cls.UNSPECIFIED


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
class Field:
    """One thing that the file says about itself: `printed` for people, `raw` for machines."""

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


@dataclass(frozen=True, slots=True)
class DetectedFormat:
    """The format that the bytes are in, and what that rests on."""

    name: str = ""
    media_type: str = ""
    basis: str = ""
    declared_media_type: str = ""


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
    """One engine's part in a reading; times in seconds, `cpu` is None where it cannot be measured."""

    name: str = ""
    version: str = ""
    wall: Seconds = 0.0
    cpu: Seconds | None = None
    fields_count: int = 0


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
    """Everything that one reading of a file found; `fields` are in file order."""

    file: FileFacts = FileFacts()
    fields: tuple[Field, ...] = ()
    warnings: tuple[Notice, ...] = ()
    engines: tuple[EngineRun, ...] = ()
    timings: Timings = Timings()


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an extraction was given up; `reason` as in the contract, such as `EXTRACTION_TIMED_OUT`."""

    reason: str = ""
    detail: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


def _failure(status: object) -> object:
    """Take the reason out of a `google.rpc.Status` in JSON."""
    if not isinstance(status, dict):
        return status
    details = [d for d in status.get("details", ()) if str(d.get("@type", "")).endswith("ErrorInfo")]
    info = details[0] if details else {}
    return {
        "reason": info.get("reason", ""),
        "detail": status.get("message", ""),
        "metadata": info.get("metadata", {}),
    }


@dataclass(frozen=True, slots=True)
class Extraction:
    """The reading of one file. `raw` is the whole JSON as the server sent it."""

    name: str = ""
    state: State = State.UNSPECIFIED
    create_time: datetime | None = None
    end_time: datetime | None = None
    expire_time: datetime | None = None
    result: Result | None = None
    error: Annotated[Failure, BeforeValidator(_failure)] | None = None
    raw: Json = field(default_factory=dict, repr=False)

    @property
    def extraction_id(self) -> str:
        """The id to ask the server for; whoever knows it may read the extraction."""
        return self.name.removeprefix("extractions/")


@dataclass(frozen=True, slots=True)
class StateChange:
    """The extraction entered a state that is not terminal."""

    state: State = State.UNSPECIFIED


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the work of a state has come; `fraction` (0 to 1) is None where it cannot be known."""

    state: State = State.UNSPECIFIED
    bytes_received: int = 0
    bytes_total: int | None = None
    fraction: float | None = None
    step: str = ""


@dataclass(frozen=True, slots=True)
class PartialResult:
    """Provisional fields from the first `bytes_read` bytes; replaces an earlier partial result."""

    fields: tuple[Field, ...] = ()
    bytes_read: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an extraction. `change` is None for a kind newer than this client."""

    sequence: int
    time: datetime | None
    change: StateChange | Progress | PartialResult | Extraction | None


@dataclass(frozen=True, slots=True)
class Format:
    """An image format that the server accepts; extensions in lower case without dot."""

    name: str = ""
    title: str = ""
    extensions: tuple[str, ...] = ()
    media_types: tuple[str, ...] = ()
    raw: bool = False


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine that the server's workers run."""

    name: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Server:
    """What a server consists of and how busy it is now."""

    version: str = ""
    engines: tuple[Engine, ...] = ()
    workers_count: int = 0
    workers_busy_count: int = 0
    uploads_count: int = 0
    queued_count: int = 0


@dataclass(frozen=True, slots=True)
class _EventBody:
    sequence: int = 0
    time: datetime | None = None
    state_change: StateChange | None = None
    progress: Progress | None = None
    partial_result: PartialResult | None = None


_EXTRACTION = TypeAdapter(Extraction)
_EVENT = TypeAdapter(_EventBody)
_FORMATS = TypeAdapter(tuple[Format, ...])
_SERVER = TypeAdapter(Server)


def extraction_from_json(message: Json) -> Extraction:
    """Read the contract's `Extraction`. Raises ValueError when it is not one."""
    return _EXTRACTION.validate_python({**message, "raw": message})


def event_from_json(message: Json) -> Event:
    """Read the contract's `ExtractionEvent`. Raises ValueError when it is not one."""
    body = _EVENT.validate_python(message)
    ended = extraction_from_json(message["ended"]) if "ended" in message else None
    change = ended or body.state_change or body.progress or body.partial_result
    return Event(sequence=body.sequence, time=body.time, change=change)


def formats_from_json(message: Json) -> tuple[Format, ...]:
    """Read the contract's `ListFormatsResponse`. Raises ValueError when it is not one."""
    return _FORMATS.validate_python(message.get("formats", ()))


def server_from_json(message: Json) -> Server:
    """Read the contract's `GetServerInfoResponse`. Raises ValueError when it is not one."""
    return _SERVER.validate_python(message)
