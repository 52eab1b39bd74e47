"""The legacy progress socket (§4): what is said on it, and how many there may be."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import aclosing, contextmanager, suppress
from typing import Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from metaextract_common.rpc.serving import Draining
from metaextract_gateway.adapters.http.legacy.progress import SessionProgress, lingering_seconds, now_ms

HEARTBEAT_SECONDS: Final = 2.0
SESSION_CHARACTERS_MAX: Final = 200

PROTOCOL_ERROR: Final = 1002
SERVICE_RESTART: Final = 1012
TRY_AGAIN_LATER: Final = 1013


class ProgressSockets:
    """Serves the progress sockets of one gateway.

    At most `session_count_max` of one session; further ones are told to come again later (1013). When the
    gateway drains, all are told to come again at once (1012): another one answers.
    """

    def __init__(self, progress: SessionProgress, draining: Draining, *, session_count_max: int) -> None:
        self._progress = progress
        self._draining = draining
        self._session_count_max = session_count_max
        self._open: Counter[str] = Counter()

    async def serve(self, socket: WebSocket) -> None:
        """Talk the legacy protocol on one socket."""
        session_id = socket.path_params.get("session_id", "")
        await socket.accept()
        if not session_id or len(session_id) > SESSION_CHARACTERS_MAX:
            await socket.close(PROTOCOL_ERROR, "Session ID required")
        elif self._open[session_id] >= self._session_count_max:
            await socket.close(TRY_AGAIN_LATER, "Too many sockets")
        else:
            with self._counted(session_id):
                await self._talk(socket, session_id)

    @contextmanager
    def _counted(self, session_id: str) -> Iterator[None]:
        self._open[session_id] += 1
        try:
            yield
        finally:
            self._open[session_id] -= 1
            if not self._open[session_id]:
                del self._open[session_id]

    async def _talk(self, socket: WebSocket, session_id: str) -> None:
        await socket.send_json({"type": "connected", "sessionId": session_id, "timestamp": now_ms()})
        tasks = (
            watching := asyncio.create_task(self._forward(socket, session_id)),
            drained := asyncio.create_task(self._draining.wait()),
            asyncio.create_task(_answer(socket)),
            asyncio.create_task(_beat(socket, session_id)),
        )
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            is_over, is_drained = watching.done() and watching.exception() is None, drained.done()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if is_over:  # as recorded: a close frame without a code, which clients report as 1005
            await socket.send({"type": "websocket.close", "code": None})
        elif is_drained:
            await socket.close(SERVICE_RESTART, "Service restart")

    async def _forward(self, socket: WebSocket, session_id: str) -> None:
        """Send the frames of the session until a while after its answer."""
        with suppress(TimeoutError):
            async with (
                asyncio.timeout(None) as lingering,
                aclosing(self._progress.watch(session_id)) as frames,
            ):
                async for frame in frames:
                    await socket.send_json(frame)
                    seconds = lingering_seconds(frame)
                    if seconds is not None:
                        lingering.reschedule(asyncio.get_running_loop().time() + seconds)


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
