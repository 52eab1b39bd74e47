"""PurchasesService over a real socket: rules of the contract, typed errors, a purchase from end to end."""

import base64
import tempfile
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from metaextract.billing.v1 import purchases_pb2 as pb
from metaextract.billing.v1.purchases_pb2_grpc import (
    PurchasesServiceStub,
    add_PurchasesServiceServicer_to_server,
)
from metaextract_billing.adapters.dodo import service
from metaextract_billing.adapters.dodo.webhooks import DodoWebhooks
from metaextract_billing.adapters.rpc.purchases import PurchasesServicer
from metaextract_billing.adapters.storage.memory import MemoryStore
from metaextract_billing.application.desk import Desk
from metaextract_billing.application.purchase_use_cases import purchase_use_cases
from metaextract_billing.domain.purchases import Pack, Payment
from metaextract_billing.domain.records import Change, Changes
from metaextract_billing.settings import Settings
from metaextract_common.errors import ServiceError
from metaextract_common.rpc.client import open_channel
from metaextract_common.rpc.serving import Draining, serving
from metaextract_testing.dodo import Behaviour, FakeDodo, fake_dodo

SECRET = "whsec_" + base64.b64encode(b"a secret of the tests...").decode()
STARTER = Pack("starter", "Starter Pack", "25 image analyses", 100, 400, "pdt_images_mvp_starter")
SERVICE = pb.DESCRIPTOR.services_by_name["PurchasesService"].full_name
ORDER = pb.CreateOrderRequest(
    account="alice", request_id="r", pack="starter", return_url="http://127.0.0.1:9/back"
)

MADE = datetime(2026, 11, 23, 12, tzinfo=UTC)
PAYMENTS = [
    Payment("pay_p", MADE, succeeded=True, order="o", amount_cents=400, currency="EUR", parked="x"),
    Payment("pay_q", MADE, succeeded=True, amount_cents=9, currency="USD", parked="order_missing"),
    Payment("pay_s", MADE, succeeded=True, subscription="sub", parked="subscription"),
]


@asynccontextmanager
async def serving_purchases(directory: str) -> AsyncIterator[tuple[Any, FakeDodo]]:
    settings = Settings(listen=f"unix:{directory}/s", drain_seconds=5)
    now = partial(datetime.now, UTC)
    behaviour = Behaviour("http://127.0.0.1:9/nobody", (SECRET,), held=True)
    async with fake_dodo(behaviour) as dodo, service.opened("key", "test_mode", dodo.url) as payments:
        store = MemoryStore()
        await store.commit(Changes(tuple(Change(None, payment) for payment in PAYMENTS)))
        use = purchase_use_cases(
            Desk(store),
            store,
            now,
            {"starter": STARTER},
            payments,
            DodoWebhooks([SECRET]),
            payable=True,
        )
        add = partial(add_PurchasesServiceServicer_to_server, PurchasesServicer(use))
        async with (
            serving(settings, settings.listen, {SERVICE: add}, checks={}, draining=Draining()) as address,
            open_channel(address, timeout_seconds=60) as channel,
        ):
            yield PurchasesServiceStub(channel), dodo


@pytest.fixture
async def served() -> AsyncIterator[tuple[Any, FakeDodo]]:
    # A socket's path may be 107 bytes long, so pytest's own folders are too deep.
    with tempfile.TemporaryDirectory(prefix="billing-") as directory:
        assert Path(directory).is_dir()
        async with serving_purchases(directory) as both:
            yield both


async def refusal(call: Awaitable[Any]) -> tuple[str, dict[str, str]]:
    with pytest.raises(ServiceError) as caught:
        await call
    return caught.value.reason, caught.value.metadata


async def test_a_pack_is_bought_over_the_contract(served: tuple[Any, FakeDodo]) -> None:
    purchases, dodo = served
    listed = await purchases.ListPacks(pb.ListPacksRequest())
    assert (listed.payable, [pack.id for pack in listed.packs]) == (True, ["starter"])

    placed = (await purchases.CreateOrder(ORDER)).order
    assert (placed.state, placed.credits, placed.price_cents) == (pb.Order.STATE_PENDING, 100, 400)
    paid = dodo.books.paid(placed.checkout_session, "succeeded")
    message = dodo.deliveries.send("payment.succeeded", paid)
    body = message.body()
    headers = message.headers((SECRET,), body, datetime.now(UTC))
    request = pb.ReceiveWebhookRequest(
        body=body,
        id=headers["webhook-id"],
        timestamp=headers["webhook-timestamp"],
        signature=headers["webhook-signature"],
    )
    first, again = await purchases.ReceiveWebhook(request), await purchases.ReceiveWebhook(request)
    assert (first.duplicate, first.event_type, again.duplicate) == (False, "payment.succeeded", True)

    confirmed = (await purchases.ConfirmPayment(pb.ConfirmPaymentRequest(payment=paid["payment_id"]))).payment
    assert (confirmed.order, confirmed.credits_granted, confirmed.parked) == (placed.name, 100, "")
    order = (await purchases.GetOrder(pb.GetOrderRequest(account="alice", name=placed.name))).order
    assert (order.state, order.payment) == (pb.Order.STATE_PAID, paid["payment_id"])
    check = await purchases.CheckRefund(pb.CheckRefundRequest(payment=paid["payment_id"]))
    assert (check.eligible, check.credits_remaining) == (True, 100)


