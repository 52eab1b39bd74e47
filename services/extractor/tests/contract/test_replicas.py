"""What stores promise to several replicas that share one database."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from metaextract_common.errors import ServiceError
from metaextract_extractor.adapters.storage.stores import Stores
from metaextract_extractor.domain import errors
from metaextract_extractor.domain.model import Extraction, State

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
LEASE = timedelta(seconds=15)
MOMENT = timedelta(microseconds=1)
KEEP = timedelta(hours=1)


def extraction(number: int, request_id: str = "", at: datetime = NOW) -> Extraction:
    return Extraction(f"extractions/{number}", "alice", request_id, State.RECEIVING, at)


def cancelled(one: Extraction) -> Extraction:
    return one.given_up(errors.extraction_cancelled(one.name), at=NOW, keep=KEEP, sequence=9)


async def names_abandoned(stores: Stores, now: datetime, running=(), since: datetime = NOW) -> list[str]:
    found = await stores.extractions.abandoned(now, running=running, since=since)
    return sorted(one.name for one in found)


async def test_what_one_replica_adds_the_other_finds(stores) -> None:
    here, there = stores
    await here.extractions.add(extraction(1, "r"))
    assert await there.extractions.get("extractions/1") == extraction(1, "r")
    assert await there.extractions.find_by_request("alice", "r") == extraction(1, "r")


async def test_of_many_that_come_at_once_at_both_one_gets_the_request_id(stores) -> None:
    adding = [stores[number % 2].extractions.add(extraction(number, "r")) for number in range(20)]
    outcomes = await asyncio.gather(*adding, return_exceptions=True)
    assert outcomes.count(None) == 1
    assert {one.reason for one in outcomes if one is not None} == {"REQUEST_ID_REUSED"}


async def test_of_many_that_come_at_once_at_both_one_gets_the_name(stores) -> None:
    adding = [stores[number % 2].extractions.add(extraction(1)) for number in range(20)]
    outcomes = await asyncio.gather(*adding, return_exceptions=True)
    assert outcomes.count(None) == 1
    assert {one.reason for one in outcomes if one is not None} == {"EXTRACTION_EXISTS"}


async def test_the_extractions_of_a_replica_that_lives_are_not_abandoned(stores) -> None:
    here, there = stores
    await here.extractions.renew(NOW + LEASE, [])
    await there.extractions.renew(NOW + 3 * LEASE, [])
    await here.extractions.add(extraction(1))
    assert await names_abandoned(there, NOW + LEASE - MOMENT) == []
    assert await names_abandoned(there, NOW + LEASE) == ["extractions/1"]
    await here.extractions.renew(NOW + 2 * LEASE, [])
    assert await names_abandoned(there, NOW + LEASE) == []


async def test_a_replica_that_never_said_that_it_lives_does_not(stores) -> None:
    here, there = stores
    await there.extractions.renew(NOW + LEASE, [])
    await here.extractions.add(extraction(1))
    assert await names_abandoned(there, NOW) == ["extractions/1"]


async def test_what_has_ended_is_not_abandoned(stores) -> None:
    here, there = stores
    await here.extractions.add(extraction(1))
    await here.extractions.update(cancelled(extraction(1)))
    assert await names_abandoned(there, NOW) == []


async def test_what_a_living_replica_has_lost_sight_of_is_abandoned_by_itself_alone(stores) -> None:
    here, there = stores
    for one in stores:
        await one.extractions.renew(NOW + LEASE, [])
    for number in (1, 2):
        await here.extractions.add(extraction(number))
    await here.extractions.add(extraction(3, at=NOW + MOMENT))
    since = NOW + MOMENT
    assert await names_abandoned(here, NOW, running=["extractions/2"], since=since) == ["extractions/1"]
    assert await names_abandoned(there, NOW, running=["extractions/2"], since=since) == []


async def test_a_sign_of_life_tells_what_another_replica_has_ended(stores) -> None:
    here, there = stores
    for number in range(3):
        await here.extractions.add(extraction(number))
    running = [f"extractions/{number}" for number in range(4)]
    assert await here.extractions.renew(NOW + LEASE, running) == []
    await there.extractions.update(cancelled(extraction(1)))
    assert await here.extractions.renew(NOW + LEASE, running) == ["extractions/1"]
    assert await here.extractions.renew(NOW + LEASE, []) == []


async def test_whoever_ends_an_extraction_first_has_ended_it(stores) -> None:
    here, there = stores
    await here.extractions.add(extraction(1, "r"))
    lost = extraction(1).given_up(errors.worker_lost("crashed"), at=NOW, keep=KEEP, sequence=7)
    ending = [here.extractions.update(lost), there.extractions.update(cancelled(extraction(1)))]
    outcomes = await asyncio.gather(*ending, return_exceptions=True)
    (refused,) = (one for one in outcomes if one is not None)
    assert isinstance(refused, ServiceError)
    assert refused.reason == "ILLEGAL_STATE_TRANSITION"
    stored = await here.extractions.get("extractions/1")
    assert stored.state is (State.CANCELLED if outcomes[1] is None else State.FAILED)
    assert refused.metadata["state"] == stored.state


async def test_what_has_ended_does_not_go_on(stores) -> None:
    here, there = stores
    await here.extractions.add(extraction(1))
    await there.extractions.update(cancelled(extraction(1)))
    with pytest.raises(ServiceError) as caught:
        await here.extractions.update(extraction(1).to(State.QUEUED))
    assert caught.value.reason == "ILLEGAL_STATE_TRANSITION"
    assert (await here.extractions.get("extractions/1")).state is State.CANCELLED


async def test_replicas_that_sweep_at_once_forget_each_extraction_once(stores) -> None:
    for number in range(450):
        await stores[0].extractions.add(extraction(number))
        if number % 9:
            await stores[0].extractions.update(cancelled(extraction(number)))
    sweeping = [one.extractions.forget_expired(NOW + KEEP) for one in stores * 2]
    assert sum(await asyncio.gather(*sweeping)) == 400
    assert len(await names_abandoned(stores[1], NOW)) == 50


async def test_a_sweep_forgets_replicas_that_died(stores) -> None:
    here, there = stores
    await here.extractions.renew(NOW + LEASE, [])
    await here.extractions.add(extraction(1))
    await there.extractions.forget_expired(NOW + LEASE)
    assert await names_abandoned(there, NOW) == ["extractions/1"]
