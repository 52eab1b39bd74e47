"""The auditor: recomputes an account from its journal alone and names everything that does not agree.

Pure: whoever reads the store feeds it account by account, transfer by transfer, so that its memory does not
grow with the length of a journal (it does with the number of lots and open holds of one account, and with the
number of claims and payments of all).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from metaextract_billing.domain.accounts import Account
from metaextract_billing.domain.chain import GENESIS, Kind, Place, Transfer
from metaextract_billing.domain.holds import Hold, Resolved, State
from metaextract_billing.domain.lots import Lot


class Invariant(StrEnum):
    """What holds of every ledger at every moment."""

    CHAIN = "chain"
    """Numbers follow each other, seals are those of the content, the last one is the account's."""
    MOVE = "move"
    """Each transfer moves something, between places that its kind stands for."""
    BALANCE = "balance"
    """The account says what its journal adds up to, and was never below zero."""
    LOT = "lot"
    """Each lot is where its transfers put it, its parts are the whole, and a frozen one is not spent."""
    HOLD = "hold"
    """What is held is what open holds set aside, lot by lot."""
    CAPTURE = "capture"
    """A hold that was resolved charged what its transfers charged, and there is none without transfers."""
    DEBT = "debt"
    """Nobody owes who could pay."""
    PAYMENT = "payment"
    """A payment that was made brings credits once, to its order; what was taken back its lots have lost."""
    CLAIM = "claim"
    """What was handed over of a lot other accounts received, and nothing else."""


@dataclass(frozen=True, slots=True)
class Violation:
    """An account of which an invariant does not hold; `detail` names numbers, never persons.

    `account` is empty where it concerns more than one.
    """

    invariant: Invariant
    account: str
    detail: str


@dataclass(frozen=True, slots=True)
class Charge:
    """A hold that the journal says is resolved, and the credits that it charged."""

    account: str
    hold: str
    credits_captured: int


_MOVES: Final[dict[Kind, frozenset[tuple[Place, Place]]]] = {
    Kind.PURCHASE: frozenset({(Place.CASH_IN, Place.AVAILABLE)}),
    Kind.GRANT: frozenset({(Place.PROMOTION, Place.AVAILABLE)}),
    Kind.HOLD: frozenset({(Place.AVAILABLE, Place.HELD)}),
    Kind.USAGE: frozenset({(Place.HELD, Place.REVENUE)}),
    Kind.RELEASE: frozenset({(Place.HELD, Place.AVAILABLE), (Place.HELD, Place.DISPUTE)}),
    Kind.EXPIRY: frozenset(
        {
            (Place.HELD, Place.AVAILABLE),
            (Place.HELD, Place.DISPUTE),
            (Place.AVAILABLE, Place.BREAKAGE),
        }
    ),
    Kind.REFUND: frozenset(
        {
            (Place.AVAILABLE, Place.REFUND),
            (Place.DISPUTE, Place.REFUND),
            (Place.OWED, Place.REFUND),
        }
    ),
    Kind.DISPUTE: frozenset(
        {
            (Place.AVAILABLE, Place.DISPUTE),
            (Place.OWED, Place.DISPUTE),
            (Place.DISPUTE, Place.AVAILABLE),
        }
    ),
    Kind.TRANSFER: frozenset({(Place.AVAILABLE, Place.CLAIM), (Place.CLAIM, Place.AVAILABLE)}),
    Kind.SETTLEMENT: frozenset({(Place.AVAILABLE, Place.OWED)}),
}
assert set(_MOVES) == set(Kind)  # noqa: S101 - a new kind must say what it moves

_Sums: TypeAlias = Counter[Place]


