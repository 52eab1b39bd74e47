"""Work that goes on when the client who asked for it is gone."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from metaextract_common.errors import ServiceError

T = TypeVar("T")


class Background:
    """What runs in this process for nobody in particular. `complain` is told of defects."""

    def __init__(self, complain: Callable[[BaseException], None]) -> None:
        self._complain = complain
        self._tasks: set[asyncio.Task[Any]] = set()
        self._ending = asyncio.Event()
        self._ending_since = 0.0

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Begin. What goes wrong is told to those who wait for the task, if there are any."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def drain_begins(self) -> None:
        """Let the time of `drained` run from now."""
        self._ending.set()
        self._ending_since = asyncio.get_running_loop().time()

    async def pause(self, seconds: float) -> bool:
        """Wait; tell whether there is time left for more."""
        try:
            await asyncio.wait_for(self._ending.wait(), seconds)
        except TimeoutError:
            return True
        return False

    async def drained(self, seconds_max: float) -> None:
        """Return when everything has ended, if need be by stopping it."""
        if not self._ending.is_set():
            self.drain_begins()
        spent_seconds = asyncio.get_running_loop().time() - self._ending_since
        if self._tasks:
            _, left = await asyncio.wait(self._tasks, timeout=max(0.0, seconds_max - spent_seconds))
            for task in left:
                task.cancel()
            if left:
                await asyncio.wait(left)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, ServiceError):
            self._complain(error)
