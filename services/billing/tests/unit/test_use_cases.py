"""What a caller may ask, with the rules of pricing, access and time. Free uses have a file of their own."""

from datetime import timedelta

import pytest

from metaextract_billing.adapters.storage.memory import MemoryStore
from metaextract_billing.application.holds import HoldRequest
from metaextract_billing.application.quotes import StatedFile
from metaextract_billing.domain.holds import Access, QuotedFile, State
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


async def test_an_account_that_was_never_used_holds_nothing(billing) -> None:
    assert await billing.credits("nobody") == (0, 0)


async def test_an_unmetered_server_charges_nobody_and_still_keeps_the_hold(make_billing) -> None:
    billing = make_billing(metered=False)

    hold = await billing.create_hold("alice", "r", FROM_DEVICE)
    captured = await billing.capture_hold(hold.name, EMBEDDING, 1000, SMALL)

    assert (hold.access, hold.credits_held, hold.state) == (Access.UNMETERED, 0, State.HELD)
    assert (captured.state, captured.credits_captured) == (State.CAPTURED, 0)
    assert await billing.create_hold("alice", "r", FROM_DEVICE) == captured
    assert [name for name, _ in await billing.events()] == ["hold.created", "hold.captured"]


async def test_credits_pay_as_long_as_there_are_enough_and_then_free_checks_do(billing) -> None:
    await billing.grant_credits("alice", "g", 10)

    holds = [await billing.create_hold("alice", f"r{n}", FROM_DEVICE) for n in range(4)]

    assert [hold.access for hold in holds] == [Access.CREDITS] * 2 + [Access.FREE_CHECK] * 2
    assert [hold.free_checks_used for hold in holds] == [0, 0, 1, 2]
    assert await billing.credits("alice") == (2, 8)


async def test_a_device_without_checks_and_an_account_without_credits_are_told_so(billing) -> None:
    for n in range(2):
        await billing.create_hold("alice", f"r{n}", FROM_DEVICE)

    error = await refusal(billing.create_hold("alice", "r2", FROM_DEVICE))

    assert error.reason == "FREE_CHECKS_EXHAUSTED"
    assert error.metadata == {"free_checks_used": "2", "credits_required": "4"}


async def test_an_account_that_holds_something_is_told_what_it_has(billing) -> None:
    await billing.grant_credits("alice", "g", 7)
    for n in range(3):  # one for credits, two for nothing
        await billing.create_hold("alice", f"r{n}", FROM_DEVICE)

    error = await refusal(billing.create_hold("alice", "r3", FROM_DEVICE))

    assert error.reason == "INSUFFICIENT_CREDITS"
    assert error.metadata == {"credits_available": "3", "credits_required": "4"}
    assert await billing.credits("alice") == (3, 4)


async def test_a_hold_by_length_is_an_upper_bound_and_the_rest_comes_back(billing) -> None:
    await billing.grant_credits("alice", "g", 20)
    everything = HoldRequest(None, 60 * 1024 * 1024, Operations(True, True, True), None)

    hold = await billing.create_hold("alice", "r", everything)
    captured = await billing.capture_hold(
        hold.name, Operations(embedding=True, ocr=True), 60 * 1024 * 1024, Dimensions(6000, 4000)
    )

    assert hold.credits_held == 1 + 3 + 5 + 4 + 7
    assert captured.credits_captured == 1 + 3 + 5 + 1
    assert await billing.credits("alice") == (10, 0)


async def test_a_capture_of_more_than_was_held_takes_what_was_held(billing) -> None:
    await billing.grant_credits("alice", "g", 20)

    hold = await billing.create_hold("alice", "r", PLAIN)
    captured = await billing.capture_hold(hold.name, EMBEDDING, 60 * 1024 * 1024, LARGE)

    assert (hold.credits_held, captured.credits_captured) == (4, 4)
    assert await billing.credits("alice") == (16, 0)


