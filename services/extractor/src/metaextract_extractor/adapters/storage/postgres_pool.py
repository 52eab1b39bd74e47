"""Connections to the PostgreSQL of the extractions, and what their failures mean."""

from contextlib import AbstractAsyncContextManager
from typing import Final

from metaextract_common.storage import postgres
from metaextract_common.storage.postgres import Connections
from metaextract_extractor.adapters.storage.postgres_schema import SCHEMA
from metaextract_extractor.domain import errors

_DEADLOCKS: Final = "40"

_SETTINGS: Final = {
    "application_name": "metaextract-extractor",
    "search_path": SCHEMA,
    "statement_timeout": str(round(postgres.WAIT_SECONDS_MAX * 1000)),
    # Plans are kept by connections that made them while tables were still empty.
    "plan_cache_mode": "force_custom_plan",
}


def opened(url: str) -> AbstractAsyncContextManager[Connections]:
    """Open connections to `url`; what fails on them is STORE_UNAVAILABLE, a unique key, or a defect."""
    return postgres.opened(url, _failure, _SETTINGS)


def _failure(sqlstate: str) -> Exception | None:
    return errors.store_unavailable() if not sqlstate or sqlstate.startswith(_DEADLOCKS) else None
