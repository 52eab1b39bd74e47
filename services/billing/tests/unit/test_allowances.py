"""How often something is given for nothing, and what counts as given."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from metaextract_billing.domain.allowances import (
    Allowance,
    AllowanceKind,
    Cause,
    Limits,
    forgettable,
)

DAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LIFETIME = timedelta(minutes=15)
DEVICES = [f"device-{number}" for number in range(2000)]


def test_a_use_counts_from_the_moment_it_is_taken_until_it_is_given_back() -> None:
    allowance = Allowance(AllowanceKind.DEVICE, "d", NOON).taken("h1", NOON + LIFETIME, NOON)

    assert allowance.used_count(NOON) == 1
    assert allowance.given_back("h1").used_count(NOON) == 0
    assert allowance.given_back("another").used_count(NOON) == 1
    assert allowance.kept("h1").used_count(NOON + timedelta(days=400)) == 1


def test_an_open_use_lapses_at_its_time_and_goes_when_another_is_taken() -> None:
    allowance = Allowance(AllowanceKind.DEVICE, "d", NOON).taken("h1", NOON + LIFETIME, NOON)
    later = NOON + LIFETIME

    assert allowance.used_count(later - timedelta(microseconds=1)) == 1
    assert allowance.used_count(later) == 0
    assert allowance.is_open("h1")
    assert not allowance.taken("h2", later + LIFETIME, later).is_open("h1")


@pytest.mark.parametrize("kind", [AllowanceKind.NETWORK, AllowanceKind.BUDGET])
def test_a_use_of_what_many_share_counts_until_it_is_given_back_and_a_capture_changes_nothing(kind) -> None:
    allowance = Allowance(kind, "2026-11-23:0", NOON).taken("h1", NOON + LIFETIME, NOON)

    assert allowance.used_count(NOON + LIFETIME) == 1
    assert allowance.kept("h1") == allowance
    assert allowance.open == ()
    assert allowance.given_back("h1").used_count(NOON) == 0


def test_each_layer_says_whose_it_is_how_much_there_is_and_why_not() -> None:
    limits = Limits(free_checks_count_max=2, trials_count_max=3, network_count_max=20, daily_count_max=50)
    layers = [
        limits.of_device("d"),
        limits.of_email("e"),
        limits.of_network("n", DAY),
        limits.of_day("d", DAY),
    ]

    assert [(layer.use.kind.value, layer.use.key, layer.count_max, layer.cause) for layer in layers] == [
        ("device", "d", 2, Cause.DEVICE_EXHAUSTED),
        ("email", "e", 3, Cause.EMAIL_EXHAUSTED),
        ("network", "2026-11-23:n", 20, Cause.NETWORK_VELOCITY),
        ("budget", "2026-11-23:0", 50, Cause.DAILY_BUDGET),
    ]


@given(st.integers(0, 100_000))
@settings(max_examples=25)
def test_the_shares_of_a_budget_are_the_whole(daily_count_max) -> None:
    layers = {Limits(daily_count_max=daily_count_max).of_day(device, DAY) for device in DEVICES}

    assert len({layer.use for layer in layers}) == len(layers) == max(1, min(16, daily_count_max // 100))
    assert sum(layer.count_max for layer in layers) == daily_count_max


def test_a_budget_is_spread_evenly_over_its_shares() -> None:
    counts = Counter(Limits().of_day(device, DAY).use.key for device in DEVICES)

    assert len(counts) == 16
    assert max(counts.values()) < 2 * min(counts.values())


@pytest.mark.parametrize(
    ("now", "before"),
    [
        (datetime(2026, 11, 23, 0, 14, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC)),
        (datetime(2026, 11, 23, 0, 15, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)),
        (datetime(2026, 11, 23, 23, 59, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)),
    ],
)
def test_a_day_is_forgotten_once_no_hold_of_it_can_be_open(now, before) -> None:
    assert forgettable(now, LIFETIME) == before


class AllowanceMachine(RuleBasedStateMachine):
    """One allowance beside a list of what was done to it, told in full."""

    holds = Bundle("holds")

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.allowance = Allowance(AllowanceKind.DEVICE, "d", NOON)
        self.expire_times: dict[str, datetime] = {}
        self.resolved: dict[str, str] = {}

    @rule(target=holds, minutes=st.integers(1, 20))
    def take(self, minutes) -> str:
        hold = f"h{len(self.expire_times)}"
        self.expire_times[hold] = self.now + timedelta(minutes=minutes)
        self.allowance = self.allowance.taken(hold, self.expire_times[hold], self.now)
        return hold

    @precondition(lambda self: self.expire_times)
    @rule(hold=consumes(holds))
    def keep(self, hold) -> None:
        if self.expire_times[hold] > self.now:  # later the hold itself refuses
            self.allowance = self.allowance.kept(hold)
            self.resolved[hold] = "kept"

    @rule(hold=holds)
    def give_back(self, hold) -> None:
        self.allowance = self.allowance.given_back(hold)
        self.resolved.setdefault(hold, "given back")

    @rule(minutes=st.integers(1, 20))
    def let_time_pass(self, minutes) -> None:
        self.now += timedelta(minutes=minutes)

    def model_open(self) -> set[str]:
        return {
            hold
            for hold, expire_time in self.expire_times.items()
            if expire_time > self.now and hold not in self.resolved
        }

    @invariant()
    def it_counts_what_is_kept_and_what_is_open_in_time(self) -> None:
        kept = sum(1 for how in self.resolved.values() if how == "kept")
        assert self.allowance.spent == kept
        assert self.allowance.used_count(self.now) == kept + len(self.model_open())

    @invariant()
    def every_use_in_time_is_open_and_no_resolved_one_is(self) -> None:
        assert all(self.allowance.is_open(hold) for hold in self.model_open())
        assert not any(self.allowance.is_open(hold) for hold in self.resolved)


AllowanceMachine.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestAllowances = AllowanceMachine.TestCase
