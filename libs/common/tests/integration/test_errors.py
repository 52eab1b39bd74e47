"""A ServiceError raised in one process is the same error in the next one."""

import grpc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract_common.errors import Kind, ServiceError

REQUEST = pb.GetExtractionRequest(name="extractions/1")
TEXT = st.text(st.characters(codec="utf-8"), max_size=60)
SECRET = "the value of a tag"
ERRORS = st.builds(
    ServiceError,
    kind=st.sampled_from(Kind),
    domain=st.from_regex(r"[a-z]{1,20}\.metaextract", fullmatch=True),
    reason=st.from_regex(r"[A-Z][A-Z_]{0,40}", fullmatch=True),
    message=TEXT,
    metadata=st.dictionaries(st.from_regex(r"[a-z_]{1,20}", fullmatch=True), TEXT, max_size=4),
    retry_after_seconds=st.none() | st.integers(0, 10_000_000).map(lambda ms: ms / 1000),
)


def same(one: ServiceError, other: ServiceError) -> bool:
    return vars(one) == vars(other)


@pytest.mark.parametrize("kind", Kind)
async def test_every_kind_of_error_comes_back_as_it_was_raised(kind, serve) -> None:
    raised = ServiceError(kind, "some.metaextract", "REASON", "a text", {"key": "value"}, 1.5)

    async def get(_request, _context):
        raise raised

    async with serve(get) as stub:
        with pytest.raises(ServiceError) as caught:
            await stub.GetExtraction(REQUEST)

    assert same(caught.value, raised)
    assert caught.value.args == (raised.message,)


async def test_no_text_of_an_error_is_lost_on_the_way(serve) -> None:
    raised: list[ServiceError] = []
    examples: list[ServiceError] = []

    async def get(_request, _context):
        raise raised[-1]

    @settings(max_examples=150, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
    @given(error=ERRORS)
    def collect(error: ServiceError) -> None:
        examples.append(error)

    collect()
    async with serve(get) as stub:
        for error in examples:
            raised.append(error)
            with pytest.raises(ServiceError) as caught:
                await stub.GetExtraction(REQUEST)
            assert same(caught.value, error), (vars(caught.value), vars(error))


@pytest.mark.parametrize("after", [0, 2])
async def test_a_stream_raises_the_error_after_what_it_sent_before(after, serve) -> None:
    raised = ServiceError(Kind.ABORTED, "some.metaextract", "REASON", "a text", {"key": "value"})

    async def watch(_request, _context):
        for number in range(after):
            yield pb.WatchExtractionResponse(event=pb.ExtractionEvent(sequence=number))
        raise raised

    async def extract(requests, _context):
        async for _ in requests:
            pass
        for number in range(after):
            yield pb.ExtractResponse(event=pb.ExtractionEvent(sequence=number))
        raise raised

    async with serve(watch=watch, extract=extract) as stub:
        for call in (
            stub.WatchExtraction(pb.WatchExtractionRequest(name="extractions/1")),
            stub.Extract(iter([pb.ExtractRequest(chunk=b"x")])),
        ):
            seen = []
            with pytest.raises(ServiceError) as caught:
                async for response in call:
                    seen.append(response.event.sequence)  # noqa: PERF401 - it raises in between
            assert seen == list(range(after))
            assert same(caught.value, raised)


async def test_an_upload_that_is_refused_early_hears_the_reason(serve) -> None:
    """While it is still sending: gRPC itself would report the write that failed."""
    raised = ServiceError(Kind.EXHAUSTED, "some.metaextract", "REASON", "a text", {"key": "value"}, 2)

    async def extract(requests, _context):
        await anext(requests)
        raise raised
        yield

    async def parts(count):
        for _ in range(count):
            yield pb.ExtractRequest(chunk=bytes(10_000))

    async with serve(extract=extract) as stub:
        for count in (1, 2, 3, 4, 5, 10, 100) * 5:
            with pytest.raises(ServiceError) as caught:
                async for _ in stub.Extract(parts(count)):
                    pass
            assert same(caught.value, raised)


async def test_an_unknown_exception_is_logged_whole_and_sent_without_its_text(serve) -> None:
    crash = LookupError(SECRET)

    async def get(_request, _context):
        raise crash

    with capture_logs() as logs:
        async with serve(get) as stub:
            with pytest.raises(ServiceError) as caught:
                await stub.GetExtraction(REQUEST)

    assert (caught.value.kind, caught.value.reason) == (Kind.INTERNAL, "INTERNAL")
    assert SECRET not in f"{caught.value.message}{caught.value.metadata}"
    assert [entry["exc_info"] for entry in logs if entry["event"] == "rpc.crashed"] == [crash]


@pytest.mark.parametrize(
    ("name", "rule"), [("", "extractions/"), ("extractions/" + "1" * 64, "64")], ids=["prefix", "length"]
)
async def test_a_request_that_breaks_the_contract_names_field_and_rule(name, rule, serve) -> None:
    async def never(_request, _context):
        raise AssertionError("validation comes first")

    async def never_stream(_request, _context):
        yield await never(_request, _context)

    async with serve(never, never_stream) as stub:
        for call in (
            lambda: stub.GetExtraction(pb.GetExtractionRequest(name=name)),
            lambda: anext(aiter(stub.WatchExtraction(pb.WatchExtractionRequest(name=name)))),
        ):
            with pytest.raises(ServiceError) as caught:
                await call()
            assert (caught.value.kind, caught.value.reason) == (Kind.INVALID, "INVALID_REQUEST")
            assert caught.value.metadata["field"] == "name"
            assert rule in caught.value.metadata["rule"]


async def test_a_nested_field_is_named_by_its_path(serve) -> None:
    async def never(_request, _context):
        yield pb.WatchExtractionResponse()

    request = pb.WatchExtractionRequest(name="extractions/1", after_sequence=-1)
    async with serve(watch=never) as stub:
        with pytest.raises(ServiceError) as caught:
            await anext(aiter(stub.WatchExtraction(request)))
    assert caught.value.metadata["field"] == "after_sequence"


async def test_a_method_that_nobody_serves_is_an_internal_error_of_ours(serve) -> None:
    async with serve() as stub:
        with pytest.raises(ServiceError) as caught:
            await stub.ListFormats(pb.ListFormatsRequest())
    assert caught.value.kind is Kind.INTERNAL


async def test_an_error_that_grpc_made_becomes_a_typed_one_too(serve) -> None:
    async def get(_request, context):
        await context.abort(grpc.StatusCode.CANCELLED, "by hand")

    async with serve(get) as stub:
        with pytest.raises(ServiceError) as caught:
            await stub.GetExtraction(REQUEST)
    assert caught.value.reason == "CANCELLED"