async def test_a_second_capture_answers_only_to_the_same_amount(billing) -> None:
    await billing.grant_credits("alice", "g", 10)
    hold = await billing.create_hold("alice", "r", PLAIN)
    captured = await billing.capture_hold(hold.name, EMBEDDING, 1000, SMALL)

    again = await billing.capture_hold(hold.name, EMBEDDING, 1000, SMALL)
    error = await refusal(billing.capture_hold(hold.name, Operations(), 1000, SMALL))

    assert again == captured
    assert (error.reason, error.metadata["state"]) == ("HOLD_ALREADY_RESOLVED", "captured")
    assert await billing.credits("alice") == (6, 0)


async def test_a_release_gives_everything_back_once(billing) -> None:
    await billing.grant_credits("alice", "g", 10)
    hold = await billing.create_hold("alice", "r", PLAIN)

    first = await billing.release_hold(hold.name)
    second = await billing.release_hold(hold.name)

    assert first == second
    assert first.state is State.RELEASED
    assert await billing.credits("alice") == (10, 0)


async def test_what_does_not_exist_is_named(billing) -> None:
    for awaitable in (
        billing.capture_hold("holds/none", EMBEDDING, 1, None),
        billing.release_hold("holds/none"),
    ):
        error = await refusal(awaitable)
        assert (error.reason, error.metadata) == ("HOLD_NOT_FOUND", {"hold": "holds/none"})


@pytest.mark.parametrize(
    "other",
    [
        HoldRequest(None, 1001, EMBEDDING, None),
        HoldRequest(None, 1000, Operations(ocr=True), None),
        HoldRequest(None, 1000, EMBEDDING, QuotedFile("quotes/1", "a")),
        HoldRequest(None, 1000, EMBEDDING, None, email="a@example.com"),
    ],
)
async def test_a_request_id_stands_for_one_body(billing, other: HoldRequest) -> None:
    await billing.grant_credits("alice", "g", 20)
    await billing.create_hold("alice", "r", PLAIN)

    error = await refusal(billing.create_hold("alice", "r", other))

    assert error.reason == "IDEMPOTENCY_KEY_REUSED"
    assert await billing.credits("alice") == (16, 4)


async def test_a_paid_request_may_be_repeated_from_another_device_and_a_free_one_not(billing) -> None:
    elsewhere = HoldRequest("another", 1000, EMBEDDING, None)
    await billing.grant_credits("alice", "g", 4)
    paid = await billing.create_hold("alice", "r", FROM_DEVICE)
    free = await billing.create_hold("alice", "r2", FROM_DEVICE)

    assert (paid.access, free.access) == (Access.CREDITS, Access.FREE_CHECK)
    assert await billing.create_hold("alice", "r", elsewhere) == paid
    assert await billing.create_hold("alice", "r2", FROM_DEVICE) == free
    error = await refusal(billing.create_hold("alice", "r2", elsewhere))
    assert error.reason == "IDEMPOTENCY_KEY_REUSED"
    assert await billing.credits("alice") == (0, 4)


async def test_two_accounts_may_choose_the_same_request_id(billing) -> None:
    for account in ("alice", "bob"):
        await billing.grant_credits(account, "r", 10)

    holds = [await billing.create_hold(account, "r", PLAIN) for account in ("alice", "bob")]

    assert holds[0].name != holds[1].name
    assert [await billing.credits(account) for account in ("alice", "bob")] == [(6, 4), (6, 4)]


async def test_a_repeated_grant_counts_once_and_another_amount_is_refused(billing) -> None:
    first = await billing.grant_credits("alice", "g", 10)
    await billing.grant_credits("alice", "g2", 5)

    again = await billing.grant_credits("alice", "g", 10)
    error = await refusal(billing.grant_credits("alice", "g", 11))

    assert (first, again) == (10, 10)
    assert error.reason == "IDEMPOTENCY_KEY_REUSED"
    assert await billing.credits("alice") == (15, 0)


async def test_a_refused_request_may_be_repeated_once_it_can_be_paid(billing) -> None:
    error = await refusal(billing.create_hold("alice", "r", PLAIN))
    await billing.grant_credits("alice", "g", 4)

    hold = await billing.create_hold("alice", "r", PLAIN)

    assert error.reason == "INSUFFICIENT_CREDITS"
    assert error.metadata == {"credits_available": "0", "credits_required": "4"}
    assert hold.state is State.HELD


