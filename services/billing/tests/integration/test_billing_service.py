"""The contract, called over a real socket."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from metaextract.billing.v1 import billing_pb2 as pb
from metaextract_common.errors import Kind, ServiceError
from metaextract_common.rpc.errors import from_status

EMBEDDING = pb.Operations(embedding=True)


async def refusal(awaitable) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        await awaitable
    return caught.value


def hold_request(request_id: str, **changes: object) -> pb.CreateHoldRequest:
    return pb.CreateHoldRequest(account="alice", request_id=request_id, operations=EMBEDDING, **changes)


async def granted(billing, credits_granted: int) -> None:
    await billing.GrantCredits(
        pb.GrantCreditsRequest(account="alice", request_id="grant", credits=credits_granted)
    )


async def test_a_quoted_extraction_is_held_captured_and_paid(billing) -> None:
    await granted(billing, 20)
    quoted = await billing.CreateQuote(
        pb.CreateQuoteRequest(
            account="alice",
            operations=pb.Operations(embedding=True, ocr=True),
            files=[
                pb.QuoteFile(id="f1", size_bytes=2756210, width_pixels=3072, height_pixels=4096),
                pb.QuoteFile(id="f4", size_bytes=10),
                pb.QuoteFile(id="f5", size_bytes=10, width_pixels=20000, height_pixels=12000),
            ],
        )
    )
    quote = quoted.quote
    # The numbers are those recorded from the original system.
    assert [(file.id, file.credits, file.breakdown.size_bucket) for file in quote.files] == [
        ("f1", 10, "large"),
        ("f4", 9, "unknown"),
        ("f5", 16, "xxl"),
    ]
    assert quote.credits_total == 35
    lifetime = quote.expire_time.ToDatetime(UTC) - datetime.now(UTC)
    assert timedelta(minutes=14) < lifetime <= timedelta(minutes=15)

    held = await billing.CreateHold(hold_request("r", quote=quote.name, quote_file_id="f1"))
    assert (held.hold.state, held.hold.access) == (pb.Hold.STATE_HELD, pb.Hold.ACCESS_CREDITS)
    assert held.hold.credits_held == 10
    balance = await billing.GetBalance(pb.GetBalanceRequest(account="alice"))
    assert (balance.credits_available, balance.credits_held, balance.unmetered) == (10, 10, False)

    request = pb.CaptureHoldRequest(
        name=held.hold.name, size_bytes=2756210, width_pixels=3072, height_pixels=4096, delivered=EMBEDDING
    )
    captured = await billing.CaptureHold(request)
    assert captured.hold.state == pb.Hold.STATE_CAPTURED
    assert captured.hold.credits_captured == 5  # the text was not read, so it is not charged
    assert await billing.CaptureHold(request) == captured
    balance = await billing.GetBalance(pb.GetBalanceRequest(account="alice"))
    assert (balance.credits_available, balance.credits_held) == (15, 0)


async def test_a_lack_of_credits_arrives_as_the_error_that_billing_raised(billing) -> None:
    await granted(billing, 3)

    error = await refusal(billing.CreateHold(hold_request("r")))

    assert (error.kind, error.domain) == (Kind.PRECONDITION, "billing.metaextract")
    assert error.reason == "INSUFFICIENT_CREDITS"
    assert error.metadata == {"credits_available": "3", "credits_required": "4"}


async def test_each_refusal_arrives_with_its_reason(billing) -> None:
    await granted(billing, 10)
    held = await billing.CreateHold(hold_request("r"))
    name = pb.ReleaseHoldRequest(name=held.hold.name)
    released = await billing.ReleaseHold(name)
    assert released.hold.state == pb.Hold.STATE_RELEASED
    assert await billing.ReleaseHold(name) == released

    reasons = [
        (await refusal(call)).reason
        for call in (
            billing.CreateHold(hold_request("r", size_bytes_max=1)),
            billing.CreateHold(hold_request("r2", quote="quotes/none", quote_file_id="a")),
            billing.CaptureHold(pb.CaptureHoldRequest(name=held.hold.name)),
            billing.ReleaseHold(pb.ReleaseHoldRequest(name="holds/none")),
            billing.GrantCredits(pb.GrantCreditsRequest(account="alice", request_id="grant", credits=1)),
            billing.GrantCredits(pb.GrantCreditsRequest(account="alice", request_id="g", credits=0)),
        )
    ]

    assert reasons == [
        "IDEMPOTENCY_KEY_REUSED",
        "QUOTE_NOT_FOUND",
        "HOLD_ALREADY_RESOLVED",
        "HOLD_NOT_FOUND",
        "IDEMPOTENCY_KEY_REUSED",
        "INVALID_REQUEST",
    ]


async def test_a_device_gets_two_free_checks_even_if_it_asks_for_all_at_once(billing) -> None:
    answers = await asyncio.gather(
        *(billing.CreateHold(hold_request(f"r{n}", device="device")) for n in range(10)),
        return_exceptions=True,
    )

    granted_holds = [answer.hold for answer in answers if isinstance(answer, pb.CreateHoldResponse)]
    refused = [answer.reason for answer in answers if isinstance(answer, ServiceError)]
    assert [hold.access for hold in granted_holds] == [pb.Hold.ACCESS_FREE_CHECK] * 2
    assert sorted(hold.free_checks_used for hold in granted_holds) == [1, 2]
    assert refused == ["FREE_CHECKS_EXHAUSTED"] * 8


async def test_an_unmetered_server_says_so_and_charges_nobody(serve) -> None:
    async with serve(metered=False) as billing:
        held = await billing.CreateHold(hold_request("r", device="device"))
        captured = await billing.CaptureHold(pb.CaptureHoldRequest(name=held.hold.name, delivered=EMBEDDING))
        balance = await billing.GetBalance(pb.GetBalanceRequest(account="alice"))

    assert held.hold.access == pb.Hold.ACCESS_UNMETERED
    assert (captured.hold.state, captured.hold.credits_captured) == (pb.Hold.STATE_CAPTURED, 0)
    assert balance.unmetered


async def test_many_holds_are_made_and_captured_in_one_call_each_for_itself(billing) -> None:
    await granted(billing, 8)

    made = await billing.BatchCreateHolds(
        pb.BatchCreateHoldsRequest(requests=[hold_request(f"r{number}") for number in range(3)])
    )
    holds = [one.hold for one in made.outcomes if one.HasField("hold")]
    [refused] = [from_status(one.error) for one in made.outcomes if one.HasField("error")]
    assert [hold.credits_held for hold in holds] == [4, 4]
    assert refused.reason == "INSUFFICIENT_CREDITS"

    unknown = pb.CaptureHoldRequest(name="holds/nobody", size_bytes=1000)
    captures = [pb.CaptureHoldRequest(name=hold.name, size_bytes=1000, delivered=EMBEDDING) for hold in holds]
    request = pb.BatchCaptureHoldsRequest(requests=[captures[0], unknown, captures[1]])
    for _ in range(2):  # repeated, it returns the first answers
        first, error, second = (await billing.BatchCaptureHolds(request)).outcomes
        assert (first.hold.credits_captured, second.hold.credits_captured) == (4, 4)
        assert from_status(error.error).reason == "HOLD_NOT_FOUND"
    balance = await billing.GetBalance(pb.GetBalanceRequest(account="alice"))
    assert (balance.credits_available, balance.credits_held) == (0, 0)


async def test_a_batch_is_not_empty_and_not_larger_than_a_hundred(billing) -> None:
    for count in (0, 101):
        requests = [hold_request(f"r{number}") for number in range(count)]
        error = await refusal(billing.BatchCreateHolds(pb.BatchCreateHoldsRequest(requests=requests)))
        assert error.kind is Kind.INVALID


async def test_the_journal_is_read_from_either_end(billing) -> None:
    for number in range(1, 6):
        await billing.GrantCredits(
            pb.GrantCreditsRequest(account="alice", request_id=f"g{number}", credits=number)
        )

    async def numbers(**request: object) -> list[int]:
        answer = await billing.ListTransfers(pb.ListTransfersRequest(account="alice", **request))
        return [transfer.number for transfer in answer.transfers]

    assert await numbers(page_size=2) == [1, 2]
    assert await numbers(after_number=3, before_number=5) == [4]
    assert await numbers(newest_first=True, page_size=2) == [5, 4]
    assert await numbers(newest_first=True, page_size=2, before_number=4) == [3, 2]
