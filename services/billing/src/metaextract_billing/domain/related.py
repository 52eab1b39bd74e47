"""Which records are looked at together with another."""

from collections.abc import Iterator

from metaextract_billing.domain.holds import Hold
from metaextract_billing.domain.records import AccountKey, AllowanceKey, Key, QuoteKey, Record


def related(record: Record) -> Iterator[Key[Record]]:
    """Yield the keys of what a store returns along with a record that was asked for by its key."""
    if not isinstance(record, Hold):
        return
    yield AccountKey(record.account)
    if record.quoted is not None:
        yield QuoteKey(record.quoted.quote)
    for use in record.uses:
        yield AllowanceKey(use.kind, use.key)
