"""Quotes: prices that are kept for a while, for one owner, each file of them for one hold."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from metaextract_billing.domain import errors
from metaextract_billing.domain.models import Dimensions, Operations, PriceBreakdown


@dataclass(frozen=True, slots=True)
class PricedFile:
    """What one file of a quote costs, and what its owner said of it. `id` is unique within the quote.

    `hold` is the one that uses the price; until `use_expire_time`, or for good when that is None.
    """

    id: str
    size_bytes: int
    dimensions: Dimensions | None
    breakdown: PriceBreakdown
    hold: str | None = None
    use_expire_time: datetime | None = None

    def is_free(self, now: datetime) -> bool:
        """Whether no hold uses this price now."""
        return self.hold is None or (self.use_expire_time is not None and self.use_expire_time <= now)


@dataclass(frozen=True, slots=True)
class Quote:
    """A price that is kept until `expire_time`. `version` counts its commits."""

    name: str
    account: str
    operations: Operations
    files: tuple[PricedFile, ...]
    create_time: datetime
    expire_time: datetime
    version: int = field(default=0, compare=False)

    @property
    def credits_total(self) -> int:
        """The sum over all files."""
        return sum(file.breakdown.credits for file in self.files)

    def price_of(self, file_id: str, *, accounts: Collection[str], now: datetime) -> PricedFile:
        """Return the unused price of a file for its owner, whose accounts these are.

        Raises QUOTE_NOT_FOUND, QUOTE_EXPIRED, QUOTE_FILE_UNUSABLE.
        """
        if self.account not in accounts:
            raise errors.quote_not_found(self.name)
        if self.expire_time <= now:
            raise errors.quote_expired(self.name)
        for file in self.files:
            if file.id == file_id and file.is_free(now):
                return file
        raise errors.quote_file_unusable(self.name, file_id)

    def used(self, file_id: str, hold: str, expire_time: datetime | None) -> Self:
        """Return the quote with the price of a file used by `hold`, for good without `expire_time`."""
        return self._with(file_id, hold, expire_time)

    def given_back(self, file_id: str, hold: str) -> Self:
        """Return the quote with the price free again, if `hold` is the one that uses it."""
        uses = any(file.id == file_id and file.hold == hold for file in self.files)
        return self._with(file_id, None, None) if uses else self

    def _with(self, file_id: str, hold: str | None, expire_time: datetime | None) -> Self:
        return replace(
            self,
            files=tuple(
                replace(file, hold=hold, use_expire_time=expire_time) if file.id == file_id else file
                for file in self.files
            ),
        )
