"""What several decisions do with records of a book."""

import uuid
from datetime import datetime
from typing import Final

from metaextract_billing.domain.accounts import Account
from metaextract_billing.domain.holds import Hold, State
from metaextract_billing.domain.records import AccountKey, Book

_ACCOUNTS: Final = uuid.UUID("6f1d8a52-3f0e-5c0b-9f2e-3a1d0c6b7e41")


def account_id(owner: str) -> str:
    """Return the identifier of the account of `owner`, a UUID (version 5) of the name alone."""
    return str(uuid.uuid5(_ACCOUNTS, owner))


def account_of(book: Book, owner: str, now: datetime) -> Account:
    """Return the account of `owner` as it is at `now`, a new one if it was never used.

    What is due has expired in it; the caller puts it back.
    """
    found = book.get(AccountKey(owner))
    account = found or Account(owner, account_id(owner), now)
    for hold in account.holds:
        if hold.is_due(now):
            account, done = account.released(hold, State.EXPIRED, now)
            book.put(done)
            publish(book, done)
    return account.expired(now)


def publish(book: Book, hold: Hold, **attributes: str) -> None:
    """Report what has just happened to `hold`, without saying whose it is."""
    happened = "created" if hold.state is State.HELD else hold.state.value
    amount = hold.credits_captured if hold.state is State.CAPTURED else hold.credits_held
    book.publish(f"hold.{happened}", {"access": hold.access.value, "credits": str(amount), **attributes})
