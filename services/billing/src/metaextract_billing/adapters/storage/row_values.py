"""Parts of rows <-> parts of records: times, operations, files of a quote, and other small values."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TypeAlias

from metaextract_billing.domain.allowances import AllowanceKind, OpenUse, Use
from metaextract_billing.domain.holds import Share
from metaextract_billing.domain.models import Dimensions, Operations, PriceBreakdown
from metaextract_billing.domain.purchases import Dispute, DisputeState, Refund
from metaextract_billing.domain.quotes import PricedFile

Row: TypeAlias = dict[str, Any]
"""One row by column; every value can stand in JSON."""


def from_time(time: datetime | None) -> str | None:
    """Render a time so that text sorts as time does."""
    return time.astimezone(UTC).isoformat(timespec="microseconds") if time else None


def to_time(text: str) -> datetime:
    """Read what `from_time` or PostgreSQL wrote."""
    return datetime.fromisoformat(text).astimezone(UTC)


def to_time_or_none(text: str | None) -> datetime | None:
    """Read a time that may be missing."""
    return to_time(text) if text else None


def flat(value: Any) -> Row:  # noqa: ANN401 - any of our values with slots
    """Render a value whose fields can stand in JSON as they are; `asdict` would copy each of them."""
    return {name: getattr(value, name) for name in value.__slots__}


def to_operations(value: Row) -> Operations:
    """Read what `flat` made."""
    return Operations(**value)


def from_shares(shares: Iterable[Share]) -> list[Row]:
    """Render what a hold sets aside."""
    return [flat(share) for share in shares]


def to_shares(values: Iterable[Row]) -> tuple[Share, ...]:
    """Read what a hold sets aside."""
    return tuple(Share(**value) for value in values)


def from_uses(uses: Iterable[Use]) -> list[Row]:
    """Render what a hold has for nothing."""
    return [flat(use) for use in uses]


def to_uses(values: Iterable[Row]) -> tuple[Use, ...]:
    """Read what a hold has for nothing."""
    return tuple(Use(AllowanceKind(value["kind"]), value["key"]) for value in values)


def from_open_uses(uses: Iterable[OpenUse]) -> list[Row]:
    """Render uses of an allowance."""
    return [{"hold_id": use.hold, "expires_at": from_time(use.expire_time)} for use in uses]


def to_open_uses(values: Iterable[Row]) -> tuple[OpenUse, ...]:
    """Read uses of an allowance."""
    return tuple(OpenUse(value["hold_id"], to_time(value["expires_at"])) for value in values)


def from_priced_file(file: PricedFile) -> Row:
    """Render a file of a quote."""
    return {
        "id": file.id,
        "size_bytes": file.size_bytes,
        "width_pixels": file.dimensions.width_pixels if file.dimensions else None,
        "height_pixels": file.dimensions.height_pixels if file.dimensions else None,
        "breakdown": flat(file.breakdown),
        "hold_id": file.hold,
        "use_expires_at": from_time(file.use_expire_time),
    }


def to_priced_file(value: Row) -> PricedFile:
    """Read a file of a quote."""
    width_pixels, height_pixels = value["width_pixels"], value["height_pixels"]
    return PricedFile(
        id=value["id"],
        size_bytes=value["size_bytes"],
        dimensions=None if width_pixels is None else Dimensions(width_pixels, height_pixels),
        breakdown=PriceBreakdown(**value["breakdown"]),
        hold=value["hold_id"],
        use_expire_time=to_time_or_none(value["use_expires_at"]),
    )


def from_refunds(refunds: Iterable[Refund]) -> list[Row]:
    """Render refunds of a payment."""
    return [flat(refund) for refund in refunds]


def to_refunds(values: Iterable[Row]) -> tuple[Refund, ...]:
    """Read refunds of a payment."""
    return tuple(Refund(**value) for value in values)


def from_disputes(disputes: Iterable[Dispute]) -> list[Row]:
    """Render disputes of a payment."""
    return [flat(dispute) for dispute in disputes]


def to_disputes(values: Iterable[Row]) -> tuple[Dispute, ...]:
    """Read disputes of a payment."""
    return tuple(Dispute(value["id"], DisputeState(value["state"])) for value in values)
