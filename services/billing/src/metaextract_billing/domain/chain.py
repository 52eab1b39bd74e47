"""The journal of an account: transfers between two places, each sealed onto the one before it.

A transfer takes an amount from one place and adds it to another, so that every transfer, and with it any
sum of transfers, is zero in total: double entry by construction. Nothing is ever changed or deleted; a
correction is another transfer. Each carries a SHA-256 over its own content and the seal of the one before,
so that a changed, removed or inserted transfer breaks the chain of its account from there on.
"""

import hashlib
import json
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

GENESIS: Final = "0" * 64
"""What the first transfer of an account is sealed onto."""


class Place(StrEnum):
    """Where credits are. The first three belong to the account itself, the others to the house."""

    AVAILABLE = "available"
    HELD = "held"
    OWED = "owed"
    """Negative by what an account owes: credits it spent that were taken back from us later."""
    CASH_IN = "cash_in"
    PROMOTION = "promotion"
    REVENUE = "revenue"
    BREAKAGE = "breakage"
    REFUND = "refund"
    DISPUTE = "dispute"
    CLAIM = "claim"
    """On the way from one account to another; zero over all accounts."""


class Kind(StrEnum):
    """Why credits moved. `purchase`, `usage`, `refund` and `transfer` are words of the legacy table."""

    PURCHASE = "purchase"
    GRANT = "grant"
    HOLD = "hold"
    USAGE = "usage"
    RELEASE = "release"
    EXPIRY = "expiry"
    REFUND = "refund"
    DISPUTE = "dispute"
    TRANSFER = "transfer"
    SETTLEMENT = "settlement"


@dataclass(frozen=True, slots=True)
class Transfer:
    """`amount` credits, greater than 0, out of `debit` into `credit`; `number` counts from 1 in an account.

    `lot`, `hold` and `payment` name what it belongs to, as far as it belongs to one.
    """

    account: str
    number: int
    kind: Kind
    debit: Place
    credit: Place
    amount: int
    time: datetime
    lot: str | None
    hold: str | None
    payment: str | None
    previous_seal: str
    seal: str = ""

    def sealed(self) -> Self:
        """Return this transfer with its seal."""
        return replace(self, seal=self.expected_seal())

    def expected_seal(self) -> str:
        """Return the SHA-256, in hexadecimal, of everything but the seal."""
        content = {name: getattr(self, name) for name in _SEALED} | {"time": self.time.isoformat()}
        return hashlib.sha256(_AS_JSON(content).encode()).hexdigest()


_AS_JSON: Final = json.JSONEncoder(sort_keys=True).encode
_SEALED: Final = tuple(field.name for field in fields(Transfer) if field.name != "seal")
