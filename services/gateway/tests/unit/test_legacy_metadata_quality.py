"""Quality, Content Credentials, generators and the fallback in the legacy metadata object."""

import json
import math
from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf import descriptor_pool

from metaextract.extractor.v1 import provenance_pb2 as provenance_pb
from metaextract.extractor.v1 import quality_pb2 as quality_pb
from metaextract.extractor.v1.extractor_pb2 import Extraction
from metaextract.extractor.v1.insights_pb2 import Insights
from metaextract.extractor.v1.result_pb2 import EngineRun, ExtractionResult
from metaextract_gateway.adapters.http.legacy.metadata import Access, legacy_metadata
from metaextract_gateway.adapters.http.legacy.metadata.plain import enum_word, plain
from metaextract_gateway.adapters.http.legacy.metadata.quality import PARTS, confidence_words

NOW = datetime(2026, 11, 22, 22, 33, 50, tzinfo=UTC)


def extraction() -> Extraction:
    message = Extraction()
    result = message.result
    result.file.file_name, result.file.size_bytes = "a.jpg", 106_185
    result.file.format.name, result.file.format.media_type = "JPEG", "image/jpeg"
    for name in ("walkers", "exiftool", "pillow"):
        result.engines.add(name=name, version="1", outcome=EngineRun.OUTCOME_SUCCEEDED)
    return message


def metadata(message: Extraction) -> dict[str, Any]:
    document = legacy_metadata(
        message, client_last_modified_ms=None, access=Access(mode="paid"), processing_ms=41.5, now=NOW
    )
    json.dumps(document, allow_nan=False)
    return document


def measured() -> Extraction:
    message = extraction()
    quality = message.quality
    quality.confidence.score, quality.confidence.witnessed = 0.991, 0.5
    quality.confidence.fields_count, quality.confidence.witnessed_count = 240, 214
    quality.confidence.agreed_count, quality.confidence.conflicts_count = 212, 2
    quality.confidence.witnesses.extend(["pillow", "walkers"])
    quality.confidence.conflicts.add(group="IFD0", name="Make", confidence=0.02).values.add(
        engine="exiftool", raw="Canon"
    )
    quality.completeness.score, quality.completeness.container_bytes = 0.0, 2**40
    quality.completeness.gaps.add(length_bytes=7, reason=quality_pb.Gap.WHY_ENCRYPTED)
    quality.efficiency.processing_efficiency = 0.5
    quality.format_support.level = quality_pb.SUPPORT_LEVEL_ADVANCED
    quality.plausibility.findings.add(rule="POSITION_ZERO", severity=quality_pb.SEVERITY_WARNING)
    quality.recommended_actions.add(action="Check the clock.", part="plausibility")
    return message


def test_the_legacys_names_hold_what_was_measured_and_the_parts_stand_beside_them() -> None:
    metrics = metadata(measured())["quality_metrics"]

    assert metrics["confidence_score"] == 0.991
    assert metrics["extraction_completeness"] == 0.0
    assert metrics["processing_efficiency"] == 0.5
    assert metrics["format_support_level"] == "advanced"
    assert metrics["recommended_actions"] == ["Check the clock."]
    assert metrics["enhanced_extraction"] is True
    assert metrics["streaming_enabled"] is True
    assert metrics["confidence_words"] == "212 of 240 values agreed by 3 engines, 2 conflicts"
    assert metrics["confidence"]["key_fields_confidence"] is None
    assert metrics["confidence"]["conflicts"][0]["values"] == [
        {"engine": "exiftool", "raw": "Canon", "printed": None}
    ]
    assert metrics["completeness"]["container_bytes"] == 2**40
    assert metrics["completeness"]["gaps"][0]["reason"] == "encrypted"
    assert metrics["plausibility"]["findings"][0]["severity"] == "warning"


def test_a_reading_without_an_assessment_has_the_same_names_and_null() -> None:
    with_quality = metadata(measured())["quality_metrics"]
    without = metadata(extraction())["quality_metrics"]

    assert without.keys() == with_quality.keys()
    assert {without[name] for name in PARTS} == {None}
    assert without["recommended_actions"] == []


