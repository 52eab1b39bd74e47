"""Which events the client tells of its use, and what of them is kept (§6).

The original kept whatever was sent. Here the name of an unknown event is kept and nothing else of it; of a
known one the properties below, cut. None of them is free text: an error message may hold a file's name.
"""

import hashlib
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from metaextract_gateway.adapters.http.legacy.bodies import text

NAME_CHARACTERS_MAX: Final = 100
VALUE_CHARACTERS_MAX: Final = 100
_DIGEST_CHARACTERS: Final = 32

_FILE: Final = ("extension", "mime_type", "size_bytes", "size_bucket", "has_trial_email")
_EXPORT: Final = ("filetype", "mime_type", "purpose")
PROPERTIES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "images_landing_viewed": ("location",),
        "upload_selected": _FILE,
        "upload_rejected": (*_FILE, "reason"),
        "analysis_started": _FILE,
        "analysis_completed": (
            "success", "extension", "mime_type", "size_bucket", "processing_ms", "elapsed_ms",
            "fields_extracted", "trial_granted", "credits_charged", "credits_required", "status",
        ),
        "results_viewed": ("filetype", "mime_type"),
        "paywall_preview_shown": ("locked_total",),
        "paywall_viewed": ("reason", "extension", "mime_type"),
        "paywall_cta_clicked": ("locked_total",),
        "purchase_completed": ("pack", "credits"),
        "purpose_prompt_shown": ("location",),
        "purpose_prompt_opened": ("location",),
        "purpose_selected": ("purpose",),
        "purpose_skipped": ("location",),
        "density_changed": ("mode", "source"),
        "tab_changed": ("tab", "density", "purpose"),
        "format_hint_shown": ("mime_type", "hint"),
        "summary_copied": _EXPORT,
        "export_summary_downloaded": _EXPORT,
        "export_json_downloaded": _EXPORT,
        "export_full_txt_downloaded": _EXPORT,
    }
)  # fmt: skip


def event_name(stated: object) -> str:
    """Return the name of an event; empty if it is none."""
    return text(stated[:NAME_CHARACTERS_MAX], NAME_CHARACTERS_MAX).strip() if isinstance(stated, str) else ""


def kept(name: str, properties: object, *, session: object, user: str) -> dict[str, str]:
    """Return what is kept of an event. Sessions and users are told apart by digests, and not named."""
    stated = properties if isinstance(properties, dict) else {}
    values = ((one, _value(stated.get(one))) for one in PROPERTIES.get(name, ()))
    attributes = {one: value for one, value in values if value}
    if isinstance(session, str) and session:
        attributes["session"] = _digest(session)
    if user:
        attributes["user"] = _digest(user)
    return attributes


def _value(stated: object) -> str:
    match stated:
        case bool():
            return "true" if stated else "false"
        case int() | float() if math.isfinite(stated):
            return (str(stated) if isinstance(stated, int) else format(stated, "f"))[:VALUE_CHARACTERS_MAX]
        case str():
            return text(stated[:VALUE_CHARACTERS_MAX], VALUE_CHARACTERS_MAX)
        case _:
            return ""


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:_DIGEST_CHARACTERS]