class AccountAudit:
    """Follows the journal of one account. Feed it every transfer in order, then ask for violations."""

    def __init__(self, account: Account, resolved: Resolved) -> None:
        self._account = account
        self._resolved_said = resolved
        self._resolved_seen = Resolved()
        self._number = 0
        self._seal = GENESIS
        self._places: _Sums = Counter()
        self._lots: defaultdict[str | None, _Sums] = defaultdict(Counter)
        self._payments: dict[str | None, str | None] = {lot.id: lot.payment for lot in account.lots}
        self._holds: defaultdict[str, Counter[str | None]] = defaultdict(Counter)
        self._captured: Counter[str] = Counter()
        self._found: list[Violation] = []

    def follow(self, transfer: Transfer) -> Charge | None:
        """Add one transfer; return what a hold charged if this is its last."""
        self._check_alone(transfer)
        self._number, self._seal = transfer.number, transfer.seal
        for places in (self._places, self._lots[transfer.lot]):
            places[transfer.debit] -= transfer.amount
            places[transfer.credit] += transfer.amount
        if min(self._places[Place.AVAILABLE], self._places[Place.HELD], -self._places[Place.OWED]) < 0:
            self._violated(Invariant.BALANCE, f"below zero after transfer {transfer.number}")
        return None if transfer.hold is None else self._resolved(transfer, transfer.hold)

    def _check_alone(self, transfer: Transfer) -> None:
        expected = (self._number + 1, self._seal, transfer.expected_seal(), self._account.id)
        if (transfer.number, transfer.previous_seal, transfer.seal, transfer.account) != expected:
            self._violated(Invariant.CHAIN, f"transfer {transfer.number} is not sealed onto {self._number}")
        if transfer.amount <= 0 or (transfer.debit, transfer.credit) not in _MOVES[transfer.kind]:
            self._violated(Invariant.MOVE, f"transfer {transfer.number} is no {transfer.kind}")
        if self._payments.get(transfer.lot) != transfer.payment:
            self._violated(Invariant.LOT, f"transfer {transfer.number} is of another payment than its lot")

    def _resolved(self, transfer: Transfer, hold: str) -> Charge | None:
        held = self._holds[hold]
        held[transfer.lot] += transfer.amount * (
            (transfer.credit is Place.HELD) - (transfer.debit is Place.HELD)
        )
        if transfer.credit is Place.REVENUE:
            self._captured[hold] += transfer.amount
        if any(held.values()):
            return None
        del self._holds[hold]
        charge = Charge(self._account.id, hold, self._captured.pop(hold, 0))
        seen = self._resolved_seen
        self._resolved_seen = Resolved(seen.holds_count + 1, seen.credits_captured + charge.credits_captured)
        return charge

    def violations(self) -> list[Violation]:
        """Return what does not agree."""
        account = self._account
        if (self._number, self._seal) != (account.transfers_count, account.seal):
            self._violated(Invariant.CHAIN, f"the journal ends at {self._number}")
        said = (account.credits_available, account.credits_held, -account.credits_owed)
        if said != tuple(self._places[place] for place in (Place.AVAILABLE, Place.HELD, Place.OWED)):
            self._violated(Invariant.BALANCE, "the balance is not the sum of the journal")
        if account.credits_owed and account.credits_available:
            self._violated(Invariant.DEBT, f"owes {account.credits_owed} and has credits")
        for lot in account.lots:
            self._check_lot(lot)
        if unknown := set(self._lots) - {lot.id for lot in account.lots}:
            self._violated(Invariant.LOT, f"{len(unknown)} lots of the journal do not exist")
        self._check_holds(account.holds)
        self._check_resolved(self._resolved_said, self._resolved_seen)
        return self._found

    def _check_lot(self, lot: Lot) -> None:
        if lot_parts(lot) != _parts_of_journal(self._lots[lot.id], lot) or not lot.is_sound():
            self._violated(Invariant.LOT, f"lot {lot.id} is not where the journal put it")
        if (lot.frozen and lot.remaining + lot.settled) or (lot.disputed and not lot.frozen):
            self._violated(Invariant.LOT, f"lot {lot.id} is disputed and spent at once")
        if lot.payment is None and (lot.frozen or lot.reversed + lot.owed + lot.disputed):
            self._violated(Invariant.LOT, f"lot {lot.id} was taken back, and nobody had paid for it")

    def _check_holds(self, holds: Iterable[Hold]) -> None:
        shares: defaultdict[str, Counter[str | None]] = defaultdict(Counter)
        for hold in holds:
            for share in hold.shares:
                shares[hold.name][share.lot] += share.amount
        for name in {*shares, *self._holds}:
            if shares[name] != self._holds[name]:
                self._violated(Invariant.HOLD, f"{name} holds something else than the journal set aside")

    def _check_resolved(self, said: Resolved, seen: Resolved) -> None:
        if said != seen:
            self._violated(
                Invariant.CAPTURE,
                f"{said.holds_count} holds are resolved and charged {said.credits_captured}, by the journal"
                f" {seen.holds_count} and {seen.credits_captured}",
            )

    def _violated(self, invariant: Invariant, detail: str) -> None:
        self._found.append(Violation(invariant, self._account.id, detail))


