"""Events as JSON, as the store keeps results: fields that a reader does not know are passed over."""

import json
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter

from metaextract_extractor.domain.model import (
    Ended,
    Event,
    Happening,
    PartialResult,
    Progress,
    Revision,
    StateChange,
)

_HAPPENINGS: Final[dict[str, TypeAdapter[Any]]] = {
    one.__name__: TypeAdapter(one) for one in (StateChange, Progress, PartialResult, Revision, Ended)
}


def encoded(event: Event) -> bytes:
    """Return the event without the name of its extraction."""
    kind = type(event.happening).__name__
    head = json.dumps([event.sequence, event.time.isoformat(), kind]).encode()
    return head + b"\n" + _HAPPENINGS[kind].dump_json(event.happening)


def decoded(name: str, payload: bytes) -> Event:
    """Return the event of the extraction `name`."""
    head, _, body = payload.partition(b"\n")
    sequence, time, kind = json.loads(head)
    happening: Happening = _HAPPENINGS[kind].validate_json(body)
    return Event(name, sequence, datetime.fromisoformat(time), happening)
