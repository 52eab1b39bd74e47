import asyncio

import pytest

from metaextract_client.cli.concurrency import as_finished


async def test_outcomes_come_as_they_finish():
    gates = {name: asyncio.Event() for name in "abc"}
    gates["c"].set()

    async def call(name: str) -> str:
        await gates[name].wait()
        return name

    order = []
    async for name in as_finished("abc", call, count_max=3):
        order.append(name)
        gates["a" if name == "c" else "b"].set()

    assert order == ["c", "a", "b"]


async def test_items_are_taken_only_when_there_is_room():
    taken = []

    def items():
        for number in range(100):
            taken.append(number)
            yield number

    async def call(number: int) -> int:
        await asyncio.sleep(0)
        return number

    finished = as_finished(items(), call, count_max=4)
    first = await anext(finished)
    assert len(taken) == 4
    rest = [number async for number in finished]

    assert sorted([first, *rest]) == list(range(100))


async def test_closing_cancels_what_still_runs():
    cancelled = []

    async def call(number: int) -> int:
        try:
            await asyncio.sleep(0 if number == 0 else 60)
        except asyncio.CancelledError:
            cancelled.append(number)
            raise
        return number

    finished = as_finished(range(9), call, count_max=3)
    assert await anext(finished) == 0
    await finished.aclose()

    assert sorted(cancelled) == [1, 2]


async def test_an_error_ends_everything():
    async def call(number: int) -> int:
        if number == 1:
            raise LookupError
        await asyncio.sleep(60)
        return number

    with pytest.raises(LookupError):
        async for _ in as_finished(range(9), call, count_max=3):
            pass
    assert len(asyncio.all_tasks()) == 1
