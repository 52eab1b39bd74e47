"""The legacy progress socket (§4): frames of one session, replayed for those who join late.

The session id is chosen by the client and is the capability to watch (§0.3). Frames are kept in this
process.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.websockets import WebSocket, WebSocketDisconnect

HEARTBEAT_SECONDS: Final = 2.0
LINGER_SECONDS: Final = 5.0
"""Sockets of a session are closed this long after its answer."""

SESSION_CHARACTERS_MAX: Final = 200
SESSIONS_COUNT_MAX: Final = 10_000
CLOSED: Final = 1005
PROTOCOL_ERROR: Final = 1002

Frame = dict[str, Any]


def now_ms() -> int:
    """Milliseconds since the epoch, as in every frame."""
    return time.time_ns() // 1_000_000


@dataclass(slots=True)
class _Session:
    frames: list[Frame] = field(default_factory=list)
    watchers: int = 0
    closed: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()


class SessionProgress:
    """The frames of every session with an upload under way or a socket open."""

    def __init__(self) -> None:
        self._sessions: dict[str, _Session] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def begin(self, session_id: str) -> None:
        """An upload of this session begins: frames of an earlier one are no longer replayed."""
        if session_id in self._sessions:
            self._sessions[session_id].frames.clear()

    def publish(self, session_id: str, kind: str, **values: object) -> None:
        """Send a frame to all sockets of a session, and keep it for those to come."""
        if not session_id or (session_id not in self._sessions and len(self._sessions) >= SESSIONS_COUNT_MAX):
            return
        session = self._sessions.setdefault(session_id, _Session())
        session.frames.append({"type": kind, "sessionId": session_id, **values, "timestamp": now_ms()})
        session.wake()

    def end_soon(self, session_id: str) -> None:
        """Close the sockets of a session after a while, and forget its frames."""
        session = self._sessions.get(session_id)
        if session is not None:
            task = asyncio.create_task(self._end(session_id, session))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def watch(self, session_id: str) -> AsyncGenerator[Frame, None]:
        """Yield the frames of a session until it is closed."""
        session = self._sessions.setdefault(session_id, _Session())
        session.watchers += 1
        sent = 0
        try:
            while not session.closed:
                changed = session.changed
                sent = min(sent, len(session.frames))
                for frame in session.frames[sent:]:
                    yield frame
                    sent += 1
                if sent == len(session.frames):
                    await changed.wait()
        finally:
            session.watchers -= 1
            if not session.watchers and not session.frames and self._sessions.get(session_id) is session:
                del self._sessions[session_id]

    async def _end(self, session_id: str, session: _Session) -> None:
        await asyncio.sleep(LINGER_SECONDS)
        session.closed = True
        session.wake()
        if self._sessions.get(session_id) is session:
            del self._sessions[session_id]


async def serve(socket: WebSocket, progress: SessionProgress) -> None:
    """Talk the legacy protocol on one socket."""
    session_id = socket.path_params.get("session_id", "")
    await socket.accept()
    if not session_id or len(session_id) > SESSION_CHARACTERS_MAX:
        await socket.close(PROTOCOL_ERROR, "Session ID required")
        return
    await socket.send_json({"type": "connected", "sessionId": session_id, "timestamp": now_ms()})
    tasks = [
        asyncio.create_task(_forward(socket, progress, session_id)),
        asyncio.create_task(_beat(socket, session_id)),
        asyncio.create_task(_answer(socket)),
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if not tasks[2].done() or tasks[2].cancelled():
        await socket.close()


async def _forward(socket: WebSocket, progress: SessionProgress, session_id: str) -> None:
    async for frame in progress.watch(session_id):
        await socket.send_json(frame)


async def _beat(socket: WebSocket, session_id: str) -> None:
    while True:
        await asyncio.sleep(HEARTBEAT_SECONDS)
        await socket.send_json({"type": "heartbeat", "sessionId": session_id, "timestamp": now_ms()})


async def _answer(socket: WebSocket) -> None:
    """Answer pings until the client goes; whatever else it says is ignored."""
    while True:
        try:
            message = await socket.receive_json()
        except WebSocketDisconnect:
            return
        except (ValueError, KeyError):
            continue
        if isinstance(message, dict) and message.get("type") == "ping":
            await socket.send_json({"type": "pong", "timestamp": now_ms()})
