"""Many callers of several processes at once: the races that broke the system which this one replaces."""

import asyncio
import random
from collections import Counter
from datetime import timedelta

import pytest

from metaextract_billing.application.audit import AuditLedger
from metaextract_billing.application.holds import HoldRequest
from metaextract_billing.application.quotes import StatedFile
from metaextract_billing.domain.holds import Access, QuotedFile, State
from metaextract_billing.domain.models import Dimensions, Operations
from metaextract_billing.domain.ports import Store
from metaextract_billing.domain.purchases import Order, PaymentFacts
from metaextract_billing.domain.records import Change, Changes, HoldKey
from metaextract_common.errors import ServiceError

CALLERS = 24
EMBEDDING = Operations(embedding=True)
PLAIN = HoldRequest(None, 1000, EMBEDDING, None)
"""Costs 4 credits."""
SMALL = Dimensions(10, 10)


@pytest.fixture
def replicas(make_billing, store: Store):
    return [make_billing(store) for _ in range(3)]


@pytest.fixture(autouse=True)
async def audited(store: Store):
    """Audit the whole ledger after each race."""
    yield
    assert (await AuditLedger(store)()).violations == ()


def each(replicas):
    """Yield the processes in turn, for as many callers as there are."""
    return (replicas[n % len(replicas)] for n in range(CALLERS))


async def outcomes(calls) -> Counter[str]:
    """Return how often each reason was raised, and under "" how often none was."""
    answers = await asyncio.gather(*calls, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException) and not isinstance(answer, ServiceError):
            raise answer
    return Counter(getattr(answer, "reason", "") for answer in answers)


async def told(store: Store) -> Counter[str]:
    """Return how often each event was told; each change tells one."""
    return Counter(one.event.name for one in await store.waiting(10_000))


async def test_concurrent_releases_of_one_hold_give_back_once(replicas, store: Store) -> None:
    await replicas[0].grant_credits("alice", "g", 10)
    hold = await replicas[0].create_hold("alice", "r", PLAIN)

    counted = await outcomes(billing.release_hold(hold.name) for billing in each(replicas))

    assert counted == {"": CALLERS}
    assert (await told(store))["hold.released"] == 1
    assert await replicas[1].credits("alice") == (10, 0)


async def test_concurrent_captures_of_one_hold_charge_once(replicas, store: Store) -> None:
    await replicas[0].grant_credits("alice", "g", 10)
    hold = await replicas[0].create_hold("alice", "r", PLAIN)

    counted = await outcomes(
        billing.capture_hold(hold.name, EMBEDDING, 1000, SMALL) for billing in each(replicas)
    )

    assert counted == {"": CALLERS}
    assert (await told(store))["hold.captured"] == 1
    assert await replicas[1].credits("alice") == (6, 0)


@pytest.mark.parametrize("seed", range(3))
async def test_captures_releases_and_expiry_of_one_hold_resolve_it_once(
    replicas, store: Store, make_billing, clock, seed: int
) -> None:
    await replicas[0].grant_credits("alice", "g", 10)
    hold = await replicas[0].create_hold("alice", "r", PLAIN)
    ahead = type(clock)()
    ahead.advance(timedelta(minutes=15))
    late = type(replicas[0])(store, ahead)  # a process whose clock is ahead sees the hold expired
    calls = [
        *(billing.capture_hold(hold.name, EMBEDDING, 1000, SMALL) for billing in each(replicas)),
        *(billing.release_hold(hold.name) for billing in each(replicas)),
        *(late.expire_due() for _ in range(3)),
    ]
    random.Random(seed).shuffle(calls)  # noqa: S311 - an order, not a secret

    counted = await outcomes(calls)

    assert set(counted) <= {"", "HOLD_ALREADY_RESOLVED"}
    resolved = await told(store)
    assert resolved["hold.captured"] + resolved["hold.released"] + resolved["hold.expired"] == 1
    found = (await store.load([HoldKey(hold.name)]))[HoldKey(hold.name)]
    is_charged = found.state is State.CAPTURED
    assert await replicas[1].credits("alice") == (6 if is_charged else 10, 0)


async def test_concurrent_holds_never_overdraw_an_account(replicas) -> None:
    await replicas[0].grant_credits("alice", "g", 30)

    counted = await outcomes(
        billing.create_hold("alice", f"r{n}", PLAIN) for n, billing in enumerate(each(replicas))
    )

    assert counted == {"": 7, "INSUFFICIENT_CREDITS": CALLERS - 7}
    assert await replicas[0].credits("alice") == (2, 28)


async def test_concurrent_requests_with_one_id_make_one_hold(replicas) -> None:
    await replicas[0].grant_credits("alice", "g", 100)

    holds = await asyncio.gather(*(billing.create_hold("alice", "r", PLAIN) for billing in each(replicas)))

    assert len({hold.name for hold in holds}) == 1
    assert await replicas[0].credits("alice") == (96, 4)


