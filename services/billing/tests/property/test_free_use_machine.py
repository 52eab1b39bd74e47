"""Any sequence of free checks and trials, in two processes, beside a model that only counts.

The model knows what was given, what became of it and when; each layer's count follows from that alone.
"""

import asyncio
import itertools
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from metaextract_billing.adapters.storage.memory import MemoryStore
from metaextract_billing.application.desk import Desk
from metaextract_billing.application.expiry import ExpireDue
from metaextract_billing.application.free_uses import FreeUses
from metaextract_billing.application.holds import CaptureHold, CreateHold, HoldRequest, ReleaseHold
from metaextract_billing.domain.allowances import Limits
from metaextract_billing.domain.holds import Access, Hold
from metaextract_billing.domain.identities import Identities
from metaextract_billing.domain.models import Operations
from metaextract_common.errors import ServiceError

LIFETIME = timedelta(minutes=15)
LIMITS = Limits(free_checks_count_max=2, trials_count_max=2, network_count_max=3, daily_count_max=5)
T = TypeVar("T")


@dataclass
class Given:
    """What the model remembers of something given for nothing."""

    device: str | None
    email: str | None
    network: str | None
    day: date
    expire_time: datetime
    fate: str = "open"

    def counts(self, now: datetime) -> bool:
        """Whether its device or address has it: not beyond its time."""
        return self.fate == "captured" or (self.fate == "open" and self.expire_time > now)

    def counts_for_all(self) -> bool:
        """Whether its network and its day have it: until it is given back."""
        return self.fate in {"captured", "open"}


class FreeUseMachine(RuleBasedStateMachine):
    holds = Bundle("holds")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.time = datetime(2026, 11, 23, 22, tzinfo=UTC)
        self.numbers = itertools.count()
        self.given: dict[str, Given] = {}
        store, free = MemoryStore(), FreeUses(LIMITS, Identities(b"k" * 32), frozenset({"trash.example"}))
        desks = [Desk(store), Desk(store)]
        self.creates = [
            CreateHold(desk, self.now, metered=True, lifetime=LIFETIME, free=free) for desk in desks
        ]
        self.captures = [CaptureHold(desk, self.now) for desk in desks]
        self.releases = [ReleaseHold(desk, self.now) for desk in desks]
        self.sweeps = [ExpireDue(desk, self.now) for desk in desks]

    def now(self) -> datetime:
        return self.time

    def run(self, work: Coroutine[Any, Any, T]) -> T | ServiceError:
        """Return the answer, or the refusal."""
        try:
            return self.runner.run(work)
        except ServiceError as refusal:
            return refusal

    def teardown(self) -> None:
        self.runner.close()

    def count(self, **of: object) -> int:
        """Return how much of what was given counts now and agrees with `of`."""
        return sum(
            given.counts(self.time) and all(getattr(given, name) == value for name, value in of.items())
            for given in self.given.values()
        )

    def shared_cause(self, network: str | None) -> str | None:
        today = [
            given for given in self.given.values() if given.counts_for_all() and given.day == self.time.date()
        ]
        neighbours = [given for given in today if given.network == network]
        if network is not None and len(neighbours) >= LIMITS.network_count_max:
            return "network_velocity"
        return "daily_budget" if len(today) >= LIMITS.daily_count_max else None

    @rule(
        target=holds,
        replica=st.integers(0, 1),
        account=st.sampled_from(("a", "b", "c")),
        device=st.sampled_from((None, "d1", "d2", "d3")),
        email=st.sampled_from((None, None, "anna@example.com", "An.Na+1@gmail.com", "x@trash.example", "x")),
        address=st.sampled_from((None, "192.0.2.1", "192.0.2.9", "::ffff:192.0.2.3", "2001:db8::1")),
    )
    def ask(
        self, replica: int, account: str, device: str | None, email: str | None, address: str | None
    ) -> str | None:
        network = None if address is None else "v6" if address.startswith("2001") else "v4"
        is_address = email in {"anna@example.com", "An.Na+1@gmail.com"}
        had_trials = is_address and self.count(email=email) >= LIMITS.trials_count_max
        has_trial = is_address and not had_trials
        shared = self.shared_cause(network)
        used = self.count(device=device)
        request = HoldRequest(device, 1000, Operations(), None, email=email, client_address=address)
        hold = self.run(self.creates[replica](account, f"r{next(self.numbers)}", request))
        if isinstance(hold, ServiceError):
            assert not has_trial or shared
            if device is None or had_trials:
                assert hold.reason == "INSUFFICIENT_CREDITS"
            elif used >= LIMITS.free_checks_count_max:
                assert hold.reason == "FREE_CHECKS_EXHAUSTED"
                assert hold.metadata["free_checks_used"] == str(used)
            else:
                assert hold.reason == "FREE_CHECKS_UNAVAILABLE"
                assert hold.metadata["cause"] == shared
            return None
        assert shared is None
        assert not had_trials  # nobody has trials and free checks
        trial = hold.access is Access.TRIAL
        assert trial == has_trial
        assert hold.free_checks_used == (0 if trial else used + 1)
        self.given[hold.name] = Given(
            device=None if trial else device,
            email=email if trial else None,
            network=network,
            day=self.time.date(),
            expire_time=hold.expire_time,
        )
        return hold.name

    @rule(replica=st.integers(0, 1), hold=holds)
    def capture(self, replica: int, hold: str | None) -> None:
        if hold is not None:
            self.resolve(hold, "captured", self.captures[replica](hold, Operations(), 1, None))

    @rule(replica=st.integers(0, 1), hold=holds)
    def release(self, replica: int, hold: str | None) -> None:
        if hold is not None:
            self.resolve(hold, "released", self.releases[replica](hold))

    def resolve(self, hold: str, fate: str, work: Coroutine[Any, Any, Hold]) -> None:
        given = self.given[hold]
        is_due = given.fate == "open" and given.expire_time <= self.time
        done = self.run(work)
        if isinstance(done, ServiceError):
            assert done.reason == "HOLD_ALREADY_RESOLVED"
            if fate == "captured":
                assert is_due or given.fate in {"released", "expired"}
            else:
                assert given.fate == "captured"
            return
        if given.fate == "open":
            assert fate == "released" or not is_due
            given.fate = "expired" if is_due else fate
        assert done.state.value == given.fate

    @rule(replica=st.integers(0, 1))
    def sweep(self, replica: int) -> None:
        due = [one for one in self.given.values() if one.fate == "open" and one.expire_time <= self.time]
        assert self.run(self.sweeps[replica]()) == len(due)
        for one in due:
            one.fate = "expired"

    @rule(minutes=st.sampled_from((1, 10, 16, 60)))
    def let_time_pass(self, minutes: int) -> None:
        self.time += timedelta(minutes=minutes)

    @invariant()
    def nobody_has_more_than_their_share(self) -> None:
        for device in ("d1", "d2", "d3"):
            assert self.count(device=device) <= LIMITS.free_checks_count_max
        days = Counter(given.day for given in self.given.values() if given.counts_for_all())
        assert all(count <= LIMITS.daily_count_max for count in days.values())


FreeUseMachine.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
TestFreeUses = FreeUseMachine.TestCase
