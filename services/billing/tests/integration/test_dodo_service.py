"""The official SDK: what it sends, how often, and what its failures become."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import dodopayments.types as sdk
import pytest
from dodopayments import AsyncDodoPayments
from dodopayments.types.checkout_session_response import CheckoutSessionResponse
from dodopayments.types.get_dispute import GetDispute
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from metaextract_billing.adapters.dodo import service
from metaextract_billing.adapters.dodo.service import DodoPaymentService
from metaextract_billing.domain.purchases import Order
from metaextract_common.errors import Kind, ServiceError
from metaextract_testing.dodo import Behaviour, fake_dodo
from metaextract_testing.dodo.serving import served

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ORDER = Order("o", "alice", "starter", 100, 400, "USD", NOW, product="pdt_images_mvp_starter")


@asynccontextmanager
async def answering(
    answer: Callable[[], Response],
) -> AsyncIterator[tuple[DodoPaymentService, list[tuple[str, dict[str, str]]]]]:
    """Serve one answer to everything; yield the service that talks to it, and what was asked."""
    asked: list[tuple[str, dict[str, str]]] = []

    async def endpoint(request: Request) -> Response:
        asked.append((f"{request.method} {request.url.path}", dict(request.headers)))
        return answer()

    app = Starlette(routes=[Route("/{path:path}", endpoint, methods=["GET", "POST", "PATCH"])])
    async with served(lambda _: app) as url, service.opened("key", "test_mode", url) as opened:
        assert isinstance(opened, DodoPaymentService)
        yield opened, asked


async def refusal(awaitable: Awaitable[Any]) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        await awaitable
    return caught.value


def check_out(payments: DodoPaymentService) -> Awaitable[Any]:
    return payments.check_out(ORDER, "balance", None, "http://127.0.0.1:9/back")


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503])
async def test_a_session_is_asked_for_once_and_a_payment_again(status: int) -> None:
    """There is no idempotency header; a second POST would be a second session."""

    def refuse() -> Response:
        return JSONResponse({"code": "X", "message": "no"}, status, {"retry-after-ms": "1"})

    async with answering(refuse) as (payments, asked):
        error = await refusal(check_out(payments))
        assert (error.reason, error.kind) == ("PAYMENT_SERVICE_UNAVAILABLE", Kind.UNAVAILABLE)
        assert [what for what, _ in asked] == ["POST /checkouts"]
        assert "idempotency-key" not in asked[0][1]
        assert asked[0][1]["authorization"] == "Bearer key"

        assert (await refusal(payments.payment("p"))).reason == "PAYMENT_SERVICE_UNAVAILABLE"
        assert [what for what, _ in asked[1:]] == ["GET /payments/p"] * 3


@pytest.mark.parametrize("status", [400, 401, 403, 422])
async def test_a_refusal_says_with_which_status(status: int) -> None:
    async with answering(lambda: JSONResponse({"code": "X", "message": "no"}, status)) as (payments, asked):
        error = await refusal(check_out(payments))
        assert (error.reason, error.metadata) == ("PAYMENT_SERVICE_REFUSED", {"status": str(status)})
        assert (await refusal(payments.payment("p"))).reason == "PAYMENT_SERVICE_REFUSED"
        assert len(asked) == 2


async def test_what_is_not_known_is_told_by_what_it_was() -> None:
    async with answering(lambda: JSONResponse({"code": "NOT_FOUND", "message": "no"}, 404)) as (payments, _):
        assert (await refusal(payments.payment("p"))).reason == "PAYMENT_NOT_FOUND"
        assert (await refusal(payments.cancel_subscription("s", NOW))).reason == "SUBSCRIPTION_NOT_FOUND"


@pytest.mark.parametrize(
    "answer",
    [
        lambda: PlainTextResponse("<html>maintenance</html>"),
        lambda: Response("{", media_type="application/json"),
        lambda: JSONResponse({}),
        lambda: JSONResponse({"session_id": "s", "checkout_url": None}),
    ],
)
async def test_an_answer_that_says_nothing_is_no_session_and_no_payment(
    answer: Callable[[], Response],
) -> None:
    async with answering(answer) as (payments, _):
        assert (await refusal(check_out(payments))).reason == "PAYMENT_SERVICE_UNAVAILABLE"
        assert (await refusal(payments.payment("p"))).reason == "PAYMENT_SERVICE_UNAVAILABLE"


async def test_a_service_that_is_away_is_told_as_such() -> None:
    async with fake_dodo(Behaviour()) as gone:
        url = gone.url
    async with service.opened("key", "test_mode", url) as payments:
        assert (await refusal(payments.payment("p"))).reason == "PAYMENT_SERVICE_UNAVAILABLE"


async def test_the_wrong_api_key_is_a_refusal() -> None:
    async with (
        fake_dodo(Behaviour(api_key="right")) as dodo,
        service.opened("wrong", "test_mode", dodo.url) as payments,
    ):
        error = await refusal(payments.payment("p"))
    assert (error.reason, error.metadata) == ("PAYMENT_SERVICE_REFUSED", {"status": "401"})


async def test_the_answers_and_webhooks_of_the_fake_are_what_the_sdk_says_they_are() -> None:
    """Validated strictly, by the SDK's own models: every field that the real service sends is there."""
    async with (
        fake_dodo(Behaviour()) as dodo,
        AsyncDodoPayments(bearer_token="k", base_url=dodo.url) as client,
    ):
        raw = await client.checkout_sessions.with_raw_response.create(
            product_cart=[{"product_id": "pdt_images_mvp_pro", "quantity": 2}], metadata={"order_id": "o"}
        )
        session = CheckoutSessionResponse.model_validate_json(await raw.read())
        payment = dodo.books.paid(session.session_id, "succeeded")
        refund = dodo.books.refunded(payment["payment_id"], 100, "succeeded")
        dispute = dodo.books.disputed(payment["payment_id"])
        subscription = dodo.books.subscribed("pdt_x", {"account": "a"}, "")
        answer = await client.payments.with_raw_response.retrieve(payment["payment_id"])

        read = sdk.Payment.model_validate_json(await answer.read())
        assert (read.total_amount, read.status, read.metadata) == (2400, "succeeded", {"order_id": "o"})
        assert [one.refund_id for one in read.refunds] == [refund["refund_id"]]
        assert [one.dispute_id for one in read.disputes] == [dispute["dispute_id"]]
        for event_type, model, subject in (
            ("payment.succeeded", sdk.PaymentSucceededWebhookEvent, payment),
            ("refund.succeeded", sdk.RefundSucceededWebhookEvent, refund),
            ("dispute.opened", sdk.DisputeOpenedWebhookEvent, dispute),
            ("subscription.active", sdk.SubscriptionActiveWebhookEvent, subscription),
        ):
            message = dodo.deliveries.send(event_type, subject)
            assert model.model_validate_json(message.body()).type == event_type
        assert GetDispute.model_validate(dispute).dispute_status == "dispute_opened"
        changed = await client.subscriptions.with_raw_response.update(
            subscription["subscription_id"], status="cancelled"
        )
        assert sdk.Subscription.model_validate_json(await changed.read()).status == "cancelled"


async def test_a_checkout_page_says_what_it_costs_and_ends_after_a_day() -> None:
    async with fake_dodo(Behaviour()) as dodo, service.opened("k", "test_mode", dodo.url) as payments:
        session = await check_out(payments)
        client = dodo.deliveries._client
        page = await client.get(session.url)
        assert "4.00 USD" in page.text
        assert (await client.get(session.url + "x")).status_code == 404

        dodo.books.sessions[session.id]["created_at"] = NOW.replace(year=2020)
        assert (await client.get(session.url)).status_code == 410
        assert (await client.post(session.url, data={"status": "succeeded"})).status_code == 410
        await asyncio.gather(dodo.deliveries.settled())
        assert not dodo.books.payments