@pytest.mark.parametrize(
    ("witnessed", "agreed", "conflicts", "witnesses", "words"),
    [
        (0, 0, 0, [], "read by one engine, witnessed by none"),
        (9, 9, 0, ["pillow"], "9 of 10 values agreed by 2 engines, no conflicts"),
        (9, 8, 1, ["pillow", "exifread"], "8 of 10 values agreed by 3 engines, 1 conflict"),
    ],
)
def test_confidence_is_told_in_words_and_counts(
    witnessed: int, agreed: int, conflicts: int, witnesses: list[str], words: str
) -> None:
    confidence = quality_pb.Confidence(
        fields_count=10,
        witnessed_count=witnessed,
        agreed_count=agreed,
        conflicts_count=conflicts,
        witnesses=witnesses,
    )

    assert confidence_words(confidence) == words


def test_a_basic_reading_says_so_and_why() -> None:
    message = extraction()
    message.result.fallback.engine, message.result.fallback.cause = "exiftool", "crashed"
    message.result.engines[1].outcome = EngineRun.OUTCOME_FAILED
    message.result.engines[1].cause = "crashed"
    message.result.engines[2].outcome = EngineRun.OUTCOME_SKIPPED

    document = metadata(message)

    info = document["extraction_info"]
    for section in (info, document["processing_insights"]):
        assert section["fallback_extraction"] is True
        assert section["fallback_reason"] == "exiftool: crashed"
    assert document["quality_metrics"]["enhanced_extraction"] is False
    assert info["exiftool_used"] is info["enhanced_extraction"] is False
    assert info["libraries"]["pillow"] is False
    assert [(one["outcome"], one["cause"]) for one in info["engines"]] == [
        ("succeeded", None), ("failed", "crashed"), ("skipped", None),
    ]  # fmt: skip
    assert info["performance_summary"]["successful_modules"] == 1
    assert info["performance_summary"]["failed_modules"] == 1


def test_a_whole_reading_is_no_fallback() -> None:
    insights = metadata(extraction())["processing_insights"]

    assert insights["fallback_extraction"] is False
    assert insights["fallback_reason"] is None


def test_times_are_told_apart_and_unknown_ones_are_null() -> None:
    message = extraction()
    message.result.timings.queued.FromMicroseconds(1_500)
    message.result.timings.parsing.FromMilliseconds(20)

    insights = metadata(message)["processing_insights"]

    assert (insights["queue_ms"], insights["reading_ms"]) == (1.5, 20)
    assert insights["upload_ms"] is insights["cpu_ms"] is None


def test_perceptual_hashes_are_those_of_the_main_image() -> None:
    message = extraction()
    fingerprints = message.insights.fingerprints
    fingerprints.phash, fingerprints.dhash, fingerprints.ahash = "e02b1f1f61eac60e", "1b", "01"

    document = metadata(message)

    assert document["perceptual_hashes"]["available"] is True
    assert document["perceptual_hashes"]["phash"] == "e02b1f1f61eac60e"
    assert document["perceptual_hashes"]["whash"] is None
    assert document["registry_summary"]["image"]["perceptual_hashes"] == 3
    assert document["extraction_info"]["libraries"]["imagehash"] is True
    assert metadata(extraction())["perceptual_hashes"]["available"] is False


def test_a_thumbnail_has_the_size_of_its_own_header_where_exif_does_not_say() -> None:
    message = extraction()
    message.insights.previews.images.add(kind="preview", width_pixels=640, height_pixels=480)
    message.insights.previews.images.add(kind="thumbnail", width_pixels=160, height_pixels=90)

    assert metadata(message)["thumbnail"] == {"has_embedded": True, "width": 160, "height": 90}
    assert metadata(extraction())["thumbnail"] == {"has_embedded": False, "width": None, "height": None}


def test_ai_detection_is_what_the_file_says_and_never_a_verdict() -> None:
    silent, prompted, signed = extraction(), extraction(), extraction()
    silent.insights.capture_time.reason = "there are insights, none about generators"
    run = prompted.insights.generation.generations.add(
        dialect="a1111", field="PNG:Parameters", prompt="a cat"
    )
    run.models.add(kind="checkpoint", name="model-x")
    prompted.insights.generation.mentions.add(generator="Midjourney", text="x", field="XMP-dc:Creator")
    types = signed.insights.provenance.active_manifest.digital_source_types
    types.append("http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia")

    assert metadata(extraction())["ai_detection"] is None
    found = metadata(silent)["ai_detection"]
    assert (found["available"], found["ai_detected"], found["ai_confidence"]) == (True, None, None)
    found = metadata(prompted)["ai_detection"]
    assert found["ai_detected"] is True
    assert found["ai_models"] == ["model-x", "Midjourney"]
    assert found["generations"][0]["prompt"] == "a cat"
    assert metadata(signed)["ai_detection"]["ai_detected"] is True


