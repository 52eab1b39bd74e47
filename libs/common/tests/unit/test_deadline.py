"""The time that is left for the calls of a request."""

import asyncio

import pytest

from metaextract_common import deadline


async def test_without_a_deadline_the_default_holds() -> None:
    assert deadline.remaining(7) == 7


async def test_a_call_never_takes_longer_than_the_caller_waits() -> None:
    async with deadline.scope(5):
        assert 0 < deadline.remaining(7) <= 5
        assert deadline.remaining(1) == 1
        async with deadline.scope(2):
            assert 0 < deadline.remaining(7) <= 2
        assert 2 < deadline.remaining(7) <= 5
    assert deadline.remaining(7) == 7


async def test_tasks_of_a_request_see_its_deadline() -> None:
    async def left() -> float:
        return deadline.remaining(7)

    async with deadline.scope(5):
        assert await asyncio.create_task(left()) <= 5


async def test_time_that_is_over_is_none_and_not_negative() -> None:
    with pytest.raises(TimeoutError):
        async with deadline.scope(0.01):
            try:
                await asyncio.sleep(5)
            finally:
                assert deadline.remaining(7) == 0
