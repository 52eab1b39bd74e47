"""Runs several processes as one: start together, stop in order, none without the others."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from metaextract_client.fleet.printer import Printer
from metaextract_client.fleet.process import Child, exit_in_words

# Longer than the 30 s that a service gives its own work in flight.
STOP_SECONDS_MAX: Final = 40.0


@dataclass(frozen=True, slots=True)
class Command:
    """A process to run."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]


class Supervisor:
    """One run of `commands`, which are in the order of starting; they stop in the opposite order."""

    def __init__(
        self, commands: Sequence[Command], printer: Printer, *, stop_seconds_max: float = STOP_SECONDS_MAX
    ) -> None:
        self._commands = commands
        self._printer = printer
        printer.on_closed = self.stop
        self._stop_seconds_max = stop_seconds_max
        self._children: list[Child] = []
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()
        self._clean = True
        self._noticed: Child | None = None

    def stop(self) -> None:
        """Begin to stop; when asked again, kill what still runs."""
        if self._stop.is_set():
            self._hurry.set()
        self._stop.set()

    async def run(self, until_ready: Callable[[], Awaitable[None]], on_ready: Callable[[], None]) -> int:
        """Run until stopped or until a process ends by itself; return an exit code, 0 or 1.

        until_ready: returns when the processes serve, or raises TimeoutError. on_ready: called then.
        """
        ready = asyncio.ensure_future(until_ready())
        stopping = asyncio.create_task(self._stop.wait())
        try:
            await self._start_all()
            if await self._first(ready, stopping) is ready:
                ready.result()
                on_ready()
                await self._first(stopping)
        except TimeoutError as error:
            self._clean = False
            self._printer.say(f"The server did not start: {error}")
        finally:
            ready.cancel()
            stopping.cancel()
            await self._stop_all()
        return 0 if self._clean else 1

    async def _start_all(self) -> None:
        for c in self._commands:
            self._children.append(await Child.start(c.name, c.command, c.environment, self._printer.relay))

    async def _first(self, *wanted: "asyncio.Future[None] | asyncio.Task[bool]") -> object:
        """Wait for one of `wanted` or the end of a child; return which of `wanted`, or None."""
        exits = {child.exited: child for child in self._children}
        done, _ = await asyncio.wait({*wanted, *exits}, return_when=asyncio.FIRST_COMPLETED)
        for exited, child in exits.items():
            if exited in done:
                self._clean = False
                self._noticed = child
                how = exit_in_words(exited.result())
                self._printer.say(f"{child.name} ended by itself ({how}); stopping the others.")
                return None
        return next(w for w in wanted if w in done)

    async def _stop_all(self) -> None:
        for child in reversed(self._children):
            child.terminate()
            hurried = asyncio.create_task(self._hurry.wait())
            await asyncio.wait(
                {child.exited, hurried}, timeout=self._stop_seconds_max, return_when=asyncio.FIRST_COMPLETED
            )
            hurried.cancel()
            if not child.exited.done():
                why = "was told to hurry" if self._hurry.is_set() else f"took {self._stop_seconds_max:g} s"
                self._printer.say(f"{child.name} {why}; killing it.")
                child.kill()
            code = await child.exited
            # By the signal itself end those that had not come as far as to handle it, with nothing in flight.
            if code not in {0, -signal.SIGTERM} and child is not self._noticed:
                self._clean = False
                self._printer.say(f"{child.name} stopped with {exit_in_words(code)}.")
