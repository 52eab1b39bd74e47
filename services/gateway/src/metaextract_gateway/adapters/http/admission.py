"""Refuses work before memory grows: as many uploads and streams as there is room for, and no more."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from metaextract_common.errors import ServiceError
from metaextract_gateway.adapters.http import addresses, refusals
from metaextract_gateway.adapters.http.hardening import UPLOADS
from metaextract_gateway.domain import errors

WAIT_SECONDS_MIN: Final = 1.0
WAIT_SECONDS_MAX: Final = 60.0
_WEIGHT: Final = 0.2
"""Of the newest upload in the average time that one takes."""

_STREAMS: Final = re.compile(r"/v1/.*/events")
_CHANGES: Final = ("POST", "PUT", "PATCH")
_STATM: Final = Path("/proc/self/statm")


@dataclass(frozen=True, slots=True)
class Room:
    """What one gateway takes at once. An upload holds up to 1.6 MB here, a stream some 50 kB (bench/results).

    `memory_bytes_max`: resident memory above which no upload begins; 0: no such limit. `streams`: sockets and
    event streams.
    """

    uploads_count_max: int = 200
    streams_count_max: int = 3000
    streams_per_client_max: int = 100
    memory_bytes_max: int = 0
    ipv6_prefix_bits: int = 64


@dataclass(slots=True)
class Admission:
    """Counts what is under way. A refusal tells how long others have been taking."""

    room: Room
    clock: Callable[[], float] = time.monotonic
    resident_bytes: Callable[[], int] = lambda: int(_STATM.read_text().split()[1]) * 4096
    uploads_count: int = 0
    streams_count: int = 0
    _upload_seconds: float = WAIT_SECONDS_MIN
    _streams_by_client: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def upload(self) -> Iterator[None]:
        """Take a place for an upload; raises OVERLOADED."""
        if self.uploads_count >= self.room.uploads_count_max:
            raise errors.overloaded(self._wait_seconds(), "uploads")
        if self.room.memory_bytes_max and self.resident_bytes() > self.room.memory_bytes_max:
            raise errors.overloaded(self._wait_seconds(), "memory")
        began = self.clock()
        self.uploads_count += 1
        try:
            yield
        finally:
            self.uploads_count -= 1
            self._upload_seconds += _WEIGHT * (self.clock() - began - self._upload_seconds)

    @contextmanager
    def stream(self, client: str) -> Iterator[None]:
        """Take a place for a stream; raises OVERLOADED or TOO_MANY_STREAMS."""
        if self.streams_count >= self.room.streams_count_max:
            raise errors.overloaded(WAIT_SECONDS_MAX, "streams")
        if self._streams_by_client[client] >= self.room.streams_per_client_max:
            raise errors.too_many_streams(self.room.streams_per_client_max)
        self.streams_count += 1
        self._streams_by_client[client] += 1
        try:
            yield
        finally:
            self.streams_count -= 1
            self._streams_by_client[client] -= 1
            if not self._streams_by_client[client]:
                del self._streams_by_client[client]

    def _wait_seconds(self) -> float:
        """Return when a place is likely to be free: one of them is, each so many seconds."""
        one_ends_every = self._upload_seconds / max(1, self.uploads_count)
        return min(max(one_ends_every, WAIT_SECONDS_MIN), WAIT_SECONDS_MAX)


class AdmissionMiddleware:
    """Gives each upload and each stream a place, or says when to come again."""

    def __init__(self, app: ASGIApp, admission: Admission) -> None:
        self._app = app
        self._admission = admission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request, or refuse it."""
        answering = self._app
        with ExitStack() as stack:
            try:
                stack.enter_context(self._place(scope))
            except ServiceError as error:
                answering = refusals.response(error, scope["path"])
            await answering(scope, receive, send)

    def _place(self, scope: Scope) -> AbstractContextManager[None]:
        is_http = scope["type"] == "http"
        if is_http and scope["method"] in _CHANGES and UPLOADS.fullmatch(scope["path"]):
            return self._admission.upload()
        if scope["type"] == "websocket" or (is_http and _STREAMS.fullmatch(scope["path"])):
            bits = self._admission.room.ipv6_prefix_bits
            address = addresses.address_of(HTTPConnection(scope))
            return self._admission.stream(addresses.network_of(address, bits))
        return nullcontext()
