"""Commits of every implementation of `domain.ports.Store`: all or nothing, and never twice."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from metaextract_billing.domain.accounts import Account
from metaextract_billing.domain.allowances import Allowance, AllowanceKind
from metaextract_billing.domain.chain import Place
from metaextract_billing.domain.holds import Access, Hold
from metaextract_billing.domain.lots import Lot
from metaextract_billing.domain.models import Operations
from metaextract_billing.domain.ports import ConflictError, Store
from metaextract_billing.domain.purchases import (
    Order,
    Payment,
    Subscription,
    WebhookReceipt,
)
from metaextract_billing.domain.quotes import Quote
from metaextract_billing.domain.records import (
    AccountKey,
    Answer,
    AnswerKey,
    Change,
    Changes,
    Event,
    HoldRequestKey,
    OrderKey,
    PaymentKey,
    Record,
    key_of,
    stored,
)

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
LATER = datetime(2026, 11, 23, 12, 15, tzinfo=UTC)
OPERATIONS = Operations(embedding=True, forensics=True)


def account_with(owner: str, *amounts: int) -> Account:
    account = Account(owner, f"id of {owner}", NOW)
    for n, amount in enumerate(amounts, 1):
        account = account.granted(Lot(f"{owner}/{n}", amount, NOW), Place.PROMOTION, NOW)
    return account


def hold_of(account: str, name: str = "holds/1", **changes) -> Hold:
    hold = Hold(name, account, f"request of {name}", "body", OPERATIONS, NOW, LATER, Access.UNMETERED)
    return replace(hold, **changes)


ORDER = Order("orders/1", "alice", "starter", 100, 400, "USD", NOW, payment="pay_1")
PAYMENT = Payment("pay_1", NOW, succeeded=True, order="orders/1", credits_granted=100)
CHANGING: list[Record] = [
    account_with("alice", 5),
    hold_of("alice"),
    Quote("quotes/1", "alice", OPERATIONS, (), NOW, LATER),
    *(Allowance(kind, "key", NOW) for kind in AllowanceKind),
    ORDER,
    PAYMENT,
    Subscription("sub_1", NOW),
    WebhookReceipt("msg_1", "payment.succeeded", NOW),
]


def added(*records: Record) -> Changes:
    return Changes(tuple(Change(None, record) for record in records))


def same(found: Record | None, expected: Record) -> bool:
    """Compare everything, the versions too, which records themselves leave out."""
    if isinstance(found, Account) and isinstance(expected, Account):
        versions = [hold.version for hold in found.holds] == [hold.version for hold in expected.holds]
        return found == expected and found.version == expected.version and versions
    return found is not None and found == expected and found.version == expected.version


async def account_in(store: Store, owner: str) -> Account:
    account = (await store.load([AccountKey(owner)]))[AccountKey(owner)]
    assert isinstance(account, Account)
    return account


@pytest.mark.parametrize(
    "record",
    [*CHANGING, Answer("alice", "request", "body", 7)],
    ids=lambda one: f"{type(one).__name__} {getattr(one, 'kind', '')}",
)
async def test_what_exists_is_not_added_again(store: Store, record: Record) -> None:
    if isinstance(record, Hold):
        await store.commit(added(account_with("alice")))
    await store.commit(added(record))

    with pytest.raises(ConflictError):
        await store.commit(added(record))


@pytest.mark.parametrize(
    "record",
    CHANGING,
    ids=lambda one: f"{type(one).__name__} {getattr(one, 'kind', '')}",
)
async def test_only_the_newest_version_is_changed(store: Store, record: Record) -> None:
    if isinstance(record, Hold):
        await store.commit(added(account_with("alice")))
    await store.commit(added(record))
    first = stored(record)
    again = Changes((Change(first, first),))
    await store.commit(again)

    for stale in (again, added(record), Changes((Change(first, replace(first, version=3)),))):
        with pytest.raises(ConflictError):
            await store.commit(stale)

    key = key_of(record)
    assert same((await store.load([key]))[key], stored(first))


async def test_what_was_never_added_is_not_changed(store: Store) -> None:
    with pytest.raises(ConflictError):
        before = replace(ORDER, version=1)
        await store.commit(Changes((Change(before, replace(before, pack="another")),)))

    assert await store.load([OrderKey("orders/1")]) == {}


async def test_nothing_of_a_commit_that_was_overtaken_is_kept(store: Store) -> None:
    await store.commit(added(account_with("alice", 5), ORDER))
    event = Event("happened", {})
    overtaken = (
        Changes((*added(account_with("bob", 5), PAYMENT).records, Change(None, ORDER)), (event,)),
        Changes((Change(None, ORDER), *added(account_with("bob", 5), PAYMENT).records), (event,)),
    )

    for changes in overtaken:
        with pytest.raises(ConflictError):
            await store.commit(changes)

    assert await store.load([AccountKey("bob"), PaymentKey("pay_1")]) == {}
    assert [one async for one in store.transfers("bob")] == []
    assert await store.waiting(10) == []


@pytest.mark.parametrize(
    "second",
    [
        [hold_of("alice", "holds/2", request="request of holds/1")],
        [replace(ORDER, id="orders/2")],
        [replace(account_with("bob"), lots=(Lot("other", 1, NOW, remaining=1, payment="pay_1"),))],
        [Account("alice", "another id", NOW)],
    ],
    ids=["request of a hold", "payment of an order", "payment of a lot", "owner of an account"],
)
async def test_what_only_one_may_have_is_refused_to_another(store: Store, second: list[Record]) -> None:
    bought = Lot("bought", 1, NOW, remaining=1, payment="pay_1")
    await store.commit(added(replace(account_with("alice"), lots=(bought,)), hold_of("alice"), ORDER))

    with pytest.raises(ConflictError):
        await store.commit(added(*second))


async def test_two_owners_may_choose_the_same_request(store: Store) -> None:
    for owner in ("alice", "bob"):
        lot = Lot(f"lot of {owner}", 1, NOW, remaining=1, request="r")
        account = replace(account_with(owner), lots=(lot,))
        hold = hold_of(owner, f"holds/{owner}", request="r")
        await store.commit(added(account, hold, Answer(owner, "r", "body", 1)))

    found = await store.load([HoldRequestKey("bob", "r"), AnswerKey("bob", "r")])

    assert found[HoldRequestKey("bob", "r")].name == "holds/bob"
    assert found[AnswerKey("bob", "r")].owner == "bob"


async def test_lots_of_a_payment_may_be_in_several_accounts_if_they_came_from_one(store: Store) -> None:
    first = Lot("l1", 2, NOW, transferred=2, payment="pay_1")
    claimed = Lot("l2", 2, NOW, remaining=2, payment="pay_1", origin="l1")
    await store.commit(added(replace(account_with("alice"), lots=(first,))))

    await store.commit(added(replace(account_with("bob"), lots=(claimed,))))

    assert (await account_in(store, "bob")).lots == (claimed,)


async def test_a_change_of_an_account_whose_journal_was_another_one_is_overtaken(store: Store) -> None:
    await store.commit(added(account_with("alice", 5)))
    lost = stored(account_with("alice", 6))
    assert isinstance(lost, Account)
    lot = Lot("alice/2", 1, NOW)

    with pytest.raises(ConflictError):
        await store.commit(Changes((Change(lost, lost.granted(lot, Place.PROMOTION, NOW)),)))

    found = await account_in(store, "alice")
    assert (found.credits_available, found.version) == (5, 1)
    await store.commit(Changes((Change(found, found.granted(lot, Place.PROMOTION, NOW)),)))
