"""Cancelling a call cancels its work, in the task that does it."""

import asyncio
import gc

import pytest

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract_common import deadline

REQUEST = pb.GetExtractionRequest(name="extractions/1")
WATCH = pb.WatchExtractionRequest(name="extractions/1")
SECONDS_MAX = 60
LARGE = pb.PartialResult(fields=[{"printed": "x" * 500_000}])


class Work:
    """A handler's work: says when it began and how it ended."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.ended = asyncio.Event()
        self.cancelled = False
        self.same_task = False
        self.remaining = 0.0

    async def wait(self) -> None:
        task = asyncio.current_task()
        self.begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        finally:
            self.same_task = asyncio.current_task() is task
            self.ended.set()

    async def has_begun(self) -> None:
        await asyncio.wait_for(self.begun.wait(), SECONDS_MAX)

    async def was_cancelled(self) -> bool:
        await asyncio.wait_for(self.ended.wait(), SECONDS_MAX)
        return self.cancelled and self.same_task

    async def unary(self, _request, _context):
        await self.wait()

    async def watch(self, _request, _context):
        yield pb.WatchExtractionResponse()
        await self.wait()

    async def extract(self, requests, _context):
        async for _ in requests:
            break
        yield pb.ExtractResponse()
        await self.wait()


async def uploading():
    yield pb.ExtractRequest(chunk=b"x")
    await asyncio.Event().wait()


def streams(stub):
    return {"watch": lambda: stub.WatchExtraction(WATCH), "extract": lambda: stub.Extract(uploading())}


@pytest.fixture
def work() -> Work:
    return Work()


async def test_cancelling_a_unary_call_cancels_its_handler(work, serve, complaints) -> None:
    async with serve(work.unary, timeout_seconds=100, max_seconds=100) as stub:
        call = asyncio.ensure_future(stub.GetExtraction(REQUEST))
        await work.has_begun()
        call.cancel()
        assert await work.was_cancelled()


async def test_cancelling_the_task_that_awaits_a_unary_call_cancels_its_handler(work, serve) -> None:
    async with serve(work.unary, timeout_seconds=100, max_seconds=100) as stub:

        async def ask():
            await stub.GetExtraction(REQUEST)

        task = asyncio.create_task(ask())
        await work.has_begun()
        task.cancel()
        assert await work.was_cancelled()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("kind", ["watch", "extract"])
async def test_cancelling_a_stream_cancels_its_handler(kind, work, serve, complaints) -> None:
    async with serve(watch=work.watch, extract=work.extract, timeout_seconds=100) as stub:
        call = streams(stub)[kind]()
        await anext(aiter(call))
        await work.has_begun()
        call.cancel()
        assert await work.was_cancelled()


@pytest.mark.parametrize("kind", ["watch", "extract"])
async def test_cancelling_the_task_that_reads_a_stream_cancels_its_handler(
    kind, work, serve, complaints
) -> None:
    async with serve(watch=work.watch, extract=work.extract, timeout_seconds=100) as stub:

        async def read():
            async for _ in streams(stub)[kind]():
                pass

        task = asyncio.create_task(read())
        await work.has_begun()
        task.cancel()
        assert await work.was_cancelled()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("kind", ["watch", "extract"])
async def test_closing_the_responses_early_cancels_the_handler(kind, work, serve, complaints) -> None:
    async with serve(watch=work.watch, extract=work.extract, timeout_seconds=100) as stub:
        responses = aiter(streams(stub)[kind]())
        await anext(responses)
        await work.has_begun()
        await responses.aclose()
        assert await work.was_cancelled()


@pytest.mark.parametrize("kind", ["watch", "extract"])
async def test_a_handler_that_waits_for_a_slow_reader_is_cancelled_too(kind, serve, complaints) -> None:
    """The handler is then inside the sending of a response, not inside its own code."""
    ended = asyncio.Event()
    sent = 0
    tasks = []

    async def flood(make):
        nonlocal sent
        tasks.append(asyncio.current_task())
        try:
            while True:
                yield make()
                sent += 1
        finally:
            tasks.append(asyncio.current_task())
            tasks.append(deadline.remaining(99) < 99)
            ended.set()

    def watch(_request, _context):
        return flood(lambda: pb.WatchExtractionResponse(event={"partial_result": LARGE}))

    def extract(_requests, _context):
        return flood(lambda: pb.ExtractResponse(event={"partial_result": LARGE}))

    async with serve(watch=watch, extract=extract) as stub:
        call = streams(stub)[kind]()
        await anext(aiter(call))
        before = -1
        while before != sent:  # until the window is full
            before = sent
            await asyncio.sleep(0.2)
        call.cancel()
        await asyncio.wait_for(ended.wait(), SECONDS_MAX)
    gc.collect()
    await asyncio.sleep(0)
    assert tasks[0] is tasks[1]
    assert tasks[2]
