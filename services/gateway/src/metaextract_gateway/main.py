"""Composition root of the gateway: the only file that knows every class."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import grpc
import httpx
import structlog
from limits.aio.storage import Storage
from starlette.routing import BaseRoute

from metaextract_common.bus.outbox import sending
from metaextract_common.bus.port import Bus
from metaextract_common.bus.settings import connected
from metaextract_common.chores import repeating
from metaextract_common.process import run
from metaextract_common.rpc.client import open_channel
from metaextract_common.rpc.serving import Draining, serving
from metaextract_gateway.adapters.counters.falling_back import FallingBack
from metaextract_gateway.adapters.counters.memory import MemoryCounters
from metaextract_gateway.adapters.counters.nats import counting_in as nats_counters
from metaextract_gateway.adapters.http import batches, redactions, v1, v1_money
from metaextract_gateway.adapters.http.addresses import trust
from metaextract_gateway.adapters.http.admission import Admission, Room
from metaextract_gateway.adapters.http.app import build_app
from metaextract_gateway.adapters.http.auth import v1_users
from metaextract_gateway.adapters.http.auth.accounts import Accounts
from metaextract_gateway.adapters.http.auth.callers import account_of
from metaextract_gateway.adapters.http.auth.csrf import CsrfTokens
from metaextract_gateway.adapters.http.auth.issuer_keys import IssuerKeys
from metaextract_gateway.adapters.http.auth.oidc import OidcTokens
from metaextract_gateway.adapters.http.auth.pages import AccountPages
from metaextract_gateway.adapters.http.auth.passwords import Passwords
from metaextract_gateway.adapters.http.auth.renewals import SignedInSessions
from metaextract_gateway.adapters.http.auth.sign_ins import SignIns
from metaextract_gateway.adapters.http.auth.tokens import AccessTokens
from metaextract_gateway.adapters.http.devices import DeviceTokens
from metaextract_gateway.adapters.http.edge import Edge
from metaextract_gateway.adapters.http.event_streams import Watching
from metaextract_gateway.adapters.http.hardening import Doors
from metaextract_gateway.adapters.http.intake import Intake
from metaextract_gateway.adapters.http.legacy import core, payments, quotes, usage
from metaextract_gateway.adapters.http.legacy import credits as credits_
from metaextract_gateway.adapters.http.legacy.file_types import file_types_of
from metaextract_gateway.adapters.http.legacy.progress import SessionProgress
from metaextract_gateway.adapters.http.legacy.routes import routes as legacy_routes
from metaextract_gateway.adapters.http.legacy.sessions import Sessions
from metaextract_gateway.adapters.http.legacy.sockets import ProgressSockets
from metaextract_gateway.adapters.http.patience import Patience
from metaextract_gateway.adapters.http.rate_limits import RateLimits
from metaextract_gateway.adapters.http.reference import routes as reference
from metaextract_gateway.adapters.http.serving import http_serving
from metaextract_gateway.adapters.http.tus import routes as tus
from metaextract_gateway.adapters.ops.app import build_ops_app
from metaextract_gateway.adapters.rpc import analytics, billing, extractor, journal, purchases, users
from metaextract_gateway.adapters.rpc.redactor import RpcRedactor
from metaextract_gateway.adapters.uploads_store.disk import DiskUploads, new_id
from metaextract_gateway.application.background import Background
from metaextract_gateway.application.extracting import Extracting
from metaextract_gateway.application.reading_uploads import ReadingUploads
from metaextract_gateway.application.resuming import Resuming, UploadLimits
from metaextract_gateway.domain.identity import Users
from metaextract_gateway.domain.ports import Balances
from metaextract_gateway.domain.resumable import Extractions
from metaextract_gateway.edge_settings import listed
from metaextract_gateway.settings import Settings

log = structlog.stdlib.get_logger()

SECRET_BYTES_MIN = 32
UPLOADS_SWEEP_SECONDS = 60.0
_now = partial(datetime.now, UTC)


class WeakSecretError(Exception):
    """A secret that signs tokens is shorter than 32 bytes."""


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[str]:
    """Build, start, yield the bound address, and drain."""
    secrets = await asyncio.to_thread(_secrets, settings.token_secret_file)
    draining, leaving = Draining(), Draining()
    async with AsyncExitStack() as stack:

        async def channel(target: str, retried: Sequence[str]) -> grpc.aio.Channel:
            opened = open_channel(target, timeout_seconds=settings.call_default_seconds, retried=retried)
            stack.push_async_callback(opened.close)
            return opened

        extractor_channel = await channel(settings.extractor_target, extractor.RETRIED)
        retried = (*billing.RETRIED, *journal.RETRIED, *purchases.RETRIED, *users.RETRIED)
        billing_channel = await channel(settings.billing_target, retried)
        seconds_max = settings.upload_seconds_max
        ledger = billing.RpcBilling(billing_channel)
        reader = extractor.RpcExtractor(extractor_channel, upload_seconds_max=seconds_max)
        extracting = Extracting(reader, ledger)
        background = Background(_complain)
        stack.push_async_callback(background.drained, settings.drain_seconds)
        intake = Intake(
            extracting,
            DeviceTokens(secrets[0], _now, secrets[1:]),
            background,
            upload_bytes_max=settings.upload_bytes_max,
        )
        sales = purchases.RpcPurchases(billing_channel)
        use = analytics.RpcUsageEvents(await channel(settings.analytics_target, analytics.RETRIED))
        file_types = file_types_of(extractor_channel)
        who = Sessions(account_of)
        bus, progress = await _progress(settings, stack)
        sockets = ProgressSockets(progress, draining, session_count_max=settings.session_sockets_count_max)
        people = await _people(settings, secrets, users.RpcUsers(billing_channel), ledger, stack)
        app = build_app(
            [
                *v1.routes(
                    intake, extractor_channel, draining, who, watch_seconds_max=settings.watch_seconds_max
                ),
                *batches.routes(
                    intake, extractor_channel, who, Watching(draining, settings.watch_seconds_max)
                ),
                *redactions.routes(intake, RpcRedactor(extractor_channel, upload_seconds_max=seconds_max)),
                *legacy_routes(
                    intake,
                    extractor_channel,
                    file_types,
                    who,
                    progress,
                    sockets,
                    metered=settings.metered,
                    waiting_dir=settings.uploads_dir,
                ),
                *quotes.routes(ledger, file_types, who, upload_bytes_max=settings.upload_bytes_max),
                *credits_.routes(ledger, sales, who, public_url=settings.public_url),
                *payments.routes(sales),
                *people.routes,
                *v1_users.routes(billing_channel),
                *v1_money.routes(billing_channel, who, public_url=settings.public_url),
                *reference.routes(public_url=settings.public_url),
                *core.routes(
                    ledger, journal.RpcJournal(billing_channel), sales, who, metered=settings.metered
                ),
                *usage.routes(use, public=settings.analytics_report_is_public),
                *await _resumable(settings, extracting, reader, background, intake, who, stack),
            ],
            people.sign_ins,
            await _edge(settings, stack, leaving),
        )
        if settings.ops_listen:
            ops = http_serving(build_ops_app(Path(settings.span_store)), settings.ops_listen, drain_seconds=1)
            log.info("ops.started", address=await stack.enter_async_context(ops))
        if not settings.metered:
            log.warning("gateway.unmetered", meaning="no limits, nothing charged, nothing redacted")
        address = await stack.enter_async_context(
            http_serving(
                app, settings.listen, drain_seconds=settings.drain_seconds, patience=_patience(settings)
            )
        )
        stack.callback(background.drain_begins)
        stack.callback(draining.begin)  # before the HTTP server waits for what is in flight
        if settings.health_listen:  # last in, so that readiness is the first to go
            told = {"bus": bus.check}
            health = serving(
                settings, settings.health_listen, {}, checks={}, draining=draining, dispensable=told
            )
            await stack.enter_async_context(health)
        stack.callback(leaving.begin)
        yield address


async def _resumable(
    settings: Settings,
    extracting: Extracting,
    extractions: Extractions,
    background: Background,
    intake: Intake,
    who: Sessions,
    stack: AsyncExitStack,
) -> list[BaseRoute]:
    """Return the routes of resumable uploads; what was left whole by another gateway is read from now on."""
    if settings.uploads_dir is None:
        return []
    store = DiskUploads(settings.uploads_dir, lifetime=timedelta(hours=settings.uploads_hours))
    await asyncio.to_thread(store.open)
    await stack.enter_async_context(store.watching())
    limits = UploadLimits(
        open_max=settings.uploads_open_max,
        open_bytes_max=settings.uploads_open_bytes_max,
        owner_open_max=settings.uploads_owner_open_max,
        owner_open_bytes_max=settings.uploads_owner_open_bytes_max,
    )
    reading = ReadingUploads(store, extracting, extractions, background)
    resuming = Resuming(store, extracting, reading, limits)
    await stack.enter_async_context(repeating("uploads", resuming.sweep, UPLOADS_SWEEP_SECONDS))
    return tus.routes(
        intake,
        resuming,
        lambda request: who.account_of_upload(request, request.headers.get("x-session-id", "")),
        new_id,
    )


def _complain(error: BaseException) -> None:
    log.error("background.crashed", exc_info=error)


async def _edge(settings: Settings, stack: AsyncExitStack, leaving: Draining) -> Edge:
    bits = settings.ipv6_prefix_bits
    room = Room(
        uploads_count_max=settings.uploads_count_max,
        streams_count_max=settings.streams_count_max,
        streams_per_client_max=settings.streams_per_client_max,
        memory_bytes_max=settings.memory_bytes_max,
        ipv6_prefix_bits=bits,
    )
    limits = None
    if settings.metered:
        counters: Storage = MemoryCounters()
        if url := settings.nats_url.get_secret_value():
            counters = FallingBack(await stack.enter_async_context(nats_counters(url)))
        limits = RateLimits(counters, shared=bool(url), ipv6_prefix_bits=bits)
    return Edge(
        trust(settings.trusted_proxies, standard_header=settings.forwarded_header == "forwarded"),
        Doors(listed(settings.allowed_hosts), listed(settings.cors_origins)),
        limits,
        Admission(room),
        closing=lambda: leaving.begun,
    )


def _patience(settings: Settings) -> Patience:
    return Patience(
        head_seconds=settings.head_seconds_max,
        stall_seconds=settings.stall_seconds_max,
        bytes_per_second_min=settings.upload_bytes_per_second_min,
    )


@dataclass(frozen=True, slots=True)
class _People:
    """Who can sign in, and where."""

    sign_ins: SignIns
    routes: Sequence[BaseRoute]


async def _people(
    settings: Settings, secrets: Sequence[bytes], users_: Users, balances: Balances, stack: AsyncExitStack
) -> _People:
    tokens, csrf = AccessTokens(secrets, _now), CsrfTokens(secrets, _now)
    oidc = None
    if settings.oidc_issuer:
        client = await stack.enter_async_context(httpx.AsyncClient(timeout=settings.call_default_seconds))
        keys = IssuerKeys(settings.oidc_issuer, client)
        oidc = OidcTokens(settings.oidc_issuer, settings.oidc_audience, keys)
    sessions = SignedInSessions(users_, tokens)
    accounts = Accounts(users_, sessions, csrf, balances)
    origins = [one for one in (settings.public_url, *listed(settings.cors_origins)) if one]
    return _People(
        SignIns(tokens, csrf, users_, sessions, oidc, origins=origins),
        [*accounts.routes(), *Passwords(users_).routes(), *AccountPages(users_).routes()],
    )


async def _progress(settings: Settings, stack: AsyncExitStack) -> tuple[Bus, SessionProgress]:
    """Return what uploads tell of themselves, for the sockets at all gateways, and the bus it goes over."""
    keep_seconds = settings.upload_seconds_max
    bus = await stack.enter_async_context(connected(settings, "sessions", keep_seconds=keep_seconds))
    return bus, SessionProgress(bus, await stack.enter_async_context(sending(bus, flush_seconds=3)))


def _secrets(file: Path) -> list[bytes]:
    """Return the secret that signs, and after it those that it replaced."""
    secrets = [line.strip() for line in file.read_bytes().splitlines() if line.strip()]
    if not secrets or min(len(secret) for secret in secrets) < SECRET_BYTES_MIN:
        raise WeakSecretError(f"{file} holds a secret of fewer than {SECRET_BYTES_MIN} bytes")
    return secrets


def main() -> None:
    """Serve until told to stop."""
    run("gateway", Settings, running)


if __name__ == "__main__":
    main()
