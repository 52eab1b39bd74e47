"""A callee that is away is asked again only where the caller said that this is safe."""

from collections import Counter

import grpc
import pytest

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract.extractor.v1 import extractor_pb2_grpc as pb_grpc
from metaextract_common.errors import Kind, ServiceError, service_unreachable
from metaextract_common.rpc.client import open_channel

RETRIED = "metaextract.extractor.v1.ExtractorService/GetExtraction"


class Failing(pb_grpc.ExtractorServiceServicer):
    """Fails twice with a code, then answers."""

    def __init__(self, code: grpc.StatusCode) -> None:
        self.calls: Counter[str] = Counter()
        self._code = code

    async def _fail_twice(self, method, context):
        self.calls[method] += 1
        if self.calls[method] <= 2:
            await context.abort(self._code, "not now")

    async def GetExtraction(self, request, context):
        await self._fail_twice("Get", context)
        return pb.GetExtractionResponse()

    async def CancelExtraction(self, request, context):
        await self._fail_twice("Cancel", context)
        return pb.CancelExtractionResponse()


@pytest.fixture
async def failing(socket_folder):
    servers = []

    async def start(code: grpc.StatusCode) -> tuple[Failing, str]:
        servicer, server = Failing(code), grpc.aio.server()
        pb_grpc.add_ExtractorServiceServicer_to_server(servicer, server)
        server.add_insecure_port(f"unix:{socket_folder}/s")
        await server.start()
        servers.append(server)
        return servicer, f"unix:{socket_folder}/s"

    yield start
    for server in servers:
        await server.stop(None)


async def test_only_a_named_method_is_repeated(failing) -> None:
    servicer, target = await failing(grpc.StatusCode.UNAVAILABLE)
    async with open_channel(target, timeout_seconds=60, retried=[RETRIED]) as channel:
        stub = pb_grpc.ExtractorServiceStub(channel)
        await stub.GetExtraction(pb.GetExtractionRequest(name="extractions/1"))
        with pytest.raises(ServiceError) as caught:
            await stub.CancelExtraction(pb.CancelExtractionRequest(name="extractions/1"))
    assert caught.value.kind is Kind.UNAVAILABLE
    assert servicer.calls == {"Get": 3, "Cancel": 1}


@pytest.mark.parametrize("code", [grpc.StatusCode.INTERNAL, grpc.StatusCode.DEADLINE_EXCEEDED])
async def test_no_other_failure_is_repeated(code, failing) -> None:
    servicer, target = await failing(code)
    async with open_channel(target, timeout_seconds=60, retried=[RETRIED]) as channel:
        with pytest.raises(ServiceError):
            await pb_grpc.ExtractorServiceStub(channel).GetExtraction(
                pb.GetExtractionRequest(name="extractions/1")
            )
    assert servicer.calls == {"Get": 1}


async def test_a_service_that_does_not_listen_is_unreachable(socket_folder) -> None:
    async def requests():
        yield pb.ExtractRequest(chunk=b"x")

    async with open_channel(f"unix:{socket_folder}/none", timeout_seconds=60) as channel:
        stub = pb_grpc.ExtractorServiceStub(channel)
        for call in (
            lambda: stub.GetExtraction(pb.GetExtractionRequest(name="extractions/1")),
            lambda: anext(aiter(stub.WatchExtraction(pb.WatchExtractionRequest(name="extractions/1")))),
            lambda: anext(aiter(stub.Extract(requests()))),
        ):
            with pytest.raises(ServiceError) as caught:
                await call()
            expected = service_unreachable(caught.value.metadata["method"])
            assert vars(caught.value) == vars(expected)
            assert caught.value.metadata["method"].startswith("/metaextract.extractor.v1.ExtractorService/")
