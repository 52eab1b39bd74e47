"""uvicorn's HTTP protocol with an end to its patience: with heads that are long or slow, with bodies that do
not come, and with answers that nobody reads. The server itself bounds none of these.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Final

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

TICK_SECONDS: Final = 5.0
LAST_WORDS_SECONDS: Final = 0.25
"""How long a server that stops still listens to a connection on which nothing is under way: a request may be
on its way, and to close then would reset it."""


@dataclass(frozen=True, slots=True)
class Patience:
    """What a connection may take. Times are looked at each few seconds and end that much later at most.

    head_seconds: from the first byte of a request, or from connecting, to the end of its headers.
    stall_seconds, bytes_per_second_min: in each such period a body has to come at that rate on average,
    unless we did not read, and an answer has to be read at all. Time in which we ourselves stood still, on a
    machine that was busy or suspended, is nobody's fault and does not count.
    """

    head_seconds: float = 10.0
    head_bytes_max: int = 32 * 1024
    headers_count_max: int = 100
    stall_seconds: float = 30.0
    bytes_per_second_min: float = 1024.0
    tick_seconds: float = TICK_SECONDS


class _NotedFlow(FlowControl):
    """Remembers that reading was paused: what did not come then is not the client's fault."""

    was_paused = False

    def pause_reading(self) -> None:
        self.was_paused = True
        super().pause_reading()


class PatientProtocol(HttpToolsProtocol):
    """One connection."""

    flow: _NotedFlow

    def __init__(self, patience: Patience, *arguments: object, **named: object) -> None:
        super().__init__(*arguments, **named)  # type: ignore[arg-type]
        self._patience = patience
        self._ticking: asyncio.TimerHandle | None = None
        self._head_since: float | None = None
        self._head_bytes = 0
        self._head_is_too_large = False
        self._in_body = False
        self._stops = False
        self._judged_at = 0.0
        self._received_bytes = 0
        self._unread_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the head of a request."""
        super().connection_made(transport)
        self.flow = _NotedFlow(transport)
        self._head_since = self._judged_at = self.loop.time()
        self._tick_later()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_ticking()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        """Leave the connection to the socket, which has time-outs of its own."""
        self._stop_ticking()
        super().handle_websocket_upgrade()

    def shutdown(self) -> None:
        """End the connection when the server stops: after the answer that is under way, if there is one."""
        if self._stops or (self.cycle is not None and not self.cycle.response_complete):
            super().shutdown()
        else:
            self._stops = True
            self.loop.call_later(LAST_WORDS_SECONDS, self.shutdown)

    def data_received(self, data: bytes) -> None:
        """Parse; refuse a head that is too large before it is whole."""
        self._received_bytes += len(data)
        super().data_received(data)
        if self._head_since is not None:
            self._head_bytes += len(data)
            self._head_is_too_large |= self._head_bytes > self._patience.head_bytes_max
        if self._head_is_too_large and not self.transport.is_closing():
            self._answer(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        if self._head_since is None:
            self._head_since = self.loop.time()
        self._head_bytes = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, unless there are too many."""
        self._head_is_too_large |= len(self.headers) >= self._patience.headers_count_max
        if not self._head_is_too_large:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Run the request."""
        head_bytes = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        self._head_is_too_large |= head_bytes > self._patience.head_bytes_max
        if self._head_is_too_large:
            return
        self._head_since = None
        self._in_body = True
        self._begin_period(self.loop.time())
        super().on_headers_complete()
        if self._stops and self.cycle is not None:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """Take a part of the body; that of a refused request is nobody's."""
        if not self._head_is_too_large:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """End the body."""
        self._in_body = False
        if not self._head_is_too_large:
            super().on_message_complete()

    def _tick_later(self) -> None:
        due = self.loop.time() + self._patience.tick_seconds
        self._ticking = self.loop.call_at(due, self._tick, due)

    def _tick(self, due: float) -> None:
        now = self.loop.time()
        self._forgive(now, now - due)
        head_is_late = self._head_since is not None and now - self._head_since >= self._patience.head_seconds
        if head_is_late or (now - self._judged_at >= self._patience.stall_seconds and self._stalled(now)):
            self._answer(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self._tick_later()

    def _forgive(self, now: float, late_seconds: float) -> None:
        """Let what began before the event loop stood still have begun that much later."""
        self._judged_at = min(now, self._judged_at + late_seconds)
        if self._head_since is not None:
            self._head_since = min(now, self._head_since + late_seconds)

    def _stalled(self, now: float) -> bool:
        """Judge what happened since the last time, and begin anew."""
        wanted = self._patience.bytes_per_second_min * (now - self._judged_at)
        paused = self.flow.was_paused or self.flow.read_paused
        starved = self._in_body and not paused and self._received_bytes < wanted
        unread, self._unread_bytes = self._unread_bytes, self.transport.get_write_buffer_size()
        self._begin_period(now)
        return starved or 0 < unread <= self._unread_bytes

    def _begin_period(self, now: float) -> None:
        self._judged_at, self._received_bytes = now, 0
        self.flow.was_paused = self.flow.read_paused

    def _answer(self, status: HTTPStatus) -> None:
        """Say why, if there is anything to answer, and close."""
        self._stop_ticking()
        answering = self.cycle is not None and not self.cycle.response_complete
        if self._head_bytes or (answering and not self.cycle.response_started):
            self._refuse(status)
        else:
            self.transport.abort()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP."""
        self._refuse(HTTPStatus.BAD_REQUEST)

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer with a problem that has no more to say than its status (RFC 9457, section 4.2.1)."""
        problem = {"type": "about:blank", "title": status.phrase, "status": status.value}
        body = json.dumps(problem).encode()
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: application/problem+json\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()

    def _stop_ticking(self) -> None:
        if self._ticking is not None:
            self._ticking.cancel()
            self._ticking = None


def patient(patience: Patience) -> Callable[..., asyncio.Protocol]:
    """Return what makes the protocol of each connection."""
    return partial(PatientProtocol, patience)
