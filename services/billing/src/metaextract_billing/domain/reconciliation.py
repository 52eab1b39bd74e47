"""Bringing accounts to what is known of a payment: credits granted, frozen, taken back.

The outcome depends on what is known alone, not on the order in which it became known.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from metaextract_billing.domain.accounts import Account
from metaextract_billing.domain.chain import Place
from metaextract_billing.domain.lots import Lot
from metaextract_billing.domain.purchases import Order, Pack, Parked, Payment, PaymentFacts

_LOTS: Final = uuid.UUID("5d9fa1f4-5a1b-4a52-8c5f-6f3b0c1c7f5e")
"""Namespace of the lots that payments bring."""
_ADOPTED: Final = uuid.UUID("2f7c1f0e-8f43-4c5e-9b1a-0d6f3a5c9e28")
"""Namespace of orders that the original system made and never wrote."""


@dataclass(frozen=True, slots=True)
class Happening:
    """What a reconciliation did, for analytics; the attributes never identify anybody."""

    name: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reconciled:
    """A payment, its order and the accounts that hold credits of it, after a reconciliation."""

    payment: Payment
    order: Order | None
    accounts: Mapping[str, Account]
    happenings: tuple[Happening, ...] = ()


def reconciled(
    payment: Payment, order: Order | None, accounts: Mapping[str, Account], now: datetime
) -> Reconciled:
    """Bring accounts to what is known of `payment`; doing so again changes nothing.

    `order`: the one it names, if it exists. `accounts`, by owner: every one with lots of the payment, and
    that of the order's owner, as they are at `now`.
    """
    done = Reconciled(payment, order, accounts)
    if not payment.succeeded or payment.parked:
        return done
    if not payment.credits_granted:
        done = _granted(done, now)
    if done.payment.credits_granted:
        done = _taken_back(done, now)
        done = _frozen_or_thawed(done, now)
    return done


def lots_of(payment: str, accounts: Mapping[str, Account]) -> list[tuple[str, Lot]]:
    """Return every lot of a payment with the owner of its account, oldest first."""
    lots = [
        (owner, lot) for owner, account in accounts.items() for lot in account.lots if lot.payment == payment
    ]
    return sorted(lots, key=lambda pair: (pair[1].origin is not None, pair[1].create_time, pair[1].id))


def adopted(facts: PaymentFacts, owner: str, pack: Pack, now: datetime) -> Order | None:
    """Return the order that a payment of the original system stands for; None if it does not stand for one.

    `owner`: of the account that it names; `pack`: that it names. Whoever made the checkout could write
    anything into it, so what counts is what was paid: the price of a pack that is sold now, for as many
    credits as were promised. It is for one payment, whose id is in its own.
    """
    purchase = facts.purchase
    if facts.subscription is not None or purchase is None or purchase.credits != str(pack.credits):
        return None
    order = Order(
        id=str(uuid.uuid5(_ADOPTED, facts.id)),
        owner=owner,
        pack=pack.id,
        credits=pack.credits,
        price_cents=pack.price_cents,
        currency=pack.currency,
        create_time=now,
        product=pack.product,
    )
    payment = replace(Payment(facts.id, now).told(facts), order=order.id)
    return None if _why_parked(payment, order) else order


def _granted(done: Reconciled, now: datetime) -> Reconciled:
    payment, order = done.payment, done.order
    why = _why_parked(payment, order)
    if why is not None or order is None:
        why = why or Parked.ORDER_UNKNOWN
        happening = Happening("purchase.parked", {"reason": why.value})
        return replace(done, payment=replace(payment, parked=why.value), happenings=(happening,))
    lot = Lot(
        id=str(uuid.uuid5(_LOTS, payment.id)),
        amount=order.credits,
        create_time=now,
        description=f"Purchased {order.pack} pack",
        pack=order.pack,
        payment=payment.id,
    )
    account = done.accounts[order.owner].granted(lot, Place.CASH_IN, now)
    happening = Happening("purchase.completed", {"pack": order.pack, "credits": str(order.credits)})
    return Reconciled(
        replace(payment, credits_granted=order.credits),
        replace(order, payment=payment.id),
        {**done.accounts, order.owner: account},
        (happening,),
    )


def _why_parked(payment: Payment, order: Order | None) -> Parked | None:
    if payment.order is None:
        return Parked.SUBSCRIPTION if payment.subscription else Parked.ORDER_MISSING
    if order is None:
        return Parked.ORDER_UNKNOWN
    reasons = {
        Parked.ORDER_ALREADY_PAID: order.payment not in (None, payment.id),
        Parked.CURRENCY_DIFFERS: payment.currency != order.currency,
        Parked.AMOUNT_TOO_SMALL: payment.amount_cents < order.price_cents,
        Parked.PRODUCT_DIFFERS: bool(
            payment.products and order.product and order.product not in payment.products
        ),
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _taken_back(done: Reconciled, now: datetime) -> Reconciled:
    """Take back the share that refunds stand for, and all of it if a dispute was lost.

    What nobody has used goes first, over all lots; the accounts that used the rest owe it.
    """
    payment = done.payment
    wanted = {Place.REFUND: payment.credits_refunded}
    if payment.is_lost:
        wanted[Place.DISPUTE] = payment.credits_granted
    accounts, taken = dict(done.accounts), payment.credits_reversed
    happenings = list(done.happenings)
    for place, total in wanted.items():
        before = taken
        for only_unspent in (True, False):
            for owner, found in lots_of(payment.id, accounts):
                most = min(found.unspent, found.reversible) if only_unspent else found.reversible
                amount = min(most, total - taken)
                if amount > 0:
                    taken += amount
                    accounts[owner] = accounts[owner].reversed(found, amount, place, now)
        if taken > before:
            told = {"cause": place.value, "credits": str(taken - before)}
            happenings.append(Happening("purchase.reversed", told))
    payment = replace(payment, credits_reversed=taken)
    return replace(done, payment=payment, accounts=accounts, happenings=tuple(happenings))


def _frozen_or_thawed(done: Reconciled, now: datetime) -> Reconciled:
    freeze = done.payment.is_disputed
    accounts = dict(done.accounts)
    changed = [(owner, lot) for owner, lot in lots_of(done.payment.id, accounts) if lot.frozen is not freeze]
    for owner, lot in changed:
        account = accounts[owner]
        accounts[owner] = account.frozen(lot, now) if freeze else account.thawed(lot, now)
    if not changed:
        return done
    happening = Happening(f"purchase.{'frozen' if freeze else 'thawed'}", {})
    return replace(done, accounts=accounts, happenings=(*done.happenings, happening))
