"""What the legacy object says of the reading: engines, times, counts."""

from datetime import datetime
from typing import Any, Final

from metaextract.extractor.v1.extractor_pb2 import Extraction
from metaextract.extractor.v1.provenance_pb2 import Provenance
from metaextract.extractor.v1.result_pb2 import EngineRun, ExtractionResult, FileFacts, Timings
from metaextract_common.version import VERSION
from metaextract_gateway.adapters.http.legacy.metadata.counting import count_fields
from metaextract_gateway.adapters.http.legacy.metadata.file_sections import iso_text
from metaextract_gateway.adapters.http.legacy.metadata.history import authentication, signatures
from metaextract_gateway.adapters.http.legacy.metadata.pictures import HASHES
from metaextract_gateway.adapters.http.legacy.metadata.plain import enum_word, plain
from metaextract_gateway.adapters.http.legacy.metadata.standards import content_credentials
from metaextract_gateway.adapters.http.legacy.metadata.tags import Tags

BYTES_PER_MB: Final = 10**6
"""`memory_usage_mb` is in megabytes of the SI, as its name says; not in the 1024² of `filesize`."""

_LIBRARIES: Final = (
    "pillow", "exifread", "ffmpeg", "mutagen", "pypdf", "xattr", "exiftool", "iptcinfo3", "xmp", "imagehash",
)  # fmt: skip
_SPECIALIZED: Final = (
    "medical_imaging", "astronomical_data", "geospatial_analysis", "scientific_instruments",
    "drone_telemetry", "blockchain_provenance", "emerging_technology", "advanced_video_analysis",
    "advanced_audio_analysis", "document_analysis", "scientific_research", "multimedia_entertainment",
    "industrial_manufacturing", "financial_business", "healthcare_medical", "transportation_logistics",
    "education_academic", "legal_compliance", "environmental_sustainability", "social_media_digital",
    "gaming_entertainment",
)  # fmt: skip


def forensic(file: FileFacts, tags: Tags, provenance: Provenance | None) -> dict[str, Any]:
    """Return the flattened forensic report.

    Signatures are those of Content Credentials; without any the authentication keys are null and not false.
    SHA-512 is not computed. Of the file system only the size is known; see `file_sections.filesystem`.
    """
    found: dict[str, Any] = {
        "forensic_digital_signatures": signatures(provenance),
        "forensic_blockchain_nft": {},
        "forensic_watermarking": {},
        "forensic_c2pa": content_credentials(tags),
        "forensic_adobe_credentials": {},
        "forensic_filesystem": {
            "file_created": None,
            "file_modified": None,
            "file_accessed": None,
            "file_changed": None,
            "file_size": file.size_bytes,
            "file_permissions": None,
            "file_owner": None,
            "file_group": None,
            "file_inode": None,
            "file_device": None,
            "file_hardlinks": None,
        },
        "forensic_device_hardware": {},
        "forensic_network_communication": {},
        "forensic_email_communication": {},
    }
    return {
        **found,
        **authentication(provenance),
        "integrity_file_hash_md5": file.hashes.md5 or None,
        "integrity_file_hash_sha1": file.hashes.sha1 or None,
        "integrity_file_hash_sha256": file.hashes.sha256 or None,
        "integrity_file_hash_sha512": None,
        "integrity_error": None,
        "fields_extracted": count_fields(found),
    }


def registry_summary(document: dict[str, Any]) -> dict[str, Any]:
    """Return how much each standard contributed to this document."""
    enriched = document["makernote"]["enriched"]
    tags_of_makers = count_fields(document["makernote"]["raw"])
    hashes = document["perceptual_hashes"]
    return {
        "image": {
            "exif": len(document["exif"]),
            "iptc": len(document["iptc"] or {}),
            "xmp": len(document["xmp"] or {}),
            "mobile": len(document["mobile_metadata"] or {}),
            "perceptual_hashes": sum(hashes[name] is not None for name in HASHES),
            "makernote": tags_of_makers,
        },
        "email": len(document["email"] or {}),
        "makerNotes": {
            "present": tags_of_makers > 0,
            "manufacturer": enriched["manufacturer"],
            "model": enriched["model"],
            "enrichmentLevel": enriched["enrichmentLevel"],
            "highlights": enriched["highlights"],
        },
    }


