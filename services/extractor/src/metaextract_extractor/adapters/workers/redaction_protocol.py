"""What the server process and a redactor say to each other: one request and one outcome, JSON up to EOF."""

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter

from metaextract_extractor.domain.redaction import FieldName, RedactionProfile, RedactionReport, Refusal


@dataclass(frozen=True, slots=True)
class Request:
    """To the redactor: write a copy of `path` into `folder`; `extension` is one of its real format."""

    path: str
    folder: str
    extension: str
    profile: RedactionProfile


@dataclass(frozen=True, slots=True)
class Made:
    """From the redactor: the copy has this name in the folder."""

    file_name: str
    report: RedactionReport
    kind: Literal["made"] = "made"


@dataclass(frozen=True, slots=True)
class Refused:
    """From the redactor: there is no copy."""

    refusal: Refusal
    format_name: str
    cause: str
    remaining: tuple[FieldName, ...]
    kind: Literal["refused"] = "refused"


_REQUEST: Final = TypeAdapter(Request)
_OUTCOME: Final[TypeAdapter[Made | Refused]] = TypeAdapter(
    Annotated[Made | Refused, Field(discriminator="kind")]
)


def request_to_json(request: Request) -> bytes:
    """Encode."""
    return _REQUEST.dump_json(request)


def request_from_json(payload: bytes) -> Request:
    """Decode."""
    return _REQUEST.validate_json(payload)


def outcome_to_json(outcome: Made | Refused) -> bytes:
    """Encode."""
    return _OUTCOME.dump_json(outcome)


def outcome_from_json(payload: bytes) -> Made | Refused:
    """Decode; raises `ValueError` if a redactor says something else."""
    return _OUTCOME.validate_json(payload)