async def test_looking_at_the_balance_gives_expired_holds_back(billing, clock) -> None:
    await billing.grant_credits("alice", "g", 10)
    await billing.create_hold("alice", "r", PLAIN)
    clock.advance(timedelta(minutes=15))

    assert await billing.credits("alice") == (10, 0)
    assert await billing.credits("alice") == (10, 0)
    events = await billing.events()
    assert events[-1] == ("hold.expired", {"access": "credits", "credits": "4"})
    assert [name for name, _ in events].count("hold.expired") == 1


async def test_the_sweeper_expires_what_is_due_and_not_before(billing, clock) -> None:
    await billing.grant_credits("alice", "g", 10)
    await billing.create_hold("alice", "r", PLAIN)
    await billing.create_hold("bob", "r", FROM_DEVICE)
    clock.advance(timedelta(minutes=15) - timedelta(microseconds=1))
    early = await billing.expire_due()

    clock.advance(timedelta(microseconds=1))
    due = await billing.expire_due()

    assert (early, due, await billing.expire_due()) == (0, 2, 0)
    assert [name for name, _ in await billing.events()].count("hold.expired") == 2
    assert await billing.credits("alice") == (10, 0)


async def test_a_hold_that_cannot_be_expired_keeps_none_of_the_others_waiting(make_billing, clock) -> None:
    store = MemoryStore()
    for owner in ("alice", "broken", "carol"):
        billing = make_billing(store)
        await billing.grant_credits(owner, "g", 10)
        await billing.create_hold(owner, "r", PLAIN)
        clock.advance(timedelta(seconds=1))
    del store._lots["broken"]
    clock.advance(timedelta(minutes=15))

    with pytest.raises(LookupError):
        await make_billing(store).expire_due()

    assert [name for name, _ in await billing.events()].count("hold.expired") == 2
    assert (await store.figures()).open_holds_count == 1


async def test_work_delivered_too_late_is_not_charged(billing, clock) -> None:
    await billing.grant_credits("alice", "g", 10)
    hold = await billing.create_hold("alice", "r", PLAIN)
    clock.advance(timedelta(minutes=15))

    error = await refusal(billing.capture_hold(hold.name, EMBEDDING, 1000, SMALL))
    released = await billing.release_hold(hold.name)

    assert error.reason == "HOLD_ALREADY_RESOLVED"
    assert error.metadata["state"] == "expired"
    assert released.state is State.EXPIRED
    assert await billing.credits("alice") == (10, 0)


async def test_a_claim_moves_what_can_be_spent_once(billing) -> None:
    await billing.grant_credits("session", "g", 10)
    await billing.create_hold("session", "r", PLAIN)

    moved = await billing.claim_credits("session", "user", "c")
    again = await billing.claim_credits("session", "user", "c")

    assert (moved, again) == (6, 6)
    assert await billing.credits("session") == (0, 4)
    assert await billing.credits("user") == (6, 0)


async def test_events_tell_each_change_once_and_nobodys_name(billing) -> None:
    await billing.grant_credits("alice", "g", 10)
    await billing.grant_credits("alice", "g", 10)
    await billing.create_quote("alice", [StatedFile("a", 1000, SMALL)], EMBEDDING)
    for _ in range(2):
        first = await billing.create_hold("alice", "r1", PLAIN)
    for _ in range(2):
        await billing.capture_hold(first.name, Operations(), 1000, SMALL)
    second = await billing.create_hold("alice", "r2", PLAIN)
    for _ in range(2):
        await billing.release_hold(second.name)

    assert await billing.events() == [
        ("credits.granted", {"credits": "10"}),
        ("quote.created", {"files": "1", "credits": "4"}),
        ("hold.created", {"access": "credits", "credits": "4"}),
        ("hold.captured", {"access": "credits", "credits": "1"}),
        ("hold.created", {"access": "credits", "credits": "4"}),
        ("hold.released", {"access": "credits", "credits": "4"}),
    ]
