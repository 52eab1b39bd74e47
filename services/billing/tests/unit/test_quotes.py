"""Quotes: who may use them, how often, and what they promise."""

from datetime import timedelta

import pytest

from metaextract_billing.application.holds import HoldRequest
from metaextract_billing.application.quotes import StatedFile
from metaextract_billing.domain.holds import QuotedFile, State
from metaextract_billing.domain.models import Dimensions, Operations
from metaextract_common.errors import ServiceError

EMBEDDING = Operations(embedding=True)
PLAIN = HoldRequest(None, 1000, EMBEDDING, None)
FROM_DEVICE = HoldRequest("device", 1000, EMBEDDING, None)
SMALL = Dimensions(10, 10)
LARGE = Dimensions(8000, 6000)


async def refusal(awaitable) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        await awaitable
    return caught.value


async def quoted(billing, dimensions: Dimensions | None, account: str = "alice") -> HoldRequest:
    """Return a request for a hold of the only file of a new quote."""
    quote = await billing.create_quote(account, [StatedFile("a", 1000, dimensions)], EMBEDDING)
    return HoldRequest(None, 1000, EMBEDDING, QuotedFile(quote.name, "a"))


async def test_a_quote_sets_the_price_and_the_operations(billing) -> None:
    await billing.grant_credits("alice", "g", 20)
    quote = await billing.create_quote(
        "alice", [StatedFile("a", 1000, Dimensions(6000, 4000)), StatedFile("b", 0, None)], EMBEDDING
    )
    request = HoldRequest(None, 90 * 1024 * 1024, Operations(ocr=True), QuotedFile(quote.name, "a"))

    hold = await billing.create_hold("alice", "r", request)

    assert quote.credits_total == 5 + 4
    assert (hold.credits_held, hold.operations) == (5, EMBEDDING)


async def test_a_quote_that_understated_the_image_is_charged_what_the_image_costs(billing) -> None:
    await billing.grant_credits("alice", "g", 20)
    request = await quoted(billing, SMALL)

    hold = await billing.create_hold("alice", "r1", request)
    captured = await billing.capture_hold(hold.name, EMBEDDING, 1000, LARGE)
    again = await refusal(billing.create_hold("alice", "r2", request))

    assert (hold.credits_held, captured.credits_captured) == (4, 7)
    assert again.reason == "QUOTE_FILE_UNUSABLE"
    assert await billing.credits("alice") == (13, 0)


async def test_a_quote_that_understated_an_image_that_cannot_be_paid_is_refused(billing) -> None:
    await billing.grant_credits("alice", "g", 6)

    hold = await billing.create_hold("alice", "r1", await quoted(billing, SMALL))
    error = await refusal(billing.capture_hold(hold.name, EMBEDDING, 1000, LARGE))
    await billing.release_hold(hold.name)

    assert error.reason == "QUOTE_MISMATCH"
    assert await billing.credits("alice") == (6, 0)


async def test_a_quote_is_refused_to_another_account_after_its_time_and_for_other_files(
    billing, clock
) -> None:
    good = (await quoted(billing, SMALL)).quoted

    def hold(account: str, file: QuotedFile):
        return billing.create_hold(account, "r", HoldRequest(None, 1, EMBEDDING, file))

    assert (await refusal(hold("mallory", good))).reason == "QUOTE_NOT_FOUND"
    assert (await refusal(hold("alice", QuotedFile("quotes/none", "a")))).reason == "QUOTE_NOT_FOUND"
    assert (await refusal(hold("alice", QuotedFile(good.quote, "b")))).reason == "QUOTE_FILE_UNUSABLE"
    clock.advance(timedelta(minutes=15))
    assert (await refusal(hold("alice", good))).reason == "QUOTE_EXPIRED"


async def test_a_quoted_file_pays_for_one_hold_and_comes_back_with_its_release(billing) -> None:
    await billing.grant_credits("alice", "g", 100)
    request = await quoted(billing, SMALL)
    first = await billing.create_hold("alice", "r1", request)

    used = await refusal(billing.create_hold("alice", "r2", request))
    await billing.release_hold(first.name)
    second = await billing.create_hold("alice", "r3", request)
    await billing.capture_hold(second.name, EMBEDDING, 1000, SMALL)
    captured = await refusal(billing.create_hold("alice", "r4", request))

    assert {used.reason, captured.reason} == {"QUOTE_FILE_UNUSABLE"}
    assert await billing.credits("alice") == (96, 0)


async def test_a_hold_that_cannot_be_paid_leaves_the_quoted_file_unused(billing) -> None:
    request = await quoted(billing, SMALL)

    error = await refusal(billing.create_hold("alice", "r", request))
    await billing.grant_credits("alice", "g", 4)

    assert error.reason == "INSUFFICIENT_CREDITS"
    assert (await billing.create_hold("alice", "r", request)).state is State.HELD


async def test_a_repeated_request_is_answered_after_its_quote_is_used_up_and_expired(billing, clock) -> None:
    await billing.grant_credits("alice", "g", 20)
    request = await quoted(billing, SMALL)
    clock.advance(timedelta(minutes=10))

    first = await billing.create_hold("alice", "r", request)
    clock.advance(timedelta(minutes=10))

    assert await billing.create_hold("alice", "r", request) == first


async def test_two_files_of_a_quote_cannot_share_an_id(billing) -> None:
    error = await refusal(
        billing.create_quote("alice", [StatedFile("a", 1, None), StatedFile("a", 1, None)], EMBEDDING)
    )

    assert error.reason == "INVALID_REQUEST"
