"""What each access mode hides. Locked means absent (legacy contract, 2.2 and 10.C, points 26 and 27).

Both modes start from tags that have been taken out already (see `document`); this page locks sections, above
all those that were drawn from all tags and from the pixels. Sections that have no engine are empty in every
mode.
"""

from typing import Any, Final

from metaextract.extractor.v1.result_pb2 import Field
from metaextract_gateway.adapters.http.legacy.metadata.pictures import HASHES
from metaextract_gateway.adapters.http.legacy.metadata.position import Position
from metaextract_gateway.adapters.http.legacy.metadata.privacy import Private, is_private
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
_TRIAL_TAGS: Final = {
    Field.STANDARD_EXIF: frozenset({
        "Make", "Model", "ColorSpace", "BitsPerSample", "PhotometricInterpretation", "SamplesPerPixel",
        "XResolution", "YResolution", "ResolutionUnit",
    }),
    Field.STANDARD_PHOTOSHOP: frozenset({"BitDepth", "ColorMode", "NumChannels"}),
}  # fmt: skip
_DECIMALS: Final = 2
_PLACES: Final = ("gps", "location")
_LISTED: Final = (
    ("confidence", "conflicts"), ("conformance", "findings"), ("consistency", "findings"),
    ("plausibility", "findings"),
)  # fmt: skip
"""Parts of the quality with lists that tell of single fields and their values."""


def shown_on_trial(tag: Tag) -> bool:
    """Tell whether a limited report may be built from this tag: pixels, colours, make and model."""
    if is_private(tag):
        return False
    return tag.standard in _TRIAL_STANDARDS or tag.name in _TRIAL_TAGS.get(tag.standard, ())


def lock_device_free(document: dict[str, Any], position: Position | None, private: Private) -> None:
    """Lock sections of a free check: position to two decimals (about 1 km), no map link, no owner."""
    document["gps"] = position and position.rounded(_DECIMALS)
    for key in _ABOUT_THE_COPY:
        document["filesystem"].pop(key, None)
    document["perceptual_hashes"] = {name: document["perceptual_hashes"][name] for name in HASHES}
    for key in ("drone_telemetry", "emerging_technology", "blockchain_provenance"):
        document[key] = None
    document["forensic"] = _anonymous(document["forensic"], private)
    document["quality_metrics"] = _unquoted(document["quality_metrics"], private)
    document["ai_detection"] = private.without(document["ai_detection"])
    document["manipulation_detection"] = _without_evidence(document["manipulation_detection"], private)
    document["burned_metadata"] = private.without(_coarse(document["burned_metadata"]))
    document["metadata_comparison"] = private.without(_placeless(document["metadata_comparison"]))
    document["locked_fields"] = list(DEVICE_FREE_LOCKED)


def lock_trial(document: dict[str, Any]) -> None:
    """Lock sections of a limited report: their keys stay, their values do not."""
    for key in ("filesystem", "file_integrity", "calculated", "thumbnail", "perceptual_hashes", "forensic"):
        document[key] = _emptied(document[key])
    for key in (
        "gps", "iptc", "xmp", "iptc_raw", "xmp_raw", "burned_metadata", "metadata_comparison", "ai_detection",
        "manipulation_detection",
    ):  # fmt: skip
        document[key] = None
    document["quality_metrics"] = _counts(document["quality_metrics"])
    document["exif"] = {}
    document["makernote"] = {"raw": {}, "enriched": _emptied(document["makernote"]["enriched"])}
    makers = document["registry_summary"]["makerNotes"]
    document["registry_summary"]["makerNotes"] = {**_emptied(makers), "present": makers["present"]}
    document["locked_fields"] = list(TRIAL_LOCKED)
    document["_trial_limited"] = True


def _anonymous(forensic: dict[str, Any], private: Private) -> dict[str, Any]:
    """Leave out of signatures what names a person or one device: certificates of cameras do."""
    signatures = {
        kind: {
            **one,
            "remote_url": None,
            "signer": one["signer"] and {**one["signer"], "common_name": None, "serial_number": None},
            "active_manifest": _without_parameters(one["active_manifest"]),
        }
        for kind, one in forensic["forensic_digital_signatures"].items()
    }
    return {
        **forensic,
        "forensic_digital_signatures": private.without(signatures),
        "authentication_issues": private.without(forensic["authentication_issues"]),
    }


def _without_parameters(manifest: dict[str, Any] | None) -> dict[str, Any] | None:
    """Parameters of an action are any JSON, places too."""
    return manifest and {
        **manifest, "actions": [{**one, "parameters": None} for one in manifest["actions"]],
    }  # fmt: skip


def _unquoted(metrics: dict[str, Any], private: Private) -> dict[str, Any]:
    """Leave out conflicts and findings about private fields, and the advice that repeats them; not counts."""
    hidden: list[str] = []
    shown = dict(metrics)
    for part, kind in _LISTED:
        if shown[part] is None:
            continue
        kept = []
        for one in shown[part][kind]:
            named = one.get("evidence") or [f"{one.get('group')}:{one.get('name')}"]
            if any(map(private.names, named)):
                hidden.append(one.get("statement") or "")
            else:
                kept.append(one)
        shown[part] = {**shown[part], kind: kept}
    advice = [text for text in shown["recommended_actions"] if not any(one and one in text for one in hidden)]
    return dict(private.without({**shown, "recommended_actions": advice}))


def _without_evidence(section: dict[str, Any] | None, private: Private) -> dict[str, Any] | None:
    """Leave out forensic statements that rest on private fields."""
    if not section or "statements" not in section:
        return section
    kept = [
        one
        for one in section["statements"]
        if not any(evidence["field"] and private.names(evidence["field"]) for evidence in one["evidence"])
    ]
    return dict(private.without({**section, "statements": kept}))


def _coarse(burned: dict[str, Any] | None) -> dict[str, Any] | None:
    """Leave of the text on the picture what tells no exact place: town, time, weather, the program."""
    if not burned or not burned["parsed_data"]:
        return burned
    parsed = {**burned["parsed_data"], "gps": None, "address": None, "plus_code": None}
    if parsed["weather"]:
        parsed["weather"] = {**parsed["weather"], "altitude": None}
    return {**burned, "extracted_text": None, "parsed_data": parsed}


def _placeless(comparison: dict[str, Any] | None) -> dict[str, Any] | None:
    """Leave out the places compared, not how far they are apart."""
    if not comparison:
        return comparison
    hidden = {
        kind: [
            {**one, "embedded": None, "burned": None} if one["field"] in _PLACES else one
            for one in comparison[kind]
        ]
        for kind in ("matches", "discrepancies")
    }
    return {**comparison, **hidden}


def _counts(metrics: dict[str, Any]) -> dict[str, Any]:
    """Leave numbers: conflicts, findings and advice quote values."""
    parts = {part: metrics[part] and {**metrics[part], kind: []} for part, kind in _LISTED}
    return {**metrics, **parts, "recommended_actions": []}


def _emptied(section: dict[str, Any]) -> dict[str, Any]:
    """Keep the shape: objects and lists become empty ones, everything else null."""
    return {key: type(value)() if isinstance(value, dict | list) else None for key, value in section.items()}
