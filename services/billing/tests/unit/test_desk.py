"""What decisions cost: round trips to the store, and being overtaken."""

import asyncio
import copy
from contextvars import ContextVar
from datetime import timedelta
from itertools import pairwise

import pytest

from metaextract_billing.adapters.storage.memory import MemoryStore
from metaextract_billing.application.accounts import GrantCredits
from metaextract_billing.application.audit import AuditLedger
from metaextract_billing.application.desk import Desk
from metaextract_billing.application.free_uses import FreeUses
from metaextract_billing.application.holds import CaptureHold, CreateHold, HoldRequest
from metaextract_billing.application.quotes import CreateQuote, StatedFile
from metaextract_billing.domain import errors
from metaextract_billing.domain.accounts import Account
from metaextract_billing.domain.allowances import Limits
from metaextract_billing.domain.holds import Access
from metaextract_billing.domain.identities import Identities
from metaextract_billing.domain.models import Operations
from metaextract_billing.domain.records import AccountKey, Book, QuoteKey
from metaextract_common.errors import ServiceError

LIFETIME = timedelta(minutes=15)
PLAIN = HoldRequest(None, 1000, Operations(), None)


class CountedStore(MemoryStore):
    """Counts round trips, and lets others go on before each; may commit and not say so."""

    def __init__(self) -> None:
        super().__init__()
        self.round_trips: list[str] = []
        self.loses_answer = False

    async def load(self, keys):
        self.round_trips.append("load")
        await asyncio.sleep(0)
        return await super().load(keys)

    async def commit(self, changes):
        self.round_trips.append("commit")
        await asyncio.sleep(0)
        await super().commit(changes)
        if self.loses_answer:
            raise errors.ledger_unavailable()


@pytest.fixture
def store() -> CountedStore:
    return CountedStore()


@pytest.fixture
def desk(store) -> Desk:
    return Desk(store)


@pytest.fixture
def create(desk, clock) -> CreateHold:
    free = FreeUses(Limits(), Identities(b"k" * 32), frozenset())
    return CreateHold(desk, clock, metered=True, lifetime=LIFETIME, free=free)


async def test_a_hold_for_credits_and_its_capture_take_two_round_trips(store, desk, create, clock) -> None:
    await GrantCredits(desk, clock)("alice", "g", 10)
    store.round_trips.clear()

    hold = await create("alice", "r", PLAIN)
    await CaptureHold(desk, clock)(hold.name, Operations(), 1000, None)

    assert hold.access is Access.CREDITS
    assert store.round_trips == ["commit", "commit"]


async def test_a_hold_of_an_account_that_is_not_remembered_takes_one_more(store, create, clock) -> None:
    elsewhere = Desk(store)
    await GrantCredits(elsewhere, clock)("alice", "g", 10)
    store.round_trips.clear()

    hold = await create("alice", "r", PLAIN)
    await CaptureHold(create.desk, clock)(hold.name, Operations(), 1000, None)

    assert store.round_trips == ["load", "commit", "commit"]


async def test_a_free_check_and_its_capture_take_three_round_trips(store, desk, create, clock) -> None:
    for number in range(2):
        store.round_trips.clear()
        hold = await create("alice", f"r{number}", HoldRequest("d", 1000, Operations(), None))
        await CaptureHold(desk, clock)(hold.name, Operations(), 1000, None)

        assert hold.access is Access.FREE_CHECK
        assert store.round_trips == ["load", "commit", "commit"]


async def test_a_quote_takes_one_round_trip(store, desk, clock) -> None:
    await CreateQuote(desk, clock, LIFETIME)("alice", [StatedFile("f", 1, None)], Operations())

    assert store.round_trips == ["commit"]


async def test_a_quote_whose_answer_was_lost_is_made_once(store, desk, clock) -> None:
    store.loses_answer = True
    quote = await CreateQuote(desk, clock, LIFETIME)("alice", [StatedFile("f", 1, None)], Operations())

    assert store.round_trips == ["commit", "load"]
    assert quote in (await store.load([QuoteKey(quote.name)])).values()


async def test_a_repeated_request_gets_the_first_hold_whoever_remembers_it(
    store, desk, create, clock
) -> None:
    await GrantCredits(desk, clock)("alice", "g", 10)
    first = await create("alice", "r", PLAIN)
    again = await create("alice", "r", PLAIN)
    elsewhere = await CreateHold(Desk(store), clock, True, LIFETIME, create.free)("alice", "r", PLAIN)

    assert first.name == again.name == elsewhere.name


async def test_those_who_share_a_budget_in_one_process_do_not_overtake_each_other(desk, create) -> None:
    requests = [
        HoldRequest(f"d{number}", 1000, Operations(), None, None, "192.0.2.1") for number in range(20)
    ]
    made = await asyncio.gather(*(create(f"s{n}", "r", one) for n, one in enumerate(requests)))

    assert {hold.access for hold in made} == {Access.FREE_CHECK}
    assert desk.tally.conflicts_count == 0


