"""Watching and stopping extractions."""

import asyncio

import pytest
from google.protobuf.duration_pb2 import Duration

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract_common.errors import ServiceError
from metaextract_common.rpc.errors import from_status
from metaextract_testing.factory import large_image, make
from metaextract_testing.hostile import slow_jpeg

pytestmark = pytest.mark.asyncio(loop_scope="module")
IMAGE = make("png")
ID = "00000000-0000-4000-8000-%012d"
SECONDS_MAX = 60
ENDLESS = slow_jpeg()


def pieces(content: bytes, length: int) -> list[bytes]:
    return [content[at : at + length] for at in range(0, len(content), length)]


async def watched(service, name: str, after: int = 0, wait_seconds: int = 0) -> list[pb.ExtractionEvent]:
    request = pb.WatchExtractionRequest(
        name=name, after_sequence=after, wait_for_creation=Duration(seconds=wait_seconds)
    )
    async with asyncio.timeout(SECONDS_MAX):
        return [response.event async for response in service.stub.WatchExtraction(request)]


def lasting(events: list[pb.ExtractionEvent]) -> list[pb.ExtractionEvent]:
    """All but progress, which a later one may have replaced."""
    return [event for event in events if not event.HasField("progress")]


async def cancelled(service, name: str) -> pb.Extraction:
    return (await service.stub.CancelExtraction(pb.CancelExtractionRequest(name=name))).extraction


async def reason(awaitable) -> str:
    with pytest.raises(ServiceError) as caught:
        await awaitable
    return caught.value.reason


async def leave(upload) -> None:
    upload.call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await upload.to_the_end()


async def test_all_watchers_see_what_the_uploader_sees(service) -> None:
    upload = service.begin(size_bytes=len(IMAGE.content))
    await upload.next()
    watchers = [asyncio.create_task(watched(service, upload.name)) for _ in range(2)]
    upload.send(IMAGE.content)
    upload.finish(IMAGE.content)
    upload.close()
    await upload.to_the_end()
    for seen in (*await asyncio.gather(*watchers), await watched(service, upload.name)):
        assert lasting(seen) == lasting(upload.events)
        assert [event.sequence for event in seen] == sorted({event.sequence for event in seen})


async def test_a_watch_resumes_where_it_was(service) -> None:
    upload = await service.extract(IMAGE)
    for after in (1, 3, len(upload.events) - 1, len(upload.events)):
        seen = await watched(service, upload.name, upload.events[after - 1].sequence)
        assert lasting(seen) == lasting(upload.events[after:])


async def test_a_watch_may_begin_before_the_upload(service) -> None:
    watching = asyncio.create_task(watched(service, f"extractions/{ID % 1}", wait_seconds=60))
    await asyncio.sleep(0.1)
    upload = await service.extract(IMAGE, extraction_id=ID % 1)
    assert lasting(await watching) == lasting(upload.events)


async def test_what_does_not_exist_can_neither_be_watched_nor_got_nor_cancelled(service) -> None:
    name = f"extractions/{ID % 99}"
    for call in (watched(service, name), service.get(name), cancelled(service, name)):
        assert await reason(call) == "EXTRACTION_NOT_FOUND"


@pytest.mark.parametrize("state", ["RECEIVING", "PARSING"])
async def test_an_extraction_can_be_stopped_from_another_call(state: str, service, becomes) -> None:
    upload = service.begin("slow.jpg")
    upload.send(*pieces(ENDLESS, 1_000_000))
    if state == "PARSING":
        upload.finish(ENDLESS)
    await upload.reaches(state)
    stopped = await cancelled(service, upload.name)
    assert stopped.state == pb.Extraction.STATE_CANCELLED
    assert from_status(stopped.error).reason == "EXTRACTION_CANCELLED"
    assert await cancelled(service, upload.name) == stopped
    assert service.spooled == []

    async def idle() -> bool:
        return (await service.info()).workers_busy_count == 0

    await becomes(idle)
    assert (await watched(service, upload.name))[-1].ended == stopped
    upload.call.cancel()


async def test_a_queued_extraction_can_be_stopped(service) -> None:
    first = service.upload(ENDLESS, "slow.jpg")
    await first.reaches("PARSING")
    second = service.upload(ENDLESS, "slow.jpg")
    await second.reaches("QUEUED")
    assert (await service.info()).queued_count == 1
    assert (await cancelled(service, second.name)).state == pb.Extraction.STATE_CANCELLED
    assert (await service.info()).queued_count == 0
    assert await service.state(first.name) == "PARSING"
    await cancelled(service, first.name)
    for upload in (first, second):
        upload.call.cancel()