async def test_concurrent_requests_with_one_id_and_two_bodies_answer_one_of_them(replicas) -> None:
    await replicas[0].grant_credits("alice", "g", 100)
    other = HoldRequest(None, 1001, EMBEDDING, None)

    counted = await outcomes(
        billing.create_hold("alice", "r", PLAIN if n % 2 else other)
        for n, billing in enumerate(each(replicas))
    )

    assert counted == {"": CALLERS // 2, "IDEMPOTENCY_KEY_REUSED": CALLERS // 2}
    assert await replicas[0].credits("alice") == (96, 4)


async def test_concurrent_grants_with_one_id_to_a_new_account_count_once(replicas) -> None:
    counted = await outcomes(billing.grant_credits("alice", "g", 100) for billing in each(replicas))

    assert counted == {"": CALLERS}
    assert await replicas[0].credits("alice") == (100, 0)


async def test_concurrent_first_uses_of_an_owner_make_one_account(replicas, store: Store) -> None:
    await outcomes(billing.grant_credits("alice", f"g{n}", 1) for n, billing in enumerate(each(replicas)))

    assert await replicas[0].credits("alice") == (CALLERS, 0)
    assert [account.owner async for account, _, _ in store.books()] == ["alice"]


async def test_concurrent_claims_move_everything_once(replicas) -> None:
    await replicas[0].grant_credits("session", "g", 25)

    moved = await asyncio.gather(
        *(
            billing.claim_credits("session", f"user {n % 3}", f"c{n}")
            for n, billing in enumerate(each(replicas))
        )
    )

    assert sum(moved) == 25
    owners = ["session", "user 0", "user 1", "user 2"]
    balances = [await replicas[0].credits(owner) for owner in owners]
    assert balances[0] == (0, 0)
    assert sum(available for available, _ in balances) == 25


async def test_concurrent_claims_in_both_directions_lose_nothing(replicas) -> None:
    await replicas[0].grant_credits("a", "g", 25)
    await replicas[0].grant_credits("b", "g", 50)

    await outcomes(
        billing.claim_credits(*(("a", "b") if n % 2 else ("b", "a")), f"c{n}")
        for n, billing in enumerate(each(replicas))
    )

    assert sum([(await replicas[0].credits(owner))[0] for owner in ("a", "b")]) == 75


async def test_the_same_payment_at_once_brings_credits_once(replicas, store: Store, clock, hear) -> None:
    await replicas[0].grant_credits("alice", "g", 1)
    order = Order("o", "alice", "starter", 100, 400, "USD", clock(), product="pdt")
    await store.commit(Changes((Change(None, order),)))
    paid = PaymentFacts("pay_1", True, "succeeded", "o", None, 400, "USD", ("pdt",))

    received = await asyncio.gather(*(hear(store, f"message {n % 8}", paid) for n in range(CALLERS)))

    assert sum(one.duplicate for one in received) == CALLERS - 8
    assert (await told(store))["purchase.completed"] == 1
    assert await replicas[1].credits("alice") == (101, 0)


async def test_concurrent_requests_of_one_device_get_two_free_checks(replicas) -> None:
    request = HoldRequest("device", 1000, EMBEDDING, None)

    counted = await outcomes(
        billing.create_hold(f"account {n}", "r", request) for n, billing in enumerate(each(replicas))
    )

    assert counted == {"": 2, "FREE_CHECKS_EXHAUSTED": CALLERS - 2}


async def test_concurrent_holds_of_one_quoted_file_use_it_once(replicas) -> None:
    await replicas[0].grant_credits("alice", "g", 1000)
    quote = await replicas[0].create_quote("alice", [StatedFile("a", 1000, SMALL)], EMBEDDING)
    request = HoldRequest(None, 1000, EMBEDDING, QuotedFile(quote.name, "a"))

    counted = await outcomes(
        billing.create_hold("alice", f"r{n}", request) for n, billing in enumerate(each(replicas))
    )

    assert counted == {"": 1, "QUOTE_FILE_UNUSABLE": CALLERS - 1}
    assert await replicas[0].credits("alice") == (996, 4)


async def test_concurrent_sweeps_expire_each_hold_once(replicas, store: Store, clock) -> None:
    await replicas[0].grant_credits("alice", "g", 100)
    for n in range(5):
        await replicas[0].create_hold("alice", f"r{n}", PLAIN)
    await replicas[0].create_hold("bob", "r", HoldRequest("d", 1000, EMBEDDING, None))
    clock.advance(timedelta(minutes=15))

    await asyncio.gather(*(billing.expire_due() for billing in each(replicas)))

    assert (await told(store))["hold.expired"] == 6
    assert await replicas[1].credits("alice") == (100, 0)
    again = await replicas[2].create_hold("bob", "r2", HoldRequest("d", 1000, EMBEDDING, None))
    assert (again.access, again.free_checks_used) == (Access.FREE_CHECK, 1)
