"""Takes over what a database of the first migration says, once, into the tables of the second.

The old journal is replayed by today's rules, entry by entry and with the time of each, so that what comes out
is what would stand here had these rules been there from the start: lots, holds, sealed transfers.
"""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from metaextract_billing.adapters.storage.row_values import Row, from_time
from metaextract_billing.adapters.storage.rows import writes
from metaextract_billing.adapters.storage.sqlite_file import SqliteFile
from metaextract_billing.adapters.storage.sqlite_work import write
from metaextract_billing.application.book_keeping import account_id
from metaextract_billing.domain.accounts import Account
from metaextract_billing.domain.allowances import Allowance, AllowanceKind, OpenUse, Use
from metaextract_billing.domain.chain import Place
from metaextract_billing.domain.holds import Access, Hold, QuotedFile, State
from metaextract_billing.domain.lots import Lot
from metaextract_billing.domain.models import Operations, PriceBreakdown
from metaextract_billing.domain.quotes import PricedFile, Quote
from metaextract_billing.domain.records import Answer, Change, Changes, Record
from metaextract_common.storage.sqlite import MigrationError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_OWNERS: Final = "SELECT account FROM accounts UNION SELECT account FROM holds ORDER BY account"
_HOLDS: Final = """
SELECT holds.*, quote_files.quote, quote_files.id AS file_id
FROM holds LEFT JOIN quote_files ON quote_files.hold = holds.name
WHERE account = :account
ORDER BY create_time_us, name
"""
_ENTRIES: Final = "SELECT * FROM ledger_entries WHERE account = :account ORDER BY id"
_BALANCE: Final = "SELECT available, held FROM accounts WHERE account = :account"
_GRANTS: Final = "SELECT * FROM grants WHERE account = :account ORDER BY request_id"
_DEVICES: Final = "SELECT * FROM devices ORDER BY device"
_OPEN_USES: Final = """
SELECT name, expire_time_us FROM holds
WHERE device = :device AND access = 'free_check' AND state = 'held'
ORDER BY expire_time_us, name
"""
_QUOTES: Final = "SELECT * FROM quotes ORDER BY name"
_QUOTE_FILES: Final = """
SELECT quote_files.*, holds.state, holds.expire_time_us
FROM quote_files LEFT JOIN holds ON holds.name = quote_files.hold
WHERE quote = :name
ORDER BY position
"""


async def carry_over(file: SqliteFile) -> None:
    """Take everything over, or nothing. Raises MigrationError if the old books do not balance."""
    if not await file.reading(partial(_is_done, file)):
        await file.writing(partial(_carry_over, file, datetime.now(UTC)))


def _is_done(file: SqliteFile) -> bool:
    return bool(file.rows("SELECT id FROM carried_over", {}))


def _carry_over(file: SqliteFile, now: datetime) -> None:
    if _is_done(file):  # by another process, since it was looked at
        return
    records: list[Record] = [*_quotes(file), *_devices(file, now)]
    for row in file.rows(_OWNERS, {}):
        records += _owned(file, row["account"], now)
    write(file, writes(Changes(tuple(Change(None, record) for record in records))))
    file.count("INSERT INTO carried_over (id, carried_at) VALUES (1, :now)", {"now": from_time(now)})


def _owned(file: SqliteFile, owner: str, now: datetime) -> Iterator[Record]:
    """Yield the account of an owner, its holds, and the answers to its grants."""
    holds = {row["name"]: _hold(row) for row in file.rows(_HOLDS, {"account": owner})}
    entries = file.rows(_ENTRIES, {"account": owner})
    times = [_time(row["create_time_us"]) for row in entries] + [hold.create_time for hold in holds.values()]
    account = Account(owner, account_id(owner), min(times, default=now))
    for entry in entries:
        account = _replayed(account, holds, entry)
    [balance] = file.rows(_BALANCE, {"account": owner}) or [{"available": 0, "held": 0}]
    if (account.credits_available, account.credits_held) != (balance["available"], balance["held"]):
        raise MigrationError("the old journal of an account does not add up to its balance")
    yield account
    yield from holds.values()
    for row in file.rows(_GRANTS, {"account": owner}):
        yield Answer(owner, row["request_id"], f"grant {row['credits']}", row["available"])


def _replayed(account: Account, holds: dict[str, Hold], entry: Row) -> Account:
    time, name = _time(entry["create_time_us"]), entry["hold"]
    if entry["kind"] == "granted":
        lot = Lot(str(uuid.uuid4()), entry["granted"], time, promotional=True, description="Grant")
        return account.granted(lot, Place.PROMOTION, time)
    if entry["kind"] == "held":
        account, holds[name] = account.held(holds[name], entry["held"], time)
    elif entry["kind"] == "captured":
        account, holds[name] = account.captured(holds[name], entry["captured"], time)
    else:
        account, holds[name] = account.released(holds[name], State(entry["kind"]), time)
    return account


def _hold(row: Row) -> Hold:
    """Read a hold; one that credits pay for as it was before anything was set aside."""
    access = Access(row["access"])
    is_replayed = access is Access.CREDITS
    resolve_time_us = None if is_replayed else row["resolve_time_us"]
    return Hold(
        name=row["name"],
        account=row["account"],
        request=row["request_id"],
        fingerprint=row["fingerprint"],
        operations=_operations(row),
        create_time=_time(row["create_time_us"]),
        expire_time=_time(row["expire_time_us"]),
        access=access,
        quoted=None if row["quote"] is None else QuotedFile(row["quote"], row["file_id"]),
        uses=(Use(AllowanceKind.DEVICE, row["device"]),) if access is Access.FREE_CHECK else (),
        free_checks_used=row["free_checks_used"],
        state=State.HELD if is_replayed else State(row["state"]),
        resolve_time=None if resolve_time_us is None else _time(resolve_time_us),
    )


def _devices(file: SqliteFile, now: datetime) -> Iterator[Allowance]:
    for row in file.rows(_DEVICES, {}):
        uses = file.rows(_OPEN_USES, {"device": row["device"]})
        yield Allowance(
            AllowanceKind.DEVICE,
            row["device"],
            now,
            spent=row["free_checks_used"] - len(uses),
            open=tuple(OpenUse(use["name"], _time(use["expire_time_us"])) for use in uses),
        )


def _quotes(file: SqliteFile) -> Iterator[Quote]:
    for row in file.rows(_QUOTES, {}):
        yield Quote(
            name=row["name"],
            account=row["account"],
            operations=_operations(row),
            files=tuple(_priced_file(one) for one in file.rows(_QUOTE_FILES, {"name": row["name"]})),
            create_time=_time(row["create_time_us"]),
            expire_time=_time(row["expire_time_us"]),
        )


def _priced_file(row: Row) -> PricedFile:
    """Read a file of a quote; what was said of it when it was priced was not kept."""
    is_open = row["state"] == State.HELD
    return PricedFile(
        id=row["id"],
        size_bytes=0,
        dimensions=None,
        breakdown=PriceBreakdown(
            base=row["base"],
            embedding=row["embedding"],
            ocr=row["ocr"],
            forensics=row["forensics"],
            size=row["size"],
            size_bucket=row["size_bucket"],
        ),
        hold=row["hold"],
        use_expire_time=_time(row["expire_time_us"]) if is_open else None,
    )


def _operations(row: Row) -> Operations:
    return Operations(bool(row["embedding"]), bool(row["ocr"]), bool(row["forensics"]))


def _time(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
