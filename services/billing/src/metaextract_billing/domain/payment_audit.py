"""The auditor of payments: compares each with its order and with the lots it brought, wherever they are."""

from collections.abc import Iterator, Mapping

from metaextract_billing.domain.accounts import Account
from metaextract_billing.domain.audit import Invariant, Violation
from metaextract_billing.domain.lots import Lot
from metaextract_billing.domain.purchases import Order, Payment
from metaextract_billing.domain.reconciliation import lots_of


def payment_violations(
    id_: str, payment: Payment | None, order: Order | None, accounts: Mapping[str, Account]
) -> Iterator[Violation]:
    """Yield what does not agree between a payment, the order it names and all of its lots, as of one moment.

    `accounts` by owner.
    """
    if payment is None:
        yield _violation(id_, "brought credits and is not known")
        return
    lots = lots_of(id_, accounts)
    mine = [lot for _, lot in lots]
    if payment.credits_granted != sum(lot.amount for lot in mine if lot.origin is None):
        yield _violation(id_, "brought another number of credits than it says")
    if payment.credits_reversed != sum(lot.reversed + lot.owed for lot in mine):
        yield _violation(id_, "was taken back otherwise than its lots say")
    if any(lot.frozen is not payment.is_disputed for lot in mine):
        yield _violation(id_, "is disputed otherwise than its lots say")
    if not payment.succeeded or payment.parked:
        if payment.credits_granted:
            yield _violation(id_, "brought credits and was not made, or is parked")
    elif not payment.credits_granted:
        yield _violation(id_, "was made and brought no credits")
    else:
        yield from _of_order(payment, order, [owner for owner, lot in lots if lot.origin is None])
        yield from _of_what_went_back(payment, mine)


def _of_order(payment: Payment, order: Order | None, owners: list[str]) -> Iterator[Violation]:
    if order is None or order.payment != payment.id:
        yield _violation(payment.id, "is not the one of its order")
    elif order.credits != payment.credits_granted or any(owner != order.owner for owner in owners):
        yield _violation(payment.id, "brought something else than its order asks for, or to somebody else")


def _of_what_went_back(payment: Payment, lots: list[Lot]) -> Iterator[Violation]:
    wanted = payment.credits_granted if payment.is_lost else payment.credits_refunded
    if payment.credits_reversed > wanted:
        yield _violation(payment.id, "was taken back, and nobody refunded that much or won a dispute")
    elif payment.credits_reversed < wanted and any(lot.reversible for lot in lots):
        yield _violation(payment.id, "was refunded, or lost to a dispute, and not taken back")


def _violation(payment: str, detail: str) -> Violation:
    return Violation(Invariant.PAYMENT, "", f"payment {payment} {detail}")
