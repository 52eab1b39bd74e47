"""Webhooks, confirmations and the page to which buyers return."""

import base64
import hashlib
import re
from collections.abc import AsyncIterator

import httpx
import pytest

from metaextract_common.errors import Kind, ServiceError, invalid_request, service_unreachable
from metaextract_gateway.adapters.http.app import build_app
from metaextract_gateway.adapters.http.legacy import payments
from metaextract_gateway.domain.money import Catalogue, Order, Payment, Webhook

SUCCESS = "/images_mvp/credits/success"


def refusal(reason: str, kind: Kind = Kind.PRECONDITION, **metadata: str) -> ServiceError:
    return ServiceError(kind, "billing.metaextract", reason, "Told to people.", metadata)


class Till:
    """Hears of payments."""

    def __init__(self) -> None:
        self.heard: list[Webhook] = []
        self.asked: list[str] = []
        self.payment = Payment(100, "")
        self.error: ServiceError | None = None
        self.payable = True

    async def receive(self, webhook: Webhook) -> bool:
        if self.error is not None:
            raise self.error
        duplicate = webhook in self.heard
        self.heard.append(webhook)
        return duplicate

    async def confirm(self, payment: str) -> Payment:
        self.asked.append(payment)
        if self.error is not None:
            raise self.error
        return self.payment

    async def catalogue(self) -> Catalogue:
        return Catalogue((), self.payable)

    async def order(self, account: str, request_id: str, pack: str, *, email: str, return_url: str) -> Order:
        raise NotImplementedError


@pytest.fixture
def till() -> Till:
    return Till()


@pytest.fixture
async def http(till: Till) -> AsyncIterator[httpx.AsyncClient]:
    app = build_app(payments.routes(till))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
        yield client


async def confirmed(http: httpx.AsyncClient, payment: object = "pay_1") -> httpx.Response:
    return await http.post("/api/payments/confirm", json={"paymentId": payment})


async def test_a_webhook_is_handed_on_byte_for_byte(http: httpx.AsyncClient, till: Till) -> None:
    body = b'{"type" :  "payment.succeeded"}\n'
    headers = {"webhook-id": "msg_1", "webhook-timestamp": "1", "webhook-signature": "v1,x v1,y"}

    first = await http.post("/api/webhooks/dodo", content=body, headers=headers)
    second = await http.post("/api/webhooks/dodo", content=body, headers=headers)

    assert (first.status_code, first.json()) == (200, {"received": True})
    assert (second.status_code, second.json()) == (200, {"received": True, "duplicate": True})
    assert till.heard[0] == Webhook(body, "msg_1", "1", "v1,x v1,y")


async def test_headers_that_did_not_come_are_empty(http: httpx.AsyncClient, till: Till) -> None:
    await http.post("/api/webhooks/dodo", content=b"{}")

    assert till.heard == [Webhook(b"{}", "", "", "")]


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (refusal("WEBHOOK_SIGNATURE_INVALID", Kind.INVALID), 400, "Invalid webhook signature"),
        (invalid_request("id", "too long"), 400, "Invalid webhook signature"),
        (refusal("WEBHOOK_EXPIRED", Kind.INVALID), 400, "Webhook timestamp expired"),
        (refusal("WEBHOOK_SECRET_MISSING"), 500, "Webhook secret not configured"),
        (refusal("WEBHOOK_UNREADABLE", Kind.INVALID, field="data"), 400, "Invalid webhook payload"),
        (refusal("LEDGER_UNAVAILABLE", Kind.UNAVAILABLE), 500, "Webhook processing failed"),
        (service_unreachable("ReceiveWebhook"), 500, "Webhook processing failed"),
    ],
)
async def test_a_webhook_that_is_not_taken_in_says_why_in_the_recorded_words(
    http: httpx.AsyncClient, till: Till, error: ServiceError, status: int, message: str
) -> None:
    till.error = error

    answer = await http.post("/api/webhooks/dodo", content=b"{}")

    assert (answer.status_code, answer.json()) == (status, {"error": message})


async def test_a_webhook_larger_than_a_mebibyte_is_not_read(http: httpx.AsyncClient, till: Till) -> None:
    answer = await http.post("/api/webhooks/dodo", content=b" " * (1024 * 1024 + 1))

    assert answer.status_code == 413
    assert not till.heard


async def test_anybody_may_confirm_a_payment(http: httpx.AsyncClient, till: Till) -> None:
    answer = await confirmed(http)

    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    assert till.asked == ["pay_1"]


