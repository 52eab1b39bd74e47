"""Many callers at once: the races that broke the system which this one replaces."""

import asyncio
import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from metaextract_billing.domain.models import (
    Access,
    Balance,
    Charge,
    Operations,
    PricedFile,
    Quote,
    QuotedFile,
    State,
)
from metaextract_billing.domain.ports import Ledger
from metaextract_billing.domain.pricing import quoted_price
from metaextract_common.errors import ServiceError

CALLERS = 50
FOUR = Charge(4, free_checks_count_max=2)


async def outcomes(calls) -> Counter[str]:
    """Return how often each reason was raised, and under "new" and "old" how often none was."""
    answers = await asyncio.gather(*calls, return_exceptions=True)
    counted: Counter[str] = Counter()
    for answer in answers:
        if isinstance(answer, ServiceError):
            counted[answer.reason] += 1
        elif isinstance(answer, BaseException):
            raise answer
        else:
            counted["new" if answer.changed else "old"] += 1
    return counted


async def test_concurrent_releases_of_one_hold_give_back_once(ledger: Ledger, order, clock) -> None:
    await ledger.grant("alice", "g", 10, clock())
    hold, _ = await ledger.hold(order(), FOUR)

    counted = await outcomes(ledger.release(hold.order.name, clock()) for _ in range(CALLERS))

    assert counted == {"new": 1, "old": CALLERS - 1}
    assert await ledger.balance("alice") == Balance(10, 0)


async def test_concurrent_captures_of_one_hold_charge_once(ledger: Ledger, order, clock) -> None:
    await ledger.grant("alice", "g", 10, clock())
    hold, _ = await ledger.hold(order(), FOUR)

    counted = await outcomes(ledger.capture(hold.order.name, 3, clock()) for _ in range(CALLERS))

    assert counted == {"new": 1, "old": CALLERS - 1}
    assert await ledger.balance("alice") == Balance(7, 0)


@pytest.mark.parametrize("seed", range(3))
async def test_captures_releases_and_expiry_of_one_hold_resolve_it_once(
    ledger: Ledger, order, clock, seed: int
) -> None:
    await ledger.grant("alice", "g", 10, clock())
    hold, _ = await ledger.hold(order(), FOUR)
    name = hold.order.name
    late = hold.order.expire_time

    async def expire() -> int:
        return len(await ledger.expire(late))

    async def resolve(call) -> int:
        counted = await outcomes([call])
        assert set(counted) <= {"new", "old", "HOLD_ALREADY_RESOLVED"}
        return counted["new"]

    calls = [
        *(resolve(ledger.capture(name, 4, clock())) for _ in range(20)),
        *(resolve(ledger.release(name, clock())) for _ in range(20)),
        *(expire() for _ in range(10)),
    ]
    random.Random(seed).shuffle(calls)  # noqa: S311 - an order, not a secret

    assert sum(await asyncio.gather(*calls)) == 1
    is_charged = (await ledger.get_hold(name)).state is State.CAPTURED
    assert await ledger.balance("alice") == Balance(6 if is_charged else 10, 0)


async def test_concurrent_holds_never_overdraw_an_account(ledger: Ledger, order, clock) -> None:
    await ledger.grant("alice", "g", 30, clock())

    counted = await outcomes(ledger.hold(order(), FOUR) for _ in range(CALLERS))

    assert counted == {"new": 7, "INSUFFICIENT_CREDITS": CALLERS - 7}
    assert await ledger.balance("alice") == Balance(2, 28)


async def test_concurrent_requests_with_one_id_make_one_hold(ledger: Ledger, order, clock) -> None:
    await ledger.grant("alice", "g", 100, clock())

    counted = await outcomes(ledger.hold(order(request_id="r"), FOUR) for _ in range(CALLERS))

    assert counted == {"new": 1, "old": CALLERS - 1}
    assert await ledger.balance("alice") == Balance(96, 4)


async def test_concurrent_grants_with_one_id_and_to_a_new_account_count_once(ledger: Ledger, clock) -> None:
    counted = await outcomes(ledger.grant("alice", "g", 100, clock()) for _ in range(CALLERS))

    assert counted == {"new": 1, "old": CALLERS - 1}
    assert await ledger.balance("alice") == Balance(100, 0)


async def test_concurrent_requests_of_one_device_get_two_free_checks(ledger: Ledger, order) -> None:
    calls = [ledger.hold(order(f"account-{n}", device="d"), FOUR) for n in range(CALLERS)]

    counted = await outcomes(calls)

    assert counted == {"new": 2, "FREE_CHECKS_EXHAUSTED": CALLERS - 2}


async def test_concurrent_holds_of_one_quoted_file_use_it_once(ledger: Ledger, order, clock) -> None:
    await ledger.grant("alice", "g", 1000, clock())
    operations = Operations(embedding=True)
    file = PricedFile("a", quoted_price(operations, None))
    await ledger.add_quote(
        Quote("quotes/1", "alice", operations, (file,), clock(), clock() + timedelta(minutes=15))
    )
    charge = replace(FOUR, quoted=QuotedFile("quotes/1", "a"))

    counted = await outcomes(ledger.hold(order(), charge) for _ in range(CALLERS))

    assert counted == {"new": 1, "QUOTE_FILE_UNUSABLE": CALLERS - 1}
    assert await ledger.balance("alice") == Balance(996, 4)


async def test_concurrent_sweeps_expire_each_hold_once(ledger: Ledger, order, clock) -> None:
    for _ in range(5):
        await ledger.hold(order("alice"), None)
    await ledger.hold(order("bob", device="d"), FOUR)
    clock.advance(timedelta(minutes=15))

    swept = await asyncio.gather(*(ledger.expire(clock()) for _ in range(10)))

    assert sorted(len(expired) for expired in swept) == [0] * 9 + [6]
    again, _ = await ledger.hold(order("bob", device="d"), FOUR)
    assert (again.access, again.free_checks_used) == (Access.FREE_CHECK, 1)
