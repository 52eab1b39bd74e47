"""Composition root of billing: the only file that knows every class."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import structlog

from metaextract.billing.v1 import billing_pb2 as pb
from metaextract.billing.v1.billing_pb2_grpc import add_BillingServiceServicer_to_server
from metaextract_billing.adapters.rpc.servicer import BillingServicer
from metaextract_billing.adapters.storage import sqlite
from metaextract_billing.application.accounts import GetBalance, GrantCredits
from metaextract_billing.application.holds import CaptureHold, CreateHold, ExpireHolds, ReleaseHold
from metaextract_billing.application.quotes import CreateQuote
from metaextract_billing.application.use_cases import UseCases
from metaextract_billing.domain.ports import Clock, Events, Ledger
from metaextract_billing.settings import Settings
from metaextract_common.errors import ServiceError
from metaextract_common.events import NullEvents, publishing
from metaextract_common.process import run
from metaextract_common.rpc.client import open_channel
from metaextract_common.rpc.serving import Draining, serving

log = structlog.stdlib.get_logger()

SERVICE: Final = pb.DESCRIPTOR.services_by_name["BillingService"].full_name
EVENTS_SECONDS_MAX: Final = 2.0
"""Time that one batch of events may take to send, and that the last ones get when draining."""


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[str]:
    """Build, start, yield the bound address, and drain. Tests and `main` both use it."""
    now = partial(datetime.now, UTC)
    async with AsyncExitStack() as stack:
        ledger = await stack.enter_async_context(sqlite.opened(settings.database_path))
        events = await stack.enter_async_context(_events(settings))
        expire = ExpireHolds(ledger, events, now)
        await stack.enter_async_context(_sweeping(expire, settings.sweep_seconds))
        servicer = BillingServicer(_use_cases(settings, ledger, events, now, expire))
        address = await stack.enter_async_context(
            serving(
                settings,
                settings.listen,
                {SERVICE: partial(add_BillingServiceServicer_to_server, servicer)},
                checks={"ledger": ledger.check},
                draining=Draining(),
            )
        )
        yield address


def _use_cases(
    settings: Settings, ledger: Ledger, events: Events, now: Clock, expire: ExpireHolds
) -> UseCases:
    create_hold = CreateHold(
        ledger,
        events,
        now,
        expire,
        metered=settings.metered,
        lifetime=timedelta(seconds=settings.hold_seconds),
        free_checks_count_max=settings.free_checks_count_max,
    )
    return UseCases(
        create_quote=CreateQuote(ledger, events, now, timedelta(seconds=settings.quote_seconds)),
        create_hold=create_hold,
        capture_hold=CaptureHold(ledger, events, now, expire),
        release_hold=ReleaseHold(ledger, events, now),
        get_balance=GetBalance(ledger, expire, settings.metered),
        grant_credits=GrantCredits(ledger, events, now, expire),
    )


@asynccontextmanager
async def _events(settings: Settings) -> AsyncIterator[Events]:
    if not settings.analytics_target:
        yield NullEvents()
        return
    async with (
        open_channel(settings.analytics_target, timeout_seconds=EVENTS_SECONDS_MAX) as channel,
        publishing("billing", channel, flush_seconds=EVENTS_SECONDS_MAX) as publisher,
    ):
        yield publisher


@asynccontextmanager
async def _sweeping(expire: ExpireHolds, pause_seconds: float) -> AsyncIterator[None]:
    """Expire due holds again and again, so that nobody has to come back to get credits back."""
    task = asyncio.create_task(_keep_sweeping(expire, pause_seconds))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _keep_sweeping(expire: ExpireHolds, pause_seconds: float) -> None:
    while True:
        try:
            await expire()
        except ServiceError as error:
            log.warning("sweep.failed", reason=error.reason)
        await asyncio.sleep(pause_seconds)


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    run("billing", Settings, running)


if __name__ == "__main__":
    main()
