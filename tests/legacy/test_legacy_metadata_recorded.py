"""The legacy metadata object against what the legacy really answered, for the same real files.

The recordings lie outside the clone (`LEGACY_DIR`); their keys stand here too, so that the clone proves
its shape alone.
"""

import hashlib
import json
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from metaextract.extractor.v1.extractor_pb2 import Extraction
from metaextract.extractor.v1.result_pb2 import EngineRun, ExtractionResult
from metaextract_extractor.adapters.rpc.mapping import field_to_proto
from metaextract_extractor.reading.engines.exiftool import ExifTool
from metaextract_gateway.adapters.http.legacy.metadata import Access, Mode, legacy_metadata
from metaextract_testing import exiftool_path
from metaextract_testing.factory import FORMATS, make

NOW = datetime(2026, 11, 22, 22, 33, 50, tzinfo=UTC)
MODES: tuple[Mode | None, ...] = (None, "paid", "device_free", "trial_limited")
KEYS = frozenset({
    "access", "action_camera", "ai_detection", "astronomical_data", "audio", "audio_advanced",
    "blockchain_provenance", "burned_metadata", "calculated", "document_analysis", "drone_telemetry",
    "education_academic", "email", "emerging_technology", "environmental_sustainability", "exif",
    "extended", "extended_attributes", "extraction_info", "fields_extracted", "file_integrity",
    "filename", "filesize", "filesystem", "filesystem_source", "filetype", "financial_business",
    "forensic", "forensic_security", "gaming_entertainment", "geospatial_analysis", "gps",
    "healthcare_medical", "image", "industrial_manufacturing", "iptc", "iptc_raw", "legal_compliance",
    "locked_fields", "makernote", "manipulation_detection", "medical_imaging", "metadata_comparison",
    "mime_type", "mobile_metadata", "multimedia_entertainment", "normalized", "pdf", "perceptual_hashes",
    "print_publishing", "processing_insights", "processing_ms", "quality_metrics", "registry_summary",
    "scientific_instruments", "scientific_research", "social_media", "social_media_digital",
    "steganography_analysis", "summary", "svg", "thumbnail", "tier", "timeline_analysis",
    "transportation_logistics", "video", "video_advanced", "web_metadata", "workflow_dam", "xmp",
    "xmp_raw",
})  # fmt: skip
NULL_WHERE_RECORDED = {
    **dict.fromkeys(("created", "modified", "accessed", "changed"), "times of the server's copy"),
    **dict.fromkeys(("permissions_octal", "permissions_human", "owner", "owner_uid"), "the server's copy"),
    **dict.fromkeys(("group", "group_gid", "inode", "device", "hard_links"), "the server's copy"),
    **dict.fromkeys(("file_created", "file_modified", "file_accessed", "file_changed"), "the server's copy"),
    **dict.fromkeys(("file_permissions", "file_owner", "file_group", "file_inode"), "the server's copy"),
    **dict.fromkeys(("file_device", "file_hardlinks"), "the server's copy"),
    **dict.fromkeys(("file_age_days", "file_age_hours"), "the client did not send its file's time"),
    **dict.fromkeys(("file_age_human", "file_age_human_readable"), "the client did not send its file's time"),
    **{
        f"time_since_{what}_{unit}": "the client did not send its file's time"
        for what in ("modified", "accessed")
        for unit in ("days", "hours", "human_readable")
    },
    **dict.fromkeys(("phash", "dhash", "ahash", "whash"), "the hand-made result has no insights"),
    "authentication_is_authenticated": "without Content Credentials nobody knows",
    "authentication_confidence_score": "there is no probability of authenticity",
    **dict.fromkeys(("confidence_score", "extraction_completeness"), "the hand-made result has no quality"),
    **dict.fromkeys(("processing_efficiency", "format_support_level"), "the hand-made result has no quality"),
    "integrity_file_hash_sha512": "the extractor does not compute it",
    "google_maps_url": "the file does not tell the hemispheres",
    "integrity_error": "was the text of a bug",
    "memory_usage_mb": "the hand-made result has no measurement",
    "manufacturer": "was 'Unknown' without maker notes",
    **dict.fromkeys(("thumbnail.width", "thumbnail.height"), "no EXIF field says it; needs decoding"),
    "ai_detection": "the hand-made result has no insights; was the text of an import error",
    "emerging_technology": "no engine",
    "dpi": "JFIF without a unit has no dpi",
}
ABSENT_WHERE_RECORDED = {
    "persona_interpretation": "optional; it judged authenticity from nothing",
    "icc_profile_details.error": "was the text of an import error",
    "specialized_field_counts.emerging_technology": "no engine",
}


@pytest.fixture(scope="module")
def exiftool() -> Iterator[ExifTool]:
    with ExifTool(exiftool_path()) as running:
        yield running


def read(exiftool: ExifTool, path: Path, name: str) -> ExtractionResult:
    found, content = exiftool.read(path), path.read_bytes()
    message = ExtractionResult(fields=map(field_to_proto, found.fields))
    file = message.file
    file.file_name, file.size_bytes = name, len(content)
    file.format.name, file.format.media_type = found.format_name, found.media_type
    if found.width_pixels and found.height_pixels:
        file.width_pixels, file.height_pixels = found.width_pixels, found.height_pixels
    file.hashes.md5, file.hashes.sha1, file.hashes.sha256 = (
        hashlib.new(name, content, usedforsecurity=False).hexdigest() for name in ("md5", "sha1", "sha256")
    )
    file.hashes.crc32 = f"{zlib.crc32(content):08x}"
    message.engines.append(
        EngineRun(name="exiftool", version=exiftool.version, outcome=EngineRun.OUTCOME_SUCCEEDED)
    )
    return message


