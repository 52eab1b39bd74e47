"""What is given for nothing, to whom, how often, and what is said of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from metaextract_billing.adapters.storage.memory import MemoryStore
from metaextract_billing.application.accounts import GrantCredits
from metaextract_billing.application.desk import Desk
from metaextract_billing.application.expiry import ExpireDue
from metaextract_billing.application.free_uses import FreeUses
from metaextract_billing.application.holds import CaptureHold, CreateHold, HoldRequest, ReleaseHold
from metaextract_billing.domain.accounts import Account
from metaextract_billing.domain.allowances import Allowance, AllowanceKind, Limits
from metaextract_billing.domain.holds import Access, Hold, State
from metaextract_billing.domain.identities import Identities
from metaextract_billing.domain.models import Operations
from metaextract_billing.domain.records import Change, Changes, HoldKey
from metaextract_common.errors import ServiceError

LIFETIME = timedelta(minutes=15)
DISPOSABLE = frozenset({"trash.example"})
HOME = "192.0.2.1"


@dataclass
class Billing:
    """One process of billing: its own memory, a common store."""

    store: MemoryStore
    now: Callable[[], datetime]
    limits: Limits
    metered: bool = True
    tells: bool = True

    def __post_init__(self) -> None:
        desk = Desk(self.store, tells=self.tells)
        free = FreeUses(self.limits, Identities(b"k" * 32), DISPOSABLE)
        self.create = CreateHold(desk, self.now, metered=self.metered, lifetime=LIFETIME, free=free)
        self.capture_hold = CaptureHold(desk, self.now, free.identities)
        self.release = ReleaseHold(desk, self.now)
        self.expire = ExpireDue(desk, self.now)
        self.grant = GrantCredits(desk, self.now)
        self.numbers = iter(range(1_000_000))

    async def hold(
        self,
        account: str = "alice",
        *,
        device: str | None = None,
        email: str | None = None,
        address: str | None = None,
        request: str = "",
    ) -> Hold:
        """Hold what a plain file costs: one credit."""
        body = HoldRequest(device, 1000, Operations(), None, email=email, client_address=address)
        return await self.create(account, request or f"{id(self)}-{next(self.numbers)}", body)

    async def refused(self, account: str = "alice", **who: str) -> dict[str, str]:
        """Return why a hold is refused."""
        with pytest.raises(ServiceError) as refused:
            await self.hold(account, **who)
        return {"reason": refused.value.reason, **refused.value.metadata}

    async def capture(self, hold: Hold, content: str | None = None) -> Hold:
        """Deliver."""
        return await self.capture_hold(hold.name, Operations(), 1000, None, content)

    async def told(self) -> list[tuple[str, dict[str, str]]]:
        """Return what was told so far."""
        return [(one.event.name, dict(one.event.attributes)) for one in await self.store.waiting(1000)]

    def used(self, kind: AllowanceKind) -> list[int]:
        """Return how many uses each allowance of a kind counts."""
        records = (one for one in self.store._records.values() if isinstance(one, Allowance))
        return [one.used_count(self.now()) for one in records if one.kind is kind]


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def make(store, clock) -> Callable[..., Billing]:
    def make_billing(**changes: int) -> Billing:
        return Billing(store, clock, Limits(**changes))

    return make_billing


@pytest.fixture
def billing(make) -> Billing:
    return make()


async def test_a_device_has_two_free_checks_and_no_third(billing) -> None:
    first, second = await billing.hold(device="d"), await billing.hold(device="d")
    await billing.capture(first)
    await billing.capture(second)

    assert (first.access, first.free_checks_used) == (Access.FREE_CHECK, 1)
    assert (second.access, second.free_checks_used) == (Access.FREE_CHECK, 2)
    assert await billing.refused(device="d") == {
        "reason": "FREE_CHECKS_EXHAUSTED",
        "free_checks_used": "2",
        "credits_required": "1",
    }
    assert (await billing.hold(device="another")).access is Access.FREE_CHECK


async def test_another_session_of_the_device_has_no_further_free_check(billing) -> None:
    await billing.hold("one", device="d")
    await billing.hold("two", device="d")

    assert (await billing.refused("three", device="d"))["reason"] == "FREE_CHECKS_EXHAUSTED"


async def test_an_email_address_has_two_trials_however_it_is_written(billing) -> None:
    first = await billing.hold("one", email="an.na@gmail.com")
    second = await billing.hold("two", email="Anna+2@googlemail.com")

    assert (first.access, second.access) == (Access.TRIAL, Access.TRIAL)
    assert (await billing.refused("three", email="anna@gmail.com"))["reason"] == "INSUFFICIENT_CREDITS"


async def test_a_trial_comes_before_credits_and_no_free_check_after_it(billing) -> None:
    await billing.grant("alice", "g", 1)
    who = {"device": "d", "email": "anna@example.com"}

    accesses = [(await billing.hold(**who)).access for _ in range(3)]

    assert accesses == [Access.TRIAL, Access.TRIAL, Access.CREDITS]
    # Whoever had the trials must have credits; the device keeps its free checks for others.
    lacks_credits = {"reason": "INSUFFICIENT_CREDITS", "credits_available": "0", "credits_required": "1"}
    assert await billing.refused(**who) == lacks_credits
    assert await billing.refused("bob", **who) == lacks_credits
    assert billing.used(AllowanceKind.DEVICE) == []
    assert (await billing.hold(device="d")).access is Access.FREE_CHECK


async def test_credits_come_before_a_free_check(billing) -> None:
    await billing.grant("alice", "g", 1)

    accesses = [(await billing.hold(device="d")).access for _ in range(3)]

    assert accesses == [Access.CREDITS, Access.FREE_CHECK, Access.FREE_CHECK]
    # It holds a credit, if not one that can be spent: the number of free checks is not what it lacks.
    assert (await billing.refused(device="d"))["reason"] == "INSUFFICIENT_CREDITS"


@pytest.mark.parametrize("email", ["x", "anna@trash.example"])
async def test_an_address_that_never_had_a_trial_is_not_in_the_way_of_a_free_check(billing, email) -> None:
    assert (await billing.hold(device="d", email=email)).access is Access.FREE_CHECK


async def test_where_no_trials_are_given_an_address_is_not_in_the_way_of_a_free_check(make) -> None:
    billing = make(trials_count_max=0)

    assert (await billing.hold(device="d", email="anna@example.com")).access is Access.FREE_CHECK


async def test_an_account_that_can_pay_keeps_its_free_checks(billing) -> None:
    await billing.grant("alice", "g", 5)

    assert (await billing.hold(device="d")).access is Access.CREDITS
    assert billing.used(AllowanceKind.DEVICE) == []


async def test_an_account_that_owes_is_told_so_once_its_free_checks_are_used(billing, store, clock) -> None:
    await store.commit(Changes((Change(None, Account("alice", "id", clock(), credits_owed=3)),)))

    assert (await billing.hold(device="d")).access is Access.FREE_CHECK
    await billing.hold(device="d")
    assert await billing.refused(device="d") == {"reason": "ACCOUNT_OWES", "credits_owed": "3"}


async def test_a_disposable_address_gets_no_trial_and_falls_to_the_other_means(billing) -> None:
    hold = await billing.hold(device="d", email="anna@mail.trash.example")

    assert hold.access is Access.FREE_CHECK
    assert billing.used(AllowanceKind.EMAIL) == []
    assert ("trial.refused", {"cause": "email_disposable"}) in await billing.told()


async def test_what_is_no_address_gets_no_trial(billing) -> None:
    assert (await billing.refused(email="anna"))["reason"] == "INSUFFICIENT_CREDITS"
    assert await billing.told() == [("trial.refused", {"cause": "email_invalid"})]


async def test_a_network_gets_so_many_a_day_and_its_neighbours_too(make, clock) -> None:
    billing = make(network_count_max=3)
    await billing.hold("one", device="d1", address=HOME)
    await billing.hold("two", device="d2", address="192.0.2.200")
    await billing.hold("three", email="anna@example.com", address=f"::ffff:{HOME}")

    assert await billing.refused("four", device="d4", address="192.0.2.9") == {
        "reason": "FREE_CHECKS_UNAVAILABLE",
        "cause": "network_velocity",
        "credits_required": "1",
    }
    assert (await billing.refused("five", email="bob@example.com", address=HOME))["reason"] == (
        "INSUFFICIENT_CREDITS"
    )
    assert (await billing.hold("six", device="d6", address="192.0.3.1")).access is Access.FREE_CHECK
    assert (await billing.told())[-3:] == [
        ("free_check.refused", {"cause": "network_velocity"}),
        ("trial.refused", {"cause": "network_velocity"}),
        ("hold.created", {"access": "free_check", "credits": "0"}),
    ]
    clock.advance(timedelta(hours=12))
    assert (await billing.hold("four", device="d4", address=HOME)).access is Access.FREE_CHECK


async def test_addresses_that_are_none_are_one_network_and_an_unknown_one_is_none(make) -> None:
    billing = make(network_count_max=1)
    await billing.hold("one", device="d1", address="garbage")

    assert (await billing.refused("two", device="d2", address="rubbish"))["cause"] == "network_velocity"
    assert (await billing.hold("three", device="d3")).access is Access.FREE_CHECK
    assert (await billing.hold("four", device="d4")).access is Access.FREE_CHECK


async def test_the_budget_of_the_day_is_for_everybody(make, clock) -> None:
    billing = make(daily_count_max=3)
    for number in range(2):
        await billing.hold(f"device {number}", device=f"d{number}", address=f"192.0.{number}.1")
    await billing.hold("email", email="anna@example.com")

    assert await billing.refused("late", device="late", address="198.51.100.1") == {
        "reason": "FREE_CHECKS_UNAVAILABLE",
        "cause": "daily_budget",
        "credits_required": "1",
    }
    clock.advance(timedelta(hours=12))
    assert (await billing.hold("late", device="late")).access is Access.FREE_CHECK


async def test_the_budget_breaks_the_circuit_for_nobody_who_pays(make) -> None:
    billing = make(daily_count_max=0)
    await billing.grant("alice", "g", 5)

    assert (await billing.hold(device="d", email="anna@example.com")).access is Access.CREDITS
    assert await billing.told() == [
        ("credits.granted", {"credits": "5"}),
        ("hold.created", {"access": "credits", "credits": "1"}),
        ("trial.refused", {"cause": "daily_budget"}),
    ]


async def test_a_large_budget_is_met_exactly_at_its_end(make) -> None:
    billing = make(daily_count_max=200)
    outcomes = []
    for number in range(400):
        try:
            outcomes.append((await billing.hold(f"a{number}", device=f"d{number}")).access.value)
        except ServiceError as error:
            outcomes.append(error.metadata["cause"])

    assert outcomes.count("free_check") == sum(billing.used(AllowanceKind.BUDGET)) == 200
    assert outcomes.count("daily_budget") == 200


async def test_a_limit_of_zero_gives_nothing(make) -> None:
    billing = make(free_checks_count_max=0, trials_count_max=0)

    assert await billing.refused(device="d", email="anna@example.com") == {
        "reason": "FREE_CHECKS_EXHAUSTED",
        "free_checks_used": "0",
        "credits_required": "1",
    }
    assert await billing.told() == [
        ("trial.refused", {"cause": "email_exhausted"}),
        ("free_check.refused", {"cause": "device_exhausted"}),
    ]


@pytest.mark.parametrize("who", [{"device": "d"}, {"email": "anna@example.com"}])
async def test_a_released_hold_gives_back_a_use_of_every_layer(billing, who) -> None:
    hold = await billing.hold(**who, address=HOME)
    kinds = [use.kind for use in hold.uses]
    assert [billing.used(kind) for kind in kinds] == [[1], [1], [1]]

    await billing.release(hold.name)
    await billing.release(hold.name)

    assert kinds[1:] == [AllowanceKind.NETWORK, AllowanceKind.BUDGET]
    assert [billing.used(kind) for kind in kinds] == [[0], [0], [0]]
    assert (await billing.hold(**who)).access is hold.access


async def test_a_hold_that_nobody_resolved_gives_its_free_check_back_by_time_alone(make, clock) -> None:
    billing = make(free_checks_count_max=1)
    hold = await billing.hold(device="d", address=HOME)
    clock.advance(LIFETIME)

    assert (await billing.hold(device="d", address=HOME)).access is Access.FREE_CHECK
    assert [billing.used(use.kind) for use in hold.uses] == [[1], [2], [2]]
    with pytest.raises(ServiceError, match="already expired"):
        await billing.capture(hold)


async def test_a_hold_that_expires_gives_back_what_many_share_once(make, clock) -> None:
    billing = make(network_count_max=1, daily_count_max=1)
    hold = await billing.hold(device="d", address=HOME)
    clock.advance(LIFETIME)
    for _ in range(2):
        await billing.expire()
        await billing.release(hold.name)

    assert [billing.used(use.kind) for use in hold.uses] == [[0], [0], [0]]
    assert (await billing.hold("bob", device="e", address=HOME)).access is Access.FREE_CHECK


async def test_a_captured_hold_keeps_its_uses_for_good(billing, clock) -> None:
    hold = await billing.capture(await billing.hold(device="d", address=HOME))
    again = await billing.capture(hold)
    clock.advance(LIFETIME)

    assert hold == again
    assert hold.state is State.CAPTURED
    assert [billing.used(kind) for kind in AllowanceKind] == [[1], [], [1], [1]]


async def test_a_capture_by_a_slow_clock_does_not_spend_what_another_was_given(store, clock, make) -> None:
    billing = make(free_checks_count_max=1)
    hold = await billing.hold(device="d")
    ahead = Billing(store, lambda: clock() + LIFETIME, billing.limits)

    assert (await ahead.hold("bob", device="d")).access is Access.FREE_CHECK
    with pytest.raises(ServiceError, match="already expired"):
        await billing.capture(hold)
    assert billing.used(AllowanceKind.DEVICE) == [1]


async def test_a_hold_of_yesterday_is_captured_today_on_the_count_of_yesterday(make, clock) -> None:
    billing = make(network_count_max=1, daily_count_max=1)
    clock.advance(timedelta(hours=11, minutes=55))
    hold = await billing.hold("one", device="d1", address=HOME)
    clock.advance(timedelta(minutes=10))
    await billing.capture(hold)

    assert (await billing.hold("two", device="d2", address=HOME)).access is Access.FREE_CHECK
    assert billing.used(AllowanceKind.NETWORK) == [1, 1]


async def test_a_repeated_request_gets_its_hold_from_any_network_and_on_any_day(billing, clock) -> None:
    who = {"device": "d", "email": "anna@example.com", "request": "r"}
    first = await billing.hold(**who, address=HOME)
    again = await billing.hold(**who, address="198.51.100.1")
    clock.advance(timedelta(days=1))
    tomorrow = await billing.hold(**who, address=None)

    assert first.name == again.name == tomorrow.name
    assert billing.used(AllowanceKind.EMAIL) == [0]
    other = {**who, "email": "bob@example.com"}
    assert (await billing.refused(**other))["reason"] == "IDEMPOTENCY_KEY_REUSED"


async def test_nothing_that_is_kept_or_told_names_an_address_or_a_network(billing, store, capsys) -> None:
    hold = await billing.hold("one", email="anna@example.com", address=HOME)
    await billing.capture(hold)
    await billing.refused("two", email="bob@trash.example", address=HOME)
    kept = repr(store._records) + repr(await billing.told()) + repr(hold)
    request = HoldRequest(None, 1, Operations(), None, email="anna@example.com", client_address=HOME)

    for secret in ("anna", "bob", "example", "192.0"):
        assert secret not in kept + repr(request)


async def test_a_resolved_hold_forgets_which_network_it_came_from(billing, store) -> None:
    captured = await billing.hold(device="d", address=HOME)
    released = await billing.hold(device="d", address=HOME)
    await billing.capture(captured)
    await billing.release(released.name)

    for hold in (captured, released):
        kept = (await store.load([HoldKey(hold.name)]))[HoldKey(hold.name)]
        assert [use.kind for use in kept.uses] == [AllowanceKind.DEVICE]


async def test_one_content_under_many_identities_shows_for_a_day_and_names_no_content(billing, clock) -> None:
    await billing.grant("payer", "g", 5)
    for number, content in enumerate(["c0ffee", "c0ffee", "beef", None]):
        hold = await billing.hold(f"s{number}", device=f"d{number}")
        await billing.capture(hold, content)
    await billing.capture(await billing.hold("payer", device="d"), "c0ffee")
    clock.advance(timedelta(days=1))
    await billing.capture(await billing.hold("tomorrow", device="e"), "c0ffee")

    told = [attributes for name, attributes in await billing.told() if name == "hold.captured"]
    contents = [attributes.get("content", "none") for attributes in told]
    assert [contents.index(one) for one in contents] == [0, 0, 2, 3, 3, 5]
    assert contents[3] == "none"
    assert not {"c0ffee", "beef"} & set(contents)


async def test_nobody_uses_anything_up_where_nobody_is_charged(store, clock) -> None:
    billing = Billing(store, clock, Limits(), metered=False)
    for _ in range(3):
        hold = await billing.hold(device="d", email="anna@example.com", address=HOME)
        assert hold.access is Access.UNMETERED

    assert [billing.used(kind) for kind in AllowanceKind] == [[], [], [], []]


async def test_a_refusal_writes_nothing_where_nobody_wants_to_know(store, clock) -> None:
    billing = Billing(store, clock, Limits(free_checks_count_max=0), tells=False)
    await billing.refused(device="d")

    assert await billing.told() == []


async def test_credits_that_another_process_granted_pay_before_a_free_check(make) -> None:
    here, there = make(), make()
    await here.release((await here.hold(device="d")).name)
    await there.grant("alice", "g", 5)

    assert (await here.hold(device="d")).access is Access.CREDITS


async def test_a_trial_that_another_process_released_is_given_before_credits_are_taken(make) -> None:
    here, there = make(trials_count_max=1), make(trials_count_max=1)
    await here.grant("alice", "g", 5)
    trial = await here.hold(email="anna@example.com")
    assert (await here.hold(email="anna@example.com")).access is Access.CREDITS
    await there.release(trial.name)

    assert (await here.hold(email="anna@example.com")).access is Access.TRIAL
