"""What was drawn from hidden fields is hidden like them: quality, credentials, generators."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaextract.extractor.v1.extractor_pb2 import Extraction
from metaextract.extractor.v1.result_pb2 import EngineRun, Field
from metaextract_gateway.adapters.http.legacy.metadata import Access, Mode, legacy_metadata

NOW = datetime(2026, 11, 22, 22, 33, 50, tzinfo=UTC)
CANARY = "canary-7f3a"

PRIVATE = [
    "GPS:GPSLatitude", "GPS:GPSDateStamp", "ExifIFD:SerialNumber", "ExifIFD:OwnerName", "IFD0:HostComputer",
    "XMP-exif:GPSLongitude", "XMP-iptcCore:CreatorWorkEmail", "XMP-iptcCore:Location",
    "XMP-aux:LensSerialNumber", "IPTC:Sub-location", "IPTC:Contact", "Canon:InternalSerialNumber",
    "Composite:GPSPosition", "XMP-plus:LicensorTelephone1",
]  # fmt: skip
HARMLESS = ["IFD0:Artist", "IFD0:Make", "IPTC:City", "XMP-dc:Title", "JPEG-APP1-IFD0", "ExifTool:Warning"]

Tell = Callable[[Extraction, str], None]


def extraction(**fields: str) -> Extraction:
    """A file with these EXIF fields."""
    message = Extraction()
    file = message.result.file
    file.file_name, file.size_bytes, file.format.name = "a.jpg", 1234, "JPEG"
    file.width_pixels, file.height_pixels = 4000, 3000
    message.result.engines.add(name="exiftool", version="13.59", outcome=EngineRun.OUTCOME_SUCCEEDED)
    for name, printed in fields.items():
        told = message.result.fields.add(
            standard=Field.STANDARD_EXIF, group="ExifIFD", name=name, printed=printed
        )
        told.raw.string_value = printed
    return message


def metadata(message: Extraction, mode: Mode | None) -> dict[str, Any]:
    return legacy_metadata(
        message, client_last_modified_ms=None, access=Access(mode=mode), processing_ms=1.0, now=NOW
    )


def text(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, allow_nan=False)


def conflict(message: Extraction, key: str, value: str) -> None:
    group, _, name = key.rpartition(":")
    message.quality.confidence.conflicts_count += 1
    found = message.quality.confidence.conflicts.add(group=group, name=name, confidence=0.02)
    found.values.add(engine="exiftool", raw=value, printed=f"about {value}")


def finding(message: Extraction, part: str, key: str, value: str) -> None:
    statement = f"{key} says {value}."
    getattr(message.quality, part).findings.add(rule="RULE", statement=statement, evidence=[key])
    message.quality.recommended_actions.add(action=f"{statement} Look at it.", part=part, rule="RULE")


def generator(message: Extraction, value: str) -> None:
    message.insights.generation.generations.add(dialect="a1111", field="PNG:Parameters", prompt=f"by {value}")
    message.insights.generation.mentions.add(generator="Midjourney", text=value, field="IFD0:Artist")


def camera_certificate(message: Extraction, value: str) -> None:
    provenance = message.insights.provenance
    provenance.remote_url = f"https://example.org/{value}"
    provenance.signer.common_name = provenance.signer.serial_number = value
    provenance.active_manifest.actions.add(action="c2pa.created", parameters=f'{{"where": "{value}"}}')


def quoted_in_credentials(message: Extraction, value: str) -> None:
    provenance = message.insights.provenance
    provenance.active_manifest.title = provenance.signer.organization = f"{value} 2020"
    provenance.active_manifest.authors.append(value)
    provenance.integrity.failures.add(code="x", explanation=f"of {value}")


def test_the_canaries_are_there_for_who_pays() -> None:
    tells: list[Tell] = [generator, camera_certificate, quoted_in_credentials]
    tells += [lambda message, value: conflict(message, "GPS:GPSLatitude", value)]
    tells += [lambda message, value: finding(message, "plausibility", "GPS:GPSLatitude", value)]
    for tell in tells:
        message = extraction()
        tell(message, CANARY)
        assert CANARY in text(metadata(message, "paid"))


@given(st.lists(st.sampled_from(PRIVATE), min_size=1, max_size=5), st.sampled_from(HARMLESS))
@pytest.mark.parametrize("part", ["conformance", "consistency", "plausibility"])
def test_a_free_check_shows_no_finding_about_a_private_field(part: str, keys: list[str], beside: str) -> None:
    message = extraction()
    for key in keys:
        conflict(message, key, CANARY)
        finding(message, part, key, CANARY)
    finding(message, part, beside, "something else")

    metrics = metadata(message, "device_free")["quality_metrics"]

    assert CANARY not in json.dumps(metrics)
    assert metrics["confidence"]["conflicts_count"] == len(keys)
    assert metrics["recommended_actions"] == [f"{beside} says something else. Look at it."]
    assert [one["evidence"] for one in metrics[part]["findings"]] == [[beside]]


def test_a_finding_with_one_private_field_among_others_is_hidden() -> None:
    message = extraction()
    evidence = ["IFD0:Artist", "ExifIFD:OwnerName"]
    message.quality.consistency.findings.add(statement=f"Both name {CANARY}.", evidence=evidence)

    assert CANARY not in text(metadata(message, "device_free"))


@pytest.mark.parametrize(
    "tell", [generator, quoted_in_credentials, lambda one, value: conflict(one, "IFD0:Artist", value)]
)
def test_an_owners_name_is_hidden_wherever_it_is_quoted(tell: Tell) -> None:
    owned, free = extraction(OwnerName=CANARY.upper()), extraction()
    tell(owned, CANARY)
    tell(free, CANARY)

    assert CANARY not in text(metadata(owned, "device_free"))
    assert CANARY in text(metadata(free, "device_free"))


def test_a_position_is_hidden_where_advice_quotes_it() -> None:
    message = extraction(GPSLatitude="51.4778912", GPSLongitude="7.6543210")
    for field in message.result.fields:
        field.group = "Composite"
    message.quality.recommended_actions.add(action="Look at 51.4778912, 7.6543210 on a map.")
    message.quality.recommended_actions.add(action="Check the clock.")

    metrics = metadata(message, "device_free")["quality_metrics"]

    assert metrics["recommended_actions"] == ["Check the clock."]


def test_a_free_check_does_not_show_which_camera_or_person_signed() -> None:
    message = extraction()
    camera_certificate(message, CANARY)
    message.insights.provenance.signer.organization = "Acme Cameras"
    message.insights.provenance.integrity.ok = True

    document = metadata(message, "device_free")

    assert CANARY not in text(document)
    signature = document["forensic"]["forensic_digital_signatures"]["c2pa"]
    assert signature["signer"]["organization"] == "Acme Cameras"
    assert document["forensic"]["authentication_integrity_ok"] is True
    assert signature["active_manifest"]["actions"][0]["action"] == "c2pa.created"


def test_a_limited_report_shows_numbers_only() -> None:
    message = extraction()
    for key in HARMLESS:
        conflict(message, key, CANARY)
        for part in ("conformance", "consistency", "plausibility"):
            finding(message, part, key, CANARY)
    for tell in (generator, camera_certificate, quoted_in_credentials):
        tell(message, CANARY)
    message.quality.confidence.score = 0.9

    document = metadata(message, "trial_limited")

    assert CANARY not in text(document)
    assert document["quality_metrics"]["confidence_score"] == 0.9
    assert document["quality_metrics"]["confidence"]["conflicts_count"] == len(HARMLESS)
    assert document["ai_detection"] is None
    assert not any(document["forensic"].values())


@pytest.mark.parametrize("mode", ["device_free", "trial_limited"])
def test_a_reading_without_quality_or_insights_is_locked_like_any_other(mode: Mode) -> None:
    document = metadata(extraction(), mode)

    assert document["quality_metrics"]["confidence"] is None
    assert document["quality_metrics"]["recommended_actions"] == []
