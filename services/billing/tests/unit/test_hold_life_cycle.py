"""Where a hold may go, and that going there twice changes nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from metaextract_billing.domain.models import Access, Hold, State
from metaextract_common.errors import ServiceError

TERMINAL = (State.CAPTURED, State.RELEASED, State.EXPIRED)


@pytest.fixture
def hold(order) -> Hold:
    return Hold(order(), Access.CREDITS, credits_held=5)


@pytest.mark.parametrize("state", TERMINAL)
def test_a_resolved_hold_cannot_be_captured(hold: Hold, state: State) -> None:
    with pytest.raises(ServiceError) as caught:
        replace(hold, state=state).captured(3)

    assert caught.value.reason == "HOLD_ALREADY_RESOLVED"
    assert caught.value.metadata == {"hold": "holds/1", "state": state.value}


def test_a_captured_hold_cannot_be_released(hold: Hold) -> None:
    with pytest.raises(ServiceError) as caught:
        hold.captured(5).released()

    assert caught.value.metadata["state"] == "captured"


def test_capturing_the_same_amount_twice_changes_nothing(hold: Hold) -> None:
    captured = hold.captured(3)

    assert captured.captured(3) is captured


@pytest.mark.parametrize("state", [State.RELEASED, State.EXPIRED])
def test_releasing_what_was_given_back_changes_nothing(hold: Hold, state: State) -> None:
    given_back = replace(hold, state=state)

    assert given_back.released() is given_back


def test_nobody_captures_more_than_is_held(hold: Hold) -> None:
    with pytest.raises(ServiceError) as caught:
        hold.captured(6)

    assert caught.value.reason == "CAPTURE_EXCEEDS_HOLD"
    assert caught.value.metadata == {"hold": "holds/1", "credits_held": "5"}


def test_a_hold_expires_at_its_time_and_not_before(hold: Hold) -> None:
    due = hold.order.expire_time

    assert hold.at(due - timedelta(microseconds=1)) is hold
    assert hold.at(due).state is State.EXPIRED


@pytest.mark.parametrize("state", TERMINAL)
def test_a_resolved_hold_does_not_expire(hold: Hold, state: State) -> None:
    resolved = replace(hold, state=state)

    assert resolved.at(hold.order.expire_time) is resolved


def test_a_hold_does_not_answer_another_body(hold: Hold) -> None:
    assert hold.answering("body") is hold
    with pytest.raises(ServiceError) as caught:
        hold.answering("another body")

    assert caught.value.reason == "IDEMPOTENCY_KEY_REUSED"
    assert caught.value.metadata == {"request_id": "request-1"}
