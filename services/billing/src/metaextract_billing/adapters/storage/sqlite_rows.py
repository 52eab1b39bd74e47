"""Rows of the SQLite ledger <-> domain values. No row leaves the storage adapter."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from sqlite3 import Row
from typing import Final

from metaextract_billing.domain.models import (
    Access,
    Hold,
    HoldOrder,
    Operations,
    PriceBreakdown,
    PricedFile,
    Quote,
    State,
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def to_microseconds(time: datetime) -> int:
    """Render a time for an INTEGER column, exactly."""
    return (time - _EPOCH) // timedelta(microseconds=1)


def to_hold(row: Row) -> Hold:
    """Read a row of `holds`."""
    order = HoldOrder(
        name=row["name"],
        account=row["account"],
        request_id=row["request_id"],
        fingerprint=row["fingerprint"],
        device=row["device"],
        operations=_operations(row),
        create_time=_time(row["create_time_us"]),
        expire_time=_time(row["expire_time_us"]),
    )
    return Hold(
        order=order,
        access=Access(row["access"]),
        credits_held=row["credits_held"],
        free_checks_used=row["free_checks_used"],
        state=State(row["state"]),
        credits_captured=row["credits_captured"],
    )


def from_hold(hold: Hold) -> Mapping[str, object]:
    """Render the parameters of the statement that inserts `hold`."""
    order = hold.order
    return {
        "name": order.name,
        "account": order.account,
        "request_id": order.request_id,
        "fingerprint": order.fingerprint,
        "device": order.device,
        "embedding": order.operations.embedding,
        "ocr": order.operations.ocr,
        "forensics": order.operations.forensics,
        "create_time_us": to_microseconds(order.create_time),
        "expire_time_us": to_microseconds(order.expire_time),
        "access": hold.access.value,
        "credits_held": hold.credits_held,
        "free_checks_used": hold.free_checks_used,
        "state": hold.state.value,
    }


def to_quote(row: Row, files: Iterable[Row]) -> Quote:
    """Read a row of `quotes` and its rows of `quote_files`, in their order."""
    return Quote(
        name=row["name"],
        account=row["account"],
        operations=_operations(row),
        files=tuple(_priced_file(file) for file in files),
        create_time=_time(row["create_time_us"]),
        expire_time=_time(row["expire_time_us"]),
    )


def from_quote(quote: Quote) -> Mapping[str, object]:
    """Render the parameters of the statement that inserts `quote` without its files."""
    return {
        "name": quote.name,
        "account": quote.account,
        "embedding": quote.operations.embedding,
        "ocr": quote.operations.ocr,
        "forensics": quote.operations.forensics,
        "create_time_us": to_microseconds(quote.create_time),
        "expire_time_us": to_microseconds(quote.expire_time),
    }


def from_priced_file(quote: str, position: int, file: PricedFile) -> Mapping[str, object]:
    """Render the parameters of the statement that inserts one file of a quote."""
    price = file.breakdown
    return {
        "quote": quote,
        "id": file.id,
        "position": position,
        "base": price.base,
        "embedding": price.embedding,
        "ocr": price.ocr,
        "forensics": price.forensics,
        "size": price.size,
        "size_bucket": price.size_bucket,
    }


def _priced_file(row: Row) -> PricedFile:
    price = PriceBreakdown(
        base=row["base"],
        embedding=row["embedding"],
        ocr=row["ocr"],
        forensics=row["forensics"],
        size=row["size"],
        size_bucket=row["size_bucket"],
    )
    return PricedFile(row["id"], price)


def _operations(row: Row) -> Operations:
    return Operations(bool(row["embedding"]), bool(row["ocr"]), bool(row["forensics"]))


def _time(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
