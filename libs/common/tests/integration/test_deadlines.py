"""Every call has a deadline, and the one of a nested call is shorter than its caller's."""

import asyncio

import grpc
import pytest

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract.extractor.v1 import extractor_pb2_grpc as pb_grpc
from metaextract_common.errors import Kind, ServiceError

GET = "/metaextract.extractor.v1.ExtractorService/GetExtraction"
REQUEST = pb.GetExtractionRequest(name="extractions/1")
WATCH = pb.WatchExtractionRequest(name="extractions/1")


async def forever(_request, _context):
    await asyncio.Event().wait()


async def stream_forever(_request, _context):
    yield pb.WatchExtractionResponse()
    await asyncio.Event().wait()


async def requests_forever():
    yield pb.ExtractRequest(chunk=b"x")
    await asyncio.Event().wait()


async def test_a_slow_method_is_named(serve) -> None:
    async with serve(forever) as stub:
        with pytest.raises(ServiceError) as caught:
            await stub.GetExtraction(REQUEST, timeout=0.3)
    assert (caught.value.kind, caught.value.reason) == (Kind.DEADLINE, "DEADLINE_EXCEEDED")
    assert caught.value.metadata == {"method": GET}


async def test_the_channel_sets_a_deadline_where_the_caller_sets_none(serve) -> None:
    arrived: list[float | None] = []

    async def get(_request, context):
        arrived.append(context.time_remaining())
        return pb.GetExtractionResponse()

    async with serve(get, timeout_seconds=300) as stub:
        await stub.GetExtraction(REQUEST)
        await stub.GetExtraction(REQUEST, timeout=60)
    by_channel, by_caller = arrived
    assert by_channel is not None
    assert by_caller is not None
    assert 0 < by_caller < 63 < by_channel < 303  # gRPC rounds the time up a little


async def test_the_server_caps_what_unary_callers_ask_for(serve) -> None:
    async with serve(forever, max_seconds=0.2, timeout_seconds=30) as stub:
        with pytest.raises(ServiceError) as caught:
            await stub.GetExtraction(REQUEST)
    assert caught.value.metadata == {"method": GET}


async def test_the_server_caps_what_streaming_callers_ask_for(serve) -> None:
    async def extract(requests, context):
        async for _ in requests:
            yield pb.ExtractResponse()

    limits = {"default_seconds": 0.1, "max_seconds": 0.1, "stream_max_seconds": 2, "timeout_seconds": 30}
    async with serve(watch=stream_forever, extract=extract, **limits) as stub:
        for call in (stub.WatchExtraction(WATCH), stub.Extract(requests_forever())):
            seen = []
            with pytest.raises(ServiceError) as caught:
                async for response in call:
                    seen.append(response)  # noqa: PERF401 - it raises in between
            assert len(seen) == 1
            assert caught.value.kind is Kind.DEADLINE


async def test_a_nested_call_gets_less_time_than_its_caller_waits(serve) -> None:
    ends: list[float] = []  # of the outer call and of the inner one, on one clock
    now = asyncio.get_running_loop().time

    async def inner(_request, context):
        ends.append(now() + context.time_remaining())
        return pb.GetExtractionResponse()

    async with serve(inner, name="inner", timeout_seconds=60) as inner_stub:

        async def outer(request, context):
            ends.append(now() + context.time_remaining())
            return await inner_stub.GetExtraction(request, timeout=50)

        async with serve(outer, name="outer", max_seconds=100) as outer_stub:
            began = now()
            await outer_stub.GetExtraction(REQUEST, timeout=40)

    outer_end, inner_end = ends
    rounded = 0.1  # gRPC tells times of 10 to 100 s in tenths of a second, rounded up
    travel = now() - began  # a deadline begins anew where it arrives
    assert outer_end <= began + 40 + rounded + travel
    assert inner_end <= outer_end + rounded + travel
    assert inner_end < began + 50


async def test_the_slow_one_of_two_nested_calls_is_named(serve) -> None:
    async with serve(watch=stream_forever, name="inner") as inner_stub:

        async def outer(_request, _context):
            async for _ in inner_stub.WatchExtraction(WATCH):
                pass

        async with serve(outer, name="outer") as outer_stub:
            with pytest.raises(ServiceError) as caught:
                await outer_stub.GetExtraction(REQUEST, timeout=0.5)
    assert caught.value.metadata["method"].endswith(("/WatchExtraction", "/GetExtraction"))
    assert caught.value.reason == "DEADLINE_EXCEEDED"


async def test_a_call_without_a_deadline_gets_the_default_one(serve, socket_folder) -> None:
    channel = grpc.aio.insecure_channel(f"unix:{socket_folder / 's'}")
    async with serve(forever, default_seconds=0.2), channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await pb_grpc.ExtractorServiceStub(channel).GetExtraction(REQUEST)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
