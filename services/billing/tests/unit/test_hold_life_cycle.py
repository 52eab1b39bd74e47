"""Where a hold may go, and that it goes there once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from metaextract_billing.domain.allowances import AllowanceKind, Use
from metaextract_billing.domain.holds import Access, Hold, Share, State
from metaextract_billing.domain.models import Operations
from metaextract_common.errors import ServiceError

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LAST = (State.CAPTURED, State.RELEASED, State.EXPIRED)


@pytest.fixture
def hold() -> Hold:
    return Hold(
        name="holds/1",
        account="alice",
        request="request-1",
        fingerprint="body",
        operations=Operations(),
        create_time=NOW,
        expire_time=NOW + timedelta(minutes=15),
        access=Access.CREDITS,
        shares=(Share("lot 1", 2), Share("lot 2", 3)),
    )


def test_a_hold_sets_aside_the_sum_of_its_shares(hold: Hold) -> None:
    assert hold.credits_held == 5


@pytest.mark.parametrize("state", LAST)
@pytest.mark.parametrize("next_state", LAST)
def test_a_resolved_hold_is_not_resolved_again(hold: Hold, state: State, next_state: State) -> None:
    with pytest.raises(ServiceError) as caught:
        replace(hold, state=state).resolved(next_state, NOW)

    assert caught.value.reason == "HOLD_ALREADY_RESOLVED"
    assert caught.value.metadata == {"hold": "holds/1", "state": state.value}


@pytest.mark.parametrize("state", LAST)
def test_an_open_hold_may_be_resolved_in_any_way(hold: Hold, state: State) -> None:
    done = hold.resolved(state, NOW)

    assert (done.state, done.resolve_time) == (state, NOW)


def test_a_resolved_hold_forgets_what_counts_for_a_day_only(hold: Hold) -> None:
    lasting = (Use(AllowanceKind.DEVICE, "d"), Use(AllowanceKind.EMAIL, "e"))
    daily = (Use(AllowanceKind.NETWORK, "n"), Use(AllowanceKind.BUDGET, "b"))

    assert replace(hold, uses=(*daily, *lasting)).resolved(State.CAPTURED, NOW).uses == lasting


def test_a_hold_expires_at_its_time_and_not_before(hold: Hold) -> None:
    assert hold.at(hold.expire_time - timedelta(microseconds=1)) is hold
    assert hold.at(hold.expire_time).state is State.EXPIRED


@pytest.mark.parametrize("state", LAST)
def test_a_resolved_hold_does_not_expire(hold: Hold, state: State) -> None:
    resolved = replace(hold, state=state)

    assert resolved.at(hold.expire_time) is resolved


def test_a_hold_does_not_answer_another_body(hold: Hold) -> None:
    assert hold.answering("body") is hold
    with pytest.raises(ServiceError) as caught:
        hold.answering("another body")

    assert caught.value.reason == "IDEMPOTENCY_KEY_REUSED"
    assert caught.value.metadata == {"request_id": "request-1"}
