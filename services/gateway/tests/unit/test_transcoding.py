"""Messages of the contract as JSON: what is absent is not known, and zero is a value."""

import json

import pytest
from google.protobuf import struct_pb2

from metaextract.extractor.v1 import extractor_pb2, insights_pb2, operations_pb2, quality_pb2, result_pb2
from metaextract_gateway.adapters.http.transcoding import to_json


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            insights_pb2.Place(latitude_degrees=0, longitude_degrees=0, positions=[{"source": "GPS"}]),
            {
                "latitude_degrees": 0,
                "longitude_degrees": 0,
                "positions": [
                    {
                        "source": "GPS",
                        "latitude_degrees": 0,
                        "longitude_degrees": 0,
                        "distance_metres": 0,
                    }
                ],
            },
        ),
        (
            result_pb2.Field(location={"length_bytes": 4}, agreement={"witnesses_count": 1}),
            {
                "location": {"offset_bytes": "0", "length_bytes": "4"},
                "occurrence": 0,
                "agreement": {"witnesses_count": 1, "agreeing_count": 0, "confidence": 0},
            },
        ),
        (operations_pb2.OperationOutcome(), {"delivered": False}),
        (
            extractor_pb2.ExtractionEvent(sequence=1, progress={"bytes_total": 0}),
            {"sequence": "1", "progress": {"bytes_received": "0", "bytes_total": "0"}},
        ),
    ],
    ids=["place", "field", "operation", "event"],
)
def test_a_zero_that_is_known_is_written(message, expected) -> None:
    assert json.loads(to_json(message)) == expected


def test_an_optional_number_that_is_not_known_is_absent() -> None:
    assert json.loads(to_json(insights_pb2.Position(latitude_degrees=1, longitude_degrees=2))).keys() == {
        "latitude_degrees",
        "longitude_degrees",
        "distance_metres",
    }
    assert json.loads(to_json(quality_pb2.FormatSupport())) == {"files_count": 0}


def test_a_raw_value_keeps_its_own_zeros_and_nothing_is_added_to_it() -> None:
    raw = struct_pb2.Value()
    raw.struct_value.update({"zero": 0, "no": False, "empty": "", "list": [0, []]})
    assert json.loads(to_json(result_pb2.Field(raw=raw)))["raw"] == {
        "zero": 0,
        "no": False,
        "empty": "",
        "list": [0, []],
    }


def test_members_stand_in_the_order_of_the_contract() -> None:
    message = quality_pb2.Completeness(container_bytes=7)
    order = [field.name for field in message.DESCRIPTOR.fields]
    names = list(json.loads(to_json(message)))
    assert names == sorted(names, key=order.index)
    assert {"container_bytes", "decoded_bytes"} < set(names)
