"""How often what was done, in the shape of the legacy report (§6)."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from metaextract_gateway.adapters.http.legacy.errors import iso
from metaextract_gateway.domain.usage import EventAttribute, Usage

EVENTS_COUNT_DEFAULT: Final = 5000
EVENTS_COUNT_MAX: Final = 100_000

_DAY: Final = timedelta(days=1)
_RANGES: Final[Mapping[str, timedelta | None]] = {
    "24h": _DAY,
    "7d": 7 * _DAY,
    "30d": 30 * _DAY,
    "all": None,
}
_OTHER_WORDS: Final = {"1d": "24h", "day": "24h", "week": "7d", "month": "30d"}

_PURPOSE: Final = EventAttribute("purpose_selected", "purpose")
_TAB: Final = EventAttribute("tab_changed", "tab")
_DENSITY: Final = EventAttribute("density_changed", "mode")
_HINT: Final = EventAttribute("format_hint_shown", "mime_type")
_RESULT: Final = EventAttribute("results_viewed", "mime_type")
_SUCCESS: Final = EventAttribute("analysis_completed", "success")
_TOOK: Final = EventAttribute("analysis_completed", "processing_ms")
COUNTED: Final = (_PURPOSE, _TAB, _DENSITY, _HINT, _RESULT, _SUCCESS)
AVERAGED: Final = (_TOOK,)

_FUNNEL: Final = {
    "landing_viewed": "images_landing_viewed",
    "upload_selected": "upload_selected",
    "upload_rejected": "upload_rejected",
    "analysis_started": "analysis_started",
    "analysis_completed": "analysis_completed",
    "analysis_success": "",
    "analysis_failed": "",
    "results_viewed": "results_viewed",
    "paywall_viewed": "paywall_viewed",
    "paywall_previewed": "paywall_preview_shown",
    "paywall_clicked": "paywall_cta_clicked",
    "purchase_completed": "purchase_completed",
    "export_summary_downloaded": "export_summary_downloaded",
    "export_json_downloaded": "export_json_downloaded",
    "export_full_txt_downloaded": "export_full_txt_downloaded",
}


def range_of(stated: str) -> str:
    """Return the period that a request names: `24h`, `7d`, `30d` or `all`; a week for what is none."""
    word = stated.strip().lower()
    word = _OTHER_WORDS.get(word, word)
    return word if word in _RANGES else "7d"


def since(range_: str, now: datetime) -> datetime | None:
    """Return when a period began; None if it has no beginning."""
    length = _RANGES[range_]
    return None if length is None else now - length


def events_count_max(stated: str) -> int:
    """Return how many events a request wants looked at: the number that `limit` begins with."""
    begun = re.match(r"\s*\+?(\d{1,9})", stated, re.ASCII)
    wanted = int(begun[1]) if begun else 0
    return min(wanted, EVENTS_COUNT_MAX) if wanted else EVENTS_COUNT_DEFAULT


def document(usage: Usage, range_: str, limit: int, now: datetime) -> dict[str, Any]:
    """Return the report. Numbers are of events, and not of people who came as far."""
    counts = usage.counts_by_name
    began = since(range_, now)
    completed = counts.get("analysis_completed", 0)
    success = usage.counts_by_value[_SUCCESS].get("true", 0)
    failed = usage.counts_by_value[_SUCCESS].get("false", 0)
    ended = {"analysis_success": success, "analysis_failed": failed}
    took = usage.means[_TOOK]
    return {
        "period": {"range": range_, "since": began and iso(began), "until": iso(now), "limit": limit},
        "totals": {
            "events": usage.events_count,
            "sessions": usage.sessions_count,
            "users": usage.users_count,
            "firstEventAt": usage.first_time and iso(usage.first_time),
            "lastEventAt": usage.last_time and iso(usage.last_time),
        },
        "funnel": {step: counts.get(name, 0) for step, name in _FUNNEL.items()} | ended,
        "events": dict(counts),
        "purposes": {
            "selected": _by_value(usage, _PURPOSE),
            "prompt_shown": counts.get("purpose_prompt_shown", 0),
            "prompt_opened": counts.get("purpose_prompt_opened", 0),
            "skipped": counts.get("purpose_skipped", 0),
        },
        "tabs": _by_value(usage, _TAB),
        "density": _by_value(usage, _DENSITY),
        "formats": {"hints": _by_value(usage, _HINT), "results": _by_value(usage, _RESULT)},
        "exports": {
            "json": counts.get("export_json_downloaded", 0),
            "summary": counts.get("export_summary_downloaded", 0),
            "full_txt": counts.get("export_full_txt_downloaded", 0),
            "summary_copied": counts.get("summary_copied", 0),
        },
        "analysis": {
            "completed": completed,
            "success": success,
            "failed": failed,
            "average_processing_ms": None if took is None else round(took),
        },
        "paywall": {
            "previewed": counts.get("paywall_preview_shown", 0),
            "cta_clicked": counts.get("paywall_cta_clicked", 0),
        },
    }


def _by_value(usage: Usage, one: EventAttribute) -> dict[str, int]:
    counts = usage.counts_by_value[one]
    unknown = counts.get("", 0) + counts.get("unknown", 0)
    named = {value: count for value, count in counts.items() if value}
    return named | ({"unknown": unknown} if unknown else {})
