"""Asking what extractions would cost."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from metaextract_billing.application.desk import Desk
from metaextract_billing.domain.models import Dimensions, Operations
from metaextract_billing.domain.ports import Clock
from metaextract_billing.domain.pricing import quoted_price
from metaextract_billing.domain.quotes import PricedFile, Quote
from metaextract_billing.domain.records import Book, QuoteKey
from metaextract_common.errors import invalid_request


@dataclass(frozen=True, slots=True)
class StatedFile:
    """A file as its owner describes it before sending it. `size_bytes` is 0 if not stated."""

    id: str
    size_bytes: int
    dimensions: Dimensions | None


@dataclass(frozen=True, slots=True)
class CreateQuote:
    """Says what files would cost, and keeps that price for `lifetime`."""

    desk: Desk
    now: Clock
    lifetime: timedelta

    async def __call__(self, account: str, files: Sequence[StatedFile], operations: Operations) -> Quote:
        """Price `files` in their order. Raises INVALID_REQUEST if two of them share an id."""
        if len({file.id for file in files}) < len(files):
            raise invalid_request("files.id", "must be unique within the quote")
        now = self.now()
        priced = (
            PricedFile(file.id, file.size_bytes, file.dimensions, quoted_price(operations, file.dimensions))
            for file in files
        )
        quote = Quote(
            name=f"quotes/{uuid.uuid4()}",
            account=account,
            operations=operations,
            files=tuple(priced),
            create_time=now,
            expire_time=now + self.lifetime,
        )

        def decide(book: Book) -> Quote:
            book.put(quote)
            told = {"files": str(len(files)), "credits": str(quote.credits_total)}
            book.publish("quote.created", told)
            return quote

        return await self.desk.carry_out([QuoteKey(quote.name)], decide)
