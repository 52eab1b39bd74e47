"""Purchases in the words of the contract."""

from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from metaextract.billing.v1 import purchases_pb2 as pb
from metaextract_billing.adapters.rpc.purchases_mapping import (
    ORDER_STATES,
    order_to_proto,
    pack_to_proto,
    payment_to_proto,
    refund_check_to_proto,
    subscription_to_proto,
)
from metaextract_billing.application.purchase_messages import RefundCheck
from metaextract_billing.application.purchases import OrderState, PlacedOrder
from metaextract_billing.domain.purchases import (
    Dispute,
    DisputeState,
    Order,
    Pack,
    Parked,
    Payment,
    Subscription,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_every_state_of_an_order_has_its_own_word() -> None:
    assert set(ORDER_STATES) == set(OrderState)
    declared = set(pb.Order.State.values()) - {pb.Order.STATE_UNSPECIFIED}
    assert set(ORDER_STATES.values()) == declared


@pytest.mark.parametrize("state", list(OrderState))
def test_an_order_keeps_all_that_is_known_of_it(state: OrderState) -> None:
    order = Order("o", "alice", "pro", 400, 1200, "USD", NOW, 3, "cks", "https://pay", "p", "pdt", NOW)

    message = order_to_proto(PlacedOrder(order, state))

    assert (message.name, message.account, message.pack) == ("orders/o", "alice", "pro")
    assert (message.credits, message.price_cents, message.currency) == (400, 1200, "USD")
    assert (message.checkout_url, message.checkout_session, message.payment) == ("https://pay", "cks", "p")
    assert (message.state, message.create_time.ToDatetime(UTC)) == (ORDER_STATES[state], NOW)


def test_a_new_order_has_neither_checkout_nor_payment() -> None:
    message = order_to_proto(PlacedOrder(Order("o", "a", "pro", 400, 1200, "USD", NOW), OrderState.PENDING))
    assert not message.checkout_url + message.checkout_session + message.payment


def test_a_pack_is_rendered_with_its_product() -> None:
    message = pack_to_proto(Pack("starter", "Starter Pack", "25 image analyses", 100, 400, "pdt"))
    assert message == pb.Pack(
        id="starter",
        display_name="Starter Pack",
        description="25 image analyses",
        credits=100,
        price_cents=400,
        currency="USD",
        product="pdt",
    )


@pytest.mark.parametrize("parked", [None, *Parked])
def test_a_payment_says_what_became_of_its_credits(parked: Parked | None) -> None:
    dispute = Dispute("d", DisputeState.OPEN)
    credits_of_it = {"credits_granted": 100, "credits_reversed": 25}
    payment = Payment(
        "p", NOW, order="o", disputes=(dispute,), **credits_of_it, amount_cents=400, currency="USD"
    )
    made = Timestamp()
    made.FromDatetime(NOW)

    message = payment_to_proto(payment)
    assert message == pb.Payment(
        id="p",
        order="orders/o",
        **credits_of_it,
        disputed=True,
        amount_cents=400,
        currency="USD",
        create_time=made,
    )
    waiting = payment_to_proto(Payment("p", NOW, parked=parked.value if parked else None))
    assert waiting == pb.Payment(id="p", parked=parked or "", create_time=made)


def test_a_refund_check_says_why() -> None:
    message = refund_check_to_proto(RefundCheck(100, 96, NOW, timedelta(days=8, seconds=1)))

    assert (message.eligible, message.within_window, message.unused) == (False, False, False)
    assert (message.credits_granted, message.credits_remaining) == (100, 96)
    assert message.age.ToTimedelta() == timedelta(days=8, seconds=1)
    assert message.window.ToTimedelta() == timedelta(days=7)


def test_times_of_a_subscription_that_are_not_known_stay_absent() -> None:
    message = subscription_to_proto(Subscription("s", NOW, status="active", status_time=NOW))

    assert (message.id, message.account, message.status) == ("s", "", "active")
    assert message.status_time.ToDatetime(UTC) == NOW
    assert not message.HasField("period_start_time")
    assert not message.HasField("period_end_time")
