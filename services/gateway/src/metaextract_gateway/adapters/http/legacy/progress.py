"""The frames of the legacy progress socket (§4): those of one session, replayed for those who join late.

Frames go over a bus, so that a socket at any gateway sees an upload at any other. The session id is chosen
by the client and is the capability to watch (§0.3).
"""

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

from metaextract_common.bus.outbox import Outbox
from metaextract_common.bus.port import Bus, Message
from metaextract_common.errors import ServiceError

LINGER_SECONDS: Final = 5.0
"""Sockets of a session are closed this long after its answer, and its frames are no longer replayed."""

RETRY_SECONDS: Final = 1.0

_LAST: Final = ("complete", "error")

Frame = dict[str, Any]


def now_ms() -> int:
    """Milliseconds since the epoch, as in every frame."""
    return time.time_ns() // 1_000_000


def lingering_seconds(frame: Frame) -> float | None:
    """Return for how long sockets stay open after a frame; None while the upload goes on."""
    if frame["type"] not in _LAST:
        return None
    age_seconds = (now_ms() - int(frame["timestamp"])) / 1000
    return min(LINGER_SECONDS, LINGER_SECONDS - age_seconds)


class SessionProgress:
    """What happens to the uploads of each session."""

    def __init__(self, bus: Bus, outbox: Outbox) -> None:
        self._bus = bus
        self._outbox = outbox

    def begin(self, session_id: str) -> None:
        """An upload of this session begins: frames of an earlier one are no longer replayed."""
        if session_id:
            self._outbox.forget(session_id)

    def publish(self, session_id: str, kind: str, **values: object) -> None:
        """Send a frame to all sockets of a session, and keep it for those to come. Never blocks."""
        if session_id:
            frame = {"type": kind, "sessionId": session_id, **values, "timestamp": now_ms()}
            self._outbox.publish(session_id, json.dumps(frame).encode())

    async def watch(self, session_id: str) -> AsyncGenerator[Frame, None]:
        """Yield the frames of a session: those of the upload under way, then those to come."""
        there = await self._there(session_id)
        over = [message for message in there if _is_over(_frame(message))]
        after = over[-1].sequence if over else 0
        async with aclosing(self._bus.follow(session_id, after)) as messages:
            async for message in messages:
                yield _frame(message)

    async def _there(self, session_id: str) -> list[Message]:
        while True:
            try:
                return await self._bus.read(session_id)
            except ServiceError:  # the bus is away: the socket lives on, and its frames come later
                await asyncio.sleep(RETRY_SECONDS)


def _frame(message: Message) -> Frame:
    frame: Frame = json.loads(message.payload)
    return frame


def _is_over(frame: Frame) -> bool:
    seconds = lingering_seconds(frame)
    return seconds is not None and seconds <= 0
