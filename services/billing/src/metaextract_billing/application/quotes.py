"""Asking what extractions would cost."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from metaextract_billing.domain.models import Dimensions, Operations, PricedFile, Quote
from metaextract_billing.domain.ports import Clock, Events, Ledger
from metaextract_billing.domain.pricing import quoted_price
from metaextract_common.errors import invalid_request


@dataclass(frozen=True, slots=True)
class StatedFile:
    """A file as its owner describes it before sending it."""

    id: str
    dimensions: Dimensions | None


@dataclass(frozen=True, slots=True)
class CreateQuote:
    """Says what files would cost, and keeps that price for `lifetime`."""

    ledger: Ledger
    events: Events
    now: Clock
    lifetime: timedelta

    async def __call__(self, account: str, files: Sequence[StatedFile], operations: Operations) -> Quote:
        """Price `files` in their order. Raises INVALID_REQUEST if two of them share an id."""
        if len({file.id for file in files}) < len(files):
            raise invalid_request("files.id", "must be unique within the quote")
        now = self.now()
        quote = Quote(
            name=f"quotes/{uuid.uuid4()}",
            account=account,
            operations=operations,
            files=tuple(PricedFile(file.id, quoted_price(operations, file.dimensions)) for file in files),
            create_time=now,
            expire_time=now + self.lifetime,
        )
        await self.ledger.add_quote(quote)
        self.events.publish("quote.created", {"files": str(len(files)), "credits": str(quote.credits_total)})
        return quote
