"""Reading all accounts page by page, from a database that sorts text in its own way."""

from datetime import UTC, datetime

from metaextract_billing.adapters.storage.reading import books
from metaextract_billing.adapters.storage.rows import writes
from metaextract_billing.domain.accounts import Account
from metaextract_billing.domain.records import Change, Changes

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_accounts_come_in_the_order_of_the_database_which_the_next_page_goes_on_from() -> None:
    owners = ["session:0-b", "session:0a", "Session:1", "user:-2"]  # as most languages sort them
    rows = [writes(Changes((Change(None, Account(owner, owner, NOW)),))).added for owner in owners]
    page = {"credit_balances": [row for one in rows for row in one["credit_balances"]]}

    assert [account.owner for account, _ in books(page)] == owners
