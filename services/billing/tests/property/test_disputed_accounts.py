"""An account keeps its books whatever happens to its lots: held, frozen, expired, refunded, lost."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from metaextract_billing.domain.accounts import Account
from metaextract_billing.domain.chain import GENESIS, Place
from metaextract_billing.domain.holds import Access, Hold, State
from metaextract_billing.domain.lots import Lot
from metaextract_billing.domain.models import Operations
from metaextract_common.errors import ServiceError

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ACTS = ("grant", "hold", "capture", "release", "freeze", "thaw", "refund", "lose", "wait", "claim")


@dataclass(frozen=True)
class Act:
    what: str
    which: int
    amount: int


acts = st.lists(
    st.builds(Act, st.sampled_from(ACTS), st.integers(0, 7), st.integers(1, 60)), min_size=1, max_size=40
)


class Books:
    """One account with all that ever was in it, so that closed lots are still looked at."""

    def __init__(self) -> None:
        self.account = Account("alice", "a", START)
        self.now = START
        self.number = 0

    def carry_out(self, act: Act) -> None:
        self.now += timedelta(seconds=1)
        self.account = self.account.expired(self.now)
        try:
            getattr(self, act.what)(act)
        except ServiceError as error:
            if error.reason not in ("INSUFFICIENT_CREDITS", "ACCOUNT_OWES"):
                raise

    def grant(self, act: Act) -> None:
        self.number += 1
        lot = Lot(
            f"lot-{self.number}",
            act.amount,
            self.now,
            promotional=act.which % 2 == 0,
            expire_time=self.now + HOUR * act.which if act.which else None,
            payment=f"pay-{self.number}",
        )
        self.account = self.account.granted(lot, Place.CASH_IN, self.now)

    def hold(self, act: Act) -> None:
        self.number += 1
        hold = Hold(
            name=f"holds/{self.number}",
            account="alice",
            request=str(self.number),
            fingerprint="",
            operations=Operations(),
            create_time=self.now,
            expire_time=self.now + HOUR,
            access=Access.CREDITS,
        )
        self.account, _ = self.account.held(hold, act.amount, self.now)

    def capture(self, act: Act) -> None:
        for hold in self.account.holds[act.which : act.which + 1]:
            self.account, _ = self.account.captured(hold, min(act.amount, hold.credits_held), self.now)

    def release(self, act: Act) -> None:
        for hold in self.account.holds[act.which : act.which + 1]:
            self.account, _ = self.account.released(hold, State.RELEASED, self.now)

    def freeze(self, act: Act) -> None:
        for lot in self._lots(act):
            if not lot.frozen:
                self.account = self.account.frozen(lot, self.now)

    def thaw(self, act: Act) -> None:
        for lot in self._lots(act):
            if lot.frozen:
                self.account = self.account.thawed(lot, self.now)

    def refund(self, act: Act) -> None:
        for lot in self._lots(act):
            amount = min(act.amount, lot.reversible)
            self.account = self.account.reversed(lot, amount, Place.REFUND, self.now)

    def lose(self, act: Act) -> None:
        for lot in self._lots(act):
            self.account = self.account.reversed(lot, lot.reversible, Place.DISPUTE, self.now)
            after = self.account.lot(lot.id)
            if after.frozen:
                self.account = self.account.thawed(after, self.now)

    def wait(self, act: Act) -> None:
        self.now += HOUR * act.which / 2
        self.account = self.account.expired(self.now)

    def claim(self, act: Act) -> None:
        self.account, _ = self.account.handed_over(self.now)

    def _lots(self, act: Act) -> tuple[Lot, ...]:
        return self.account.lots[act.which : act.which + 1]

    def check(self) -> None:
        account = self.account
        assert account.is_sound()
        assert account.credits_owed == sum(lot.owed - lot.settled for lot in account.lots)
        assert all(not lot.frozen or lot.remaining == lot.settled == 0 for lot in account.lots)
        assert all(lot.frozen or lot.disputed == 0 for lot in account.lots)
        self.check_journal()

    def check_journal(self) -> None:
        """What the journal says of every place is what the account and its lots say."""
        places: Counter[str] = Counter()
        seal = GENESIS
        for number, transfer in enumerate(self.account.posted, 1):
            assert transfer.amount > 0
            assert (transfer.number, transfer.previous_seal) == (number, seal)
            seal = transfer.seal
            places[transfer.debit] -= transfer.amount
            places[transfer.credit] += transfer.amount
            assert places[Place.AVAILABLE] >= 0
            assert places[Place.HELD] >= 0
        assert sum(places.values()) == 0
        lots = self.account.lots
        assert places[Place.AVAILABLE] == self.account.credits_available
        assert places[Place.HELD] == self.account.credits_held
        assert places[Place.OWED] == -self.account.credits_owed
        assert places[Place.BREAKAGE] == sum(lot.expired for lot in lots)
        assert places[Place.REVENUE] == sum(lot.consumed for lot in lots)
        assert places[Place.CLAIM] == sum(lot.transferred for lot in lots)
        taken_back = places[Place.REFUND] + places[Place.DISPUTE]
        assert taken_back == sum(lot.reversed + lot.owed + lot.disputed for lot in lots)


@given(acts)
@settings(max_examples=300, deadline=None)
def test_an_account_is_sound_after_every_act(done: list[Act]) -> None:
    books = Books()
    for act in done:
        books.carry_out(act)
        books.check()


@given(acts, st.integers(0, 7))
@settings(max_examples=150, deadline=None)
def test_a_dispute_that_is_opened_and_won_changes_no_balance(done: list[Act], which: int) -> None:
    books = Books()
    for act in done:
        books.carry_out(act)
    books.account = books.account.expired(books.now)
    before = books.account
    for lot in before.lots[which : which + 1]:
        if not lot.frozen:
            frozen = before.frozen(lot, books.now)
            after = frozen.thawed(frozen.lot(lot.id), books.now)
            assert balances(after) == balances(before)


@given(acts, st.integers(0, 7), st.data())
@settings(max_examples=150, deadline=None)
def test_a_refund_takes_the_same_whether_a_dispute_is_open_or_not(
    done: list[Act], which: int, data: st.DataObject
) -> None:
    books = Books()
    for act in done:
        books.carry_out(act)
    before = books.account.expired(books.now)
    for lot in before.lots[which : which + 1]:
        if lot.frozen:
            continue
        amount = data.draw(st.integers(0, lot.reversible))
        plain = before.reversed(lot, amount, Place.REFUND, books.now)
        frozen = before.frozen(lot, books.now)
        disputed = frozen.reversed(frozen.lot(lot.id), amount, Place.REFUND, books.now)
        thawed = disputed.thawed(disputed.lot(lot.id), books.now)
        assert balances(thawed) == balances(plain)
        assert replace(thawed.lot(lot.id), settled=0, remaining=0) == replace(
            plain.lot(lot.id), settled=0, remaining=0
        )


def balances(account: Account) -> tuple[int, int, int]:
    return account.credits_available, account.credits_held, account.credits_owed
