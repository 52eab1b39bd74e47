"""Connections to the PostgreSQL of the ledger, and what their failures mean to it."""

from contextlib import AbstractAsyncContextManager
from typing import Final

from metaextract_billing.domain import errors
from metaextract_billing.domain.ports import ConflictError
from metaextract_common.storage import postgres
from metaextract_common.storage.postgres import Connections

OVERTAKEN: Final = "OV001"
"""Raised by the commit function for a version that is no longer the newest."""

_CONFLICTS: Final = (OVERTAKEN, "23505", "40")
"""Besides, unique keys, and serialization failures and deadlocks."""

_SETTINGS: Final = {
    "application_name": "metaextract-billing",
    # Plans are kept by connections that made them while tables were still empty.
    "enable_seqscan": "off",
}


def opened(
    url: str, connections_count_max: int, wait_seconds_max: float = postgres.WAIT_SECONDS_MAX
) -> AbstractAsyncContextManager[Connections]:
    """Open connections to `url`, on which what fails is ConflictError, LEDGER_UNAVAILABLE, or a defect.

    That the connection broke is not told as a conflict, so that whoever asked asks again with the same
    request id.
    """
    return postgres.opened(url, _failure, _SETTINGS, connections_count_max, wait_seconds_max)


def _failure(sqlstate: str) -> Exception | None:
    if not sqlstate:
        return errors.ledger_unavailable()
    return ConflictError() if sqlstate.startswith(_CONFLICTS) else None
