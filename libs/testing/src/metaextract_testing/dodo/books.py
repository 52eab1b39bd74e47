"""What the fake payment service knows, in the shapes of the real one's API."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

Json: TypeAlias = dict[str, Any]

SESSION_LIFETIME: Final = timedelta(hours=24)
BUSINESS: Final = {"business_id": "bus_fake", "brand_id": "brand_fake"}


class UnknownError(KeyError):
    """There is nothing of that name."""


def new_id(prefix: str) -> str:
    """Return an identifier as the service makes them."""
    return f"{prefix}_{secrets.token_hex(11)}"


def stamp(time: datetime | None = None) -> str:
    """Return a time, now by default, as the service writes it."""
    return (time or datetime.now(UTC)).isoformat().replace("+00:00", "Z")


class Books:
    """Checkout sessions, payments, refunds, disputes and subscriptions, by id."""

    def __init__(self, products: Mapping[str, int]) -> None:
        self.products = products
        self.sessions: dict[str, Json] = {}
        self.payments: dict[str, Json] = {}
        self.refunds: dict[str, Json] = {}
        self.disputes: dict[str, Json] = {}
        self.subscriptions: dict[str, Json] = {}

    def session_opened(self, request: Mapping[str, Any]) -> Json:
        """Open a checkout session. Raises UnknownError for a product that is not sold."""
        cart = [(item["product_id"], int(item.get("quantity", 1))) for item in request["product_cart"]]
        try:
            total = sum(self.products[product] * quantity for product, quantity in cart)
        except KeyError as error:
            raise UnknownError(error.args[0]) from error
        session = {
            "session_id": new_id("cks"),
            "cart": [{"product_id": product, "quantity": quantity} for product, quantity in cart],
            "total_amount": total,
            "currency": request.get("billing_currency") or "USD",
            "metadata": request.get("metadata") or {},
            "return_url": request.get("return_url") or "",
            "email": (request.get("customer") or {}).get("email", ""),
            "created_at": datetime.now(UTC),
        }
        self.sessions[session["session_id"]] = session
        return session

    def is_open(self, session: Json) -> bool:
        """Whether a session can still be paid in."""
        age: timedelta = datetime.now(UTC) - session["created_at"]
        return age < SESSION_LIFETIME

    def paid(self, session_id: str, status: str) -> Json:
        """Make a payment in a session; `status` is `succeeded`, `failed`, `processing` or `cancelled`."""
        session = _known(self.sessions, session_id)
        payment: Json = {
            **BUSINESS,
            "payload_type": "Payment",
            "payment_id": new_id("pay"),
            "checkout_session_id": session_id,
            "status": status,
            "created_at": stamp(),
            "updated_at": stamp(),
            "currency": session["currency"],
            "total_amount": session["total_amount"],
            "tax": 0,
            "settlement_amount": session["total_amount"],
            "settlement_currency": session["currency"],
            "settlement_tax": 0,
            "customer": _customer(session["email"]),
            "billing": {"country": "US", "zipcode": "94107"},
            "metadata": session["metadata"],
            "product_cart": session["cart"],
            "payment_method": "card",
            "payment_method_type": "credit",
            "payment_provider": "dodo",
            "error_code": "card_declined" if status == "failed" else None,
            "error_message": "The card was declined." if status == "failed" else None,
            "refunds": [],
            "disputes": [],
            "digital_products_delivered": False,
            "includes_usage": False,
            "is_multi_subscription": False,
            "is_update_payment_method": False,
            "retry_attempt": 0,
            "service_periods": [],
            "subscription_id": None,
            "subscription_ids": [],
        }
        self.payments[payment["payment_id"]] = payment
        return payment

    def refunded(self, payment_id: str, amount: int | None, status: str) -> Json:
        """Give money of a payment back, all of it without `amount`."""
        payment = _known(self.payments, payment_id)
        before = sum(one["amount"] for one in payment["refunds"] if one["status"] == "succeeded")
        left = payment["total_amount"] - before
        refund: Json = {
            **BUSINESS,
            "payload_type": "Refund",
            "refund_id": new_id("ref"),
            "payment_id": payment_id,
            "created_at": stamp(),
            "status": status,
            "amount": left if amount is None else amount,
            "currency": payment["currency"],
            "is_partial": amount is not None and amount < payment["total_amount"],
            "reason": None,
            "customer": payment["customer"],
            "metadata": {},
        }
        self.refunds[refund["refund_id"]] = refund
        payment["refunds"].append(refund)
        return refund

    def disputed(self, payment_id: str) -> Json:
        """Open a dispute of a payment."""
        payment = _known(self.payments, payment_id)
        dispute: Json = {
            **BUSINESS,
            "payload_type": "Dispute",
            "dispute_id": new_id("dsp"),
            "payment_id": payment_id,
            "created_at": stamp(),
            "amount": str(payment["total_amount"]),
            "currency": payment["currency"],
            "dispute_stage": "dispute",
            "dispute_status": "dispute_opened",
            "payment_provider": "dodo",
            "customer": payment["customer"],
            "reason": "fraudulent",
            "remarks": None,
            "is_resolved_by_rdr": False,
        }
        self.disputes[dispute["dispute_id"]] = dispute
        payment["disputes"].append(dispute)
        return dispute

    def dispute_moved(self, dispute_id: str, happened: str) -> Json:
        """Bring a dispute to a state: `challenged`, `won`, `lost`, `accepted`, `expired` or `cancelled`."""
        dispute = _known(self.disputes, dispute_id)
        dispute["dispute_status"] = f"dispute_{happened}"
        return dispute

    def subscribed(self, product: str, metadata: Mapping[str, Any], email: str) -> Json:
        """Begin a subscription that renews every month."""
        now = datetime.now(UTC)
        subscription: Json = {
            **BUSINESS,
            "payload_type": "Subscription",
            "subscription_id": new_id("sub"),
            "product_id": product,
            "quantity": 1,
            "status": "active",
            "created_at": stamp(now),
            "previous_billing_date": stamp(now),
            "next_billing_date": stamp(now + timedelta(days=30)),
            "cancel_at_next_billing_date": False,
            "cancelled_at": None,
            "currency": "USD",
            "recurring_pre_tax_amount": 900,
            "customer": _customer(email),
            "billing": {"country": "US", "zipcode": "94107"},
            "metadata": dict(metadata),
            "payment_frequency_count": 1,
            "payment_frequency_interval": "Month",
            "subscription_period_count": 1,
            "subscription_period_interval": "Year",
            "trial_period_days": 0,
            "tax_inclusive": False,
            "on_demand": False,
            "has_payment_method": True,
            "addons": [],
            "meters": [],
            "credit_entitlement_cart": [],
            "meter_credit_entitlement_cart": [],
        }
        self.subscriptions[subscription["subscription_id"]] = subscription
        return subscription

    def subscription_moved(self, subscription_id: str, status: str) -> Json:
        """Bring a subscription to a state."""
        subscription = _known(self.subscriptions, subscription_id)
        subscription["status"] = status
        subscription["cancelled_at"] = stamp() if status == "cancelled" else None
        return subscription

    def payment(self, payment_id: str) -> Json:
        """Return a payment. Raises UnknownError."""
        return _known(self.payments, payment_id)

    def subscription(self, subscription_id: str) -> Json:
        """Return a subscription. Raises UnknownError."""
        return _known(self.subscriptions, subscription_id)


def _known(things: Mapping[str, Json], id_: str) -> Json:
    try:
        return things[id_]
    except KeyError as error:
        raise UnknownError(id_) from error


def _customer(email: str) -> Json:
    return {"customer_id": "cus_fake", "email": email or "buyer@example.com", "name": "A Buyer"}
