"""Client and server spans of one call are one trace."""

import asyncio

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract_common.errors import Kind, ServiceError
from metaextract_common.rpc.client import open_channel

REQUEST = pb.GetExtractionRequest(name="extractions/1")
WATCH = pb.WatchExtractionRequest(name="extractions/1")
PREFIX = "metaextract.extractor.v1.ExtractorService/"


async def finished(spans, count: int) -> tuple:
    """A client span ends in a callback, so it may come a moment after the call."""
    async with asyncio.timeout(60):
        while len(spans.get_finished_spans()) < count:
            await asyncio.sleep(0.01)
    return spans.get_finished_spans()


async def get(_request, _context):
    with trace.get_tracer("test").start_as_current_span("work"):
        return pb.GetExtractionResponse()


async def watch(_request, _context):
    with trace.get_tracer("test").start_as_current_span("work"):
        yield pb.WatchExtractionResponse()
        yield pb.WatchExtractionResponse()


async def extract(requests, _context):
    async for _ in requests:
        yield pb.ExtractResponse()
    trace.get_tracer("test").start_span("work").end()


@pytest.mark.parametrize("method", ["GetExtraction", "WatchExtraction", "Extract"])
async def test_caller_client_server_and_work_are_parent_and_child(method, serve, spans) -> None:
    async with serve(get, watch, extract) as stub:
        with trace.get_tracer("test").start_as_current_span("caller"):
            if method == "GetExtraction":
                await stub.GetExtraction(REQUEST)
            elif method == "WatchExtraction":
                assert len([one async for one in stub.WatchExtraction(WATCH)]) == 2
            else:
                parts = iter([pb.ExtractRequest(chunk=b"1"), pb.ExtractRequest(chunk=b"2")])
                assert len([one async for one in stub.Extract(parts)]) == 2
        found = await finished(spans, 4)

    caller = next(span for span in found if span.name == "caller")
    work = next(span for span in found if span.name == "work")
    client = next(span for span in found if span.kind is SpanKind.CLIENT)
    server = next(span for span in found if span.kind is SpanKind.SERVER)
    assert len(found) == 4
    assert client.name == server.name == PREFIX + method
    chain = (caller, client, server, work)
    parents = [span.parent.span_id for span in chain[1:]]
    assert parents == [span.context.span_id for span in chain[:-1]]
    assert len({span.context.trace_id for span in chain}) == 1
    assert client.attributes["rpc.grpc.status_code"] == server.attributes["rpc.grpc.status_code"] == 0


async def test_the_span_of_a_failed_call_says_why(serve, spans) -> None:
    async def fails(_request, _context):
        raise ServiceError(Kind.UNAVAILABLE, "some.metaextract", "AWAY", "a text")

    async with serve(fails) as stub:
        with pytest.raises(ServiceError):
            await stub.GetExtraction(REQUEST)
        found = await finished(spans, 2)
    for span in found:
        assert span.attributes["rpc.grpc.status_code"] == grpc.StatusCode.UNAVAILABLE.value[0]
        assert span.status.status_code is StatusCode.ERROR
    server = next(span for span in found if span.kind is SpanKind.SERVER)
    assert server.attributes["error.type"] == "AWAY"
    assert server.events == ()  # no exception texts in traces


@pytest.mark.parametrize("kind", ["watch", "extract"])
async def test_both_spans_of_a_cancelled_stream_end(kind, serve, spans) -> None:
    async def endless(_request, _context):
        yield pb.WatchExtractionResponse() if kind == "watch" else pb.ExtractResponse()
        await asyncio.Event().wait()

    async def uploading():
        yield pb.ExtractRequest(chunk=b"x")
        await asyncio.Event().wait()

    async with serve(watch=endless, extract=endless) as stub:
        call = stub.WatchExtraction(WATCH) if kind == "watch" else stub.Extract(uploading())
        await anext(aiter(call))
        call.cancel()
        found = await finished(spans, 2)
    assert {span.kind for span in found} == {SpanKind.CLIENT, SpanKind.SERVER}
    codes = {span.attributes["rpc.grpc.status_code"] for span in found}
    assert codes == {grpc.StatusCode.CANCELLED.value[0]}


async def test_the_span_of_a_call_that_nobody_answers_ends(socket_folder, spans) -> None:
    async with open_channel(f"unix:{socket_folder}/none", timeout_seconds=60) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        with pytest.raises(ServiceError) as caught:
            await stub.Check(health_pb2.HealthCheckRequest())
        (span,) = await finished(spans, 1)
    assert caught.value.reason == "SERVICE_UNREACHABLE"
    assert span.attributes["rpc.grpc.status_code"] == grpc.StatusCode.UNAVAILABLE.value[0]
