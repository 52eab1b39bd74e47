"""What a caller may ask, with the rules of pricing, access and time around the ledger."""

from datetime import timedelta

import pytest

from metaextract_billing.application.holds import HoldRequest
from metaextract_billing.application.quotes import StatedFile
from metaextract_billing.application.use_cases import UseCases
from metaextract_billing.domain.models import (
    Access,
    Balance,
    Dimensions,
    Operations,
    QuotedFile,
    State,
)
from metaextract_common.errors import ServiceError

EMBEDDING = Operations(embedding=True)
PLAIN = HoldRequest(None, 1000, EMBEDDING, None)
FROM_DEVICE = HoldRequest("device", 1000, EMBEDDING, None)
SMALL = Dimensions(10, 10)


async def refusal(awaitable) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        await awaitable
    return caught.value


async def test_an_unmetered_server_charges_nobody_and_still_keeps_the_hold(make_billing, events) -> None:
    billing = make_billing(metered=False)

    hold = await billing.create_hold("alice", "r", FROM_DEVICE)
    captured = await billing.capture_hold(hold.order.name, EMBEDDING, 1000, SMALL)

    assert (hold.access, hold.credits_held, hold.state) == (Access.UNMETERED, 0, State.HELD)
    assert (captured.state, captured.credits_captured) == (State.CAPTURED, 0)
    assert await billing.create_hold("alice", "r", FROM_DEVICE) == captured
    assert [name for name, _ in events.published] == ["hold.created", "hold.captured"]


async def test_free_checks_pay_before_credits_and_then_credits_do(billing: UseCases) -> None:
    await billing.grant_credits("alice", "g", 10)

    holds = [await billing.create_hold("alice", f"r{n}", FROM_DEVICE) for n in range(3)]

    assert [hold.access for hold in holds] == [Access.FREE_CHECK, Access.FREE_CHECK, Access.CREDITS]
    assert [hold.free_checks_used for hold in holds] == [1, 2, 0]
    assert await billing.get_balance("alice") == Balance(6, 4)


async def test_a_device_without_checks_and_an_account_without_credits_are_told_so(billing: UseCases) -> None:
    for n in range(2):
        await billing.create_hold("alice", f"r{n}", FROM_DEVICE)

    error = await refusal(billing.create_hold("alice", "r2", FROM_DEVICE))

    assert error.reason == "FREE_CHECKS_EXHAUSTED"
    assert error.metadata == {"free_checks_used": "2", "credits_required": "4"}


async def test_a_hold_by_length_is_an_upper_bound_and_the_rest_comes_back(billing: UseCases) -> None:
    await billing.grant_credits("alice", "g", 20)
    everything = HoldRequest(None, 60 * 1024 * 1024, Operations(True, True, True), None)

    hold = await billing.create_hold("alice", "r", everything)
    captured = await billing.capture_hold(
        hold.order.name, Operations(embedding=True, ocr=True), 60 * 1024 * 1024, Dimensions(6000, 4000)
    )

    assert hold.credits_held == 1 + 3 + 5 + 4 + 7
    assert captured.credits_captured == 1 + 3 + 5 + 1
    assert await billing.get_balance("alice") == Balance(10, 0)


async def test_a_quote_sets_the_price_and_the_operations(billing: UseCases) -> None:
    await billing.grant_credits("alice", "g", 20)
    quote = await billing.create_quote(
        "alice", [StatedFile("a", Dimensions(6000, 4000)), StatedFile("b", None)], EMBEDDING
    )
    request = HoldRequest(None, 90 * 1024 * 1024, Operations(ocr=True), QuotedFile(quote.name, "a"))

    hold = await billing.create_hold("alice", "r", request)

    assert quote.credits_total == 5 + 4
    assert (hold.credits_held, hold.order.operations) == (5, EMBEDDING)


async def test_a_quote_that_understated_the_image_is_charged_at_most_what_it_held(
    billing: UseCases,
) -> None:
    await billing.grant_credits("alice", "g", 20)
    quote = await billing.create_quote("alice", [StatedFile("a", Dimensions(10, 10))], EMBEDDING)
    request = HoldRequest(None, 1000, EMBEDDING, QuotedFile(quote.name, "a"))

    hold = await billing.create_hold("alice", "r1", request)
    captured = await billing.capture_hold(hold.order.name, EMBEDDING, 1000, Dimensions(8000, 6000))
    again = await refusal(billing.create_hold("alice", "r2", request))

    assert captured.credits_captured == 4
    assert again.reason == "QUOTE_FILE_UNUSABLE"


async def test_a_quote_is_refused_to_another_account_after_its_time_and_for_other_files(
    billing: UseCases, clock
) -> None:
    quote = await billing.create_quote("alice", [StatedFile("a", SMALL)], EMBEDDING)

    def hold(account: str, quoted: QuotedFile):
        return billing.create_hold(account, "r", HoldRequest(None, 1, EMBEDDING, quoted))

    good = QuotedFile(quote.name, "a")
    assert (await refusal(hold("mallory", good))).reason == "QUOTE_NOT_FOUND"
    assert (await refusal(hold("alice", QuotedFile("quotes/none", "a")))).reason == "QUOTE_NOT_FOUND"
    assert (await refusal(hold("alice", QuotedFile(quote.name, "b")))).reason == "QUOTE_FILE_UNUSABLE"
    clock.advance(timedelta(minutes=15))
    assert (await refusal(hold("alice", good))).reason == "QUOTE_EXPIRED"


