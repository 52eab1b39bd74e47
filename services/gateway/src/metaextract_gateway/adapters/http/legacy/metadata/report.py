"""What the legacy object says of the reading: engines, times, counts, quality."""

from datetime import datetime
from typing import Any, Final

from metaextract.extractor.v1.result_pb2 import ExtractionResult, FileFacts
from metaextract_common.version import VERSION
from metaextract_gateway.adapters.http.legacy.metadata.counting import count_fields
from metaextract_gateway.adapters.http.legacy.metadata.file_sections import iso_text
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


def forensic(file: FileFacts, tags: Tags) -> dict[str, Any]:
    """Return the flattened forensic report.

    Nothing here is authenticated or checked yet, so the authentication keys are null and not false. SHA-512
    is not computed. Of the file system only the size is known; see `file_sections.filesystem`.
    """
    found: dict[str, Any] = {
        "forensic_digital_signatures": {},
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
        "authentication_is_authenticated": None,
        "authentication_confidence_score": None,
        "authentication_issues": [],
        "authentication_security_flags": [],
        "authentication_processing_errors": [],
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
            "perceptual_hashes": sum(hashes[name] is not None for name in hashes if name != "available"),
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


def extraction_info(
    result: ExtractionResult, *, fields_count: int, locked_count: int, processing_ms: float, now: datetime
) -> dict[str, Any]:
    """Return which engines ran and what they took.

    `tier` names the legacy's full reading, which is the only one there is. `failed_modules` is null: a
    result lists the engines that ran, not the ones that could not.
    """
    engines = {run.name for run in result.engines}
    modules_ms = sum(run.wall.ToNanoseconds() for run in result.engines) / 1e6
    parsing_ms = result.timings.parsing.ToNanoseconds() / 1e6
    return {
        "timestamp": iso_text(now),
        "tier": "super",
        "engine_version": VERSION,
        "exiftool_used": "exiftool" in engines,
        "libraries": {name: name in engines for name in _LIBRARIES},
        "engines": [{"name": run.name, "version": run.version} for run in result.engines],
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
            "successful_modules": len(engines),
            "failed_modules": None,
            "total_module_processing_time_ms": modules_ms,
            "overhead_time_ms": max(0.0, parsing_ms - modules_ms),
        },
        "enhanced_extraction": "exiftool" in engines,
        "total_fields_extracted": fields_count,
        "streaming_enabled": True,
        "fallback_extraction": False,
    }


def quality_metrics(result: ExtractionResult) -> dict[str, Any]:
    """Return the quality of the extraction; what is not measured is null, never a constant.

    `streaming_enabled`: uploads and progress are streamed, on every path.
    """
    return {
        "confidence_score": None,
        "extraction_completeness": None,
        "processing_efficiency": None,
        "format_support_level": None,
        "recommended_actions": [],
        "enhanced_extraction": any(run.name == "exiftool" for run in result.engines),
        "streaming_enabled": True,
    }


def processing_insights(
    result: ExtractionResult, *, fields_count: int, processing_ms: float
) -> dict[str, Any]:
    """Return what the reading took; memory is the worker's peak, null where the kernel did not tell."""
    measured = result.timings.HasField("memory_peak_bytes")
    return {
        "total_fields_extracted": fields_count,
        "processing_time_ms": processing_ms,
        "memory_usage_mb": round(result.timings.memory_peak_bytes / BYTES_PER_MB, 2) if measured else None,
        "streaming_enabled": True,
        "fallback_extraction": False,
        "progress_updates": [],
    }
