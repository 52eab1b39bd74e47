"""Events of an extraction as server-sent events."""

import json

import pytest

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract_gateway.adapters.http import event_streams


def frame(event: pb.ExtractionEvent) -> dict[str, str]:
    text = event_streams._frame(event).decode()
    assert text.endswith("\n\n")
    return dict(line.split(": ", 1) for line in text.splitlines() if line)


def test_what_was_taken_back_is_an_event_of_its_own() -> None:
    revised = pb.RevisedField(group="ExifIFD", name="ISO", provisional="100")
    lines = frame(pb.ExtractionEvent(sequence=7, revision=pb.Revision(fields=[revised])))

    assert (lines["id"], lines["event"]) == ("7", "revision")
    assert json.loads(lines["data"])["revision"] == {
        "fields": [{"group": "ExifIFD", "name": "ISO", "occurrence": 0, "provisional": "100"}]
    }


@pytest.mark.parametrize("kind", [one.name for one in pb.ExtractionEvent.DESCRIPTOR.oneofs[0].fields])
def test_every_kind_of_event_of_the_contract_has_its_name(kind: str) -> None:
    event = pb.ExtractionEvent(sequence=1)
    getattr(event, kind).SetInParent()

    assert frame(event)["event"] == kind
