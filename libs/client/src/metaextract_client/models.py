"""What a server says, as frozen dataclasses. The contract is `proto/metaextract/extractor/v1`.

Members that this client does not know are left out here and kept in `Extraction.raw`, so that an older client
works with a newer server.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator

from metaextract_client.finding_models import Comparison, FormatSupport, Quality
from metaextract_client.reading import reader_of
from metaextract_client.result_models import Field, Result

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


@dataclass(frozen=True, slots=True)
class OperationOutcome:
    """What became of an operation that was asked for; `reason` says why it was not delivered.

    What it brought stands under its name: `embedding`, `ocr` or `forensics`, as JSON.
    """

    operation: str = ""
    delivered: bool = False
    reason: str = ""
    embedding: Json | None = None
    ocr: Json | None = None
    forensics: Json | None = None


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
    """The reading of one file. `raw` is the whole JSON as the server sent it.

    `insights`: what the file means, by subject (`capture_time`, `place`, `provenance`, `privacy` and so on),
    as JSON; a subject of which the file says nothing is absent.
    """

    name: str = ""
    state: State = State.UNSPECIFIED
    create_time: datetime | None = None
    end_time: datetime | None = None
    expire_time: datetime | None = None
    result: Result | None = None
    error: Annotated[Failure, BeforeValidator(_failure)] | None = None
    insights: Json = field(default_factory=dict)
    quality: Quality | None = None
    operations: tuple[OperationOutcome, ...] = ()
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
class RevisedField:
    """A provisional field that did not hold; `final` is None if the result has no such field."""

    path: str = ""
    group: str = ""
    name: str = ""
    occurrence: int = 0
    provisional: str = ""
    final: str | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """What the latest partial result told and the result does not."""

    fields: tuple[RevisedField, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an extraction. `change` is None for a kind newer than this client."""

    sequence: int
    time: datetime | None
    change: StateChange | Progress | PartialResult | Revision | Extraction | None


@dataclass(frozen=True, slots=True)
class Format:
    """An image format that the server accepts; extensions in lower case without dot.

    `support`: how well files of it are read, by the server's latest conformance run.
    """

    name: str = ""
    title: str = ""
    extensions: tuple[str, ...] = ()
    media_types: tuple[str, ...] = ()
    raw: bool = False
    support: FormatSupport = field(default_factory=FormatSupport)


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine that the server's workers run."""

    name: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Server:
    """What a server consists of and how busy it is now.

    `sandbox_level`: how far its workers are shut in, `namespaces`, `self_confined` or `limits_only`.
    """

    version: str = ""
    engines: tuple[Engine, ...] = ()
    workers_count: int = 0
    workers_busy_count: int = 0
    uploads_count: int = 0
    queued_count: int = 0
    sandbox_level: str = ""


@dataclass(frozen=True, slots=True)
class _EventBody:
    sequence: int = 0
    time: datetime | None = None
    state_change: StateChange | None = None
    progress: Progress | None = None
    partial_result: PartialResult | None = None
    revision: Revision | None = None


def extraction_from_json(message: Json) -> Extraction:
    """Read the contract's `Extraction`. Raises ValueError when it is not one."""
    return reader_of(Extraction).validate_python({**message, "raw": message})


def event_from_json(message: Json) -> Event:
    """Read the contract's `ExtractionEvent`. Raises ValueError when it is not one."""
    body = reader_of(_EventBody).validate_python(message)
    ended = extraction_from_json(message["ended"]) if "ended" in message else None
    change = ended or body.state_change or body.progress or body.partial_result or body.revision
    return Event(sequence=body.sequence, time=body.time, change=change)


def formats_from_json(message: Json) -> tuple[Format, ...]:
    """Read the contract's `ListFormatsResponse`. Raises ValueError when it is not one."""
    return reader_of(tuple[Format, ...]).validate_python(message.get("formats", ()))


def server_from_json(message: Json) -> Server:
    """Read the contract's `GetServerInfoResponse`. Raises ValueError when it is not one."""
    return reader_of(Server).validate_python(message)


def comparison_from_json(message: Json) -> Comparison:
    """Read the contract's `Comparison`. Raises ValueError when it is not one."""
    return reader_of(Comparison).validate_python(message)
