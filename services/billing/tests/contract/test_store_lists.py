"""What every implementation of `domain.ports.Store` finds without being asked for it by name."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from metaextract_billing.domain.accounts import Account
from metaextract_billing.domain.allowances import DAILY, Allowance, AllowanceKind
from metaextract_billing.domain.chain import Place
from metaextract_billing.domain.holds import Access, Hold, Resolved, State
from metaextract_billing.domain.lots import Lot
from metaextract_billing.domain.models import Operations
from metaextract_billing.domain.ports import Due, Figures, Store
from metaextract_billing.domain.purchases import Order, Parked, Payment, WebhookReceipt
from metaextract_billing.domain.records import (
    AccountKey,
    Change,
    Changes,
    Event,
    PaymentKey,
    Record,
    key_of,
)

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
LATER = datetime(2026, 11, 23, 12, 15, tzinfo=UTC)
OPERATIONS = Operations(embedding=True, forensics=True)
ORDER = Order("orders/1", "alice", "starter", 100, 400, "USD", NOW)


def account_with(owner: str, *amounts: int) -> Account:
    account = Account(owner, f"id of {owner}", NOW)
    for n, amount in enumerate(amounts, 1):
        account = account.granted(Lot(f"{owner}/{n}", amount, NOW), Place.PROMOTION, NOW)
    return account


def hold_of(account: str, name: str = "holds/1", **changes) -> Hold:
    hold = Hold(name, account, f"request of {name}", "body", OPERATIONS, NOW, LATER, Access.UNMETERED)
    return replace(hold, **changes)


def added(*records: Record) -> Changes:
    return Changes(tuple(Change(None, record) for record in records))


async def account_in(store: Store, owner: str) -> Account:
    account = (await store.load([AccountKey(owner)]))[AccountKey(owner)]
    assert isinstance(account, Account)
    return account


async def test_an_account_is_found_by_its_id(store: Store) -> None:
    await store.commit(added(account_with("alice"), account_with("bob", 5)))

    found = [await store.owner_of(id_) for id_ in ("id of bob", "id of alice", "id of nobody", "alice")]

    assert found == ["bob", "alice", None, None]


async def test_what_time_has_ended_is_found_oldest_first(store: Store) -> None:
    def lot(owner: str, minutes: int, **parts: int) -> Account:
        made = Lot(f"lot of {owner}", 5, NOW, expire_time=NOW + timedelta(minutes=minutes), **parts)
        return replace(account_with(owner), lots=(made,))

    await store.commit(
        added(
            lot("late", 20, remaining=5),
            lot("second", 2, remaining=5),
            lot("first", 1, remaining=1, held=4),
            lot("spent", 1, consumed=5),
            account_with("never", 5),
            hold_of("never", "holds/late", expire_time=LATER),
            hold_of("never", "holds/b", expire_time=NOW + timedelta(minutes=1)),
            hold_of("never", "holds/a", expire_time=NOW + timedelta(minutes=1)),
            hold_of("never", "holds/first", expire_time=NOW + timedelta(microseconds=1)),
            hold_of("never", "holds/done", expire_time=NOW, state=State.RELEASED, resolve_time=NOW),
        )
    )

    assert await store.due(NOW, 10) == Due((), ())
    assert await store.due(NOW + timedelta(minutes=2), 10) == Due(
        ("holds/first", "holds/a", "holds/b"), ("first", "second")
    )
    assert await store.due(NOW + timedelta(minutes=2), 1) == Due(("holds/first",), ("first",))


async def test_events_wait_in_their_order_until_they_are_delivered(store: Store) -> None:
    events = [Event(f"event.{n}", {"n": str(n), "ü": "\U0001f4b3"}) for n in range(5)]
    await store.commit(Changes(added(ORDER).records, tuple(events[:3])))
    await store.commit(Changes((), tuple(events[3:])))

    waiting = await store.waiting(10)
    first = await store.waiting(2)
    await store.delivered([one.id for one in waiting[1:3]])

    assert [one.event for one in waiting] == events
    assert list(first) == list(waiting[:2])
    assert len({one.id for one in waiting}) == 5
    assert all(abs(datetime.now(UTC) - one.time) < timedelta(minutes=1) for one in waiting)
    assert [one.event for one in await store.waiting(10)] == [events[0], *events[3:]]


async def test_what_counts_for_a_day_only_is_forgotten_and_nothing_else(store: Store) -> None:
    records = [
        Allowance(kind, key, time) for kind in AllowanceKind for key, time in (("a", NOW), ("b", LATER))
    ]
    await store.commit(added(*records))

    await store.forget(LATER)

    kept = [key_of(record) for record in records if record.kind not in DAILY or record.create_time == LATER]
    assert set(await store.load([key_of(record) for record in records])) == set(kept)
    await store.commit(added(*(record for record in records if key_of(record) not in kept)))


async def test_receipts_are_forgotten_by_age_and_nothing_else(store: Store) -> None:
    receipts = [WebhookReceipt("old", "payment.succeeded", NOW), WebhookReceipt("new", "a", LATER)]
    await store.commit(added(*receipts, Payment("old", NOW)))

    await store.forget_receipts(LATER)

    keys = [key_of(receipts[0]), key_of(receipts[1]), PaymentKey("old")]
    assert set(await store.load(keys)) == set(keys[1:])
    await store.commit(added(receipts[0]))


async def test_payments_that_are_parked_are_listed_by_id(store: Store) -> None:
    parked = [Payment(f"pay_{n}", NOW, succeeded=True, parked=Parked.ORDER_MISSING.value) for n in "aBcd"]
    other = Payment("pay_b", NOW, succeeded=True, parked=Parked.SUBSCRIPTION.value)
    await store.commit(added(*parked, other, Payment("pay_e", NOW, succeeded=True)))

    first = await store.parked_payments("", 2)
    rest = await store.parked_payments(first[-1].id, 10)

    assert [one.id for one in (*first, *rest)] == ["pay_B", "pay_a", "pay_c", "pay_d"]
    assert rest[-1] == parked[-1]


async def test_the_journal_is_read_in_its_order_as_it_was_written(store: Store) -> None:
    account = account_with("alice", *range(1, 13))
    await store.commit(added(account, account_with("bob", 1)))
    before = await account_in(store, "alice")
    held, hold = before.held(hold_of("alice"), 70, NOW)
    await store.commit(Changes((Change(before, held), Change(None, hold))))

    journal = [one async for one in store.transfers("alice")]

    assert journal == [*account.posted, *held.posted]
    assert [one async for one in store.transfers("alice", 5)] == journal[5:]
    assert [one async for one in store.transfers("alice", 5, 3)] == journal[5:8]
    assert [one async for one in store.transfers("alice", 0, 0)] == []
    assert [one async for one in store.transfers("nobody")] == []
    assert list(await store.newest_transfers("alice", 0, None, 1000)) == journal[::-1]
    assert list(await store.newest_transfers("alice", 3, 8, 3)) == [journal[6], journal[5], journal[4]]
    assert list(await store.newest_transfers("nobody", 0, None, 10)) == []


async def test_payments_are_listed_by_id_whatever_became_of_them(store: Store) -> None:
    parked = Payment("pay_B", NOW, succeeded=True, parked=Parked.ORDER_MISSING.value)
    await store.commit(added(parked, *(Payment(id_, NOW) for id_ in ("pay_b", "pay_a", "pay_C"))))

    assert list(await store.payment_ids("", 3)) == ["pay_B", "pay_C", "pay_a"]
    assert list(await store.payment_ids("pay_a", 3)) == ["pay_b"]
    assert list(await store.payment_ids("pay_b", 3)) == []


async def test_no_lot_is_without_an_account(store: Store) -> None:
    await store.commit(added(account_with("alice", 2, 3), account_with("bob", 4)))

    assert await store.stray_lots_count() == 0


async def test_the_books_show_every_account_with_all_its_lots_as_of_one_moment(store: Store) -> None:
    carol = account_with("carol", 1)
    closed = replace(carol, lots=(replace(carol.lots[0], remaining=0, consumed=1),))
    await store.commit(added(account_with("bob", 2, 3), closed))
    alice, hold = account_with("alice", 4).held(hold_of("alice"), 3, NOW)
    await store.commit(added(alice, hold))

    books = {}
    async for account, _, transfers in store.books():
        if not books:
            await store.commit(added(account_with("late", 1)))
        books[account.owner] = (account, [one async for one in transfers])

    assert sorted(books) == ["alice", "bob", "carol"]
    assert books["carol"][0].lots == closed.lots
    assert books["alice"][0].holds == (replace(hold, version=1),)
    assert [len(transfers) for _, transfers in (books["alice"], books["bob"], books["carol"])] == [2, 2, 1]
    assert books["bob"][1] == list(account_with("bob", 2, 3).posted)


async def test_the_books_add_up_resolved_holds_that_set_credits_aside(store: Store) -> None:
    account, held = account_with("alice", 9).held(hold_of("alice", "holds/1", access=Access.CREDITS), 3, NOW)
    account, open_hold = account.held(hold_of("alice", "holds/2", access=Access.CREDITS), 2, NOW)
    account, other = account.held(hold_of("alice", "holds/3", access=Access.CREDITS), 1, NOW)
    account, captured = account.captured(held, 2, NOW)
    account, released = account.released(other, State.RELEASED, NOW)
    nothing = replace(hold_of("alice", "holds/4"), state=State.CAPTURED, resolve_time=NOW)
    await store.commit(added(account, captured, open_hold, released, nothing, account_with("bob", 1)))

    books = {account.owner: resolved async for account, resolved, _ in store.books()}

    assert books == {"alice": Resolved(2, 2), "bob": Resolved()}


async def test_a_store_that_works_passes_its_check(store: Store) -> None:
    await store.check()
    await store.check()


async def test_figures_say_what_waits_and_since_when(store: Store) -> None:
    assert await store.figures() == Figures()
    minute = timedelta(minutes=1)
    forever = Lot("forever", 1, NOW)
    empty = Lot("empty", 1, NOW, consumed=1, expire_time=NOW)
    account = replace(account_with("alice"), lots=(replace(forever, remaining=1), empty))
    done = replace(hold_of("alice", "holds/done"), state=State.RELEASED, resolve_time=NOW)
    older = replace(hold_of("alice", "holds/2"), create_time=NOW - minute, expire_time=LATER + minute)
    parked = Payment("p", NOW, succeeded=True, parked=Parked.ORDER_MISSING.value)
    paid = Payment("q", NOW, succeeded=True, parked=Parked.SUBSCRIPTION.value)
    records = added(account, done, hold_of("alice"), older, parked, paid).records
    await store.commit(Changes(records, (Event("a", {}), Event("b", {}))))
    [first, _] = await store.waiting(2)

    figures = await store.figures()
    bob = replace(account_with("bob"), lots=(Lot("due", 1, NOW, remaining=1, expire_time=NOW + minute),))
    await store.commit(added(bob))

    assert figures == Figures(2, NOW - minute, LATER, 2, first.time, 1)
    assert (await store.figures()).due_time == NOW + minute