def lot_parts(lot: Lot) -> dict[str, int]:
    """Return what a lot says of itself, as far as a journal can tell it apart."""
    return {
        "amount": lot.amount,
        "remaining": lot.remaining,
        "held": lot.held,
        "consumed": lot.consumed,
        "expired": lot.expired,
        "transferred": lot.transferred,
        "settled or owed": lot.settled - lot.owed,
        "taken back": lot.disputed + lot.reversed + lot.owed,
    }


def _parts_of_journal(places: _Sums, lot: Lot) -> dict[str, int]:
    # A lot that was claimed came out of the place where those that are handed over go.
    came = lot.amount if lot.origin is not None else -places[Place.CASH_IN] - places[Place.PROMOTION]
    return {
        "amount": came,
        "remaining": places[Place.AVAILABLE],
        "held": places[Place.HELD],
        "consumed": places[Place.REVENUE],
        "expired": places[Place.BREAKAGE],
        "transferred": places[Place.CLAIM] + (lot.amount if lot.origin is not None else 0),
        "settled or owed": places[Place.OWED],
        "taken back": places[Place.DISPUTE] + places[Place.REFUND],
    }


def charge_violation(charge: Charge, hold: Hold | None) -> Violation | None:
    """Compare what a hold charged by its journal with what is kept of it, None if that is the same."""
    if hold is None:
        return Violation(Invariant.CAPTURE, charge.account, f"{charge.hold} does not exist")
    is_resolved = hold.state is State.CAPTURED or (
        hold.state is not State.HELD and not charge.credits_captured
    )
    if is_resolved and hold.credits_captured == charge.credits_captured:
        return None
    detail = f"{charge.hold} is {hold.state} and its transfers charged {charge.credits_captured}"
    return Violation(Invariant.CAPTURE, charge.account, detail)


class LedgerAudit:
    """Follows what concerns several accounts. Feed it every account, and every transfer of each."""

    def __init__(self) -> None:
        self._purchases: Counter[str] = Counter()
        self._claims = 0
        self._on_the_way: Counter[str] = Counter()

    def see(self, account: Account) -> None:
        """Add an account."""
        for lot in account.lots:
            if lot.transferred:
                self._on_the_way[lot.id] += lot.transferred
            if lot.origin is not None:
                self._on_the_way[lot.origin] -= lot.amount

    def follow(self, transfer: Transfer) -> str | None:
        """Add one transfer; return the payment that it is the purchase of."""
        self._claims += transfer.amount * ((transfer.credit is Place.CLAIM) - (transfer.debit is Place.CLAIM))
        if transfer.kind is not Kind.PURCHASE or transfer.payment is None:
            return None
        self._purchases[transfer.payment] += 1
        return transfer.payment

    def violations(self) -> Iterator[Violation]:
        """Yield what does not agree."""
        if self._claims:
            yield Violation(Invariant.CLAIM, "", f"{self._claims} credits are on the way")
        for lot, amount in self._on_the_way.items():
            if amount:
                yield Violation(
                    Invariant.CLAIM, "", f"{amount} credits of lot {lot} went nowhere or came twice"
                )
        for payment, count in self._purchases.items():
            if count > 1:
                yield Violation(Invariant.PAYMENT, "", f"payment {payment} brought credits {count} times")
