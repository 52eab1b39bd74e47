"""What every implementation of `domain.ports.Ledger` must do."""

from dataclasses import replace
from datetime import timedelta

import pytest

from metaextract_billing.domain.models import (
    Access,
    Balance,
    Charge,
    Hold,
    Operations,
    PricedFile,
    Quote,
    QuotedFile,
    State,
)
from metaextract_billing.domain.ports import Ledger, Outcome
from metaextract_billing.domain.pricing import quoted_price
from metaextract_common.errors import ServiceError

FOUR = Charge(4, free_checks_count_max=2)
LIFETIME = timedelta(minutes=15)


def quote_of(clock, *file_ids: str, name: str = "quotes/1") -> Quote:
    operations = Operations(embedding=True)
    files = tuple(PricedFile(file_id, quoted_price(operations, None)) for file_id in file_ids)
    return Quote(name, "alice", operations, files, clock(), clock() + LIFETIME)


async def refusal(awaitable) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        await awaitable
    return caught.value


async def test_an_account_that_was_never_used_holds_nothing(ledger: Ledger) -> None:
    assert await ledger.balance("nobody") == Balance(0, 0)


async def test_what_was_held_can_be_read_back_unchanged(ledger: Ledger, order, clock) -> None:
    await ledger.grant("alice", "g", 10, clock())

    credits_hold, _ = await ledger.hold(order(), FOUR)
    free_hold, _ = await ledger.hold(order(device="d"), FOUR)
    unmetered_hold, _ = await ledger.hold(order(device="d"), None)

    for hold in (credits_hold, free_hold, unmetered_hold):
        assert await ledger.get_hold(hold.order.name) == hold
        assert await ledger.find_hold("alice", hold.order.request_id) == hold
    assert [credits_hold.access, free_hold.access, unmetered_hold.access] == [
        Access.CREDITS,
        Access.FREE_CHECK,
        Access.UNMETERED,
    ]


async def test_what_was_quoted_can_be_read_back_unchanged(ledger: Ledger, clock) -> None:
    quote = quote_of(clock, "b", "a", "c")
    empty = quote_of(clock, name="quotes/2")

    await ledger.add_quote(quote)
    await ledger.add_quote(empty)

    assert await ledger.get_quote("quotes/1") == quote
    assert await ledger.get_quote("quotes/2") == empty


async def test_what_does_not_exist_is_named(ledger: Ledger, clock) -> None:
    for awaitable in (
        ledger.get_hold("holds/none"),
        ledger.capture("holds/none", 0, clock()),
        ledger.release("holds/none", clock()),
    ):
        error = await refusal(awaitable)
        assert (error.reason, error.metadata) == ("HOLD_NOT_FOUND", {"hold": "holds/none"})
    error = await refusal(ledger.get_quote("quotes/none"))
    assert (error.reason, error.metadata) == ("QUOTE_NOT_FOUND", {"quote": "quotes/none"})
    assert await ledger.find_hold("alice", "none") is None


async def test_a_hold_moves_credits_aside_a_capture_takes_some_and_the_rest_comes_back(
    ledger: Ledger, order, clock
) -> None:
    await ledger.grant("alice", "g", 10, clock())

    hold, is_new = await ledger.hold(order(), FOUR)
    assert is_new
    assert hold.credits_held == 4
    assert await ledger.balance("alice") == Balance(6, 4)

    captured, is_new = await ledger.capture(hold.order.name, 3, clock())
    assert is_new
    assert (captured.state, captured.credits_captured) == (State.CAPTURED, 3)
    assert await ledger.balance("alice") == Balance(7, 0)
    assert await ledger.get_hold(hold.order.name) == captured


async def test_a_release_gives_everything_back_once(ledger: Ledger, order, clock) -> None:
    await ledger.grant("alice", "g", 10, clock())
    hold, _ = await ledger.hold(order(), FOUR)

    first = await ledger.release(hold.order.name, clock())
    second = await ledger.release(hold.order.name, clock())

    assert (first.value.state, first.changed) == (State.RELEASED, True)
    assert second == Outcome(first.value, changed=False)
    assert await ledger.balance("alice") == Balance(10, 0)


async def test_the_same_request_id_returns_the_first_hold_as_it_is_now(ledger: Ledger, order, clock) -> None:
    await ledger.grant("alice", "g", 10, clock())
    first, _ = await ledger.hold(order(request_id="r"), FOUR)
    captured, _ = await ledger.capture(first.order.name, 4, clock())

    again = await ledger.hold(order(request_id="r"), FOUR)

    assert again == Outcome(captured, changed=False)
    assert await ledger.balance("alice") == Balance(6, 0)


