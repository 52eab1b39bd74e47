"""Rows of what is bought <-> orders, payments, subscriptions, and messages of the payment service."""

from metaextract_billing.adapters.storage.row_values import (
    Row,
    from_disputes,
    from_refunds,
    from_time,
    to_disputes,
    to_refunds,
    to_time,
    to_time_or_none,
)
from metaextract_billing.domain.purchases import Order, Payment, Subscription, WebhookReceipt


def from_order(order: Order) -> Row:
    """Render an order."""
    return {
        "id": order.id,
        "owner": order.owner,
        "pack": order.pack,
        "credits": order.credits,
        "price_cents": order.price_cents,
        "currency": order.currency,
        "checkout_session": order.checkout_session,
        "checkout_url": order.checkout_url,
        "dodo_payment_id": order.payment,
        "product": order.product,
        "checkout_at": from_time(order.checkout_time),
        "created_at": from_time(order.create_time),
    }


def from_payment(payment: Payment) -> Row:
    """Render a payment."""
    return {
        "dodo_payment_id": payment.id,
        "succeeded": payment.succeeded,
        "order_id": payment.order,
        "dodo_subscription_id": payment.subscription,
        "amount_cents": payment.amount_cents,
        "currency": payment.currency,
        "refunds": from_refunds(payment.refunds),
        "disputes": from_disputes(payment.disputes),
        "credits_granted": payment.credits_granted,
        "credits_reversed": payment.credits_reversed,
        "parked": payment.parked,
        "products": list(payment.products),
        "created_at": from_time(payment.create_time),
    }


def from_subscription(subscription: Subscription) -> Row:
    """Render a subscription."""
    return {
        "dodo_subscription_id": subscription.id,
        "owner": subscription.owner,
        "dodo_customer_id": subscription.customer,
        "tier": subscription.product,
        "status": subscription.status,
        "status_at": from_time(subscription.status_time),
        "current_period_start": from_time(subscription.period_start_time),
        "current_period_end": from_time(subscription.period_end_time),
        "created_at": from_time(subscription.create_time),
    }


def from_webhook(receipt: WebhookReceipt) -> Row:
    """Render a message of the payment service."""
    return {
        "id": receipt.id,
        "event_type": receipt.event_type,
        "processed_at": from_time(receipt.receive_time),
    }


def to_order(row: Row) -> Order:
    """Read an order."""
    return Order(
        id=row["id"],
        owner=row["owner"],
        pack=row["pack"],
        credits=row["credits"],
        price_cents=row["price_cents"],
        currency=row["currency"],
        create_time=to_time(row["created_at"]),
        version=row["version"],
        checkout_session=row["checkout_session"],
        checkout_url=row["checkout_url"],
        payment=row["dodo_payment_id"],
        product=row["product"],
        checkout_time=to_time_or_none(row["checkout_at"]),
    )


def to_payment(row: Row) -> Payment:
    """Read a payment."""
    return Payment(
        id=row["dodo_payment_id"],
        create_time=to_time(row["created_at"]),
        version=row["version"],
        succeeded=bool(row["succeeded"]),
        order=row["order_id"],
        subscription=row["dodo_subscription_id"],
        amount_cents=row["amount_cents"],
        currency=row["currency"],
        refunds=to_refunds(row["refunds"]),
        disputes=to_disputes(row["disputes"]),
        credits_granted=row["credits_granted"],
        credits_reversed=row["credits_reversed"],
        parked=row["parked"],
        products=tuple(row["products"]),
    )


def to_subscription(row: Row) -> Subscription:
    """Read a subscription."""
    return Subscription(
        id=row["dodo_subscription_id"],
        create_time=to_time(row["created_at"]),
        version=row["version"],
        owner=row["owner"],
        customer=row["dodo_customer_id"],
        product=row["tier"],
        status=row["status"],
        status_time=to_time_or_none(row["status_at"]),
        period_start_time=to_time_or_none(row["current_period_start"]),
        period_end_time=to_time_or_none(row["current_period_end"]),
    )


def to_webhook(row: Row) -> WebhookReceipt:
    """Read a message of the payment service."""
    return WebhookReceipt(row["id"], row["event_type"], to_time(row["processed_at"]), row["version"])
