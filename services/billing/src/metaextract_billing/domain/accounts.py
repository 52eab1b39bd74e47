"""An account: what it holds, lot by lot, and every rule by which credits move.

Values never change; each rule returns the account after it, with the transfers it made in `posted`. Whoever
stores the account stores those with it, or neither.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from metaextract_billing.domain import errors
from metaextract_billing.domain.chain import GENESIS, Kind, Place, Transfer
from metaextract_billing.domain.holds import Access, Hold, Share, State
from metaextract_billing.domain.lots import Lot


@dataclass(frozen=True, slots=True)
class Account:
    """Credits of one owner. `version` counts the commits of it; 0 was never stored.

    `lots` are those that anything can still happen to, `holds` the open ones that credits pay for.
    """

    owner: str
    id: str
    create_time: datetime
    version: int = field(default=0, compare=False)
    credits_available: int = 0
    credits_held: int = 0
    credits_owed: int = 0
    transfers_count: int = 0
    seal: str = GENESIS
    lots: tuple[Lot, ...] = ()
    holds: tuple[Hold, ...] = ()
    posted: tuple[Transfer, ...] = ()

    def granted(self, lot: Lot, source: Place, now: datetime) -> "Account":
        """Add a new lot, paid from `source`; what the account owes is settled from it."""
        kind = Kind.PURCHASE if source is Place.CASH_IN else Kind.GRANT
        whole = replace(lot, remaining=lot.amount)
        after = replace(self, lots=(*self.lots, whole))
        return _moved(after, kind, source, Place.AVAILABLE, lot.amount, now, whole).settled(now)

    def held(self, hold: Hold, credits_required: int, now: datetime) -> tuple["Account", Hold]:
        """Set credits aside, out of lots in burn order. Raises ACCOUNT_OWES, INSUFFICIENT_CREDITS."""
        if self.credits_owed:
            raise errors.account_owes(self.credits_owed)
        if self.credits_available < credits_required:
            raise errors.insufficient_credits(self.credits_available, credits_required)
        after: Account = self
        shares: list[Share] = []
        for lot in _spendable(self):
            amount = min(lot.remaining, credits_required - sum(share.amount for share in shares))
            if amount:
                after = _with_lot(after, lot.plus(remaining=-amount, held=amount))
                after = _moved(after, Kind.HOLD, Place.AVAILABLE, Place.HELD, amount, now, lot, hold)
                shares.append(Share(lot.id, amount))
        made = replace(hold, access=Access.CREDITS, shares=tuple(shares))
        return replace(after, holds=(*after.holds, made)), made

    def captured(self, hold: Hold, credits_charged: int, now: datetime) -> tuple["Account", Hold]:
        """Charge, out of what is held in its order, and give the rest back.

        What is charged beyond the hold is set aside first. Raises HOLD_ALREADY_RESOLVED and what `held`
        raises.
        """
        done = hold.resolved(State.CAPTURED, now, credits_charged)
        after, shares = self, hold.shares
        if credits_charged > hold.credits_held:
            after, more = self.held(hold, credits_charged - hold.credits_held, now)
            shares += more.shares
        after, left = _without(after, hold), credits_charged
        for share in shares:
            taken = min(share.amount, left)
            left -= taken
            after = _resolved(after, share, taken, Kind.RELEASE, done, now)
        return after.settled(now).expired(now), done

    def released(self, hold: Hold, state: State, now: datetime) -> tuple["Account", Hold]:
        """Give everything back. Raises HOLD_ALREADY_RESOLVED."""
        done = hold.resolved(state, now)
        after = _without(self, hold)
        kind = Kind.EXPIRY if state is State.EXPIRED else Kind.RELEASE
        for share in hold.shares:
            after = _resolved(after, share, 0, kind, done, now)
        return after.settled(now).expired(now), done

    def expired(self, now: datetime) -> "Account":
        """Take what is left of the lots whose time is over."""
        after = self
        for lot in sorted(self.lots, key=lambda lot: lot.burn_order):
            if lot.is_due(now):
                after = _with_lot(after, lot.plus(remaining=-lot.remaining, expired=lot.remaining))
                after = _moved(after, Kind.EXPIRY, Place.AVAILABLE, Place.BREAKAGE, lot.remaining, now, lot)
        return after

    def settled(self, now: datetime) -> "Account":
        """Pay what the account owes out of what it has."""
        after = self
        for lot in _spendable(self):
            amount = min(lot.remaining, after.credits_owed)
            if amount:
                after = _with_lot(after, lot.plus(remaining=-amount, settled=amount))
                after = _moved(after, Kind.SETTLEMENT, Place.AVAILABLE, Place.OWED, amount, now, lot)
        return after

    def frozen(self, lot: Lot, now: datetime) -> "Account":
        """Put what nobody has used of a lot under dispute; what comes back to it later follows.

        What it paid for a debt is disputed too, so that the debt is open again, for other lots to pay.
        """
        after = _with_lot(self, replace(lot, frozen=True, remaining=0, settled=0, disputed=lot.unspent))
        after = _moved(after, Kind.DISPUTE, Place.AVAILABLE, Place.DISPUTE, lot.remaining, now, lot)
        after = _moved(after, Kind.DISPUTE, Place.OWED, Place.DISPUTE, lot.settled, now, lot)
        return after.settled(now)

    def thawed(self, lot: Lot, now: datetime) -> "Account":
        """Give back what was under dispute."""
        after = _with_lot(
            self, replace(lot, frozen=False, disputed=0, remaining=lot.remaining + lot.disputed)
        )
        after = _moved(after, Kind.DISPUTE, Place.DISPUTE, Place.AVAILABLE, lot.disputed, now, lot)
        return after.expired(now).settled(now)

    def reversed(self, lot: Lot, amount: int, into: Place, now: datetime) -> "Account":
        """Take `amount` of a lot back, at most what is reversible, first what nobody has used of it.

        What was used is owed. So is what is held: once it comes back it pays what is owed.
        """
        kind = Kind.DISPUTE if into is Place.DISPUTE else Kind.REFUND
        left = min(amount, lot.remaining)
        disputed = min(amount - left, lot.disputed)
        settled = min(amount - left - disputed, lot.settled)
        rest = amount - left - disputed - settled
        changed = lot.plus(
            remaining=-left, disputed=-disputed, settled=-settled, reversed=amount - rest, owed=rest
        )
        after = _moved(_with_lot(self, changed), kind, Place.AVAILABLE, into, left, now, lot)
        if into is not Place.DISPUTE:
            after = _moved(after, kind, Place.DISPUTE, into, disputed, now, lot)
        after = _moved(after, kind, Place.OWED, into, settled + rest, now, lot)
        return after.settled(now)

    def handed_over(self, now: datetime) -> tuple["Account", tuple[Lot, ...]]:
        """Give everything that can be spent away; returns the lots as they were."""
        after, given = self, _spendable(self)
        for lot in given:
            after = _with_lot(after, lot.plus(remaining=-lot.remaining, transferred=lot.remaining))
            after = _moved(after, Kind.TRANSFER, Place.AVAILABLE, Place.CLAIM, lot.remaining, now, lot)
        return after, tuple(given)

    def received(self, lots: Iterable[Lot], now: datetime) -> "Account":
        """Take lots that another account handed over."""
        after = self
        for lot in lots:
            after = replace(after, lots=(*after.lots, lot))
            after = _moved(after, Kind.TRANSFER, Place.CLAIM, Place.AVAILABLE, lot.amount, now, lot)
        return after.settled(now)

    def lot(self, id_: str) -> Lot:
        """Return one of the lots. Raises LookupError."""
        for lot in self.lots:
            if lot.id == id_:
                return lot
        raise LookupError(id_)

    def is_sound(self) -> bool:
        """Whether what the account says of itself agrees with its lots and open holds."""
        return (
            all(lot.is_sound() for lot in self.lots)
            and self.credits_available == sum(lot.remaining for lot in self.lots)
            and self.credits_held == sum(lot.held for lot in self.lots)
            and self.credits_held == sum(hold.credits_held for hold in self.holds)
            and self.credits_owed >= 0
            and not (self.credits_owed and self.credits_available)
        )


def _resolved(account: Account, share: Share, taken: int, kind: Kind, hold: Hold, now: datetime) -> Account:
    lot = account.lot(share.lot)
    back = share.amount - taken
    after = _moved(account, Kind.USAGE, Place.HELD, Place.REVENUE, taken, now, lot, hold)
    if lot.frozen:
        after = _with_lot(after, lot.plus(held=-share.amount, consumed=taken, disputed=back))
        return _moved(after, kind, Place.HELD, Place.DISPUTE, back, now, lot, hold)
    after = _with_lot(after, lot.plus(held=-share.amount, consumed=taken, remaining=back))
    return _moved(after, kind, Place.HELD, Place.AVAILABLE, back, now, lot, hold)


def _spendable(account: Account) -> list[Lot]:
    return sorted((lot for lot in account.lots if lot.remaining), key=lambda lot: lot.burn_order)


def _with_lot(account: Account, lot: Lot) -> Account:
    return replace(account, lots=tuple(lot if one.id == lot.id else one for one in account.lots))


def _without(account: Account, hold: Hold) -> Account:
    return replace(account, holds=tuple(one for one in account.holds if one.name != hold.name))


def _moved(
    account: Account,
    kind: Kind,
    debit: Place,
    credit: Place,
    amount: int,
    now: datetime,
    lot: Lot,
    hold: Hold | None = None,
) -> Account:
    if not amount:
        return account
    transfer = Transfer(
        account=account.id,
        number=account.transfers_count + 1,
        kind=kind,
        debit=debit,
        credit=credit,
        amount=amount,
        time=now,
        lot=lot.id,
        hold=hold.name if hold else None,
        payment=lot.payment,
        previous_seal=account.seal,
    ).sealed()

    def change(place: Place) -> int:
        return amount * ((credit is place) - (debit is place))

    return replace(
        account,
        credits_available=account.credits_available + change(Place.AVAILABLE),
        credits_held=account.credits_held + change(Place.HELD),
        credits_owed=account.credits_owed - change(Place.OWED),
        transfers_count=transfer.number,
        seal=transfer.seal,
        posted=(*account.posted, transfer),
    )
