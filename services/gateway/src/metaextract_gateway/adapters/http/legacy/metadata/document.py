"""The metadata object as a whole: built from the tags that the access mode shows, then locked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from metaextract.extractor.v1.extractor_pb2 import Extraction
from metaextract_gateway.adapters.http.legacy.metadata import (
    file_sections,
    history,
    overlay,
    pictures,
    report,
    standards,
)
from metaextract_gateway.adapters.http.legacy.metadata.access import Access, Mode
from metaextract_gateway.adapters.http.legacy.metadata.counting import count_sections
from metaextract_gateway.adapters.http.legacy.metadata.image import image
from metaextract_gateway.adapters.http.legacy.metadata.position import (
    Position,
    is_located,
    position_of,
)
from metaextract_gateway.adapters.http.legacy.metadata.privacy import Private
from metaextract_gateway.adapters.http.legacy.metadata.quality import quality_metrics
from metaextract_gateway.adapters.http.legacy.metadata.redaction import (
    DEVICE_FREE_LOCKED,
    TRIAL_LOCKED,
    lock_device_free,
    lock_trial,
    shown_on_trial,
)
from metaextract_gateway.adapters.http.legacy.metadata.tags import Tags

WITHOUT_ENGINE: Final = (
    "web_metadata", "social_media", "mobile_metadata", "forensic_security", "action_camera",
    "print_publishing", "workflow_dam", "audio_advanced", "video_advanced", "steganography_analysis",
    "timeline_analysis", "medical_imaging", "astronomical_data",
    "geospatial_analysis", "scientific_instruments",
    "drone_telemetry", "blockchain_provenance", "emerging_technology", "document_analysis",
    "scientific_research", "multimedia_entertainment", "industrial_manufacturing", "financial_business",
    "healthcare_medical", "transportation_logistics", "education_academic", "legal_compliance",
    "environmental_sustainability", "social_media_digital", "gaming_entertainment", "email",
)  # fmt: skip
"""Sections of the legacy that nothing fills: always null."""

_LOCKED: Final[dict[Mode | None, tuple[str, ...]]] = {
    None: (),
    "paid": (),
    "device_free": DEVICE_FREE_LOCKED,
    "trial_limited": TRIAL_LOCKED,
}


def legacy_metadata(
    extraction: Extraction,
    *,
    client_last_modified_ms: int | None,
    access: Access,
    processing_ms: float,
    now: datetime,
) -> dict[str, Any]:
    """Return the legacy metadata object of an extraction that succeeded: 71 keys, JSON values only.

    One key more if the client sent the modification time of its file, and one in a limited report.
    `persona_interpretation`, optional in the legacy, is left out: it judged authenticity from nothing.
    Counts are those of the whole reading, whatever the mode hides.

    Args:
        extraction: what the extractor found.
        client_last_modified_ms: modification time of the client's file, milliseconds since 1970; a time
            before 1970 or after the year 9999 counts as not sent.
        access: what paid for it; decides what is hidden.
        processing_ms: from the request to the result, in milliseconds.
        now: the present, with its time zone.
    """
    result = extraction.result
    found = Tags.of_result(result)
    modified = file_sections.moment_of(client_last_modified_ms)
    reading = _Reading(extraction, is_located(found), modified, now)
    position = position_of(found)
    private = Private.of(found, position)
    whole = reading.sections(found, position)
    fields_count = count_sections(whole)
    counts = report.registry_summary(whole)["image"]

    shown = _shown(found, private, access.mode)
    document = whole if shown is found else reading.sections(shown, position_of(shown))
    document["registry_summary"] = {**report.registry_summary(document), "image": counts}
    document["registry_summary"]["makerNotes"]["present"] = counts["makernote"] > 0
    document["locked_fields"] = []
    if access.mode == "device_free":
        lock_device_free(document, position, private)
    elif access.mode == "trial_limited":
        lock_trial(document)
    return {
        **document,
        "tier": "free" if access.mode == "trial_limited" else "professional",
        "fields_extracted": fields_count,
        "processing_ms": processing_ms,
        **({"client_last_modified_iso": file_sections.iso_text(modified)} if modified else {}),
        "extraction_info": report.extraction_info(
            extraction,
            fields_count=fields_count,
            locked_count=len(_LOCKED[access.mode]),
            processing_ms=processing_ms,
            now=now,
        ),
        "processing_insights": report.processing_insights(
            result, fields_count=fields_count, processing_ms=processing_ms
        ),
        "access": access.section(),
    }


def _shown(found: Tags, private: Private, mode: Mode | None) -> Tags:
    if mode == "device_free":
        return found.where(private.shows)
    return found.where(shown_on_trial) if mode == "trial_limited" else found


@dataclass(frozen=True, slots=True)
class _Reading:
    """An extraction and when it was asked for; `located` is true if the whole of it has coordinates."""

    extraction: Extraction
    located: bool
    modified: datetime | None
    now: datetime

    def sections(self, tags: Tags, position: Position | None) -> dict[str, Any]:
        """Return every section that tells of the file: from these tags, and from what they and the pixels
        mean."""
        return {
            **self._of_the_file(tags),
            **self._of_the_tags(tags, position),
            **self._of_the_meaning(tags),
            "video": {},
            "audio": {},
            "pdf": {},
            "svg": {},
            "extended_attributes": {"available": False},
            "extended": {"available": False},
            **dict.fromkeys(WITHOUT_ENGINE),
        }

    def _of_the_file(self, tags: Tags) -> dict[str, Any]:
        file = self.extraction.result.file
        return {
            "filename": file.file_name,
            "filesize": file_sections.size_text(file.size_bytes),
            "filetype": file_sections.file_type(file),
            "mime_type": file.format.media_type or None,
            "file_integrity": file_sections.file_integrity(file),
            "filesystem": file_sections.filesystem(file),
            "filesystem_source": "server_temp_upload",
            "calculated": file_sections.calculated(
                file, tags, located=self.located, modified=self.modified, now=self.now
            ),
            "summary": file_sections.summary(file),
        }

    def _of_the_tags(self, tags: Tags, position: Position | None) -> dict[str, Any]:
        file = self.extraction.result.file
        iptc, xmp = standards.iptc(tags), standards.xmp(tags)
        return {
            "gps": position and position.section(),
            "exif": standards.exif(tags),
            "image": image(file, tags),
            "makernote": standards.makernote(tags),
            "iptc": iptc,
            "xmp": xmp,
            "normalized": standards.normalized(file, tags),
            "iptc_raw": iptc,
            "xmp_raw": xmp,
        }

    def _of_the_meaning(self, tags: Tags) -> dict[str, Any]:
        extraction = self.extraction
        insights = extraction.insights if extraction.HasField("insights") else None
        provenance = insights.provenance if insights and insights.HasField("provenance") else None
        quality = extraction.quality if extraction.HasField("quality") else None
        outcomes = {one.operation: one for one in extraction.operations}
        return {
            "forensic": report.forensic(extraction.result.file, tags, provenance),
            "thumbnail": pictures.thumbnail(tags, insights),
            "perceptual_hashes": pictures.perceptual_hashes(insights, outcomes.get("embedding")),
            "ai_detection": history.ai_detection(insights),
            "manipulation_detection": history.manipulation_detection(outcomes.get("forensics")),
            "burned_metadata": overlay.burned_metadata(outcomes.get("ocr")),
            "metadata_comparison": overlay.metadata_comparison(outcomes.get("ocr")),
            "quality_metrics": quality_metrics(quality, enhanced=report.enhanced(extraction.result)),
        }
