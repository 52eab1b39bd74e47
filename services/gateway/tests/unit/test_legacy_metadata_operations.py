"""What operations brought, in the legacy metadata object, and what of it the modes of access hide."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from metaextract.extractor.v1 import operations_pb2 as operations_pb
from metaextract.extractor.v1.extractor_pb2 import Extraction
from metaextract.extractor.v1.result_pb2 import Field
from metaextract_gateway.adapters.http.legacy.metadata import Access, Mode, legacy_metadata
from metaextract_gateway.adapters.http.legacy.metadata.counting import count_sections

NOW = datetime(2026, 11, 22, 22, 33, 50, tzinfo=UTC)
CANARY = "canary-7f3a"
LATITUDE, LONGITUDE = 51.4778912, -0.0014567


def extraction(**fields: str) -> Extraction:
    """A file with these EXIF fields."""
    message = Extraction()
    file = message.result.file
    file.file_name, file.size_bytes, file.format.name = "a.jpg", 1234, "JPEG"
    for name, printed in fields.items():
        told = message.result.fields.add(
            standard=Field.STANDARD_EXIF, group="ExifIFD", name=name, printed=printed
        )
        told.raw.string_value = printed
    return message


def metadata(message: Extraction, mode: Mode | None = "paid") -> dict[str, Any]:
    document = legacy_metadata(
        message, client_last_modified_ms=None, access=Access(mode=mode), processing_ms=1.0, now=NOW
    )
    json.dumps(document, allow_nan=False)
    return document


def text(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False)


def recognised(message: Extraction) -> operations_pb.TextRecognition:
    return message.operations.add(operation="ocr", delivered=True).ocr


def overlay(message: Extraction) -> operations_pb.TextRecognition:
    """A picture with a position, a time, an address, a plus code and the weather on it."""
    ocr = recognised(message)
    ocr.lines.add(text=f"GPS Map Camera {CANARY}", confidence=91)
    ocr.positions.add(
        latitude_degrees=LATITUDE,
        longitude_degrees=LONGITUDE,
        notation=operations_pb.POSITION_NOTATION_DECIMAL,
        confidence=90,
    )
    ocr.times.add(iso8601="2023-05-14T13:22", confidence=80)
    ocr.addresses.add(text=f"{CANARY} Street 1, London", city="London", country="UK", confidence=70)
    ocr.plus_codes.add(code=f"9C3XFX{CANARY}", confidence=60)
    for kind, value, unit in (("ALTITUDE", 47, "m"), ("TEMPERATURE", 21.5, "°C"), ("DIRECTION", 22.5, "°")):
        number = operations_pb.MeasurementKind.Value(f"MEASUREMENT_KIND_{kind}")
        ocr.measurements.add(kind=number, value=value, unit=unit, compass="NNE", confidence=75)
    ocr.camera_app = "GPS Map Camera"
    return ocr


def compare(ocr: operations_pb.TextRecognition, **outcomes: str) -> None:
    for name, outcome in outcomes.items():
        number = operations_pb.Correspondence.Value(f"CORRESPONDENCE_{outcome.upper()}")
        getattr(ocr.comparison, name).outcome = number
    position = ocr.comparison.position
    position.burned_latitude_degrees = position.embedded_latitude_degrees = LATITUDE
    position.burned_longitude_degrees = position.embedded_longitude_degrees = LONGITUDE
    position.distance_metres = 2_500
    ocr.comparison.address.burned = ocr.comparison.address.embedded = CANARY
    ocr.comparison.time.burned_iso8601 = "2023-05-14T13:22"
    ocr.comparison.time.embedded_iso8601 = "2023-05-14T14:22:10"


def test_what_nobody_asked_for_is_null() -> None:
    document = metadata(extraction())

    for section in ("burned_metadata", "metadata_comparison", "manipulation_detection"):
        assert document[section] is None
    assert document["perceptual_hashes"]["embedding"] is None
    assert document["extraction_info"]["operations"] == []


def test_what_was_not_delivered_says_why() -> None:
    message = extraction()
    for name in ("embedding", "ocr", "forensics"):
        message.operations.add(operation=name, reason="The pixels could not be decoded.")

    document = metadata(message)

    assert document["burned_metadata"]["ocr_available"] is False
    assert document["burned_metadata"]["has_burned_metadata"] is None
    assert document["burned_metadata"]["processing_errors"] == ["The pixels could not be decoded."]
    assert document["metadata_comparison"] is None
    assert document["manipulation_detection"] == {
        "available": False, "error": "The pixels could not be decoded.",
    }  # fmt: skip
    assert document["perceptual_hashes"]["embedding"] is None
    assert [one["delivered"] for one in document["extraction_info"]["operations"]] == [False] * 3


def test_text_on_the_picture_is_told_in_the_legacys_words() -> None:
    message = extraction()
    overlay(message)

    burned = metadata(message)["burned_metadata"]

    assert (burned["has_burned_metadata"], burned["ocr_available"]) == (True, True)
    assert burned["confidence"] == "medium"
    assert burned["confidence_percent"] == 75
    assert burned["extracted_text"] == f"GPS Map Camera {CANARY}"
    assert burned["parsed_data"] == {
        "gps": {
            "latitude": LATITUDE,
            "longitude": LONGITUDE,
            "google_maps_url": f"https://maps.google.com/?q={LATITUDE},{LONGITUDE}",
            "format": "decimal",
        },
        "location": {"city": "London", "state": None, "country": "UK"},
        "address": f"{CANARY} Street 1, London",
        "plus_code": f"9C3XFX{CANARY}",
        "timestamp": "2023-05-14T13:22",
        "weather": {"temperature": "21.5 °C", "humidity": None, "speed": None, "altitude": "47 m"},
        "compass": {"degrees": "22.5", "direction": "NNE"},
        "camera_app": "GPS Map Camera",
    }


def test_a_picture_without_text_was_looked_at() -> None:
    message = extraction()
    recognised(message)

    burned = metadata(message)["burned_metadata"]

    assert (burned["has_burned_metadata"], burned["ocr_available"]) == (False, True)
    assert (burned["extracted_text"], burned["confidence"]) == (None, "none")
    assert set(burned["parsed_data"].values()) == {None}


@pytest.mark.parametrize(
    ("position", "time", "both", "gps", "timestamp", "overall"),
    [
        ("match", "match", True, "match", "match", "verified"),
        ("match", "mismatch", True, "match", "mismatch", "suspicious"),
        ("undecided", "neither", True, "compared", "no_timestamp", "no_overlap"),
        ("embedded_only", "embedded_only", False, "embedded_only", "embedded_only", "no_overlay"),
        ("burned_only", "neither", False, "burned_only", "no_timestamp", "stripped_exif"),
        ("neither", "neither", False, "no_gps", "no_timestamp", "no_metadata"),
        ("embedded_only", "burned_only", True, "embedded_only", "burned_only", "no_overlap"),
    ],
)
def test_picture_and_file_are_compared_in_the_legacys_words(
    position: str, time: str, both: bool, gps: str, timestamp: str, overall: str
) -> None:
    message = extraction()
    compare(recognised(message), position=position, time=time)

    comparison = metadata(message)["metadata_comparison"]

    assert comparison["has_both"] is both
    summary = comparison["summary"]
    assert (summary["gps_comparison"], summary["timestamp_comparison"]) == (gps, timestamp)
    assert summary["overall_status"] == overall
    assert summary["location_comparison"] == "no_location"
    outcomes = (position, time)
    assert len(comparison["matches"]) == outcomes.count("match")
    assert len(comparison["discrepancies"]) == outcomes.count("mismatch")
    assert len(comparison["warnings"]) == outcomes.count("mismatch")


def test_a_discrepancy_holds_both_values_and_how_far_they_are_apart() -> None:
    message = extraction()
    ocr = recognised(message)
    compare(ocr, position="mismatch", time="mismatch", address="mismatch")
    ocr.comparison.time.zone_explains = True

    comparison = metadata(message)["metadata_comparison"]

    place, time, address = comparison["discrepancies"]
    assert place["embedded"] == {"latitude": LATITUDE, "longitude": LONGITUDE}
    assert place["difference"]["approx_meters"] == 2_500
    assert time["burned"] == "2023-05-14T13:22"
    assert "Another time zone would explain it." in time["warning"]
    assert address["field"] == "location"
    assert comparison["summary"]["sources"] == {
        "exif": "embedded", "gps": "both", "location": "both", "timestamp": "both",
    }  # fmt: skip


def test_forensics_are_statements_and_no_probability() -> None:
    message = extraction()
    forensics = message.operations.add(operation="forensics", delivered=True).forensics
    statement = forensics.statements.add(id="editing.xmp_history", text="Saved by an editor.")
    statement.topic = operations_pb.FORENSIC_TOPIC_EDITING
    statement.innocent_explanations.append("Every editor writes this.")
    forensics.not_examined.add(id="thumbnail", reason="There is none.")

    found = metadata(message)["manipulation_detection"]

    assert (found["available"], found["manipulation_probability"]) == (True, None)
    assert found["statements"][0]["topic"] == "editing"
    assert found["statements"][0]["innocent_explanations"] == ["Every editor writes this."]
    assert found["not_examined"] == [{"id": "thumbnail", "reason": "There is none."}]


def test_an_embedding_stands_beside_the_hashes_and_is_not_counted_as_fields() -> None:
    message = extraction()
    before = metadata(message)["fields_extracted"]
    embedding = message.operations.add(operation="embedding", delivered=True).embedding
    embedding.vector.extend([0.1] * 256)
    embedding.dimension, embedding.pdq, embedding.phash = 256, "ab" * 32, "e02b1f1f61eac60e"

    document = metadata(message)

    assert document["perceptual_hashes"]["embedding"]["vector"] == [0.1] * 256
    assert document["perceptual_hashes"]["phash"] == "e02b1f1f61eac60e"
    assert document["fields_extracted"] == before + 1
    assert count_sections({"perceptual_hashes": {"embedding": {"vector": [1, 2]}}}) == 0
    assert set(metadata(message, "device_free")["perceptual_hashes"]) == {"phash", "dhash", "ahash", "whash"}


def test_statements_about_fields_are_no_fields() -> None:
    plain, stated = extraction(Make="Acme"), extraction(Make="Acme")
    forensics = stated.operations.add(operation="forensics", delivered=True).forensics
    forensics.statements.add(id="a", text="Saved twice.")
    stated.insights.provenance.active_manifest.title = "a.jpg"
    stated.insights.generation.mentions.add(generator="Midjourney")
    compare(recognised(stated), position="match")

    before, after = metadata(plain)["fields_extracted"], metadata(stated)["fields_extracted"]

    burned = metadata(stated)["burned_metadata"]
    assert after - before == count_sections({"burned_metadata": burned}) > 0


@pytest.mark.parametrize("outcome", ["match", "mismatch"])
def test_a_free_check_does_not_show_the_place_that_is_printed_on_the_picture(outcome: str) -> None:
    message = extraction()
    compare(overlay(message), position=outcome, time=outcome, address=outcome)

    document = metadata(message, "device_free")

    shown = text(document)
    assert CANARY in text(metadata(message))
    assert CANARY not in shown
    assert str(LATITUDE) not in shown
    assert str(LONGITUDE) not in shown
    parsed = document["burned_metadata"]["parsed_data"]
    assert parsed["location"] == {"city": "London", "state": None, "country": "UK"}
    assert parsed["timestamp"] == "2023-05-14T13:22"
    assert parsed["weather"] == {"temperature": "21.5 °C", "humidity": None, "speed": None, "altitude": None}
    status = document["metadata_comparison"]["summary"]
    assert (status["gps_comparison"], status["timestamp_comparison"]) == (outcome, outcome)


def test_a_free_check_does_not_show_statements_that_rest_on_private_fields() -> None:
    message = extraction(OwnerName=CANARY)
    forensics = message.operations.add(operation="forensics", delivered=True).forensics
    forensics.statements.add(id="a", text="The serial numbers differ.").evidence.add(
        what="serial number", value="12345678", field="ExifIFD:SerialNumber"
    )
    forensics.statements.add(id="b", text="Saved twice.").evidence.add(what="by", value=f"for {CANARY}")

    document = metadata(message, "device_free")

    statements = document["manipulation_detection"]["statements"]
    assert [one["id"] for one in statements] == ["b"]
    assert statements[0]["evidence"][0]["value"] is None
    assert CANARY not in text(document)


def test_a_limited_report_shows_nothing_of_the_pixels() -> None:
    message = extraction()
    compare(overlay(message), position="match", time="match", address="match")
    message.operations.add(operation="forensics", delivered=True).forensics.statements.add(text=CANARY)
    message.operations.add(operation="embedding", delivered=True).embedding.pdq = CANARY

    document = metadata(message, "trial_limited")

    assert CANARY not in text(document)
    for section in ("burned_metadata", "metadata_comparison", "manipulation_detection"):
        assert document[section] is None
    assert not any(document["perceptual_hashes"].values())
