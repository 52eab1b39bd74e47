"""Purchases over gRPC."""

from datetime import UTC
from typing import TYPE_CHECKING, Final

import grpc

from metaextract.billing.v1 import purchases_pb2 as pb
from metaextract.billing.v1.purchases_pb2_grpc import PurchasesServiceStub
from metaextract_gateway.domain.money import Catalogue, Order, Pack, Payment, Refund, Webhook

if TYPE_CHECKING:  # the typed face of the stub, which exists for type checkers only
    from metaextract.billing.v1.purchases_pb2_grpc import PurchasesServiceAsyncStub

RETRIED: Final = tuple(
    f"metaextract.billing.v1.PurchasesService/{method}"
    for method in ("ListPacks", "CreateOrder", "ReceiveWebhook", "ConfirmPayment", "CheckRefund")
)
"""Idempotent: by `request_id`, or by what the payment service calls its message or payment."""

PAYMENT_SERVICE_SECONDS_MAX: Final = 30.0
"""Time for calls in which billing asks the payment service."""


class RpcPurchases:
    """Implements `domain.ports.Purchases`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: PurchasesServiceAsyncStub = PurchasesServiceStub(channel)

    async def catalogue(self) -> Catalogue:
        """ListPacks."""
        listed = await self._stub.ListPacks(pb.ListPacksRequest())
        return Catalogue(tuple(_pack(pack) for pack in listed.packs), listed.payable)

    async def order(self, account: str, request_id: str, pack: str, *, email: str, return_url: str) -> Order:
        """CreateOrder."""
        request = pb.CreateOrderRequest(
            account=account, request_id=request_id, pack=pack, email=email, return_url=return_url
        )
        order = (await self._stub.CreateOrder(request, timeout=PAYMENT_SERVICE_SECONDS_MAX)).order
        return Order(order.checkout_url, order.checkout_session)

    async def receive(self, webhook: Webhook) -> bool:
        """ReceiveWebhook."""
        request = pb.ReceiveWebhookRequest(
            body=webhook.body, id=webhook.id, timestamp=webhook.timestamp, signature=webhook.signature
        )
        return bool((await self._stub.ReceiveWebhook(request)).duplicate)

    async def confirm(self, payment: str) -> Payment:
        """ConfirmPayment."""
        request = pb.ConfirmPaymentRequest(payment=payment)
        known = (await self._stub.ConfirmPayment(request, timeout=PAYMENT_SERVICE_SECONDS_MAX)).payment
        return Payment(known.credits_granted, known.parked)

    async def refund(self, payment: str) -> Refund:
        """CheckRefund."""
        check = await self._stub.CheckRefund(pb.CheckRefundRequest(payment=payment))
        return Refund(
            eligible=check.eligible,
            credits_granted=check.credits_granted,
            credits_remaining=check.credits_remaining,
            create_time=check.create_time.ToDatetime(UTC),
            within_window=check.within_window,
            unused=check.unused,
            age=check.age.ToTimedelta(),
            window=check.window.ToTimedelta(),
        )


def _pack(pack: pb.Pack) -> Pack:
    return Pack(
        id=pack.id,
        name=pack.display_name,
        description=pack.description,
        credits=pack.credits,
        price_cents=pack.price_cents,
        currency=pack.currency,
        product=pack.product,
    )
