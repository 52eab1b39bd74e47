"""Composition root of billing: the only file that knows every class."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import structlog
from disposable_email_domains import blocklist
from opentelemetry import metrics

from metaextract.billing.v1 import audit_pb2, billing_pb2, purchases_pb2, users_pb2
from metaextract.billing.v1.audit_pb2_grpc import add_AuditServiceServicer_to_server
from metaextract.billing.v1.billing_pb2_grpc import add_BillingServiceServicer_to_server
from metaextract.billing.v1.purchases_pb2_grpc import add_PurchasesServiceServicer_to_server
from metaextract.billing.v1.users_pb2_grpc import add_UsersServiceServicer_to_server
from metaextract_billing.adapters.analytics.relay import relaying
from metaextract_billing.adapters.dodo import service as dodo_service
from metaextract_billing.adapters.dodo.webhooks import DodoWebhooks
from metaextract_billing.adapters.files.identity_key import identity_key
from metaextract_billing.adapters.mail.posting import NoMail, posting
from metaextract_billing.adapters.mail.smtp import SmtpServer
from metaextract_billing.adapters.metrics import BillingMetrics, MeasuredWebhooks
from metaextract_billing.adapters.passwords import argon2
from metaextract_billing.adapters.rpc.audit import AuditServicer
from metaextract_billing.adapters.rpc.purchases import PurchasesServicer
from metaextract_billing.adapters.rpc.servicer import BillingServicer
from metaextract_billing.adapters.rpc.users import UsersServicer
from metaextract_billing.adapters.storage import postgres, sqlite
from metaextract_billing.adapters.storage.postgres import PostgresStore
from metaextract_billing.adapters.storage.sqlite import SqliteStore
from metaextract_billing.application.accounts import ClaimCredits, GetBalance, GrantCredits, ListTransfers
from metaextract_billing.application.audit import AuditLedger
from metaextract_billing.application.audits import Audits, audits
from metaextract_billing.application.desk import Desk
from metaextract_billing.application.expiry import ExpireDue
from metaextract_billing.application.free_uses import FreeUses
from metaextract_billing.application.holds import CaptureHold, CreateHold, ReleaseHold
from metaextract_billing.application.purchase_use_cases import purchase_use_cases
from metaextract_billing.application.quotes import CreateQuote
from metaextract_billing.application.use_cases import UseCases
from metaextract_billing.application.user_use_cases import UserUseCases, user_use_cases
from metaextract_billing.domain.allowances import Limits, forgettable
from metaextract_billing.domain.identities import Identities
from metaextract_billing.domain.payment_service import PaymentService
from metaextract_billing.domain.ports import Clock, Store
from metaextract_billing.domain.purchases import Pack
from metaextract_billing.domain.user_ports import Mail, UserStore
from metaextract_billing.settings import Settings
from metaextract_common.chores import repeating
from metaextract_common.errors import ServiceError
from metaextract_common.process import run
from metaextract_common.rpc.client import open_channel
from metaextract_common.rpc.serving import Draining, serving

log = structlog.stdlib.get_logger()

SERVICE: Final = billing_pb2.DESCRIPTOR.services_by_name["BillingService"].full_name
AUDIT: Final = audit_pb2.DESCRIPTOR.services_by_name["AuditService"].full_name
PURCHASES: Final = purchases_pb2.DESCRIPTOR.services_by_name["PurchasesService"].full_name
USERS: Final = users_pb2.DESCRIPTOR.services_by_name["UsersService"].full_name
FIGURES_SECONDS: Final = 10.0
"""Pause between two readings of what waits."""
VIOLATIONS_LOGGED_COUNT_MAX: Final = 20
EVENTS_SECONDS_MAX: Final = 2.0
"""Time that one batch of events may take to send, and that the last ones get when draining."""


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[str]:
    """Build, start, yield the bound address, and drain. Tests and `main` both use it."""
    now = partial(datetime.now, UTC)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(opened_store(settings))
        await stack.enter_async_context(_relaying(settings, store))
        desk = Desk(store, tells=bool(settings.analytics_target))
        audit_ledger = await stack.enter_async_context(audits(AuditLedger(store), now))
        billing = BillingMetrics(metrics.get_meter("metaextract.billing"), now, desk.tally)
        for work in _chores(settings, store, ExpireDue(desk, now), audit_ledger, billing):
            await stack.enter_async_context(work)
        payments = await stack.enter_async_context(_payments(settings))
        purchases = purchase_use_cases(
            desk,
            store,
            now,
            _packs(settings),
            payments,
            MeasuredWebhooks(DodoWebhooks(_webhook_secrets(settings)), billing),
            payable=bool(settings.dodo_api_key.get_secret_value()),
        )
        users = await stack.enter_async_context(_users(settings, store.users, now))
        servicer = BillingServicer(_use_cases(settings, store, desk, now))
        address = await stack.enter_async_context(
            serving(
                settings,
                settings.listen,
                {
                    SERVICE: partial(add_BillingServiceServicer_to_server, servicer),
                    PURCHASES: partial(add_PurchasesServiceServicer_to_server, PurchasesServicer(purchases)),
                    USERS: partial(add_UsersServiceServicer_to_server, UsersServicer(users)),
                    AUDIT: partial(add_AuditServiceServicer_to_server, AuditServicer(audit_ledger, now)),
                },
                checks={"ledger": store.check},
                draining=Draining(),
            )
        )
        yield address


def opened_store(settings: Settings) -> AbstractAsyncContextManager[SqliteStore | PostgresStore]:
    """Open the store that the settings name, with the newest schema."""
    url = settings.database_url.get_secret_value()
    return postgres.opened(url) if url else sqlite.opened(settings.database_path)


def _use_cases(settings: Settings, store: Store, desk: Desk, now: Clock) -> UseCases:
    lifetime = timedelta(seconds=settings.hold_seconds)
    free = _free_uses(settings)
    create_hold = CreateHold(desk, now, metered=settings.metered, lifetime=lifetime, free=free)
    return UseCases(
        create_quote=CreateQuote(desk, now, timedelta(seconds=settings.quote_seconds)),
        create_hold=create_hold,
        capture_hold=CaptureHold(desk, now, free.identities),
        release_hold=ReleaseHold(desk, now),
        get_balance=GetBalance(desk, now, settings.metered),
        grant_credits=GrantCredits(desk, now),
        claim_credits=ClaimCredits(desk, now),
        list_transfers=ListTransfers(store),
    )


def _payments(settings: Settings) -> AbstractAsyncContextManager[PaymentService]:
    key = settings.dodo_api_key.get_secret_value()
    return dodo_service.opened(key, settings.dodo_environment, settings.dodo_base_url)


def _webhook_secrets(settings: Settings) -> list[str]:
    return [one for one in settings.dodo_webhook_secrets.get_secret_value().split(",") if one]


def _packs(settings: Settings) -> dict[str, Pack]:
    starter, pro = settings.pack_starter_price_cents, settings.pack_pro_price_cents
    packs = (
        Pack("starter", "Starter Pack", "25 image analyses", 100, starter, settings.pack_starter_product),
        Pack("pro", "Pro Pack", "100 image analyses", 400, pro, settings.pack_pro_product),
    )
    return {pack.id: pack for pack in packs}


def _identities(settings: Settings) -> Identities:
    secret = settings.identity_key.get_secret_value()
    return Identities(secret.encode() if secret else identity_key(settings.database_path.parent))


@asynccontextmanager
async def _users(settings: Settings, store: UserStore, now: Clock) -> AsyncIterator[UserUseCases]:
    async with argon2.opened() as passwords, _mail(settings) as mail:
        yield user_use_cases(
            store,
            now,
            passwords,
            mail,
            _identities(settings),
            session_lifetime=timedelta(seconds=settings.session_seconds),
            site=settings.site_url.rstrip("/"),
        )


def _mail(settings: Settings) -> AbstractAsyncContextManager[Mail]:
    url = settings.smtp_url.get_secret_value()
    return posting(SmtpServer.at(url, settings.mail_sender).send) if url else nullcontext(NoMail())


def _free_uses(settings: Settings) -> FreeUses:
    limits = Limits(
        settings.free_checks_count_max,
        settings.trials_count_max,
        settings.network_free_uses_count_max,
        settings.daily_free_uses_count_max,
    )
    return FreeUses(limits, _identities(settings), blocklist)


@asynccontextmanager
async def _relaying(settings: Settings, store: Store) -> AsyncIterator[None]:
    if not settings.analytics_target:
        yield
        return
    async with (
        open_channel(settings.analytics_target, timeout_seconds=EVENTS_SECONDS_MAX) as channel,
        relaying(store, channel),
    ):
        yield


def _chores(
    settings: Settings,
    store: SqliteStore | PostgresStore,
    expire: ExpireDue,
    audit_ledger: Audits,
    billing: BillingMetrics,
) -> Iterator[AbstractAsyncContextManager[None]]:
    """Yield what is done again and again, whether or not anybody asks for anything."""

    async def sweep() -> None:
        await store.forget(forgettable(expire.now(), timedelta(seconds=settings.hold_seconds)))
        await store.users.forget_expired(expire.now())
        await store.forget_receipts(expire.now() - timedelta(days=settings.webhook_receipt_days))
        await expire()

    async def measure() -> None:
        try:
            billing.tell(await store.figures())
        except ServiceError:
            billing.tell(None)
            raise

    async def audit() -> None:
        report = (await audit_ledger(expire.now())).report
        billing.tell_audit(report)
        for violation in report.violations[:VIOLATIONS_LOGGED_COUNT_MAX]:
            log.error(
                "audit.violation",
                invariant=violation.invariant.value,
                balance_id=violation.account,
                detail=violation.detail,
            )

    yield repeating("sweep", sweep, settings.sweep_seconds)
    yield repeating("figures", measure, FIGURES_SECONDS)
    if settings.audit_seconds:
        yield repeating("audit", audit, settings.audit_seconds)


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    run("billing", Settings, running)


if __name__ == "__main__":
    main()
