"""Health and drain of a server, from outside."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from pydantic_settings import SettingsConfigDict

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract.extractor.v1 import extractor_pb2_grpc as pb_grpc
from metaextract_common import errors
from metaextract_common.errors import ServiceError
from metaextract_common.rpc.client import open_channel
from metaextract_common.rpc.serving import LIVENESS, Draining, serving
from metaextract_common.settings import ServiceSettings

SERVICE = "metaextract.extractor.v1.ExtractorService"
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
SECONDS_MAX = 60
WATCH = pb.WatchExtractionRequest(name="extractions/1")


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="NOT_IN_ANY_ENVIRONMENT_", frozen=True, extra="forbid")


class Endless(pb_grpc.ExtractorServiceServicer):
    """An upload that ends with its last part, and a watch that ends when the server drains."""

    def __init__(self, draining: Draining) -> None:
        self.draining = draining
        self.ended: list[str] = []

    async def Extract(self, request_iterator, context):
        count = 0
        async for _ in request_iterator:
            count += 1
            yield pb.ExtractResponse(event=pb.ExtractionEvent(sequence=count))
        self.ended.append("upload")

    async def WatchExtraction(self, request, context):
        yield pb.WatchExtractionResponse()
        await self.draining.wait()
        self.ended.append("watch")
        raise errors.draining()


class Dependency:
    works = True

    async def check(self) -> None:
        if not self.works:
            raise ConnectionError


@pytest.fixture
def started(socket_folder):
    """Serve until the block ends or `stop` is awaited."""

    @asynccontextmanager
    async def start(check=None, **settings):
        draining = Draining()
        servicer = Endless(draining)
        add = partial(pb_grpc.add_ExtractorServiceServicer_to_server, servicer)
        async with AsyncExitStack() as stack:
            running = stack.enter_async_context(
                serving(
                    Settings(listen="", drain_seconds=200, **settings),
                    f"unix:{socket_folder}/s",
                    {SERVICE: add},
                    checks={"dependency": check} if check else {},
                    draining=draining,
                )
            )
            yield servicer, await running, stack.aclose

    return start


async def health(target: str, service: str) -> int:
    async with open_channel(target, timeout_seconds=SECONDS_MAX) as channel:
        request = health_pb2.HealthCheckRequest(service=service)
        return (await health_pb2_grpc.HealthStub(channel).Check(request)).status


async def becomes(target: str, status: int) -> None:
    async with asyncio.timeout(SECONDS_MAX):
        while await health(target, "") != status:
            await asyncio.sleep(0.05)


async def test_a_free_port_is_chosen_and_told() -> None:
    draining = Draining()
    add = partial(pb_grpc.add_ExtractorServiceServicer_to_server, Endless(draining))
    async with serving(
        Settings(listen=""), "127.0.0.1:0", {SERVICE: add}, checks={}, draining=draining
    ) as address:
        host, _, port = address.rpartition(":")
        assert host == "127.0.0.1"
        assert int(port) > 0
        assert await health(address, SERVICE) == SERVING


async def test_readiness_follows_the_checks_and_liveness_does_not(started) -> None:
    dependency = Dependency()
    dependency.works = False
    async with started(dependency.check) as (_, target, _stop):
        assert await health(target, "") == NOT_SERVING
        dependency.works = True
        await becomes(target, SERVING)
        assert await health(target, SERVICE) == SERVING
        dependency.works = False
        await becomes(target, NOT_SERVING)
        assert await health(target, SERVICE) == NOT_SERVING
        assert await health(target, LIVENESS) == SERVING


async def test_what_a_service_can_do_without_is_told_of_under_its_own_name(socket_folder) -> None:
    bus = Dependency()
    bus.works = False
    settings, target = Settings(listen=""), f"unix:{socket_folder}/s"
    async with serving(settings, target, {}, checks={}, draining=Draining(), dispensable={"bus": bus.check}):
        assert (await health(target, ""), await health(target, "bus")) == (SERVING, NOT_SERVING)
        bus.works = True
        async with asyncio.timeout(SECONDS_MAX):
            while await health(target, "bus") != SERVING:
                await asyncio.sleep(0.05)


async def test_a_check_that_hangs_counts_as_failed(started) -> None:
    async def hang() -> None:
        await asyncio.Event().wait()

    async with started(hang) as (_, target, _stop):
        assert await health(target, "") == NOT_SERVING


async def test_the_health_of_an_unknown_service_is_not_found(started) -> None:
    async with started() as (_, target, _stop), grpc.aio.insecure_channel(target) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service="none"))
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


async def test_an_upload_in_flight_finishes_while_health_says_not_serving(started) -> None:
    parts: asyncio.Queue[pb.ExtractRequest | None] = asyncio.Queue()

    async def upload():
        while (part := await parts.get()) is not None:
            yield part

    async with (
        started(endpoint_propagation_seconds=0.5) as (servicer, target, stop),
        open_channel(target, timeout_seconds=SECONDS_MAX) as channel,
        open_channel(target, timeout_seconds=SECONDS_MAX) as other_channel,
    ):
        health_stub = health_pb2_grpc.HealthStub(other_channel)
        responses = aiter(pb_grpc.ExtractorServiceStub(channel).Extract(upload()))
        await parts.put(pb.ExtractRequest(chunk=b"1"))
        assert (await anext(responses)).event.sequence == 1
        stopping = asyncio.create_task(stop())
        async with asyncio.timeout(SECONDS_MAX):
            while (await health_stub.Check(health_pb2.HealthCheckRequest())).status == SERVING:
                await asyncio.sleep(0.02)
            await servicer.draining.wait()
        await parts.put(pb.ExtractRequest(chunk=b"2"))
        assert (await anext(responses)).event.sequence == 2
        assert not stopping.done()
        await parts.put(None)
        assert [one async for one in responses] == []
        await asyncio.wait_for(stopping, SECONDS_MAX)
        assert servicer.ended == ["upload"]


async def test_endless_streams_end_when_the_server_drains(started) -> None:
    async with (
        started() as (servicer, target, stop),
        open_channel(target, timeout_seconds=SECONDS_MAX) as channel,
    ):
        responses = aiter(pb_grpc.ExtractorServiceStub(channel).WatchExtraction(WATCH))
        await anext(responses)
        stopping = asyncio.create_task(stop())
        with pytest.raises(ServiceError) as caught:
            await anext(responses)
        assert vars(caught.value) == vars(errors.draining())
        await asyncio.wait_for(stopping, SECONDS_MAX)  # of the 200 s that it may take
        assert servicer.ended == ["watch"]


async def test_an_open_health_watch_does_not_hold_up_the_end(started) -> None:
    async with started() as (_, target, stop), grpc.aio.insecure_channel(target) as channel:
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
        seen = [(await watch.read()).status]
        stopping = asyncio.create_task(stop())
        seen.append((await watch.read()).status)
        await asyncio.wait_for(stopping, SECONDS_MAX)  # of the 200 s that it may take
        watch.cancel()
    assert seen == [SERVING, NOT_SERVING]
