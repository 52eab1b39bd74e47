"""Composition root of the gateway: the only file that knows every class."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import grpc
import structlog

from metaextract_common.process import run
from metaextract_common.rpc.client import open_channel
from metaextract_common.rpc.serving import Draining, serving
from metaextract_gateway.adapters.http import redactions, v1
from metaextract_gateway.adapters.http.app import build_app
from metaextract_gateway.adapters.http.devices import DeviceTokens
from metaextract_gateway.adapters.http.intake import Intake
from metaextract_gateway.adapters.http.legacy import credits as credits_
from metaextract_gateway.adapters.http.legacy import payments, quotes
from metaextract_gateway.adapters.http.legacy.file_types import file_types_of
from metaextract_gateway.adapters.http.legacy.routes import routes as legacy_routes
from metaextract_gateway.adapters.http.legacy.sessions import Sessions
from metaextract_gateway.adapters.http.rate_limits import RateLimits
from metaextract_gateway.adapters.http.serving import http_serving
from metaextract_gateway.adapters.ops.app import build_ops_app
from metaextract_gateway.adapters.rpc import billing, extractor, purchases
from metaextract_gateway.adapters.rpc.redactor import RpcRedactor
from metaextract_gateway.application.extracting import Extracting
from metaextract_gateway.settings import Settings

log = structlog.stdlib.get_logger()

SECRET_BYTES_MIN = 32


class WeakSecretError(Exception):
    """The secret that signs device tokens is shorter than 32 bytes."""


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[str]:
    """Build, start, yield the bound address, and drain."""
    secret = await asyncio.to_thread(_secret, settings.token_secret_file)
    draining = Draining()
    async with AsyncExitStack() as stack:

        async def channel(target: str, retried: Sequence[str]) -> grpc.aio.Channel:
            opened = open_channel(target, timeout_seconds=settings.call_default_seconds, retried=retried)
            stack.push_async_callback(opened.close)
            return opened

        extractor_channel = await channel(settings.extractor_target, extractor.RETRIED)
        billing_channel = await channel(settings.billing_target, (*billing.RETRIED, *purchases.RETRIED))
        seconds_max = settings.upload_seconds_max
        ledger = billing.RpcBilling(billing_channel)
        extracting = Extracting(
            extractor.RpcExtractor(extractor_channel, upload_seconds_max=seconds_max), ledger
        )
        limits = RateLimits(enforced=settings.metered)
        intake = Intake(
            extracting,
            DeviceTokens(secret, partial(datetime.now, UTC)),
            limits,
            upload_bytes_max=settings.upload_bytes_max,
        )
        sales = purchases.RpcPurchases(billing_channel)
        file_types = file_types_of(extractor_channel)
        who = Sessions()
        app = build_app(
            [
                *v1.routes(intake, extractor_channel, draining, watch_seconds_max=settings.watch_seconds_max),
                *redactions.routes(intake, RpcRedactor(extractor_channel, upload_seconds_max=seconds_max)),
                *legacy_routes(intake, extractor_channel, file_types, who, metered=settings.metered),
                *quotes.routes(ledger, file_types, who, limits, upload_bytes_max=settings.upload_bytes_max),
                *credits_.routes(ledger, sales, who, limits, public_url=settings.public_url),
                *payments.routes(sales, limits),
            ]
        )
        if settings.ops_listen:
            ops = http_serving(build_ops_app(Path(settings.span_store)), settings.ops_listen, drain_seconds=1)
            log.info("ops.started", address=await stack.enter_async_context(ops))
        if not settings.metered:
            log.warning("gateway.unmetered", meaning="no limits, nothing charged, nothing redacted")
        address = await stack.enter_async_context(
            http_serving(app, settings.listen, drain_seconds=settings.drain_seconds)
        )
        stack.callback(draining.begin)  # before the HTTP server waits for what is in flight
        if settings.health_listen:  # last in, so that readiness is the first to go
            health = serving(settings, settings.health_listen, {}, checks={}, draining=draining)
            await stack.enter_async_context(health)
        yield address


def _secret(file: Path) -> bytes:
    secret = file.read_bytes().strip()
    if len(secret) < SECRET_BYTES_MIN:
        raise WeakSecretError(f"{file} holds fewer than {SECRET_BYTES_MIN} bytes")
    return secret


def main() -> None:
    """Serve until told to stop."""
    run("gateway", Settings, running)


if __name__ == "__main__":
    main()