async def test_what_has_ended_cannot_be_stopped(service) -> None:
    succeeded = await service.extract(IMAGE)
    assert await reason(cancelled(service, succeeded.name)) == "ILLEGAL_STATE_TRANSITION"
    failed = service.begin()
    await failed.next()
    failed.close()
    assert await reason(failed.to_the_end()) == "UPLOAD_INCOMPLETE"
    assert await reason(cancelled(service, failed.name)) == "ILLEGAL_STATE_TRANSITION"


async def test_a_client_that_leaves_in_mid_upload_takes_its_extraction_along(service, becomes) -> None:
    for _ in range(5):
        upload = service.begin("a.png", size_bytes=len(IMAGE.content))
        upload.send(IMAGE.content[:9000])
        await upload.next()
        await becomes(lambda: bool(service.spooled))
        await leave(upload)
        (*_, last) = await watched(service, upload.name)
        assert last.ended.state == pb.Extraction.STATE_CANCELLED
        assert service.spooled == []


async def test_a_client_that_leaves_in_mid_parse_takes_its_worker_along(
    service, worker_pids, becomes
) -> None:
    async def both_workers_are_there() -> bool:
        return (await service.info()).workers_count == 2

    await becomes(both_workers_are_there)
    before = worker_pids()
    upload = service.upload(ENDLESS, "slow.jpg")
    await upload.reaches("PARSING")
    await leave(upload)
    (*_, last) = await watched(service, upload.name)
    assert last.ended.state == pb.Extraction.STATE_CANCELLED
    assert service.spooled == []
    await becomes(lambda: len(before & worker_pids()) == 1)
    assert (await service.extract(IMAGE)).states[-1] == "SUCCEEDED"


async def test_a_client_that_leaves_at_once_leaves_nothing_open(service, becomes) -> None:
    """Wherever the server is when it hears of it."""

    async def idle() -> bool:
        info = await service.info()
        return info.uploads_count == 0

    for number in range(20):
        upload = service.begin("a.png", extraction_id=ID % (100 + number), request_id="at once")
        for _ in range(number):
            await asyncio.sleep(0.0005)
        await leave(upload)
        await becomes(idle)
    assert (await service.extract(IMAGE, request_id="at once")).states[-1] == "SUCCEEDED"
    for number in range(20):
        try:
            assert await service.state(f"extractions/{ID % (100 + number)}") == "CANCELLED"
        except ServiceError as error:
            assert error.reason == "EXTRACTION_NOT_FOUND"  # noqa: PT017 - left before it began


async def test_a_slow_upload_gets_provisional_fields(service) -> None:
    image = large_image("jpeg", 2_000_000)
    content = b"".join(image.chunks())
    upload = service.begin(image.name, size_bytes=len(content), partial_results=True)
    told = asyncio.Event()

    async def follow() -> None:
        while not any(event.HasField("partial_result") for event in upload.events):
            await upload.next()
        told.set()

    following = asyncio.create_task(follow())
    at = 0
    while not told.is_set() and at < 1_900_000:
        upload.send(content[at : at + 20_000])
        at += 20_000
        await asyncio.sleep(0.05)
    await asyncio.wait_for(following, SECONDS_MAX)
    partial = next(event.partial_result for event in upload.events if event.HasField("partial_result"))
    assert 64 * 1024 <= partial.bytes_read < len(content)
    assert "Make" in {field.name for field in partial.fields}
    upload.send(*(content[start : start + 250_000] for start in range(at, len(content), 250_000)))
    upload.finish(content)
    upload.close()
    await upload.to_the_end()
    assert upload.states[-1] == "SUCCEEDED"
    replay = await watched(service, upload.name)
    assert not any(event.HasField("partial_result") for event in replay)
    assert [event.sequence for event in replay] == sorted({event.sequence for event in replay})


async def test_nobody_gets_provisional_fields_unasked(service) -> None:
    image = large_image("jpeg", 1_000_000)
    content = b"".join(image.chunks())
    upload = service.begin(image.name, size_bytes=len(content))
    for at in range(0, len(content), 125_000):
        upload.send(content[at : at + 125_000])
        await asyncio.sleep(0.11)
    upload.finish(content)
    upload.close()
    await upload.to_the_end()
    assert not any(event.HasField("partial_result") for event in upload.events)