def enhanced(result: ExtractionResult) -> bool:
    """Tell whether ExifTool took part."""
    return any(run.name == "exiftool" for run in _succeeded(result))


def extraction_info(
    extraction: Extraction, *, fields_count: int, locked_count: int, processing_ms: float, now: datetime
) -> dict[str, Any]:
    """Return which engines ran, how their runs ended and what they took, and which operations were delivered.

    `detected_format` holds the media type and the extension that were declared, where they are another's.
    `tier` names the legacy's full reading, which is the only one there is.
    """
    result = extraction.result
    succeeded = {run.name for run in _succeeded(result)}
    failed = sum(run.outcome == EngineRun.OUTCOME_FAILED for run in result.engines)
    modules_ms = sum(run.wall.ToNanoseconds() for run in result.engines) / 1e6
    parsing_ms = result.timings.parsing.ToNanoseconds() / 1e6
    libraries = succeeded | ({"imagehash"} if extraction.insights.HasField("fingerprints") else set())
    return {
        "timestamp": iso_text(now),
        "tier": "super",
        "engine_version": VERSION,
        "exiftool_used": "exiftool" in succeeded,
        "libraries": {name: name in libraries for name in _LIBRARIES},
        "engines": [_engine(run) for run in result.engines],
        "detected_format": plain(result.file.format),
        "operations": [
            {"operation": one.operation, "delivered": one.delivered, "reason": one.reason or None}
            for one in extraction.operations
        ],
        "fields_extracted": fields_count,
        "locked_categories": locked_count,
        "comprehensive_version": VERSION,
        "dynamic_modules_enabled": False,
        "specialized_engines": dict.fromkeys(_SPECIALIZED, False),
        "comprehensive_fields_extracted": len(result.fields),
        "specialized_field_counts": {},
        "processing_ms": processing_ms,
        "performance_summary": {
            "total_processing_time_ms": parsing_ms,
            "successful_modules": len(succeeded),
            "failed_modules": failed,
            "total_module_processing_time_ms": modules_ms,
            "overhead_time_ms": max(0.0, parsing_ms - modules_ms),
        },
        "enhanced_extraction": "exiftool" in succeeded,
        "total_fields_extracted": fields_count,
        "streaming_enabled": True,
        **_fallback(result),
    }


def processing_insights(
    result: ExtractionResult, *, fields_count: int, processing_ms: float
) -> dict[str, Any]:
    """Return what the reading took; null where the kernel or the clock did not tell.

    Memory is the worker's peak. `processing_time_ms` runs from the request to the result; the other times are
    parts of it: the upload, the wait for a worker, the reading and its processor time.
    """
    timings = result.timings
    measured = timings.HasField("memory_peak_bytes")
    return {
        "total_fields_extracted": fields_count,
        "processing_time_ms": processing_ms,
        "memory_usage_mb": round(timings.memory_peak_bytes / BYTES_PER_MB, 2) if measured else None,
        "streaming_enabled": True,
        **_fallback(result),
        "progress_updates": [],
        "upload_ms": _milliseconds(timings, "receiving"),
        "queue_ms": _milliseconds(timings, "queued"),
        "reading_ms": _milliseconds(timings, "parsing"),
        "cpu_ms": _milliseconds(timings, "cpu"),
    }


def _succeeded(result: ExtractionResult) -> list[EngineRun]:
    return [run for run in result.engines if run.outcome == EngineRun.OUTCOME_SUCCEEDED]


def _engine(run: EngineRun) -> dict[str, Any]:
    outcome = enum_word(EngineRun.Outcome.DESCRIPTOR, run.outcome)
    return {"name": run.name, "version": run.version, "outcome": outcome, "cause": run.cause or None}


def _fallback(result: ExtractionResult) -> dict[str, Any]:
    """True where Pillow and our own walkers answer in place of the primary engine; with the reason."""
    fallback = plain(result.fallback) if result.HasField("fallback") else None
    reason = fallback and f"{fallback['engine']}: {fallback['cause']}"
    return {"fallback_extraction": fallback is not None, "fallback_reason": reason}


def _milliseconds(timings: Timings, name: str) -> float | None:
    if not timings.HasField(name):
        return None
    nanoseconds: int = getattr(timings, name).ToNanoseconds()
    return round(nanoseconds / 1e6, 3)
