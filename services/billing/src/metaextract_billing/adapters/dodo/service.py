"""DodoPayments through its own SDK."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import Final, Literal, Never, TypeAlias

from dodopayments import APIConnectionError, APIStatusError, AsyncDodoPayments
from dodopayments.types import CheckoutSessionResponse, Payment, Subscription

from metaextract_billing.adapters.dodo.reading import (
    ORDER_KEY,
    payment_from_json,
    subscription_from_json,
)
from metaextract_billing.domain import errors
from metaextract_billing.domain.payment_service import CheckoutSession
from metaextract_billing.domain.purchases import Order, PaymentFacts, SubscriptionFacts
from metaextract_common.errors import ServiceError

Environment: TypeAlias = Literal["test_mode", "live_mode"]

CALL_SECONDS_MAX: Final = 60.0
NOT_FOUND: Final = 404
WORTH_A_RETRY: Final = frozenset({408, 409, 429})
SERVER_ERROR_MIN: Final = 500


class DodoPaymentService:
    """Implements `domain.payment_service.PaymentService`. Borrows the client."""

    def __init__(self, client: AsyncDodoPayments) -> None:
        self._client = client

    async def check_out(
        self, order: Order, balance_id: str, email: str | None, return_url: str
    ) -> CheckoutSession:
        """Make a session, in one attempt: there is no idempotency header, so a retry could make two."""
        once = self._client.with_options(max_retries=0)
        with _typed_errors(errors.payment_service_refused(NOT_FOUND)):
            session = await once.checkout_sessions.create(
                product_cart=[{"product_id": order.product, "quantity": 1}],
                billing_currency="USD" if order.currency == "USD" else None,
                # Nobody pays less, or in another currency, than the order says: it would grant nothing.
                feature_flags={"allow_currency_selection": False, "allow_discount_code": False},
                customer={"email": email} if email else None,
                return_url=return_url,
                metadata={
                    ORDER_KEY: order.id,
                    "type": "credit_purchase",
                    "product": "images_mvp",
                    "pack": order.pack,
                    "credits": str(order.credits),
                    "balance_id": balance_id,
                },
            )
        if not isinstance(session, CheckoutSessionResponse) or not session.checkout_url:
            raise errors.payment_service_unavailable()
        return CheckoutSession(session.session_id, session.checkout_url)

    async def payment(self, id_: str) -> PaymentFacts:
        """Ask for a payment."""
        with _typed_errors(errors.payment_not_found(id_)):
            found = await self._client.payments.retrieve(id_)
            if not isinstance(found, Payment):
                raise errors.payment_service_unavailable()
            return payment_from_json(found.to_dict(mode="json"))

    async def cancel_subscription(self, id_: str, now: datetime) -> SubscriptionFacts:
        """Set the status, as the original system did."""
        with _typed_errors(errors.subscription_not_found(id_)):
            found = await self._client.subscriptions.update(id_, status="cancelled")
            if not isinstance(found, Subscription):
                raise errors.payment_service_unavailable()
            return subscription_from_json(found.to_dict(mode="json"), now)


class NoPaymentService:
    """Implements `domain.payment_service.PaymentService` where none is configured."""

    async def check_out(
        self,
        order: Order,
        balance_id: str,
        email: str | None,
        return_url: str,
    ) -> CheckoutSession:
        """Refuse."""
        _refuse()

    async def payment(self, id_: str) -> PaymentFacts:
        """Refuse."""
        _refuse()

    async def cancel_subscription(
        self,
        id_: str,
        now: datetime,
    ) -> SubscriptionFacts:
        """Refuse."""
        _refuse()


@asynccontextmanager
async def opened(
    api_key: str, environment: Environment, base_url: str
) -> AsyncIterator[DodoPaymentService | NoPaymentService]:
    """Yield the service at `base_url`, without one at the address of the environment.

    Without an API key there is none.
    """
    if not api_key:
        yield NoPaymentService()
        return
    async with AsyncDodoPayments(
        bearer_token=api_key,
        environment=environment,
        base_url=base_url or None,
        timeout=CALL_SECONDS_MAX,
    ) as client:
        yield DodoPaymentService(client)


def _refuse() -> Never:
    raise errors.payments_not_configured()


@contextmanager
def _typed_errors(not_found: ServiceError) -> Iterator[None]:
    try:
        yield
    except APIStatusError as error:
        if error.status_code == NOT_FOUND:
            raise not_found from error
        if error.status_code in WORTH_A_RETRY or error.status_code >= SERVER_ERROR_MIN:
            raise errors.payment_service_unavailable() from error
        raise errors.payment_service_refused(error.status_code) from error
    except (APIConnectionError, ValueError) as error:  # ValueError: no JSON, or not what was asked for
        raise errors.payment_service_unavailable() from error
