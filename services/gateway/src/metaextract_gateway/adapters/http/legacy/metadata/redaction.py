"""What each access mode hides. Locked means absent (legacy contract, 2.2 and 10.C, points 26 and 27).

Both modes start from tags that have been taken out already (see `document`); this page locks sections.
Sections that have no engine are empty in every mode.
"""

from typing import Any, Final

from metaextract.extractor.v1.result_pb2 import Field
from metaextract_gateway.adapters.http.legacy.metadata.position import Position
from metaextract_gateway.adapters.http.legacy.metadata.privacy import is_private
from metaextract_gateway.adapters.http.legacy.metadata.tags import Tag

DEVICE_FREE_LOCKED: Final = ("gps", "extended_attributes")
TRIAL_LOCKED: Final = (
    "filesystem_details", "hashes", "extended_attributes", "thumbnail", "embedded_thumbnails",
    "perceptual_hashes", "makernote", "gps", "iptc", "xmp", "calculated", "forensic", "burned_metadata",
    "metadata_comparison",
)  # fmt: skip
_ABOUT_THE_COPY: Final = frozenset({
    "owner", "owner_uid", "group", "group_gid", "inode", "device", "permissions_octal", "permissions_human",
    "hard_links",
})  # fmt: skip
_TRIAL_STANDARDS: Final = (Field.STANDARD_CONTAINER, Field.STANDARD_FILE, Field.STANDARD_ICC)
_TRIAL_EXIF: Final = frozenset(
    {"Make", "Model", "ColorSpace", "BitsPerSample", "SamplesPerPixel", "XResolution", "YResolution",
     "ResolutionUnit"}
)  # fmt: skip
_DECIMALS: Final = 2


def shown_on_trial(tag: Tag) -> bool:
    """Tell whether a limited report may be built from this tag: pixels, colours, make and model."""
    if is_private(tag):
        return False
    return tag.standard in _TRIAL_STANDARDS or (
        tag.standard == Field.STANDARD_EXIF and tag.name in _TRIAL_EXIF
    )


def lock_device_free(document: dict[str, Any], position: Position | None) -> None:
    """Lock sections of a free check: position to two decimals (about 1 km), no map link, no owner."""
    document["gps"] = position and position.rounded(_DECIMALS)
    for key in _ABOUT_THE_COPY:
        document["filesystem"].pop(key, None)
    document["perceptual_hashes"].pop("available", None)
    for key in ("drone_telemetry", "emerging_technology", "blockchain_provenance"):
        document[key] = None
    document["locked_fields"] = list(DEVICE_FREE_LOCKED)


def lock_trial(document: dict[str, Any]) -> None:
    """Lock sections of a limited report: their keys stay, their values do not."""
    for key in ("filesystem", "file_integrity", "calculated", "thumbnail", "perceptual_hashes", "forensic"):
        document[key] = _emptied(document[key])
    for key in ("gps", "iptc", "xmp", "iptc_raw", "xmp_raw", "burned_metadata", "metadata_comparison"):
        document[key] = None
    document["exif"] = {}
    document["makernote"] = {"raw": {}, "enriched": _emptied(document["makernote"]["enriched"])}
    makers = document["registry_summary"]["makerNotes"]
    document["registry_summary"]["makerNotes"] = {**_emptied(makers), "present": makers["present"]}
    document["locked_fields"] = list(TRIAL_LOCKED)
    document["_trial_limited"] = True


def _emptied(section: dict[str, Any]) -> dict[str, Any]:
    """Keep the shape: objects and lists become empty ones, everything else null."""
    return {key: type(value)() if isinstance(value, dict | list) else None for key, value in section.items()}
