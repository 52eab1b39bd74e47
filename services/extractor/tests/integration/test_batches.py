"""Batches of one extractor, over real gRPC."""

import asyncio
import uuid
from itertools import pairwise

import pytest
import pytest_asyncio

from metaextract.extractor.v1 import batches_pb2 as pb
from metaextract.extractor.v1.batches_pb2_grpc import BatchServiceStub
from metaextract_common.errors import ServiceError
from metaextract_common.rpc.client import open_channel
from metaextract_testing.factory import make

pytestmark = pytest.mark.asyncio(loop_scope="module")

IMAGE = make("png")
SECONDS_MAX = 60


@pytest_asyncio.fixture(loop_scope="module")
async def batches(service):
    async with open_channel(service.target, timeout_seconds=60) as channel:
        yield BatchServiceStub(channel)


@pytest.fixture
def batch() -> str:
    return f"batches/{uuid.uuid4()}"


def counts(batch: pb.Batch) -> tuple[int, ...]:
    return (
        batch.receiving_count,
        batch.queued_count,
        batch.parsing_count,
        batch.succeeded_count,
        batch.failed_count,
        batch.cancelled_count,
    )


async def reason(call) -> str:
    with pytest.raises(ServiceError) as caught:
        await call
    return caught.value.reason


async def collected(call) -> list[pb.Batch]:
    async with asyncio.timeout(SECONDS_MAX):
        events = [response.event async for response in call]
    sequences = [event.sequence for event in events]
    assert sequences == sorted(set(sequences))
    assert [event.WhichOneof("event") for event in events] == ["changed"] * (len(events) - 1) + ["ended"]
    return [event.changed if event.HasField("changed") else event.ended for event in events]


async def test_a_batch_counts_what_its_files_come_to(service, batches, batch) -> None:
    assert await reason(batches.GetBatch(pb.GetBatchRequest(name=batch))) == "BATCH_NOT_FOUND"
    good = [await service.extract(IMAGE, batch=batch) for _ in range(2)]
    with pytest.raises(ServiceError):
        await service.upload(b"no image" * 1000, "a.jpg", batch=batch).to_the_end()
    found = (await batches.GetBatch(pb.GetBatchRequest(name=batch))).batch
    assert counts(found) == (0, 0, 0, 2, 1, 0)
    assert (found.name, found.extractions_count, found.fraction) == (batch, 3, 1)
    assert found.size_bytes == 2 * len(IMAGE.content) + len(b"no image" * 1000)
    assert found.HasField("end_time")
    assert found.expire_time.ToDatetime() > found.end_time.ToDatetime() > found.create_time.ToDatetime()
    assert {upload.ended.batch for upload in good} == {batch}


async def test_extractions_are_listed_page_by_page_without_results(service, batches, batch) -> None:
    uploads = [await service.extract(IMAGE, batch=batch) for _ in range(3)]
    request = pb.ListBatchExtractionsRequest(parent=batch, page_size=2)
    first = await batches.ListBatchExtractions(request)
    request.page_token = first.next_page_token
    second = await batches.ListBatchExtractions(request)
    listed = [*first.extractions, *second.extractions]
    assert [one.name for one in listed] == [upload.name for upload in uploads]
    assert (len(first.extractions), second.next_page_token) == (2, "")
    for one, upload in zip(listed, uploads, strict=True):
        whole = upload.ended
        for name in ("result", "insights", "quality", "operations"):
            whole.ClearField(name)
        assert one == whole


@pytest.mark.parametrize("token", ["x", "e30=", "WzEsMiwzXQ==", "bnVsbA=="])
async def test_a_token_that_is_none_is_refused(service, batches, batch, token) -> None:
    await service.extract(IMAGE, batch=batch)
    request = pb.ListBatchExtractionsRequest(parent=batch, page_token=token)
    assert await reason(batches.ListBatchExtractions(request)) == "INVALID_REQUEST"


async def test_a_token_of_another_batch_is_refused(service, batches, batch) -> None:
    other = f"batches/{uuid.uuid4()}"
    for name in (batch, batch, other):
        await service.extract(IMAGE, batch=name)
    page = await batches.ListBatchExtractions(pb.ListBatchExtractionsRequest(parent=batch, page_size=1))
    request = pb.ListBatchExtractionsRequest(parent=other, page_token=page.next_page_token)
    assert await reason(batches.ListBatchExtractions(request)) == "INVALID_REQUEST"


async def test_a_name_that_is_no_batch_is_refused(service) -> None:
    assert await reason(service.upload(IMAGE.content, batch="batches/1").to_the_end()) == "INVALID_REQUEST"


async def test_a_watch_begins_before_the_batch_and_ends_with_its_last_file(service, batches, batch) -> None:
    request = pb.WatchBatchRequest(name=batch, extractions_count=3, wait_for_creation={"seconds": 50})
    watched = asyncio.create_task(collected(batches.WatchBatch(request)))
    for _ in range(3):
        await service.extract(IMAGE, batch=batch)
    told = await watched
    ended = [one.succeeded_count for one in told]
    assert ended == sorted(ended)
    assert counts(told[-1]) == (0, 0, 0, 3, 0, 0)
    assert all(counts(one) != counts(other) for one, other in pairwise(told))


async def test_a_watch_goes_on_behind_what_was_seen(service, batches, batch) -> None:
    await service.extract(IMAGE, batch=batch)
    request = pb.WatchBatchRequest(name=batch, extractions_count=1)
    (seen,) = [response.event async for response in batches.WatchBatch(request)]
    request.after_sequence = seen.sequence
    assert [response async for response in batches.WatchBatch(request)] == []
    request.after_sequence -= 1
    (again,) = [response.event async for response in batches.WatchBatch(request)]
    assert (again.sequence, again.ended) == (seen.sequence, seen.ended)


async def test_a_batch_that_never_comes_is_not_waited_for_longer_than_asked(batches, batch) -> None:
    request = pb.WatchBatchRequest(name=batch, wait_for_creation={"nanos": 10_000_000})
    assert await reason(collected(batches.WatchBatch(request))) == "BATCH_NOT_FOUND"


async def test_a_cancelled_batch_stops_what_runs_and_takes_nothing_more(service, batches, batch) -> None:
    done = await service.extract(IMAGE, batch=batch)
    uploads = [service.begin("a.png", batch=batch) for _ in range(3)]
    for upload in uploads:
        await upload.next()
    watched = asyncio.create_task(collected(batches.WatchBatch(pb.WatchBatchRequest(name=batch))))
    cancelled = (await batches.CancelBatch(pb.CancelBatchRequest(name=batch))).batch
    assert counts(cancelled) == (0, 0, 0, 1, 0, 3)
    assert cancelled.HasField("cancel_time")
    for upload in uploads:
        assert await reason(upload.to_the_end()) == "EXTRACTION_CANCELLED"
    assert await reason(service.upload(IMAGE.content, batch=batch).to_the_end()) == "BATCH_CANCELLED"
    assert (await service.get(done.name)).HasField("result")
    assert (await watched)[-1] == cancelled
    assert (await batches.CancelBatch(pb.CancelBatchRequest(name=batch))).batch == cancelled


async def test_a_batch_has_no_more_extractions_than_the_setting_says(start) -> None:
    batch = f"batches/{uuid.uuid4()}"
    async with start(batch_count_max=2) as service:
        for _ in range(2):
            await service.extract(IMAGE, batch=batch)
        assert await reason(service.upload(IMAGE.content, batch=batch).to_the_end()) == "BATCH_FULL"
        assert (await service.extract(IMAGE)).states[-1] == "SUCCEEDED"
