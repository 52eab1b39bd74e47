"""What a server says of prices, balances and batches. The contract: `billing.proto` and `batches.proto`."""

from dataclasses import dataclass
from datetime import datetime

from metaextract_client.models import Json
from metaextract_client.reading import reader_of


@dataclass(frozen=True, slots=True)
class PricedFile:
    """What one file of a quote costs, in credits."""

    id: str = ""
    credits: int = 0


@dataclass(frozen=True, slots=True)
class Quote:
    """A price that is kept until `expire_time`, for whoever asked."""

    name: str = ""
    files: tuple[PricedFile, ...] = ()
    credits_total: int = 0
    expire_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """Credits of the caller; `unmetered`: this server charges nobody."""

    balance_id: str = ""
    credits_available: int = 0
    credits_held: int = 0
    credits_owed: int = 0
    unmetered: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """Extractions that belong together: how many are in which state; `fraction` have ended, 0 to 1."""

    name: str = ""
    extractions_count: int = 0
    receiving_count: int = 0
    queued_count: int = 0
    parsing_count: int = 0
    succeeded_count: int = 0
    failed_count: int = 0
    cancelled_count: int = 0
    size_bytes: int = 0
    fraction: float = 0.0
    create_time: datetime | None = None
    end_time: datetime | None = None
    expire_time: datetime | None = None
    cancel_time: datetime | None = None


def quote_from_json(message: Json) -> Quote:
    """Read the contract's `Quote`. Raises ValueError when it is not one."""
    return reader_of(Quote).validate_python(message)


def balance_from_json(message: Json) -> Balance:
    """Read the contract's `GetBalanceResponse`. Raises ValueError when it is not one."""
    return reader_of(Balance).validate_python(message)


def batch_from_json(message: Json) -> Batch:
    """Read the contract's `Batch`. Raises ValueError when it is not one."""
    return reader_of(Batch).validate_python(message)
