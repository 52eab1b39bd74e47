"""What stores promise of batches."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metaextract_common.errors import ServiceError
from metaextract_extractor.domain import errors
from metaextract_extractor.domain.batches import Position
from metaextract_extractor.domain.model import Extraction, State

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
KEEP = timedelta(hours=1)
SECOND = timedelta(seconds=1)
BATCH, OTHER = "batches/1", "batches/2"


def member(number: int, batch: str = BATCH, size_bytes: int | None = None) -> Extraction:
    at = NOW + number * SECOND
    name = f"extractions/{batch}{number}"
    return Extraction(name, "alice", "", State.RECEIVING, at, batch=batch, size_bytes=size_bytes)


def failed(one: Extraction, at: datetime = NOW) -> Extraction:
    return one.given_up(errors.worker_lost("crashed"), at=at, keep=KEEP, sequence=2)


async def reason(awaitable) -> str:
    with pytest.raises(ServiceError) as caught:
        await awaitable
    return caught.value.reason


async def test_a_batch_exists_as_soon_as_its_first_extraction_does(stores) -> None:
    here, there = stores
    assert await reason(there.batches.get(BATCH)) == "BATCH_NOT_FOUND"
    assert await there.batches.page(BATCH, None, 10) == []
    await here.extractions.add(member(1, size_bytes=7))
    found = await there.batches.get(BATCH)
    assert (found.name, found.count(State.RECEIVING), found.total.count) == (BATCH, 1, 1)
    assert (found.total.create_time, found.total.size_bytes) == (member(1).create_time, 7)
    assert (found.ended, found.total.end_time, found.cancel_time) == (False, None, None)


async def test_extractions_without_a_batch_are_no_batch(stores) -> None:
    here, _ = stores
    await here.extractions.add(member(1, batch=""))
    assert await reason(here.batches.get("")) == "BATCH_NOT_FOUND"
    assert await here.batches.page("", None, 10) == []
    assert await here.batches.unfinished("") == []


async def test_a_page_begins_behind_the_one_before_and_holds_no_result(stores) -> None:
    here, there = stores
    members = [member(number) for number in (3, 1, 5, 2, 4)]
    for one in members:
        await here.extractions.add(one)
    await here.extractions.add(member(1, OTHER))
    ended = failed(member(2))
    await here.extractions.update(ended)
    in_order = sorted(members, key=lambda one: one.create_time)
    in_order[1] = ended
    pages, after = [], None
    while page := await there.batches.page(BATCH, after, 2):
        pages.append([one.name for one in page])
        after = Position(page[-1].create_time, page[-1].name)
    assert pages == [[one.name for one in in_order[at : at + 2]] for at in (0, 2, 4)]
    (_, found, *_) = await there.batches.page(BATCH, None, 5)
    assert found.error is not None
    assert replace(found, error=None) == replace(ended, error=None)


async def test_those_created_at_the_same_moment_are_listed_once_each(stores) -> None:
    here, _ = stores
    same = [replace(member(number), create_time=NOW) for number in range(5)]
    for one in same:
        await here.extractions.add(one)
    first = await here.batches.page(BATCH, None, 3)
    second = await here.batches.page(BATCH, Position(NOW, first[-1].name), 3)
    assert [one.name for one in first + second] == sorted(one.name for one in same)


async def test_a_batch_takes_no_more_than_it_may_have_from_both_replicas_together(stores) -> None:
    joining = [stores[number % 2].extractions.add(member(number)) for number in range(20)]
    outcomes = await asyncio.gather(*joining, return_exceptions=True)
    assert outcomes.count(None) == 5
    refused = [one for one in outcomes if one is not None]
    assert {one.reason for one in refused} == {"BATCH_FULL"}
    assert refused[0].metadata == {"batch": BATCH, "extractions_count_max": "5"}
    await stores[0].extractions.add(member(1, OTHER))


async def test_an_extraction_that_was_refused_does_not_count(stores) -> None:
    here, _ = stores
    await here.extractions.add(member(0))
    for _ in range(9):
        assert await reason(here.extractions.add(member(0))) == "EXTRACTION_EXISTS"
    for number in range(1, 5):
        await here.extractions.add(member(number))


async def test_nothing_joins_a_batch_that_was_cancelled(stores) -> None:
    here, there = stores
    assert await reason(here.batches.cancel(BATCH, NOW)) == "BATCH_NOT_FOUND"
    await here.extractions.add(member(1))
    await here.extractions.add(member(2))
    await here.extractions.update(failed(member(2)))
    await there.batches.cancel(BATCH, NOW)
    await there.batches.cancel(BATCH, NOW + SECOND)
    assert (await here.batches.get(BATCH)).cancel_time == NOW
    assert await reason(here.extractions.add(member(3))) == "BATCH_CANCELLED"
    assert await here.batches.unfinished(BATCH) == [member(1).name]


async def test_a_batch_is_forgotten_with_its_last_extraction(stores) -> None:
    here, _ = stores
    for number in range(5):
        await here.extractions.add(member(number))
        await here.extractions.update(failed(member(number), at=NOW + number * SECOND))
    found = await here.batches.get(BATCH)
    assert found.ended
    assert (found.total.end_time, found.total.expire_time) == (NOW + 4 * SECOND, NOW + 4 * SECOND + KEEP)
    await here.batches.cancel(BATCH, NOW)
    await here.extractions.forget_expired(NOW + KEEP)
    assert (await here.batches.get(BATCH)).total.count == 4
    await here.extractions.forget_expired(NOW + 4 * SECOND + KEEP)
    assert await reason(here.batches.get(BATCH)) == "BATCH_NOT_FOUND"
    for number in range(5):
        await here.extractions.add(member(number))


MOVES = st.lists(
    st.tuples(
        st.integers(0, 4), st.sampled_from(["add", "go on", "fail", "cancel", "forget"]), st.integers(0, 1)
    ),
    max_size=30,
)


@given(moves=MOVES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_counts_of_a_batch_are_those_of_a_recount_whatever_happened(stores, moves) -> None:
    known: dict[str, Extraction] = {}
    joined_count = 0
    await stores[0].extractions.forget_expired(NOW + 100 * KEEP)
    for one in await stores[0].extractions.abandoned(NOW, running=[], since=NOW):
        await stores[0].extractions.update(failed(one))
    await stores[0].extractions.forget_expired(NOW + 100 * KEEP)

    for number, move, where in moves:
        extractions, name = stores[where].extractions, member(number).name
        one = known.get(name)
        match move:
            case "add" if one is None and joined_count == 5:  # those that are forgotten have joined too
                assert await reason(extractions.add(member(number))) == "BATCH_FULL"
            case "add" if one is None:
                joined_count += 1
                known[name] = member(number, size_bytes=10**number)
                await extractions.add(known[name])
            case "go on" if one is not None and one.state in (State.RECEIVING, State.QUEUED):
                known[name] = one.to(State.QUEUED if one.state is State.RECEIVING else State.PARSING)
                await extractions.update(known[name])
            case "fail" if one is not None and not one.ended:
                known[name] = failed(one, NOW + number * SECOND)
                await extractions.update(known[name])
            case "cancel" if one is not None and not one.ended:
                error = errors.extraction_cancelled(name)
                known[name] = one.given_up(error, at=NOW, keep=KEEP, sequence=2)
                await extractions.update(known[name])
            case "forget":
                now = NOW + KEEP + number * SECOND
                await extractions.forget_expired(now)
                known = {
                    key: value
                    for key, value in known.items()
                    if not (value.expire_time and value.expire_time <= now)
                }

        joined_count = joined_count if known else 0
        if not known:
            assert await reason(stores[1 - where].batches.get(BATCH)) == "BATCH_NOT_FOUND"
            continue
        found = await stores[1 - where].batches.get(BATCH)
        counts = Counter(value.state for value in known.values())
        assert {state: total.count for state, total in found.totals.items()} == counts
        assert found.total.size_bytes == sum(value.size_bytes or 0 for value in known.values())
        assert found.total.create_time == min(value.create_time for value in known.values())
        assert found.ended == all(value.ended for value in known.values())
        listed = await stores[1 - where].batches.page(BATCH, None, 10)
        assert [(value.name, value.state) for value in listed] == sorted(
            (value.name, value.state) for value in known.values()
        )