async def test_those_who_wait_at_the_same_time_are_committed_together(store, desk, create, clock) -> None:
    await GrantCredits(desk, clock)("alice", "g", 20)
    store.round_trips.clear()

    made = await asyncio.gather(*(create("alice", f"r{n}", PLAIN) for n in range(20)))
    done = await asyncio.gather(
        *(CaptureHold(desk, clock)(hold.name, Operations(), 1000, None) for hold in made)
    )

    assert len({hold.name for hold in made}) == 20
    assert [hold.credits_captured for hold in done] == [1] * 20
    assert store.round_trips == ["commit", "commit"]
    [transfers] = [[one async for one in journal] async for _, _, journal in store.books()]
    assert [one.number for one in transfers] == list(range(1, 42))
    assert all(one.previous_seal == before.seal for before, one in pairwise(transfers))
    assert all(one.seal == one.expected_seal() for one in transfers)


async def test_of_those_committed_together_as_many_are_paid_as_there_are_credits(desk, create, clock) -> None:
    await GrantCredits(desk, clock)("alice", "g", 3)

    made = await asyncio.gather(*(create("alice", f"r{n}", PLAIN) for n in range(5)), return_exceptions=True)

    refused = [one for one in made if isinstance(one, ServiceError)]
    assert [one.reason for one in refused] == ["INSUFFICIENT_CREDITS"] * 2
    assert len(made) - len(refused) == 3


async def test_one_request_made_twice_at_once_makes_one_hold(desk, create, clock) -> None:
    await GrantCredits(desk, clock)("alice", "g", 3)

    first, second = await asyncio.gather(create("alice", "r", PLAIN), create("alice", "r", PLAIN))

    assert first.name == second.name


async def test_a_defective_decision_fails_alone(store, desk, create, clock) -> None:
    await GrantCredits(desk, clock)("alice", "g", 3)

    def defective(_: Book) -> None:
        raise ZeroDivisionError

    made, *failures = await asyncio.gather(
        create("alice", "r", PLAIN),
        desk.carry_out([AccountKey("bob")], defective),
        desk.carry_out([AccountKey("carol")], defective),
        return_exceptions=True,
    )

    assert made.access is Access.CREDITS
    assert [type(one) for one in failures] == [ZeroDivisionError] * 2


async def test_what_no_store_takes_fails_alone(store, desk, create, clock, monkeypatch) -> None:
    await GrantCredits(desk, clock)("alice", "g", 3)
    commit = store.commit

    async def checked(changes) -> None:
        if any(isinstance(one.after, Account) and one.after.owner == "bob" for one in changes.records):
            raise ZeroDivisionError
        await commit(changes)

    monkeypatch.setattr(store, "commit", checked)
    made, failed = await asyncio.gather(
        create("alice", "r", PLAIN), GrantCredits(desk, clock)("bob", "g", 1), return_exceptions=True
    )

    assert made.access is Access.CREDITS
    assert isinstance(failed, ZeroDivisionError)


async def test_whoever_gives_up_waiting_keeps_nobody_else_waiting(store, desk, create, clock) -> None:
    await GrantCredits(desk, clock)("alice", "g", 3)
    gone = asyncio.create_task(create("alice", "r1", PLAIN))
    await asyncio.sleep(0)
    stays = asyncio.create_task(create("alice", "r2", PLAIN))
    gone.cancel()

    assert (await stays).access is Access.CREDITS
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_an_event_belongs_to_the_work_that_caused_it(desk, create, clock, store) -> None:
    who: ContextVar[str] = ContextVar("who")
    told: list[str] = []
    commit = store.commit

    async def listening(changes) -> None:
        told.extend(one.context[who] for one in changes.events if one.name == "hold.created")
        await commit(changes)

    store.commit = listening

    async def ask(name: str) -> None:
        who.set(name)
        await create(name, "r", HoldRequest(f"device of {name}", 1000, Operations(), None))

    await asyncio.gather(*(asyncio.create_task(ask(name)) for name in ("alice", "bob", "carol")))

    assert sorted(told) == ["alice", "bob", "carol"]


async def test_what_a_database_lost_is_not_remembered(store, clock) -> None:
    async def grant(by: Desk, request: str) -> int:
        return await GrantCredits(by, clock)("alice", request, 10)

    desk = Desk(store, tells=False)
    await grant(desk, "kept")
    kept = copy.deepcopy(vars(store))
    await grant(desk, "lost 1")
    await grant(desk, "lost 2")
    vars(store).update(
        copy.deepcopy(kept)
    )  # as a standby that takes over, or a backup, behind the back of the process
    elsewhere = Desk(store, tells=False)

    assert await grant(desk, "after 1") == 20
    assert await grant(elsewhere, "after 2") == 30
    assert await grant(desk, "after 3") == 40
    await grant(desk, "after 4")
    vars(store).update(copy.deepcopy(kept))
    for n in range(4):  # until the version is the one that `desk` remembers
        await grant(elsewhere, f"after {n} again")
    assert await grant(desk, "after 5") == 60
    assert (await AuditLedger(store)()).violations == ()
