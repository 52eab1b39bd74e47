"""What is charged for a file: never more than was held, nor than what was ordered and delivered."""

import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaextract_billing.application.holds import HoldRequest
from metaextract_billing.application.quotes import StatedFile
from metaextract_billing.domain.holds import QuotedFile
from metaextract_billing.domain.models import Dimensions, Operations
from metaextract_billing.domain.pricing import measured_price

PIXELS = st.integers(1, 20_000)
ANY_OPERATIONS = st.builds(Operations, st.booleans(), st.booleans(), st.booleans())
ANY_DIMENSIONS = st.none() | st.builds(Dimensions, PIXELS, PIXELS)
ANY_LENGTH = st.integers(0, 2**27)


@pytest.fixture(scope="module")
def charged(billing_over_memory):
    """Return a function that says what is held and what is charged for one file."""

    async def of_one_file(
        ordered: Operations,
        delivered: Operations,
        size_bytes_max: int,
        size_bytes: int,
        dimensions: Dimensions | None,
    ) -> tuple[int, int]:
        billing = billing_over_memory(lambda: datetime(2026, 1, 1, tzinfo=UTC))
        await billing.grant_credits("alice", "g", 20)
        hold = await billing.create_hold("alice", "r", HoldRequest(None, size_bytes_max, ordered, None))
        done = await billing.capture_hold(hold.name, delivered, size_bytes, dimensions)
        assert await billing.credits("alice") == (20 - done.credits_captured, 0)
        return hold.credits_held, done.credits_captured

    return lambda *file: asyncio.run(of_one_file(*file))


@given(
    ordered=ANY_OPERATIONS,
    delivered=ANY_OPERATIONS,
    size_bytes_max=ANY_LENGTH,
    size_bytes=ANY_LENGTH,
    dimensions=ANY_DIMENSIONS,
)
def test_a_charge_is_at_most_what_was_held_ordered_and_delivered(
    charged, ordered, delivered, size_bytes_max, size_bytes, dimensions
) -> None:
    held, charge = charged(ordered, delivered, size_bytes_max, size_bytes, dimensions)

    assert 0 < charge <= held
    assert charge <= measured_price(delivered, size_bytes, dimensions).credits
    assert charge <= measured_price(ordered, size_bytes, dimensions).credits


def test_an_operation_that_nobody_ordered_is_not_charged(charged) -> None:
    ordered, delivered = Operations(embedding=True), Operations(embedding=True, ocr=True)

    assert charged(ordered, delivered, 2**27, 0, Dimensions(10, 10)) == (11, 4)


def test_an_operation_that_was_not_delivered_is_not_charged(charged) -> None:
    ordered, delivered = Operations(embedding=True, ocr=True), Operations(embedding=True)

    assert charged(ordered, delivered, 2**27, 0, Dimensions(10, 10)) == (16, 4)


def test_what_a_quote_did_not_charge_for_takes_no_place_of_what_was_not_delivered(
    billing_over_memory,
) -> None:
    async def of_a_file_whose_size_nobody_knew() -> int:
        billing = billing_over_memory(lambda: datetime(2026, 1, 1, tzinfo=UTC))
        await billing.grant_credits("alice", "g", 20)
        ordered = Operations(embedding=True)
        quote = await billing.create_quote("alice", [StatedFile("f", 1000, None)], ordered)
        request = HoldRequest(None, 1000, ordered, QuotedFile(quote.name, "f"))
        hold = await billing.create_hold("alice", "r", request)
        done = await billing.capture_hold(hold.name, Operations(), 1000, Dimensions(8000, 6000))
        return done.credits_captured

    assert asyncio.run(of_a_file_whose_size_nobody_knew()) == 1