@pytest.mark.parametrize(
    ("payment", "error"),
    [
        (None, "paymentId is required"),
        ("", "paymentId is required"),
        (7, "paymentId is required"),
        ("a b", "Payment not found"),
        ("../refunds", "Payment not found"),
        ("x" * 129, "Payment not found"),
    ],
)
async def test_what_names_no_payment_is_not_asked_for(
    http: httpx.AsyncClient, till: Till, payment: object, error: str
) -> None:
    answer = await confirmed(http, payment)

    assert (answer.status_code, answer.json()) == (400, {"error": error})
    assert not till.asked


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        (
            refusal("PAYMENT_NOT_SUCCEEDED", status="processing"),
            409,
            {"error": "Payment not succeeded", "status": "processing"},
        ),
        (refusal("PAYMENT_NOT_FOUND", Kind.NOT_FOUND), 400, {"error": "Payment not found"}),
        (
            refusal("PAYMENT_SERVICE_UNAVAILABLE", Kind.UNAVAILABLE),
            500,
            {"error": "Failed to confirm payment", "details": "Payment service unavailable"},
        ),
    ],
)
async def test_a_payment_that_is_not_confirmed_says_why(
    http: httpx.AsyncClient, till: Till, error: ServiceError, status: int, body: dict[str, str]
) -> None:
    till.error = error

    answer = await confirmed(http)

    assert (answer.status_code, answer.json()) == (status, body)


async def test_a_payment_that_brings_nothing_is_not_confirmed(http: httpx.AsyncClient, till: Till) -> None:
    till.payment = Payment(0, "order_unknown")

    answer = await confirmed(http)

    assert (answer.status_code, answer.json()) == (
        409,
        {"error": "Payment not credited", "status": "order_unknown"},
    )


@pytest.mark.parametrize("parked", ["order_missing", "subscription"])
async def test_a_payment_for_something_else_is_told_as_the_original_did(
    http: httpx.AsyncClient, till: Till, parked: str
) -> None:
    till.payment = Payment(0, parked)

    answer = await confirmed(http)

    assert (answer.status_code, answer.json()) == (400, {"error": "Unsupported payment type"})


@pytest.mark.parametrize("payment", ["pay_1", None])
async def test_without_a_payment_service_nothing_can_be_confirmed(
    http: httpx.AsyncClient, till: Till, payment: str | None
) -> None:
    till.payable = False
    till.error = refusal("PAYMENTS_NOT_CONFIGURED")

    answer = await confirmed(http, payment)

    assert (answer.status_code, answer.json()) == (
        503,
        {
            "error": "Payment system not configured",
            "message": "Please add DODO_PAYMENTS_API_KEY to enable payments",
        },
    )


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Payment(100, ""), "100 credits have been added to your balance"),
        (Payment(0, "amount_too_small"), "no credits could be added"),
        (refusal("PAYMENT_NOT_SUCCEEDED", status="failed"), "No credits were added"),
        (refusal("PAYMENT_NOT_FOUND", Kind.NOT_FOUND), "does not know this payment"),
        (service_unreachable("ConfirmPayment"), "Your credits appear as soon as"),
    ],
)
async def test_a_buyer_who_returns_is_told_what_happened(
    http: httpx.AsyncClient, till: Till, outcome: Payment | ServiceError, words: str
) -> None:
    if isinstance(outcome, ServiceError):
        till.error = outcome
    else:
        till.payment = outcome

    answer = await http.get(SUCCESS, params={"payment_id": "pay_1", "status": "succeeded", "pack": "starter"})

    assert answer.status_code == 200
    assert words in answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


async def test_a_buyer_who_returns_to_the_other_module_is_told_the_same(http: httpx.AsyncClient) -> None:
    one, other = [await http.get(path, params={"payment_id": "p"}) for path in (SUCCESS, "/credits/success")]

    assert (one.status_code, one.text) == (other.status_code, other.text)


async def test_the_page_runs_nothing_and_repeats_nothing_of_its_address(
    http: httpx.AsyncClient, till: Till
) -> None:
    hostile = "<script>alert(1)</script>"

    answer = await http.get(SUCCESS, params={"payment_id": hostile, "pack": hostile, "status": hostile})

    assert "alert" not in answer.text
    assert "<script" not in answer.text
    assert not till.asked
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    [style] = re.findall(r"<style>(.*?)</style>", answer.text)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
