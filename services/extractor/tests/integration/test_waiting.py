"""What an upload tells when all workers are busy, and what its result says of the waiting."""

import asyncio
from contextlib import asynccontextmanager

from metaextract_testing.factory import large_image, make
from metaextract_testing.hostile import slow_jpeg

IMAGE = make("jpeg")
SECONDS_MAX = 60
WAITED_SECONDS = 0.5
LARGE = large_image("jpeg", 2_000_000)
CONTENT = b"".join(LARGE.chunks())
HEAD_BYTES = 70_000


def ms(duration) -> float:
    return duration.ToNanoseconds() / 1e6


@asynccontextmanager
async def the_only_worker_is_busy(service):
    """Until the end of the block."""
    upload = service.upload(slow_jpeg(), "slow.jpg")
    await upload.reaches("PARSING")
    yield
    upload.call.cancel()


async def test_the_wait_for_a_worker_is_told_apart_from_its_work(start) -> None:
    async with start() as service:
        async with the_only_worker_is_busy(service):
            upload = service.upload(IMAGE.content, IMAGE.name)
            await upload.reaches("QUEUED")
            await asyncio.sleep(WAITED_SECONDS)
        ended = await upload.to_the_end()
        efficiency, timings = ended.quality.efficiency, ended.result.timings
        assert efficiency.queue_ms >= WAITED_SECONDS * 1000
        assert abs(efficiency.queue_ms - ms(timings.queued)) < 0.01
        assert abs(efficiency.wall_ms - ms(timings.parsing)) < 0.01
        assert efficiency.memory_peak_bytes == timings.memory_peak_bytes > 0
        assert 0 < efficiency.processing_efficiency <= 1
        assert 0 < efficiency.bytes_read_for_pixels <= efficiency.bytes_read
        assert (await service.get(upload.name)).quality.efficiency == efficiency


async def test_who_does_not_wait_is_told_so_and_not_nothing(start) -> None:
    async with start() as service:
        efficiency = (await service.extract(IMAGE)).ended.quality.efficiency
        assert efficiency.HasField("queue_ms")
        assert 0 <= efficiency.queue_ms < SECONDS_MAX * 1000
        assert efficiency.wall_ms > 0


async def test_provisional_fields_that_were_due_meanwhile_are_told_as_soon_as_a_worker_is_free(
    start,
) -> None:
    async with start() as service:
        async with the_only_worker_is_busy(service):
            upload = service.begin(LARGE.name, size_bytes=len(CONTENT), partial_results=True)
            upload.send(CONTENT[:HEAD_BYTES])
            await upload.next()
            await asyncio.sleep(WAITED_SECONDS)
        async with asyncio.timeout(SECONDS_MAX):  # and the client sends nothing more
            while not upload.events[-1].HasField("partial_result"):
                await upload.next()
        told = upload.events[-1].partial_result
        assert told.bytes_read == HEAD_BYTES
        assert "DateTimeOriginal" in {one.name for one in told.fields}
        upload.call.cancel()
