"""What the server process and a worker say to each other: length-prefixed JSON over the worker's pipes.

A frame is a 4-byte big-endian length and that many bytes of JSON. The server never trusts the length: a
frame beyond `FRAME_BYTES_MAX` costs the worker its life. Times are nanoseconds since the epoch, so that
the server can report the worker's spans.
"""

import dataclasses
import struct
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Any, Final, Literal

from pydantic import Field, TypeAdapter
from pydantic_core import PydanticSerializationError

from metaextract_extractor.domain.findings import Reading
from metaextract_extractor.domain.operations import Operation, OperationOutcome
from metaextract_extractor.domain.result import ByteRange

FRAME_BYTES_MAX: Final = 24 * 1024 * 1024
LENGTH: Final = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Read:
    """To the worker: read this file.

    `received` as in `domain.ports.Task`. No operation begins later than `operation_begins_seconds_max` after
    this. `without` maps steps that must not run to the reason why.
    """

    path: str
    size_bytes: int
    extension: str = ""
    received: tuple[ByteRange, ...] | None = None
    operations: tuple[Operation, ...] = ()
    operation_begins_seconds_max: float = 0
    without: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ready:
    """From the worker, once: it can take files. `engines` maps names to versions."""

    engines: dict[str, str]
    engine_pids: tuple[int, ...]
    kind: Literal["ready"] = "ready"


@dataclass(frozen=True, slots=True)
class Step:
    """From the worker: a step begins; `fraction` of the work is done."""

    name: str
    fraction: float
    kind: Literal["step"] = "step"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of work, for the trace."""

    name: str
    start_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True)
class Known:
    """From the worker, once for a file: all that was read of it. Operations come after."""

    reading: Reading
    kind: Literal["known"] = "known"


@dataclass(frozen=True, slots=True)
class Tried:
    """From the worker: what became of an operation."""

    outcome: OperationOutcome
    kind: Literal["tried"] = "tried"


@dataclass(frozen=True, slots=True)
class Done:
    """From the worker: it can take the next file; what this one has cost, operations included."""

    cpu_seconds: float | None
    memory_peak_bytes: int | None
    spans: tuple[Span, ...]
    kind: Literal["done"] = "done"


Answer = Ready | Step | Known | Tried | Done

_READ: Final = TypeAdapter(Read)
_ANSWER: Final[TypeAdapter[Answer]] = TypeAdapter(Annotated[Answer, Field(discriminator="kind")])


def framed(payload: bytes) -> bytes:
    """Prefix a payload with its length."""
    return LENGTH.pack(len(payload)) + payload


def read_to_json(read: Read) -> bytes:
    """Encode."""
    return _READ.dump_json(read)


def read_from_json(payload: bytes) -> Read:
    """Decode."""
    return _READ.validate_json(payload)


def answer_to_json(answer: Answer) -> bytes:
    """Encode. Halves of surrogate pairs, which JSON inside a file can smuggle in, become question marks."""
    try:
        return _ANSWER.dump_json(answer)
    except PydanticSerializationError:
        return _ANSWER.dump_json(_encodable(answer))


def _encodable(value: Any) -> Any:  # noqa: ANN401 - whatever an answer holds
    if isinstance(value, str) and not isinstance(value, Enum):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list | tuple):
        return type(value)(map(_encodable, value))
    if isinstance(value, dict):
        return {_encodable(name): _encodable(member) for name, member in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        members = {one.name: getattr(value, one.name) for one in dataclasses.fields(value)}
        return dataclasses.replace(value, **{name: _encodable(member) for name, member in members.items()})
    return value


def answer_from_json(payload: bytes) -> Answer:
    """Decode; raises `ValueError` if a worker says something else."""
    return _ANSWER.validate_json(payload)