async def test_a_repeated_request_is_answered_after_its_quote_is_used_up_and_expired(
    billing: UseCases, clock
) -> None:
    await billing.grant_credits("alice", "g", 20)
    quote = await billing.create_quote("alice", [StatedFile("a", SMALL)], EMBEDDING)
    clock.advance(timedelta(minutes=10))
    request = HoldRequest(None, 1000, EMBEDDING, QuotedFile(quote.name, "a"))

    first = await billing.create_hold("alice", "r", request)
    clock.advance(timedelta(minutes=10))

    assert await billing.create_hold("alice", "r", request) == first


@pytest.mark.parametrize(
    "other",
    [
        HoldRequest("device", 1000, EMBEDDING, None),
        HoldRequest(None, 1001, EMBEDDING, None),
        HoldRequest(None, 1000, Operations(ocr=True), None),
        HoldRequest(None, 1000, EMBEDDING, QuotedFile("quotes/1", "a")),
    ],
)
async def test_a_request_id_stands_for_one_body(billing: UseCases, other: HoldRequest) -> None:
    await billing.grant_credits("alice", "g", 20)
    await billing.create_hold("alice", "r", PLAIN)

    error = await refusal(billing.create_hold("alice", "r", other))

    assert error.reason == "IDEMPOTENCY_KEY_REUSED"


async def test_a_refused_request_may_be_repeated_once_it_can_be_paid(billing: UseCases) -> None:
    error = await refusal(billing.create_hold("alice", "r", PLAIN))
    await billing.grant_credits("alice", "g", 4)

    hold = await billing.create_hold("alice", "r", PLAIN)

    assert error.reason == "INSUFFICIENT_CREDITS"
    assert error.metadata == {"credits_available": "0", "credits_required": "4"}
    assert hold.state is State.HELD


async def test_looking_at_the_balance_gives_expired_holds_back(billing: UseCases, clock, events) -> None:
    await billing.grant_credits("alice", "g", 10)
    await billing.create_hold("alice", "r", PLAIN)
    clock.advance(timedelta(minutes=15))

    assert await billing.get_balance("alice") == Balance(10, 0)
    assert await billing.get_balance("alice") == Balance(10, 0)
    assert events.published[-1] == ("hold.expired", {"access": "credits", "credits": "4"})
    assert [name for name, _ in events.published].count("hold.expired") == 1


async def test_an_expired_free_check_is_given_back_to_whoever_uses_the_device(make_billing, clock) -> None:
    billing = make_billing(free_checks_count_max=1)
    await billing.create_hold("alice", "r", FROM_DEVICE)
    clock.advance(timedelta(minutes=15))

    hold = await billing.create_hold("bob", "r", FROM_DEVICE)

    assert (hold.access, hold.free_checks_used) == (Access.FREE_CHECK, 1)


async def test_work_delivered_too_late_is_not_charged(billing: UseCases, clock) -> None:
    await billing.grant_credits("alice", "g", 10)
    hold = await billing.create_hold("alice", "r", PLAIN)
    clock.advance(timedelta(minutes=15))

    error = await refusal(billing.capture_hold(hold.order.name, EMBEDDING, 1000, SMALL))

    assert error.reason == "HOLD_ALREADY_RESOLVED"
    assert error.metadata["state"] == "expired"
    assert await billing.get_balance("alice") == Balance(10, 0)


async def test_two_files_of_a_quote_cannot_share_an_id(billing: UseCases) -> None:
    error = await refusal(
        billing.create_quote("alice", [StatedFile("a", None), StatedFile("a", None)], EMBEDDING)
    )

    assert error.reason == "INVALID_REQUEST"


async def test_events_tell_each_change_once_and_nobodys_name(billing: UseCases, events) -> None:
    await billing.grant_credits("alice", "g", 10)
    await billing.grant_credits("alice", "g", 10)
    await billing.create_quote("alice", [StatedFile("a", SMALL)], EMBEDDING)
    for _ in range(2):
        first = await billing.create_hold("alice", "r1", PLAIN)
    for _ in range(2):
        await billing.capture_hold(first.order.name, Operations(), 1000, SMALL)
    second = await billing.create_hold("alice", "r2", PLAIN)
    for _ in range(2):
        await billing.release_hold(second.order.name)

    assert events.published == [
        ("credits.granted", {"credits": "10"}),
        ("quote.created", {"files": "1", "credits": "4"}),
        ("hold.created", {"access": "credits", "credits": "4"}),
        ("hold.captured", {"access": "credits", "credits": "1"}),
        ("hold.created", {"access": "credits", "credits": "4"}),
        ("hold.released", {"access": "credits", "credits": "4"}),
    ]
