"""Domain <-> protobuf for purchases. Total: the tests walk every enum value."""

from datetime import datetime, timedelta
from typing import Final

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from metaextract.billing.v1 import purchases_pb2 as pb
from metaextract_billing.application.purchase_messages import REFUND_WINDOW, RefundCheck
from metaextract_billing.application.purchases import ORDER_PREFIX, OrderState, PlacedOrder
from metaextract_billing.domain.payment_service import Envelope
from metaextract_billing.domain.purchases import Pack, Payment, Subscription

ORDER_STATES: Final = {
    OrderState.PENDING: pb.Order.STATE_PENDING,
    OrderState.PAID: pb.Order.STATE_PAID,
    OrderState.DISPUTED: pb.Order.STATE_DISPUTED,
    OrderState.REVERSED: pb.Order.STATE_REVERSED,
}


def envelope_from_proto(request: pb.ReceiveWebhookRequest) -> Envelope:
    """Read a message as it was received."""
    return Envelope(request.body, request.id, request.timestamp, request.signature)


def pack_to_proto(pack: Pack) -> pb.Pack:
    """Render a pack."""
    return pb.Pack(
        id=pack.id,
        display_name=pack.name,
        description=pack.description,
        credits=pack.credits,
        price_cents=pack.price_cents,
        currency=pack.currency,
        product=pack.product,
    )


def order_to_proto(placed: PlacedOrder) -> pb.Order:
    """Render an order."""
    order = placed.order
    return pb.Order(
        name=ORDER_PREFIX + order.id,
        account=order.owner,
        pack=order.pack,
        credits=order.credits,
        price_cents=order.price_cents,
        currency=order.currency,
        state=ORDER_STATES[placed.state],
        checkout_url=order.checkout_url or "",
        checkout_session=order.checkout_session or "",
        payment=order.payment or "",
        create_time=_timestamp(order.create_time),
    )


def payment_to_proto(payment: Payment) -> pb.Payment:
    """Render what is known of a payment."""
    return pb.Payment(
        id=payment.id,
        order=ORDER_PREFIX + payment.order if payment.order else "",
        credits_granted=payment.credits_granted,
        credits_reversed=payment.credits_reversed,
        parked=payment.parked or "",
        disputed=payment.is_disputed,
        amount_cents=payment.amount_cents,
        currency=payment.currency,
        create_time=_timestamp(payment.create_time),
    )


def refund_check_to_proto(check: RefundCheck) -> pb.CheckRefundResponse:
    """Render what the refund policy says."""
    return pb.CheckRefundResponse(
        eligible=check.is_eligible,
        credits_granted=check.credits_granted,
        credits_remaining=check.credits_remaining,
        create_time=_timestamp(check.create_time),
        within_window=check.is_within_window,
        unused=check.is_unused,
        age=_duration(check.age),
        window=_duration(REFUND_WINDOW),
    )


def subscription_to_proto(subscription: Subscription) -> pb.Subscription:
    """Render a subscription; times that are not known stay absent."""
    return pb.Subscription(
        id=subscription.id,
        account=subscription.owner or "",
        product=subscription.product,
        status=subscription.status,
        status_time=_timestamp(subscription.status_time),
        period_start_time=_timestamp(subscription.period_start_time),
        period_end_time=_timestamp(subscription.period_end_time),
    )


def _timestamp(time: datetime | None) -> Timestamp | None:
    if time is None:
        return None
    timestamp = Timestamp()
    timestamp.FromDatetime(time)
    return timestamp


def _duration(time: timedelta) -> Duration:
    duration = Duration()
    duration.FromTimedelta(time)
    return duration