async def test_a_subscription_is_read_and_cancelled_over_the_contract(served: tuple[Any, FakeDodo]) -> None:
    purchases, dodo = served
    id_ = dodo.books.subscribed("pdt_x", {"account": "alice"}, "")["subscription_id"]
    message = dodo.deliveries.send("subscription.active", dodo.books.subscription(id_))
    body = message.body()
    names = message.headers((SECRET,), body, datetime.now(UTC))
    await purchases.ReceiveWebhook(
        pb.ReceiveWebhookRequest(
            body=body,
            id=names["webhook-id"],
            timestamp=names["webhook-timestamp"],
            signature=names["webhook-signature"],
        )
    )
    read = await purchases.GetSubscription(pb.GetSubscriptionRequest(id=id_, account="alice"))
    assert (read.subscription.status, read.subscription.account) == ("active", "alice")

    cancelled = await purchases.CancelSubscription(pb.CancelSubscriptionRequest(id=id_))

    assert cancelled.subscription.status == "cancelled"


async def test_payments_that_granted_nothing_are_listed_for_whoever_looks_at_them(
    served: tuple[Any, FakeDodo],
) -> None:
    async def listed(**request: object) -> list[pb.Payment]:
        answer = await served[0].ListParkedPayments(pb.ListParkedPaymentsRequest(**request))
        return list(answer.payments)

    first, second = await listed()

    assert (first.id, first.parked, first.order, first.amount_cents, first.currency) == (
        *("pay_p", "x", "orders/o", 400, "EUR"),
    )
    assert first.create_time.ToDatetime(UTC) == MADE
    assert await listed(page_size=1) == [first]
    assert await listed(after_payment="pay_p") == [second]


async def test_each_refusal_arrives_with_its_reason(served: tuple[Any, FakeDodo]) -> None:
    purchases, _ = served
    calls = [
        purchases.CreateOrder(pb.CreateOrderRequest(account="a", request_id="r", pack="x", return_url="x:y")),
        purchases.GetOrder(pb.GetOrderRequest(account="alice", name="orders/none")),
        purchases.ConfirmPayment(pb.ConfirmPaymentRequest(payment="pay_none")),
        purchases.CheckRefund(pb.CheckRefundRequest(payment="pay_none")),
        purchases.GetSubscription(pb.GetSubscriptionRequest(id="sub_none")),
        purchases.CancelSubscription(pb.CancelSubscriptionRequest(id="sub_none")),
        purchases.ReceiveWebhook(pb.ReceiveWebhookRequest()),
        purchases.ReceiveWebhook(pb.ReceiveWebhookRequest(id="m", timestamp="1", signature="v1,x")),
    ]

    assert [(await refusal(call))[0] for call in calls] == [
        "PACK_UNKNOWN",
        "ORDER_NOT_FOUND",
        "PAYMENT_NOT_FOUND",
        "PAYMENT_NOT_FOUND",
        "SUBSCRIPTION_NOT_FOUND",
        "SUBSCRIPTION_NOT_FOUND",
        "WEBHOOK_SIGNATURE_INVALID",
        "WEBHOOK_EXPIRED",
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"account": ""}, "account"),
        ({"request_id": "r\x00"}, "request_id"),
        ({"pack": ""}, "pack"),
        ({"email": "not an address"}, "email"),
        ({"return_url": "not a URL"}, "return_url"),
    ],
)
async def test_an_order_that_breaks_the_contract_is_refused(
    served: tuple[Any, FakeDodo], changes: dict[str, str], field: str
) -> None:
    request = pb.CreateOrderRequest()
    request.CopyFrom(ORDER)
    for name, value in changes.items():
        setattr(request, name, value)

    reason, metadata = await refusal(served[0].CreateOrder(request))

    assert (reason, metadata["field"]) == ("INVALID_REQUEST", field)
    assert not served[1].books.sessions


@pytest.mark.parametrize("payment", ["", "../subscriptions/x", "a b", "x" * 200])
async def test_a_payment_id_cannot_lead_anywhere_else(served: tuple[Any, FakeDodo], payment: str) -> None:
    call = served[0].ConfirmPayment(pb.ConfirmPaymentRequest(payment=payment))
    assert (await refusal(call))[0] == "INVALID_REQUEST"