@pytest.mark.parametrize("term", ["digitalCapture", "negativeFilm", "algorithmicMedia", ""])
def test_other_digital_source_types_do_not_speak_of_a_model(term: str) -> None:
    message = extraction()
    message.insights.generation.digital_source_types.add(term=term, uri=f"http://example.org/{term}")

    assert metadata(message)["ai_detection"]["ai_detected"] is None


@pytest.mark.parametrize(
    ("integrity", "trusted", "authenticated"),
    [
        (True, True, True),
        (True, None, None),
        (True, False, False),
        (False, True, False),
        (None, None, None),
        (None, True, None),
    ],
)
def test_integrity_and_trust_stand_apart(
    integrity: bool | None, trusted: bool | None, authenticated: bool | None
) -> None:
    message = extraction()
    provenance = message.insights.provenance
    provenance.state = provenance_pb.PROVENANCE_STATE_VALID
    if integrity is not None:
        provenance.integrity.ok = integrity
    if trusted is not None:
        provenance.signer.trusted = trusted

    forensic = metadata(message)["forensic"]

    assert forensic["authentication_is_authenticated"] is authenticated
    assert forensic["authentication_integrity_ok"] is integrity
    assert forensic["authentication_signer_trusted"] is trusted
    assert forensic["authentication_confidence_score"] is None
    assert forensic["forensic_digital_signatures"]["c2pa"]["state"] == "valid"


def test_what_validation_says_against_a_file_is_told() -> None:
    message = extraction()
    provenance = message.insights.provenance
    provenance.reason = "The manifest store stands elsewhere."
    provenance.integrity.failures.add(code="assertion.dataHash.mismatch", explanation="hash differs")
    provenance.signer.problems.add(code="signingCredential.expired")

    forensic = metadata(message)["forensic"]

    assert forensic["authentication_issues"] == [
        "assertion.dataHash.mismatch: hash differs", "signingCredential.expired",
    ]  # fmt: skip
    assert forensic["authentication_processing_errors"] == ["The manifest store stands elsewhere."]


@pytest.mark.parametrize(("trusted", "issues"), [(None, []), (False, ["signingCredential.untrusted"])])
def test_an_unknown_signer_counts_only_where_there_is_a_trust_list(
    trusted: bool | None, issues: list[str]
) -> None:
    message = extraction()
    signer = message.insights.provenance.signer
    signer.problems.add(code="signingCredential.untrusted")
    if trusted is not None:
        signer.trusted = trusted

    assert metadata(message)["forensic"]["authentication_issues"] == issues


def test_without_credentials_nothing_is_said_of_authenticity() -> None:
    forensic = metadata(extraction())["forensic"]

    assert forensic["forensic_digital_signatures"] == {}
    assert forensic["authentication_is_authenticated"] is None
    assert forensic["authentication_issues"] == []


def test_every_enum_value_of_the_contract_becomes_a_word() -> None:
    pool = descriptor_pool.Default()
    kinds = [
        kind
        for name in ("quality", "insights", "provenance", "privacy", "result")
        for file in [pool.FindFileByName(f"metaextract/extractor/v1/{name}.proto")]
        for owner in [file, *file.message_types_by_name.values()]
        for kind in owner.enum_types_by_name.values()
    ]

    assert len(kinds) > 20
    for kind in kinds:
        words = [enum_word(kind, value.number) for value in kind.values if value.number]
        assert all(word and word == word.lower() and "_unspecified" not in word for word in words)
        assert not any(word.startswith(f"{kind.name.lower()}_") for word in words if word)
        assert enum_word(kind, 0) is None
        assert enum_word(kind, 9_999) is None


def test_numbers_that_json_does_not_have_become_null() -> None:
    confidence = quality_pb.Confidence(score=math.nan, witnessed=math.inf)

    assert plain(confidence)["score"] is plain(confidence)["witnessed"] is None


def test_every_field_of_a_message_is_there_by_its_name() -> None:
    insights = plain(Insights())

    assert insights.keys() == {field.name for field in Insights.DESCRIPTOR.fields}
    assert plain(ExtractionResult())["fields"] == []