async def test_the_same_request_id_with_another_body_is_refused(ledger: Ledger, order, clock) -> None:
    await ledger.grant("alice", "g", 10, clock())
    await ledger.hold(order(request_id="r"), FOUR)

    error = await refusal(ledger.hold(order(request_id="r", body="another"), FOUR))

    assert error.reason == "IDEMPOTENCY_KEY_REUSED"
    assert await ledger.balance("alice") == Balance(6, 4)


async def test_two_accounts_may_choose_the_same_request_id(ledger: Ledger, order, clock) -> None:
    for account in ("alice", "bob"):
        await ledger.grant(account, "r", 10, clock())

    holds = [(await ledger.hold(order(account, "r"), FOUR)).value for account in ("alice", "bob")]

    assert holds[0].order.name != holds[1].order.name
    assert [(await ledger.balance(account)).credits_held for account in ("alice", "bob")] == [4, 4]


async def test_a_repeated_grant_counts_once_and_another_amount_is_refused(ledger: Ledger, clock) -> None:
    first = await ledger.grant("alice", "g", 10, clock())
    await ledger.grant("alice", "g2", 5, clock())

    again = await ledger.grant("alice", "g", 10, clock())
    error = await refusal(ledger.grant("alice", "g", 11, clock()))

    assert (first, again) == (Outcome(10, changed=True), Outcome(10, changed=False))
    assert error.reason == "IDEMPOTENCY_KEY_REUSED"
    assert await ledger.balance("alice") == Balance(15, 0)


async def test_an_account_cannot_hold_more_than_it_has(ledger: Ledger, order, clock) -> None:
    await ledger.grant("alice", "g", 7, clock())
    await ledger.hold(order(), FOUR)

    error = await refusal(ledger.hold(order(request_id="r"), FOUR))

    assert error.reason == "INSUFFICIENT_CREDITS"
    assert error.metadata == {"credits_available": "3", "credits_required": "4"}
    assert await ledger.balance("alice") == Balance(3, 4)
    assert await ledger.find_hold("alice", "r") is None


async def test_free_checks_are_exhausted_only_for_an_account_that_holds_nothing(
    ledger: Ledger, order, clock
) -> None:
    spent = Charge(4, free_checks_count_max=0)
    await ledger.grant("rich", "g", 4, clock())
    await ledger.hold(order("rich"), FOUR)

    poor = await refusal(ledger.hold(order("poor", device="d"), spent))
    held = await refusal(ledger.hold(order("rich", device="d"), spent))
    nameless = await refusal(ledger.hold(order("poor"), spent))

    assert poor.reason == "FREE_CHECKS_EXHAUSTED"
    assert poor.metadata == {"free_checks_used": "0", "credits_required": "4"}
    assert (held.reason, nameless.reason) == ("INSUFFICIENT_CREDITS", "INSUFFICIENT_CREDITS")


async def test_a_released_free_check_can_be_used_again_and_a_captured_one_cannot(
    ledger: Ledger, order, clock
) -> None:
    one = Charge(4, free_checks_count_max=1)
    first, _ = await ledger.hold(order(device="d"), one)
    await ledger.release(first.order.name, clock())

    second, _ = await ledger.hold(order(device="d"), one)
    await ledger.capture(second.order.name, 0, clock())
    error = await refusal(ledger.hold(order(device="d"), one))

    assert (first.free_checks_used, second.free_checks_used) == (1, 1)
    assert error.metadata["free_checks_used"] == "1"


async def test_a_capture_of_more_than_is_held_changes_nothing(ledger: Ledger, order, clock) -> None:
    await ledger.grant("alice", "g", 10, clock())
    hold, _ = await ledger.hold(order(), FOUR)

    error = await refusal(ledger.capture(hold.order.name, 5, clock()))

    assert error.reason == "CAPTURE_EXCEEDS_HOLD"
    assert await ledger.get_hold(hold.order.name) == hold
    assert await ledger.balance("alice") == Balance(6, 4)


async def test_a_second_capture_answers_only_to_the_same_amount(ledger: Ledger, order, clock) -> None:
    await ledger.grant("alice", "g", 10, clock())
    hold, _ = await ledger.hold(order(), FOUR)
    captured, _ = await ledger.capture(hold.order.name, 3, clock())

    again = await ledger.capture(hold.order.name, 3, clock())
    error = await refusal(ledger.capture(hold.order.name, 2, clock()))

    assert again == Outcome(captured, changed=False)
    assert (error.reason, error.metadata["state"]) == ("HOLD_ALREADY_RESOLVED", "captured")


