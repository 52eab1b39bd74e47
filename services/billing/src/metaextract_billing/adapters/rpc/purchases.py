"""metaextract.billing.v1.PurchasesService over gRPC: unpack, call, pack."""

from typing import Final

from metaextract.billing.v1 import purchases_pb2 as pb
from metaextract.billing.v1.purchases_pb2_grpc import PurchasesServiceServicer
from metaextract_billing.adapters.rpc.purchases_mapping import (
    envelope_from_proto,
    order_to_proto,
    pack_to_proto,
    payment_to_proto,
    refund_check_to_proto,
    subscription_to_proto,
)
from metaextract_billing.application.purchase_use_cases import PurchaseUseCases
from metaextract_common.rpc.server import Context

PAGE_SIZE_DEFAULT: Final = 100


class PurchasesServicer(PurchasesServiceServicer):
    """Translates one protocol to one set of use cases, and nothing else."""

    def __init__(self, use_cases: PurchaseUseCases) -> None:
        self._use_cases = use_cases

    async def ListPacks(  # noqa: N802 - named by the contract
        self, request: pb.ListPacksRequest, context: Context
    ) -> pb.ListPacksResponse:
        """Say what is sold."""
        list_packs = self._use_cases.list_packs
        return pb.ListPacksResponse(
            packs=[pack_to_proto(pack) for pack in list_packs()], payable=list_packs.payable
        )

    async def CreateOrder(  # noqa: N802 - named by the contract
        self, request: pb.CreateOrderRequest, context: Context
    ) -> pb.CreateOrderResponse:
        """Order a pack."""
        placed = await self._use_cases.create_order(
            request.account,
            request.request_id,
            request.pack,
            email=request.email or None,
            return_url=request.return_url,
        )
        return pb.CreateOrderResponse(order=order_to_proto(placed))

    async def GetOrder(  # noqa: N802 - named by the contract
        self, request: pb.GetOrderRequest, context: Context
    ) -> pb.GetOrderResponse:
        """Return an order."""
        placed = await self._use_cases.get_order(request.account, request.name)
        return pb.GetOrderResponse(order=order_to_proto(placed))

    async def ReceiveWebhook(  # noqa: N802 - named by the contract
        self, request: pb.ReceiveWebhookRequest, context: Context
    ) -> pb.ReceiveWebhookResponse:
        """Take a message in."""
        received = await self._use_cases.receive_webhook(envelope_from_proto(request))
        return pb.ReceiveWebhookResponse(duplicate=received.duplicate, event_type=received.event_type)

    async def ConfirmPayment(  # noqa: N802 - named by the contract
        self, request: pb.ConfirmPaymentRequest, context: Context
    ) -> pb.ConfirmPaymentResponse:
        """Ask for a payment."""
        payment = await self._use_cases.confirm_payment(request.payment)
        return pb.ConfirmPaymentResponse(payment=payment_to_proto(payment))

    async def CheckRefund(  # noqa: N802 - named by the contract
        self, request: pb.CheckRefundRequest, context: Context
    ) -> pb.CheckRefundResponse:
        """Apply the refund policy."""
        return refund_check_to_proto(await self._use_cases.check_refund(request.payment))

    async def ListParkedPayments(  # noqa: N802 - named by the contract
        self, request: pb.ListParkedPaymentsRequest, context: Context
    ) -> pb.ListParkedPaymentsResponse:
        """List what somebody has to look at."""
        payments = await self._use_cases.list_parked_payments(
            request.after_payment, request.page_size or PAGE_SIZE_DEFAULT
        )
        return pb.ListParkedPaymentsResponse(payments=[payment_to_proto(payment) for payment in payments])

    async def GetSubscription(  # noqa: N802 - named by the contract
        self, request: pb.GetSubscriptionRequest, context: Context
    ) -> pb.GetSubscriptionResponse:
        """Return a subscription."""
        found = await self._use_cases.get_subscription(request.id, request.account or None)
        return pb.GetSubscriptionResponse(subscription=subscription_to_proto(found))

    async def CancelSubscription(  # noqa: N802 - named by the contract
        self, request: pb.CancelSubscriptionRequest, context: Context
    ) -> pb.CancelSubscriptionResponse:
        """Cancel a subscription."""
        cancelled = await self._use_cases.cancel_subscription(request.id, request.account or None)
        return pb.CancelSubscriptionResponse(subscription=subscription_to_proto(cancelled))
