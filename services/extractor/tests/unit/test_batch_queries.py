"""What a caller is told of a batch, whatever the store still holds."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from metaextract_common.errors import ServiceError
from metaextract_extractor.adapters.storage.memory import MemoryBatches, MemoryData, MemoryExtractions
from metaextract_extractor.application import batches
from metaextract_extractor.application.batches import BatchQueries
from metaextract_extractor.domain import errors
from metaextract_extractor.domain.model import Extraction, State

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEEP = timedelta(hours=1)
BATCH = "batches/1"


class Clock:
    time = NOW

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def data() -> MemoryData:
    return MemoryData()


@pytest.fixture
def store(data) -> MemoryExtractions:
    return MemoryExtractions(data)


@pytest.fixture
def queries(data, clock) -> BatchQueries:
    return BatchQueries(MemoryBatches(data), None, now=clock, look_seconds=0.001)  # nothing is cancelled


def member(number: int) -> Extraction:
    return Extraction(f"extractions/{number:04}", "alice", "", State.RECEIVING, NOW, batch=BATCH)


def failed(one: Extraction) -> Extraction:
    return one.given_up(errors.worker_lost("crashed"), at=NOW, keep=KEEP, sequence=2)


async def reason(awaitable) -> str:
    with pytest.raises(ServiceError) as caught:
        await awaitable
    return caught.value.reason


async def test_a_batch_that_has_expired_is_not_there_before_it_is_swept_away(store, queries, clock) -> None:
    await store.add(member(1))
    await store.update(failed(member(1)))
    clock.time += KEEP - timedelta(seconds=1)
    assert (await queries.get(BATCH)).ended
    clock.time += timedelta(seconds=1)
    assert await reason(queries.get(BATCH)) == "BATCH_NOT_FOUND"
    assert await reason(queries.page(BATCH, 10, "")) == "BATCH_NOT_FOUND"
    await store.add(member(2))
    assert (await queries.get(BATCH)).total.count == 2


async def test_a_watch_ends_with_a_batch_that_is_forgotten(store, queries, clock) -> None:
    await store.add(member(1))
    watching = queries.watch(BATCH, 0, 0, 0)
    first = await anext(watching)
    assert (first.batch.sequence, first.is_last) == (1, False)
    await store.update(failed(member(1)))
    second = await anext(watching)
    assert (second.batch.sequence, second.is_last) == (4, False)
    clock.time += KEEP
    async with asyncio.timeout(60):
        assert [event async for event in watching] == []


async def test_a_page_has_a_hundred_extractions_and_a_thousand_at_most(store, queries, monkeypatch) -> None:
    for number in range(103):
        await store.add(replace(member(number), create_time=NOW + timedelta(seconds=number)))
    first = await queries.page(BATCH, 0, "")
    assert (len(first.extractions), bool(first.next_page_token)) == (batches.PAGE_SIZE, True)
    rest = await queries.page(BATCH, 0, first.next_page_token)
    assert [one.name for one in rest.extractions] == [member(number).name for number in (100, 101, 102)]
    assert rest.next_page_token == ""
    exact = await queries.page(BATCH, 103, "")
    assert (len(exact.extractions), exact.next_page_token) == (103, "")
    monkeypatch.setattr(batches, "PAGE_SIZE_MAX", 101)
    assert len((await queries.page(BATCH, 5000, "")).extractions) == 101
