"""Many calls at once, but not too many."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
U = TypeVar("U")


async def as_finished(
    items: Iterable[T], call: Callable[[T], Awaitable[U]], *, count_max: int
) -> AsyncGenerator[U, None]:
    """Yield `call(item)` for every item, in the order in which they finish, `count_max` at once.

    No more than `count_max` outcomes are ever held. Closing the generator, or an error of a call, cancels the
    rest.
    """
    running: set[asyncio.Future[U]] = set()
    try:
        for item in items:
            running.add(asyncio.ensure_future(call(item)))
            if len(running) >= count_max:
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for finished in done:
                    yield finished.result()
        while running:
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for finished in done:
                yield finished.result()
    finally:
        for future in running:
            future.cancel()
        await asyncio.gather(*running, return_exceptions=True)