async def test_a_quoted_file_pays_for_one_hold_and_comes_back_with_its_release(
    ledger: Ledger, order, clock
) -> None:
    await ledger.grant("alice", "g", 100, clock())
    await ledger.add_quote(quote_of(clock, "a", "b"))
    charges = {file_id: replace(FOUR, quoted=QuotedFile("quotes/1", file_id)) for file_id in ("a", "b", "c")}
    first, _ = await ledger.hold(order(), charges["a"])

    used = await refusal(ledger.hold(order(), charges["a"]))
    missing = await refusal(ledger.hold(order(), charges["c"]))
    other, _ = await ledger.hold(order(), charges["b"])
    await ledger.release(first.order.name, clock())
    second, _ = await ledger.hold(order(), charges["a"])
    await ledger.capture(second.order.name, 4, clock())
    captured = await refusal(ledger.hold(order(), charges["a"]))

    assert {used.reason, missing.reason, captured.reason} == {"QUOTE_FILE_UNUSABLE"}
    assert used.metadata == {"quote": "quotes/1", "file_id": "a"}
    assert other.credits_held == 4
    assert await ledger.balance("alice") == Balance(92, 4)


async def test_a_hold_that_cannot_be_paid_leaves_the_quoted_file_unused(ledger: Ledger, order, clock) -> None:
    await ledger.add_quote(quote_of(clock, "a"))
    charge = replace(FOUR, quoted=QuotedFile("quotes/1", "a"))

    await refusal(ledger.hold(order(), charge))
    await ledger.grant("alice", "g", 4, clock())

    assert (await ledger.hold(order(), charge)).changed


async def test_what_nobody_resolved_is_given_back_once_its_time_is_over(ledger: Ledger, order, clock) -> None:
    await ledger.grant("alice", "g", 10, clock())
    await ledger.add_quote(quote_of(clock, "a"))
    charge = replace(FOUR, quoted=QuotedFile("quotes/1", "a"))
    paid, _ = await ledger.hold(order(), charge)
    free, _ = await ledger.hold(order("bob", device="d"), FOUR)
    clock.advance(LIFETIME - timedelta(microseconds=1))
    assert await ledger.expire(clock()) == ()

    clock.advance(timedelta(microseconds=1))
    expired = await ledger.expire(clock())

    assert expired == (replace(paid, state=State.EXPIRED), replace(free, state=State.EXPIRED))
    assert await ledger.expire(clock()) == ()
    assert await ledger.get_hold(paid.order.name) == expired[0]
    assert await ledger.balance("alice") == Balance(10, 0)
    assert (await ledger.hold(order(), charge)).value.credits_held == 4
    assert (await ledger.hold(order("bob", device="d"), FOUR)).value.free_checks_used == 1


async def test_expiry_can_be_limited_to_an_account_a_device_and_a_number(
    ledger: Ledger, order, clock
) -> None:
    holds: list[Hold] = []
    for account, device in (("alice", "d1"), ("bob", "d2"), ("carol", "d3"), ("dave", None)):
        holds.append((await ledger.hold(order(account, device=device), None)).value)
        clock.advance(timedelta(seconds=1))
    clock.advance(LIFETIME)

    def names(expired: tuple[Hold, ...]) -> list[str]:
        return [hold.order.account for hold in expired]

    assert names(await ledger.expire(clock(), account="alice", device="d2")) == ["alice", "bob"]
    assert names(await ledger.expire(clock(), device="d2")) == []
    assert names(await ledger.expire(clock(), count_max=1)) == ["carol"]
    assert names(await ledger.expire(clock())) == ["dave"]


async def test_a_hold_whose_time_is_over_is_never_captured_even_before_it_was_swept(
    ledger: Ledger, order, clock
) -> None:
    await ledger.grant("alice", "g", 10, clock())
    hold, _ = await ledger.hold(order(), FOUR)
    clock.advance(LIFETIME)

    error = await refusal(ledger.capture(hold.order.name, 4, clock()))
    released, changed = await ledger.release(hold.order.name, clock())

    assert (error.reason, error.metadata["state"]) == ("HOLD_ALREADY_RESOLVED", "expired")
    assert (released.state, changed) == (State.EXPIRED, True)
    assert await ledger.balance("alice") == Balance(10, 0)


async def test_a_ledger_that_works_passes_its_check(ledger: Ledger) -> None:
    await ledger.check()
