"""Extractions, what happens to them, and the rules they obey."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

from metaextract_common.errors import ServiceError
from metaextract_extractor.domain import errors
from metaextract_extractor.domain.findings import ExtractionResult
from metaextract_extractor.domain.operations import Operation
from metaextract_extractor.domain.result import Field


class State(StrEnum):
    """The place of an extraction in its life cycle."""

    RECEIVING = "receiving"
    QUEUED = "queued"
    PARSING = "parsing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


_GIVEN_UP: Final = frozenset({State.FAILED, State.CANCELLED})
_NEXT: Final[dict[State, frozenset[State]]] = {
    State.RECEIVING: _GIVEN_UP | {State.QUEUED},
    State.QUEUED: _GIVEN_UP | {State.PARSING},
    State.PARSING: _GIVEN_UP | {State.SUCCEEDED},
    State.SUCCEEDED: frozenset(),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
}
assert set(_NEXT) == set(State)  # noqa: S101 - a new state must say where it leads


@dataclass(frozen=True, slots=True)
class Extraction:
    """The reading of one uploaded file. Immutable; changes return a new value.

    `last_sequence` is the number of its newest event once it has ended, 0 before. `batch` is empty for one
    that belongs to none. `size_bytes` is what the uploader said until the file is read; None if not known.
    """

    name: str
    owner: str
    request_id: str
    state: State
    create_time: datetime
    end_time: datetime | None = None
    expire_time: datetime | None = None
    result: ExtractionResult | None = None
    error: ServiceError | None = None
    last_sequence: int = 0
    batch: str = ""
    size_bytes: int | None = None

    @property
    def ended(self) -> bool:
        """True in a terminal state."""
        return not _NEXT[self.state]

    def to(self, state: State) -> Self:
        """Return this extraction in `state`, or raise if the life cycle forbids it."""
        if state not in _NEXT[self.state]:
            raise errors.illegal_state_transition(self.name, self.state)
        return replace(self, state=state)

    def succeeded(self, result: ExtractionResult, *, at: datetime, keep: timedelta, sequence: int) -> Self:
        """Return this extraction with its result."""
        ended = self.to(State.SUCCEEDED)
        return replace(
            ended,
            result=result,
            size_bytes=result.file.size_bytes,
            end_time=at,
            expire_time=at + keep,
            last_sequence=sequence,
        )

    def given_up(self, error: ServiceError, *, at: datetime, keep: timedelta, sequence: int) -> Self:
        """Return this extraction with the reason why it has no result; its request id is free again."""
        ended = self.to(State.CANCELLED if error.reason == "EXTRACTION_CANCELLED" else State.FAILED)
        return replace(
            ended, request_id="", error=error, end_time=at, expire_time=at + keep, last_sequence=sequence
        )


@dataclass(frozen=True, slots=True)
class UploadHeader:
    """What a client says of a file before it sends it. `detached`: go on without the client afterwards."""

    extraction_id: str
    owner: str
    request_id: str
    file_name: str
    declared_media_type: str
    size_bytes: int | None
    partial_results: bool
    operations: tuple[Operation, ...] = ()
    batch: str = ""
    detached: bool = False


@dataclass(frozen=True, slots=True)
class PlacedChunk:
    """Bytes of a file out of order."""

    offset_bytes: int
    data: bytes


@dataclass(frozen=True, slots=True)
class UploadFinish:
    """What a client says of a file after it has sent it. `sha256` is empty if it did not compute it."""

    size_bytes: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class StateChange:
    """The extraction entered a state that is not terminal."""

    state: State


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the work of the current state has come."""

    state: State
    bytes_received: int
    bytes_total: int | None
    fraction: float | None
    step: str = ""


@dataclass(frozen=True, slots=True)
class PartialResult:
    """Provisional fields from the part of the file that has arrived."""

    fields: tuple[Field, ...]
    bytes_read: int


@dataclass(frozen=True, slots=True)
class RevisedField:
    """A provisional field that did not hold. `final` is None if the result has no such field."""

    path: str
    group: str
    name: str
    occurrence: int
    provisional: str
    final: str | None


@dataclass(frozen=True, slots=True)
class Revision:
    """What the latest partial result said and is not so in the end."""

    fields: tuple[RevisedField, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """The extraction reached a terminal state; it stands in `Extractions`."""


Happening = StateChange | Progress | PartialResult | Revision | Ended


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an extraction."""

    name: str
    sequence: int
    time: datetime
    happening: Happening
