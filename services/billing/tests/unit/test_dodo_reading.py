"""What DodoPayments says, in the shapes of its events."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from metaextract_billing.adapters.dodo.reading import message_from_json
from metaextract_billing.domain.payment_service import Facts, Message
from metaextract_billing.domain.purchases import (
    WHOLE_PAYMENT_CENTS,
    Dispute,
    DisputeState,
    NamedPurchase,
    PaymentFacts,
    Refund,
    SubscriptionFacts,
)
from metaextract_common.errors import ServiceError

TIME = datetime(2026, 11, 23, 12, tzinfo=UTC)
SENT = datetime(2026, 11, 23, 13, tzinfo=UTC)


def event(event_type: str, **data: Any) -> bytes:
    content = {"business_id": "b", "type": event_type, "timestamp": TIME.isoformat(), "data": data}
    return json.dumps(content).encode()


def told(body: bytes) -> Facts:
    return message_from_json("m", body, SENT).facts


def test_a_succeeded_payment_names_its_order_amount_and_products() -> None:
    body = event(
        "payment.succeeded",
        payment_id="p",
        status="succeeded",
        total_amount=476,
        currency="USD",
        metadata={"order_id": "o", "credits": "100"},
        product_cart=[{"product_id": "pdt", "quantity": 1}],
        refunds=[{"refund_id": "r", "payment_id": "p", "status": "pending", "amount": 5}],
        something_new={"nobody": "knows"},
    )
    facts = PaymentFacts("p", True, "succeeded", "o", None, 476, "USD", ("pdt",))
    assert message_from_json("m", body, SENT) == Message("m", "payment.succeeded", TIME, facts)


def test_a_payment_of_the_original_system_names_account_and_pack() -> None:
    metadata = {"type": "credit_purchase", "pack": "starter", "credits": "100", "balance_id": "b"}
    made = {"payment_id": "p", "total_amount": 400, "currency": "USD"}
    facts = PaymentFacts("p", True, "succeeded", None, None, 400, "USD")

    assert told(event("payment.succeeded", **made, metadata=metadata)) == replace(
        facts, purchase=NamedPurchase("b", "starter", "100")
    )
    ours = metadata | {"order_id": "o"}
    assert told(event("payment.succeeded", **made, metadata=ours)) == replace(facts, order="o")
    other = metadata | {"type": "subscription"}
    assert told(event("payment.succeeded", **made, metadata=other)) == facts
    half = {"type": "credit_purchase", "credits": 100}
    assert told(event("payment.succeeded", **made, metadata=half)) == replace(
        facts, purchase=NamedPurchase("", "", "100.0")
    )


def test_what_is_null_is_as_good_as_absent() -> None:
    names = ("metadata", "refunds", "disputes", "product_cart", "subscription_id", "subscription_ids")
    body = event("payment.succeeded", payment_id="p", total_amount=5, currency="USD", **dict.fromkeys(names))
    assert told(body) == PaymentFacts("p", True, "succeeded", None, None, 5, "USD")
    nothing = dict.fromkeys(("metadata", "customer", "product_id", "next_billing_date"))
    body = event("subscription.failed", subscription_id="s", status="failed", **nothing)
    assert told(body) == SubscriptionFacts("s", TIME, "failed")


@pytest.mark.parametrize("happened", ["failed", "processing", "cancelled"])
def test_a_payment_that_was_not_made_says_nothing_of_an_order(happened: str) -> None:
    body = event(f"payment.{happened}", payment_id="p", status=happened, metadata={"order_id": "o"})
    assert told(body) == PaymentFacts("p", status=happened)


def test_the_state_counts_and_not_the_type_that_announced_an_older_one() -> None:
    body = event("payment.processing", payment_id="p", status="succeeded", total_amount=1, currency="USD")
    assert told(body) == PaymentFacts("p", True, "succeeded", None, None, 1, "USD")
    body = event("dispute.opened", payment_id="p", dispute_id="d", dispute_status="dispute_won")
    assert told(body) == PaymentFacts("p", disputes=(Dispute("d", DisputeState.WON),))


@pytest.mark.parametrize(
    ("happened", "state"),
    [
        ("opened", DisputeState.OPEN),
        ("challenged", DisputeState.OPEN),
        ("won", DisputeState.WON),
        ("cancelled", DisputeState.WON),
        ("lost", DisputeState.LOST),
        ("accepted", DisputeState.LOST),
        ("expired", DisputeState.OPEN),
    ],
)
def test_every_state_of_a_dispute_is_known(happened: str, state: DisputeState) -> None:
    body = event(f"dispute.{happened}", payment_id="p", dispute_id="d", dispute_status=f"dispute_{happened}")
    facts = told(body)
    assert facts == PaymentFacts("p", disputes=(Dispute("d", state),))
    assert told(event(f"dispute.{happened}", payment_id="p", dispute_id="d")) == facts


@pytest.mark.parametrize(
    ("changes", "refunds"),
    [
        ({"status": "succeeded", "amount": 100}, (Refund("r", 100),)),
        ({"amount": 100}, (Refund("r", 100),)),
        ({"status": "succeeded"}, (Refund("r", WHOLE_PAYMENT_CENTS),)),
        ({"status": "succeeded", "is_partial": True}, (Refund("r", 0),)),
        ({"status": "failed", "amount": 100}, ()),
        ({"status": "review", "amount": 100}, ()),
    ],
)
def test_a_refund_counts_once_it_is_made(changes: dict[str, Any], refunds: tuple[Refund, ...]) -> None:
    body = event("refund.succeeded", payment_id="p", refund_id="r", **changes)
    assert told(body) == PaymentFacts("p", refunds=refunds)


def test_a_subscription_carries_the_time_of_the_event() -> None:
    body = event(
        "subscription.renewed",
        subscription_id="s",
        status="active",
        product_id="pdt",
        customer={"customer_id": "c"},
        metadata={"account": "alice"},
        previous_billing_date=TIME.isoformat(),
    )
    facts = SubscriptionFacts("s", TIME, "active", "alice", "c", "pdt", TIME, None)
    assert message_from_json("m", body, SENT) == Message("m", "subscription.renewed", TIME, facts)


@pytest.mark.parametrize("event_type", ["abandoned_checkout.detected", "payout.success", "of.tomorrow", "x"])
def test_a_type_that_means_nothing_to_billing_says_nothing(event_type: str) -> None:
    body = event(event_type, payment_id=7)
    assert message_from_json("m", body, SENT) == Message("m", event_type, TIME, None)


def test_a_message_that_tells_no_time_is_of_when_it_was_sent() -> None:
    other = message_from_json("m", b'{"type": "of.tomorrow", "data": {}}', SENT)
    assert other == Message("m", "of.tomorrow", SENT, None)
    renewed = {"subscription_id": "s", "status": "active"}
    body = json.dumps({"type": "subscription.renewed", "data": renewed}).encode()
    facts = message_from_json("m", body, SENT).facts
    assert isinstance(facts, SubscriptionFacts)
    assert facts.time == SENT


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"not json", "body"),
        (b"[]", "body"),
        (b'{"type": "", "timestamp": "2026-11-23T12:00:00Z", "data": {}}', "type"),
        (event("payment.succeeded", status="succeeded"), "payment_id"),
        (event("payment.succeeded", payment_id="p", total_amount="many"), "total_amount"),
        (event("refund.succeeded", payment_id="p"), "refund_id"),
        (event("dispute.lost", dispute_id="d"), "payment_id"),
        (event("subscription.active", subscription_id="s"), "status"),
        (event("subscription.active", subscription_id="s", status="s" * 51), "status"),
    ],
)
def test_a_message_that_lacks_what_its_type_stands_for_is_refused(body: bytes, field: str) -> None:
    with pytest.raises(ServiceError) as caught:
        message_from_json("m", body, SENT)
    assert caught.value.reason == "WEBHOOK_UNREADABLE"
    assert caught.value.metadata == {"field": field}
