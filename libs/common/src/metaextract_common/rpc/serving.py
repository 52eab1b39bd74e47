"""Starts, watches and drains a gRPC server."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from types import MappingProxyType
from typing import Final, TypeVar

import grpc
import structlog
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health_aio
from grpc_reflection.v1alpha import reflection

from metaextract_common import errors
from metaextract_common.rpc.channel_options import SERVER_OPTIONS
from metaextract_common.rpc.server import Context, RequestInterceptor
from metaextract_common.settings import ServiceSettings

log = structlog.stdlib.get_logger()

READINESS_PERIOD_SECONDS: Final = 2.0
LIVENESS: Final = "liveness"
"""Health service that says SERVING as long as the process answers and does not drain; `""` and the
contract's service names say whether it can do its work."""

T = TypeVar("T")

Check = Callable[[], Awaitable[None]]
"""Returns if a dependency can be used, raises if not."""

_Told = Mapping[tuple[str, ...], Mapping[str, Check]]
"""Names of health services, and the checks that decide what is said of them."""


class Draining:
    """Tells endless streams that the server is about to stop, so that they end with a resume hint."""

    def __init__(self) -> None:
        self._begun = asyncio.Event()

    @property
    def begun(self) -> bool:
        """True once new work is no longer taken."""
        return self._begun.is_set()

    def begin(self) -> None:
        """Say so."""
        self._begun.set()

    async def wait(self) -> None:
        """Return when draining begins."""
        await self._begun.wait()


async def until_draining(draining: Draining, events: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    """Yield `events`, and raise DRAINING when the server is about to stop: the watcher resumes elsewhere."""
    drained = asyncio.create_task(draining.wait())
    following: asyncio.Task[T] | None = None
    try:
        while True:
            following = asyncio.create_task(anext(events))
            await asyncio.wait({following, drained}, return_when=asyncio.FIRST_COMPLETED)
            if not following.done():
                raise errors.draining()
            try:
                yield following.result()
            except StopAsyncIteration:
                return
    finally:
        drained.cancel()
        if following is not None:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
        await events.aclose()


class _Health(health_aio.HealthServicer):
    """Ends its watches when draining begins, else the stop would wait for them as long as it may."""

    def __init__(self, draining: Draining) -> None:
        super().__init__()
        self._draining = draining

    async def Watch(self, request: health_pb2.HealthCheckRequest, context: Context) -> None:  # noqa: N802
        """Send the status now and whenever it changes."""
        watching = asyncio.create_task(super().Watch(request, context))
        drained = asyncio.create_task(self._draining.wait())
        try:
            await asyncio.wait({watching, drained}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            watching.cancel()
            drained.cancel()
            await asyncio.gather(watching, drained, return_exceptions=True)


@asynccontextmanager
async def serving(
    settings: ServiceSettings,
    listen: str,
    services: Mapping[str, Callable[[grpc.aio.Server], None]],
    *,
    checks: Mapping[str, Check],
    draining: Draining,
    dispensable: Mapping[str, Check] = MappingProxyType({}),
) -> AsyncIterator[str]:
    """Serve `services` (full name → function that adds the servicer) on `listen`, yield the address, drain.

    `checks` (name → check) decide readiness every two seconds. What `dispensable` checks the service can do
    without: health tells of each under its own name, and readiness does not depend on it. Draining:
    NOT_SERVING, wait until load balancers have noticed, end the endless streams, let calls in flight finish,
    stop.
    """
    interceptor = RequestInterceptor(
        default_seconds=settings.call_default_seconds,
        max_seconds=settings.call_seconds_max,
        stream_max_seconds=settings.stream_seconds_max,
    )
    server = grpc.aio.server(interceptors=[interceptor], options=SERVER_OPTIONS)
    for add in services.values():
        add(server)
    health = _Health(draining)
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    reflection.enable_server_reflection([*services, reflection.SERVICE_NAME, "grpc.health.v1.Health"], server)
    port = server.add_insecure_port(listen)
    address = listen if listen.startswith("unix:") else f"{listen.rpartition(':')[0]}:{port}"
    told: dict[tuple[str, ...], Mapping[str, Check]] = {("", *services): checks}
    told.update({(name,): {name: check} for name, check in dispensable.items()})
    await health.set(LIVENESS, health_pb2.HealthCheckResponse.SERVING)
    await _report(health, told)
    await server.start()
    watching = asyncio.create_task(_keep_reporting(health, told))
    try:
        yield address
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        await _drain(server, health, settings, draining)


async def _drain(
    server: grpc.aio.Server, health: health_aio.HealthServicer, settings: ServiceSettings, draining: Draining
) -> None:
    with suppress(TimeoutError):  # a watcher that does not read must not hold the drain up
        await asyncio.wait_for(health.enter_graceful_shutdown(), 2)
    await asyncio.sleep(settings.endpoint_propagation_seconds)
    draining.begin()
    await server.stop(settings.drain_seconds)


async def _keep_reporting(health: health_aio.HealthServicer, told: _Told) -> None:
    while True:
        await asyncio.sleep(READINESS_PERIOD_SECONDS)
        await _report(health, told)


async def _report(health: health_aio.HealthServicer, told: _Told) -> None:
    response = health_pb2.HealthCheckResponse
    for names, checks in told.items():
        failed = [name for name, check in checks.items() if not await _passes(name, check)]
        for name in names:
            await health.set(name, response.NOT_SERVING if failed else response.SERVING)


async def _passes(name: str, check: Check) -> bool:
    try:
        await asyncio.wait_for(check(), READINESS_PERIOD_SECONDS)
    except Exception as error:  # noqa: BLE001 - any failure of a dependency means: not ready
        log.warning("health.check_failed", check=name, error=type(error).__name__)
        return False
    return True
