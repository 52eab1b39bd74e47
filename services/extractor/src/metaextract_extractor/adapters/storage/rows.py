"""What rows of all databases have in common: how results and errors are written, and read back."""

import asyncio
import json
import zlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, Protocol

from pydantic import TypeAdapter

from metaextract_common.errors import Kind, ServiceError
from metaextract_extractor.domain.batches import Batch, StateTotal
from metaextract_extractor.domain.findings import ExtractionResult
from metaextract_extractor.domain.model import Extraction, State

WITHOUT_RESULT: Final = (
    "name, owner, request_id, state, create_time, end_time, expire_time, error, last_sequence, batch, "
    "size_bytes"
)
WITH_RESULT: Final = f"{WITHOUT_RESULT}, result"

SUMS: Final = (
    "state, count(*) AS count, coalesce(sum(size_bytes), 0) AS size_bytes, min(create_time) AS create_time, "
    "max(end_time) AS end_time, max(expire_time) AS expire_time"
)

EXPIRED_COUNT_MAX: Final = 200
"""Rows that one statement deletes: nobody waits long for it, and no log grows by gigabytes at once."""

_RESULT: Final = TypeAdapter(ExtractionResult)
_ZLIB_LEVEL: Final = 1  # a tenth of the length for milliseconds; higher levels cost more than they save


class Row(Protocol):
    """A row of any database."""

    def __getitem__(self, name: str, /) -> Any:  # noqa: ANN401 - whatever the database has
        """Return the value of a column."""
        ...


async def packed(result: ExtractionResult | None) -> bytes | None:
    """Return a result as compressed JSON. In a thread: results can have megabytes."""
    return await asyncio.to_thread(_packed, result) if result else None


async def to_extraction(row: Row) -> Extraction:
    """Read a row with its result."""
    content = row["result"]
    return _extraction(row, await asyncio.to_thread(_unpacked, content) if content else None)


def without_result(row: Row) -> Extraction:
    """Read a row, and leave out what was found."""
    return _extraction(row, None)


def error_text(error: ServiceError | None) -> str | None:
    """Return an error as JSON."""
    if error is None:
        return None
    return json.dumps([error.kind, error.domain, error.reason, error.message, error.metadata])


def to_batch(name: str, sums: Iterable[Row], cancel_time: object) -> Batch:
    """Read the sums of a batch, one row for each state."""
    totals = {
        State(row["state"]): StateTotal(
            row["count"],
            int(row["size_bytes"]),
            time(row["create_time"]),
            _time_or_none(row["end_time"]),
            _time_or_none(row["expire_time"]),
        )
        for row in sums
    }
    return Batch(name, totals, _time_or_none(cancel_time))


def time(value: object) -> datetime:
    """Read a time; SQLite has them as text."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))


def _time_or_none(value: object) -> datetime | None:
    return None if value is None else time(value)


def _extraction(row: Row, result: ExtractionResult | None) -> Extraction:
    return Extraction(
        name=row["name"],
        owner=row["owner"],
        request_id=row["request_id"],
        state=State(row["state"]),
        create_time=time(row["create_time"]),
        end_time=_time_or_none(row["end_time"]),
        expire_time=_time_or_none(row["expire_time"]),
        result=result,
        error=_error(row["error"]) if row["error"] else None,
        last_sequence=row["last_sequence"],
        batch=row["batch"],
        size_bytes=row["size_bytes"],
    )


def _packed(result: ExtractionResult) -> bytes:
    return zlib.compress(_RESULT.dump_json(result), _ZLIB_LEVEL)


def _unpacked(content: bytes) -> ExtractionResult:
    # What an extractor stored before this one was not compressed; it is kept for an hour.
    return _RESULT.validate_json(content if content.startswith(b"{") else zlib.decompress(content))


def _error(text: str) -> ServiceError:
    kind, domain, reason, message, metadata = json.loads(text)
    return ServiceError(Kind(kind), domain, reason, message, metadata)
