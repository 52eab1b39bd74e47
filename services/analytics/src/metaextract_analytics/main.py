"""Composition root of analytics: the only file that knows every class."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import structlog

from metaextract.analytics.v1 import analytics_pb2 as pb
from metaextract.analytics.v1 import analytics_pb2_grpc as pb_grpc
from metaextract_analytics.adapters.rpc.servicer import AnalyticsServicer
from metaextract_analytics.adapters.storage.sqlite import MIGRATIONS, SqliteEventStore
from metaextract_analytics.application.events import EventUseCases
from metaextract_analytics.settings import Settings
from metaextract_common.errors import ServiceError
from metaextract_common.process import run
from metaextract_common.rpc.serving import Draining, serving
from metaextract_common.storage.sqlite import connected, migrate

log = structlog.stdlib.get_logger()

SERVICE: Final = pb.DESCRIPTOR.services_by_name["AnalyticsService"].full_name
PRUNE_PERIOD_SECONDS: Final = 24 * 60 * 60


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[str]:
    """Build, start, yield the bound address, and drain."""
    await migrate(settings.database_path, MIGRATIONS)
    async with connected(settings.database_path) as connection:
        store = SqliteEventStore(connection)
        retention = timedelta(days=settings.retention_days)
        use_cases = EventUseCases(store, retention=retention, now=partial(datetime.now, UTC))
        add = partial(pb_grpc.add_AnalyticsServiceServicer_to_server, AnalyticsServicer(use_cases))
        async with (
            _pruning(use_cases),
            serving(
                settings, settings.listen, {SERVICE: add}, checks={"store": store.check}, draining=Draining()
            ) as address,
        ):
            yield address


@asynccontextmanager
async def _pruning(use_cases: EventUseCases) -> AsyncIterator[None]:
    task = asyncio.create_task(_keep_pruning(use_cases))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _keep_pruning(use_cases: EventUseCases) -> None:
    while True:
        try:
            log.info("events.pruned", count=await use_cases.prune())
        except ServiceError as error:
            log.warning("events.not_pruned", reason=error.reason)
        await asyncio.sleep(PRUNE_PERIOD_SECONDS)


def main() -> None:
    """Run the service until it is told to stop."""
    run("analytics", Settings, running)


if __name__ == "__main__":
    main()
