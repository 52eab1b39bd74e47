"""What is known of a payment, and what it does to accounts."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from metaextract_billing.domain.accounts import Account
from metaextract_billing.domain.chain import Place
from metaextract_billing.domain.holds import Access, Hold, State
from metaextract_billing.domain.lots import Lot
from metaextract_billing.domain.models import Operations
from metaextract_billing.domain.purchases import (
    WHOLE_PAYMENT_CENTS,
    Dispute,
    DisputeState,
    Order,
    Parked,
    Payment,
    PaymentFacts,
    Refund,
    Subscription,
    SubscriptionFacts,
)
from metaextract_billing.domain.reconciliation import Reconciled, lots_of, reconciled

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ORDER = Order("o1", "alice", "starter", 100, 400, "USD", NOW, product="pdt")
PAID = PaymentFacts("p1", True, "succeeded", "o1", None, 400, "USD", ("pdt",))
NOBODY_KNOWS = Payment("p1", NOW)
ALICE = Account("alice", "a", NOW)
BOB = Account("bob", "b", NOW)
OPEN, WON, LOST = (PaymentFacts("p1", disputes=(Dispute("d1", state),)) for state in DisputeState)


def refund(cents: int, id_: str = "r1") -> PaymentFacts:
    return PaymentFacts("p1", refunds=(Refund(id_, cents),))


def after(*facts: PaymentFacts, done: Reconciled | None = None) -> Reconciled:
    """Take messages in one by one, as they come."""
    done = done or Reconciled(NOBODY_KNOWS, ORDER, {"alice": ALICE})
    for told in facts:
        payment = done.payment.told(told)
        order = done.order if payment.order else None
        step = reconciled(payment, order, done.accounts, NOW)
        done = replace(step, order=step.order or done.order)
    return done


def balance(done: Reconciled, owner: str = "alice") -> tuple[int, int, int]:
    account = done.accounts[owner]
    assert account.is_sound()
    return account.credits_available, account.credits_held, account.credits_owed


def held(done: Reconciled, credits_held: int, owner: str = "alice") -> tuple[Reconciled, Hold]:
    hold = Hold("holds/1", owner, "r", "", Operations(), NOW, NOW + timedelta(hours=1), Access.CREDITS)
    account, hold = done.accounts[owner].held(hold, credits_held, NOW)
    return replace(done, accounts={**done.accounts, owner: account}), hold


def spent(done: Reconciled, credits_spent: int, owner: str = "alice") -> Reconciled:
    done, hold = held(done, credits_spent, owner)
    account, _ = done.accounts[owner].captured(hold, credits_spent, NOW)
    return replace(done, accounts={**done.accounts, owner: account})


def released(done: Reconciled, hold: Hold) -> Reconciled:
    account, _ = done.accounts[hold.account].released(hold, State.RELEASED, NOW)
    return replace(done, accounts={**done.accounts, hold.account: account})


def claimed(done: Reconciled) -> Reconciled:
    giver, given = done.accounts["alice"].handed_over(NOW)
    taken = [
        Lot(f"claimed-{lot.id}", lot.remaining, NOW, remaining=lot.remaining, payment="p1", origin=lot.id)
        for lot in given
    ]
    return replace(done, accounts={"alice": giver, "bob": BOB.received(taken, NOW)})


def test_a_payment_grants_the_credits_of_its_order_once() -> None:
    done = after(PAID, PAID, PAID)

    assert balance(done) == (100, 0, 0)
    assert (done.payment.credits_granted, done.payment.parked) == (100, None)
    assert done.order is not None
    assert done.order.payment == "p1"
    [(owner, lot)] = lots_of("p1", done.accounts)
    assert (owner, lot.amount, lot.pack, lot.description) == (
        "alice",
        100,
        "starter",
        "Purchased starter pack",
    )


def test_a_second_payment_of_an_order_is_parked() -> None:
    done = after(PAID)
    second = Payment("p2", NOW).told(replace(PAID, id="p2"))

    twice = reconciled(second, done.order, done.accounts, NOW)

    assert twice.payment.parked == Parked.ORDER_ALREADY_PAID == "order_already_paid"
    assert twice.accounts == done.accounts
    assert [one.attributes for one in twice.happenings] == [{"reason": "order_already_paid"}]


@pytest.mark.parametrize(
    ("facts", "order", "reason"),
    [
        (replace(PAID, order=None), None, Parked.ORDER_MISSING),
        (replace(PAID, order=None, subscription="s"), None, Parked.SUBSCRIPTION),
        (replace(PAID, order="o9"), None, Parked.ORDER_UNKNOWN),
        (replace(PAID, amount_cents=399), ORDER, Parked.AMOUNT_TOO_SMALL),
        (replace(PAID, currency="INR", amount_cents=33000), ORDER, Parked.CURRENCY_DIFFERS),
        (replace(PAID, products=("other",)), ORDER, Parked.PRODUCT_DIFFERS),
    ],
)
def test_a_payment_that_is_not_what_was_ordered_is_parked_and_never_granted(
    facts: PaymentFacts, order: Order | None, reason: Parked
) -> None:
    payment = NOBODY_KNOWS.told(facts)

    done = reconciled(payment, order, {"alice": ALICE}, NOW)
    again = reconciled(done.payment.told(PAID), ORDER, done.accounts, NOW)

    assert done.payment.parked == again.payment.parked == reason
    assert balance(done) == balance(again) == (0, 0, 0)


def test_tax_on_top_and_a_cart_that_is_not_told_do_not_matter() -> None:
    assert balance(after(replace(PAID, amount_cents=476, products=()))) == (100, 0, 0)


def test_nothing_moves_before_the_payment_succeeded() -> None:
    done = after(refund(100), OPEN, PaymentFacts("p1", status="processing"))

    assert balance(done) == (0, 0, 0)
    assert not done.happenings
    assert balance(after(PAID, done=done)) == (0, 0, 0)  # 75 of them are frozen
    assert balance(after(PAID, WON, done=done)) == (75, 0, 0)


@pytest.mark.parametrize(
    ("refunds", "credits_left"),
    [((100,), 75), ((1,), 99), ((100, 100), 50), ((400,), 0), ((300, 300), 0), ((WHOLE_PAYMENT_CENTS,), 0)],
)
def test_a_refund_takes_its_share_of_the_credits(refunds: tuple[int, ...], credits_left: int) -> None:
    told = [refund(cents, f"r{number}") for number, cents in enumerate(refunds)]

    done = after(PAID, *told, *told)

    assert balance(done) == (credits_left, 0, 0)
    assert done.payment.credits_reversed == 100 - credits_left


def test_a_refund_of_spent_credits_is_owed_and_paid_by_what_comes_in() -> None:
    done = after(refund(400), done=spent(after(PAID), 60))
    assert balance(done) == (0, 0, 60)

    account = done.accounts["alice"].granted(Lot("present", 80, NOW), Place.PROMOTION, NOW)

    assert (account.credits_available, account.credits_owed) == (20, 0)


def test_expired_credits_are_not_owed() -> None:
    done = spent(after(PAID), 10)
    account = done.accounts["alice"]
    [lot] = account.lots
    dated = replace(account, lots=(replace(lot, expire_time=NOW),)).expired(NOW)

    after_refund = after(refund(400), done=replace(done, accounts={"alice": dated}))

    assert balance(after_refund) == (0, 0, 10)
    assert after_refund.payment.credits_reversed == 10


def test_an_open_dispute_freezes_and_a_won_one_gives_back() -> None:
    done = after(OPEN, done=spent(after(PAID), 30))
    assert balance(done) == (0, 0, 0)
    assert done.accounts["alice"].lots[0].disputed == 70

    assert balance(after(WON, done=done)) == (70, 0, 0)
    assert balance(after(WON, OPEN, done=done)) == (70, 0, 0)  # an old message of the same dispute


def test_a_lost_dispute_takes_everything_and_what_was_spent_is_owed() -> None:
    done = after(OPEN, LOST, done=spent(after(PAID), 30))

    assert balance(done) == (0, 0, 30)
    assert done.payment.credits_reversed == 100
    assert after(LOST, OPEN, WON, done=done).accounts == done.accounts


@pytest.mark.parametrize("order", list(itertools.permutations((refund(100), LOST, OPEN))))
def test_a_refund_and_a_lost_dispute_take_each_credit_once(order: tuple[PaymentFacts, ...]) -> None:
    done = after(PAID, *order)

    assert balance(done) == (0, 0, 0)
    assert done.payment.credits_reversed == 100
    [(_, lot)] = lots_of("p1", done.accounts)
    assert (lot.reversed, lot.disputed, lot.owed, lot.frozen) == (100, 0, 0, False)


def test_what_is_held_while_a_dispute_is_open_comes_back_under_dispute() -> None:
    done, hold = held(after(PAID), 40)
    done = released(after(OPEN, done=done), hold)

    assert balance(done) == (0, 0, 0)
    assert balance(after(WON, done=done)) == (100, 0, 0)


@pytest.mark.parametrize("outcome", [WON, LOST])
def test_what_is_held_when_all_is_refunded_under_dispute_is_not_stuck(outcome: PaymentFacts) -> None:
    done, hold = held(after(PAID), 40)
    done = after(OPEN, refund(400), done=done)
    assert balance(done) == (0, 40, 40)

    done = after(outcome, done=released(done, hold))

    assert balance(done) == (0, 0, 0)
    [(_, lot)] = lots_of("p1", done.accounts)
    assert (lot.frozen, lot.disputed) == (False, 0)


def test_a_second_dispute_freezes_again() -> None:
    second = [PaymentFacts("p1", disputes=(Dispute("d2", state),)) for state in DisputeState]
    done = after(PAID, OPEN, WON, second[0])
    assert balance(done) == (0, 0, 0)

    assert balance(after(second[1], done=done)) == (100, 0, 0)
    assert balance(after(second[2], done=done)) == (0, 0, 0)
    assert balance(after(WON, done=after(PAID, OPEN, second[0]))) == (0, 0, 0)


def test_lots_that_were_claimed_into_another_account_are_found() -> None:
    done = claimed(spent(after(PAID), 30))
    assert balance(done, "bob") == (70, 0, 0)

    assert balance(after(OPEN, done=done), "bob") == (0, 0, 0)
    assert balance(after(OPEN, WON, done=done), "bob") == (70, 0, 0)
    lost = after(LOST, done=done)
    assert (balance(lost), balance(lost, "bob")) == ((0, 0, 30), (0, 0, 0))


def test_whoever_used_the_credits_owes_them() -> None:
    done = spent(claimed(spent(after(PAID), 30)), 50, "bob")

    lost = after(LOST, done=done)

    assert (balance(lost), balance(lost, "bob")) == ((0, 0, 30), (0, 0, 50))


def test_a_refund_takes_what_nobody_used_before_anybody_owes() -> None:
    done = claimed(spent(after(PAID), 30))

    partly = after(refund(200), done=done)
    assert (balance(partly), balance(partly, "bob")) == ((0, 0, 0), (20, 0, 0))

    wholly = after(refund(200, "r2"), done=partly)
    assert (balance(wholly), balance(wholly, "bob")) == ((0, 0, 30), (0, 0, 0))


def test_a_dispute_opens_the_debt_again_that_the_lot_has_paid() -> None:
    """Else it would matter whether the dispute of one payment or the refund of another came first."""
    debt = spent(after(PAID), 60)
    second = Order("o2", "alice", "starter", 100, 400, "USD", NOW)
    other = reconciled(
        Payment("p2", NOW).told(replace(PAID, id="p2", order="o2", products=())), second, debt.accounts, NOW
    )
    opened = replace(other.payment, disputes=(Dispute("d", DisputeState.OPEN),))

    refund_first = after(refund(400), done=replace(debt, accounts=other.accounts))
    one = reconciled(opened, other.order, refund_first.accounts, NOW)
    dispute_first = reconciled(opened, other.order, other.accounts, NOW)
    two = after(refund(400), done=replace(debt, accounts=dispute_first.accounts))

    assert balance(refund_first) == (40, 0, 0)
    assert balance(one) == balance(two) == (0, 0, 60)


def test_of_a_subscription_the_newest_by_event_time_is_kept() -> None:
    told = [
        SubscriptionFacts("s", NOW + timedelta(hours=hours), status, owner="alice")
        for hours, status in ((0, "active"), (2, "cancelled"), (1, "on_hold"), (2, "active"))
    ]
    ends = set()
    for order in itertools.permutations(told):
        known = Subscription("s", NOW)
        for facts in order:
            known = known.told(facts)
        ends.add(known)

    [end] = ends
    assert (end.status, end.owner, end.status_time) == ("cancelled", "alice", NOW + timedelta(hours=2))