def metadata(message: ExtractionResult, mode: Mode | None = "paid") -> dict[str, Any]:
    document = legacy_metadata(
        Extraction(result=message),
        client_last_modified_ms=None,
        access=Access(mode=mode),
        processing_ms=5,
        now=NOW,
    )
    written = json.dumps(document, allow_nan=False)
    assert json.loads(written) == document
    return document


def recorded(legacy_dir: Path, name: str) -> dict[str, Any]:
    content = json.loads((legacy_dir / name).read_text())
    body: dict[str, Any] = content.get("body", content)
    return body


def differences(ours: Any, theirs: Any, path: str) -> Iterator[str]:
    """Yield where a value of ours is missing, or of another JSON type than the recorded one."""
    name = path.rpartition(".")[2]
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key, value in theirs.items():
            if key in ours:
                yield from differences(ours[key], value, f"{path}.{key}")
            elif not {key, f"{name}.{key}"} & ABSENT_WHERE_RECORDED.keys():
                yield f"{path}.{key} is missing"
    elif ours is None:
        if theirs is not None and not {name, path[1:]} & NULL_WHERE_RECORDED.keys():
            yield f"{path} is null"
    elif theirs is not None and json_type(ours) != json_type(theirs):
        yield f"{path} is {json_type(ours)}, was {json_type(theirs)}"


def json_type(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "number"
    return type(value).__name__


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("mode", MODES)
def test_the_object_has_the_legacys_keys_for_every_format(
    exiftool: ExifTool, tmp_path: Path, fmt: str, mode: Mode | None
) -> None:
    image = make(fmt, seed=3)
    (tmp_path / image.name).write_bytes(image.content)

    document = metadata(read(exiftool, tmp_path / image.name, image.name), mode)

    assert set(document) == KEYS | ({"_trial_limited"} if mode == "trial_limited" else set())
    assert len(KEYS) == 71
    assert document["fields_extracted"] > 15


def test_a_real_jpeg_is_told_in_full(exiftool: ExifTool, tmp_path: Path) -> None:
    image = make("jpeg", seed=1)
    (tmp_path / image.name).write_bytes(image.content)
    result = read(exiftool, tmp_path / image.name, image.name)

    paid, free = metadata(result), metadata(result, "device_free")

    assert paid["gps"]["latitude"] == -75.7466611111111
    assert paid["gps"]["longitude"] == -109.054436111111
    assert paid["exif"]["XResolution"] == 300
    assert paid["image"]["dpi"] == ["300.0", "300.0"]
    assert paid["image"]["icc_profile_details"]["ProfileDescription"] == "sRGB built-in"
    assert paid["normalized"]["exposure_triangle"] == "ISO 400, f/5.6, 1/2000"
    assert paid["thumbnail"]["has_embedded"] is True
    shown = json.dumps(free, ensure_ascii=False)
    for value in ("75.74", "109.054", "NL2-004711", image.tags["ExifIFD:OwnerName"], "Pier 64"):
        assert value in json.dumps(paid, ensure_ascii=False)
        assert value not in shown.replace("-75.75", "").replace("-109.05,", "")


@pytest.mark.parametrize(
    "name",
    [
        "derived_paid_sample_with_meta.jpg.json",
        "derived_trial_limited_sample_with_meta.jpg.json",
        "prod_paid_1.json",
        "prod_trial_1.json",
        "prod_anon_free_1.json",
        "test_extract_fake_jpg.json",
    ],
)
def test_the_keys_are_those_of_the_recordings(legacy_dir: Path, name: str) -> None:
    optional = {"persona_interpretation", "_trial_limited"}

    assert recorded(legacy_dir, name).keys() - optional == KEYS


def test_the_same_file_gives_the_recorded_types_and_tags(exiftool: ExifTool, legacy_dir: Path) -> None:
    name = "sample_with_meta.jpg"
    theirs = recorded(legacy_dir, f"derived_paid_{name}.json")

    ours = metadata(read(exiftool, legacy_dir / "images" / name, name))

    assert list(differences(ours, theirs, "")) == []
    gps = {key: value for key, value in ours["exif"].items() if key.startswith("GPS")}
    assert {key: value for key, value in ours["exif"].items() if key not in gps} == theirs["exif"]
    for key in ("iptc", "xmp", "iptc_raw", "xmp_raw", "file_integrity", "summary", "filesize"):
        assert ours[key] == theirs[key], key
    for key in ("aspect_ratio", "aspect_ratio_decimal", "megapixels", "orientation", "capture_date"):
        assert ours["calculated"][key] == theirs["calculated"][key], key
    # This file has no reference tags, so no reader can know the hemispheres.
    assert ours["gps"] == {**theirs["gps"], "google_maps_url": None, "hemispheres_known": False}


def test_a_text_file_gives_the_recorded_shape_and_claims_nothing(
    exiftool: ExifTool, legacy_dir: Path
) -> None:
    theirs = recorded(legacy_dir, "test_extract_fake_jpg.json")

    ours = metadata(read(exiftool, legacy_dir / "images" / "fake.jpg", "fake.jpg"))

    for key in ("filesize", "mime_type", "exif", "image", "iptc", "xmp", "gps", "file_integrity", "summary"):
        assert ours[key] == theirs[key], key
    assert ours["fields_extracted"] < theirs["fields_extracted"]


def test_a_limited_report_has_the_recorded_locks(exiftool: ExifTool, legacy_dir: Path) -> None:
    name = "sample_with_meta.jpg"
    result = read(exiftool, legacy_dir / "images" / name, name)
    for mode in ("trial_limited", "device_free"):
        theirs = recorded(legacy_dir, f"derived_{mode}_{name}.json")
        assert metadata(result, mode)["locked_fields"] == theirs["locked_fields"]
