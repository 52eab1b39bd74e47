"""Free checks and trials when many ask at once, in one process and in several, and when the store is away."""

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import timedelta

import pytest

from metaextract_billing.adapters.storage.memory import MemoryStore
from metaextract_billing.application.desk import Desk
from metaextract_billing.application.free_uses import FreeUses
from metaextract_billing.application.holds import CaptureHold, CreateHold, HoldRequest, ReleaseHold
from metaextract_billing.domain import errors
from metaextract_billing.domain.allowances import Allowance, AllowanceKind, Limits
from metaextract_billing.domain.holds import Hold
from metaextract_billing.domain.identities import Identities
from metaextract_billing.domain.models import Operations
from metaextract_billing.domain.records import Changes, Key, Record
from metaextract_common.errors import ServiceError

LIFETIME = timedelta(minutes=15)


class InterleavedStore(MemoryStore):
    """Lets everybody else go on before each round trip, as one over a network does; may go away."""

    def __init__(self) -> None:
        super().__init__()
        self.is_away = False

    async def load(self, keys: Collection[Key[Record]]) -> Mapping[Key[Record], Record]:
        await self._round_trip()
        return await super().load(keys)

    async def commit(self, changes: Changes) -> None:
        await self._round_trip()
        await super().commit(changes)

    async def _round_trip(self) -> None:
        await asyncio.sleep(0)
        if self.is_away:
            raise errors.ledger_unavailable()

    def used(self, kind: AllowanceKind) -> int:
        records = (one for one in self._records.values() if isinstance(one, Allowance))
        return sum(one.spent + len(one.open) for one in records if one.kind is kind)


@pytest.fixture
def store() -> InterleavedStore:
    return InterleavedStore()


@pytest.fixture
def replicas(store, clock):
    """Return two processes of billing over one store."""

    def make(limits: Limits) -> list[tuple[CreateHold, CaptureHold, ReleaseHold]]:
        free = FreeUses(limits, Identities(b"k" * 32), frozenset())
        desks = [Desk(store) for _ in range(2)]
        return [
            (
                CreateHold(desk, clock, metered=True, lifetime=LIFETIME, free=free),
                CaptureHold(desk, clock),
                ReleaseHold(desk, clock),
            )
            for desk in desks
        ]

    return make


def request(device: str | None = None, email: str | None = None, address: str | None = None) -> HoldRequest:
    return HoldRequest(device, 1000, Operations(), None, email=email, client_address=address)


async def outcomes(*work) -> Counter[str]:
    """Return how often each access was given, and each refusal."""
    answers = await asyncio.gather(*work, return_exceptions=True)
    return Counter(_outcome(answer) for answer in answers)


def _outcome(answer: Hold | BaseException) -> str:
    if isinstance(answer, ServiceError):
        return answer.reason
    if isinstance(answer, BaseException):
        raise answer
    return answer.access.value


async def test_two_requests_for_the_last_free_check_get_one(replicas) -> None:
    (here, capture, _), (there, _, _) = replicas(Limits())
    await capture((await here("first", "r", request("d"))).name, Operations(), 1000, None)

    assert await outcomes(here("one", "r", request("d")), there("two", "r", request("d"))) == {
        "free_check": 1,
        "FREE_CHECKS_EXHAUSTED": 1,
    }


@pytest.mark.parametrize("replica_count", [1, 2])
async def test_fifty_sessions_of_one_device_get_two(replicas, store, replica_count) -> None:
    creates = [create for create, _, _ in replicas(Limits())[:replica_count]]
    sessions = (creates[number % replica_count](f"s{number}", "r", request("d")) for number in range(50))

    assert await outcomes(*sessions) == {"free_check": 2, "FREE_CHECKS_EXHAUSTED": 48}
    assert store.used(AllowanceKind.DEVICE) == store.used(AllowanceKind.BUDGET) == 2


async def test_thirty_sessions_with_one_email_address_get_two_trials(replicas, store) -> None:
    creates = [create for create, _, _ in replicas(Limits())]
    sessions = (
        creates[number % 2](f"s{number}", "r", request(email=f"anna+{number}@example.com"))
        for number in range(30)
    )

    assert await outcomes(*sessions) == {"trial": 2, "INSUFFICIENT_CREDITS": 28}
    assert store.used(AllowanceKind.EMAIL) == 2


async def test_thirty_devices_of_one_network_get_what_the_network_gets(replicas, store) -> None:
    creates = [create for create, _, _ in replicas(Limits(network_count_max=20))]
    sessions = (
        creates[number % 2](f"s{number}", "r", request(f"d{number}", address=f"192.0.2.{number}"))
        for number in range(30)
    )

    assert await outcomes(*sessions) == {"free_check": 20, "FREE_CHECKS_UNAVAILABLE": 10}
    assert store.used(AllowanceKind.NETWORK) == 20


async def test_thirty_devices_of_thirty_networks_get_what_the_day_has_left(replicas, store) -> None:
    creates = [create for create, _, _ in replicas(Limits(daily_count_max=10))]
    sessions = (
        creates[number % 2](f"s{number}", "r", request(f"d{number}", address=f"192.0.{number}.1"))
        for number in range(30)
    )

    assert await outcomes(*sessions) == {"free_check": 10, "FREE_CHECKS_UNAVAILABLE": 20}
    assert store.used(AllowanceKind.BUDGET) == 10


async def test_captures_and_releases_at_once_leave_each_use_spent_or_free(replicas, store) -> None:
    pairs = replicas(Limits(free_checks_count_max=10))
    holds = [await pairs[number % 2][0](f"s{number}", "r", request("d")) for number in range(10)]

    await asyncio.gather(
        *(capture(hold.name, Operations(), 1000, None) for hold in holds for _, capture, _ in pairs),
        *(release(hold.name) for hold in holds for _, _, release in pairs),
        return_exceptions=True,
    )

    states = [one.state.value for one in store._records.values() if isinstance(one, Hold)]
    assert set(states) <= {"captured", "released"}
    assert store.used(AllowanceKind.DEVICE) == store.used(AllowanceKind.BUDGET) == states.count("captured")


async def test_nothing_is_given_while_it_cannot_be_counted(replicas, store) -> None:
    (create, capture, _), _ = replicas(Limits())
    hold = await create("alice", "r1", request("d", "anna@example.com"))
    store.is_away = True

    for account, who in [
        ("alice", request("d")),
        ("bob", request("e")),
        ("bob", request(email="b@example.com")),
    ]:
        with pytest.raises(ServiceError) as refused:
            await create(account, "r2", who)
        assert refused.value.reason == "LEDGER_UNAVAILABLE"
    with pytest.raises(ServiceError) as refused:
        await capture(hold.name, Operations(), 1000, None)
    assert refused.value.reason == "LEDGER_UNAVAILABLE"

    store.is_away = False
    assert store.used(AllowanceKind.DEVICE) == 0
    assert store.used(AllowanceKind.EMAIL) == 1
