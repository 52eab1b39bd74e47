"""Counters in NATS JetStream: one message for each key, replaced by compare-and-set, gone with its window.

JetStream's own counters (`Nats-Incr`) need no comparing, but a stream of them refuses message TTLs
(error 10052), and a window that begins with its first hit has to end by itself: ADR 0025.
"""

import asyncio
import hashlib
import json
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import nats
import nats.errors
import structlog
from limits.aio.storage import Storage
from nats.aio.client import Client
from nats.js.api import Header, StorageType, StreamConfig
from nats.js.client import JetStreamContext
from nats.js.errors import APIError, NotFoundError

log = structlog.stdlib.get_logger()

SUBJECTS: Final = "metaextract-limits"
STREAM: Final = "metaextract-limits"
WINDOW_SECONDS_MAX: Final = 7 * 24 * 3600
BYTES_MAX: Final = 256 * 1024 * 1024
CALL_SECONDS: Final = 0.5
ATTEMPTS_COUNT_MAX: Final = 50
KNOWN_COUNT_MAX: Final = 50_000
_WRONG_LAST_SEQUENCE: Final = 10071


class CountersBusyError(Exception):
    """Others were quicker all the time."""


@dataclass(frozen=True, slots=True)
class _Window:
    """What is known of a key: `sequence` is 0 if nothing is stored. `ends_at`: seconds since the epoch."""

    sequence: int = 0
    count: int = 0
    ends_at: float = 0.0


_NONE: Final = _Window()


@asynccontextmanager
async def counting_in(url: str) -> AsyncIterator["NatsCounters"]:
    """Connect to NATS and yield its counters; later losses of the connection mend themselves."""
    connection = await nats.connect(
        url.split(","), name="metaextract-limits", max_reconnect_attempts=-1, pending_size=0, error_cb=_told
    )
    try:
        yield NatsCounters(await made_stream(connection))
    finally:
        await connection.close()


async def _told(error: Exception) -> None:
    log.warning("limits.nats", error=type(error).__name__)


async def made_stream(connection: Client) -> JetStreamContext:
    """Make the stream of the counters if there is none; return what talks to it.

    In memory, with as many replicas as the server gives one stream by default: losing it opens new windows.
    """
    jetstream = connection.jetstream(timeout=CALL_SECONDS)
    await jetstream.add_stream(
        StreamConfig(
            name=STREAM,
            description="Rate limits of the gateways",
            subjects=[f"{SUBJECTS}.>"],
            storage=StorageType.MEMORY,
            max_msgs_per_subject=1,
            max_age=WINDOW_SECONDS_MAX,
            max_bytes=BYTES_MAX,
            allow_direct=True,
            allow_msg_ttl=True,
        )
    )
    return jetstream


class NatsCounters(Storage):
    """Counts in one stream for all gateways. A window begins with its first hit, as with `MemoryCounters`.

    A hit is one round trip unless another gateway counted the same key since. `get` and `get_expiry`
    answer what the last hit of this process saw. Calls raise what NATS raises, and `CountersBusyError`.
    """

    STORAGE_SCHEME = ["async+nats"]  # noqa: RUF012 - the library's own attribute

    def __init__(self, jetstream: JetStreamContext) -> None:
        super().__init__(STREAM)
        self._jetstream = jetstream
        self._known: dict[str, _Window] = {}
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        """What a call may raise."""
        return (nats.errors.Error, CountersBusyError, OSError)

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count a hit; return how many the window has now."""
        async with self._alone(key):
            window = self._known.get(key)
            for _ in range(ATTEMPTS_COUNT_MAX):
                if window is None:
                    window = await self._stored(key)
                stored = await self._replaced(key, self._after(window, expiry, amount))
                if stored is not None:
                    self._remember(key, stored)
                    return stored.count
                window = None
        raise CountersBusyError(key)

    async def get(self, key: str) -> int:
        """Return the hits of the window that is open."""
        return self._open(key).count

    async def get_expiry(self, key: str) -> float:
        """Return when the window ends, in seconds since the epoch; now, if none is open."""
        return max(time.time(), self._open(key).ends_at)

    async def check(self) -> bool:
        """Say whether the stream answers."""
        try:
            await self._jetstream.stream_info(STREAM)
        except self.base_exceptions:
            return False
        return True

    async def reset(self) -> int | None:
        """Forget every key."""
        self._known.clear()
        await self._jetstream.purge_stream(STREAM)
        return None

    async def clear(self, key: str) -> None:
        """Forget one key."""
        self._known.pop(key, None)
        await self._jetstream.purge_stream(STREAM, subject=_subject(key))

    def _open(self, key: str) -> _Window:
        window = self._known.get(key, _NONE)
        return window if window.ends_at > time.time() else _NONE

    def _after(self, window: _Window, expiry: int, amount: int) -> _Window:
        now = time.time()
        if window.ends_at <= now:
            return _Window(window.sequence, amount, now + expiry)
        return _Window(window.sequence, window.count + amount, window.ends_at)

    async def _stored(self, key: str) -> _Window:
        try:
            message = await asyncio.wait_for(
                self._jetstream.get_last_msg(STREAM, _subject(key), direct=True), CALL_SECONDS
            )
        except NotFoundError:
            return _NONE
        count, ends_at = json.loads(message.data or b"")
        return _Window(message.seq or 0, count, ends_at)

    async def _replaced(self, key: str, window: _Window) -> _Window | None:
        """Store a window in place of the one with its sequence; None if that is no longer the last one."""
        try:
            stored = await self._jetstream.publish(
                _subject(key),
                json.dumps([window.count, window.ends_at]).encode(),
                stream=STREAM,
                headers={Header.EXPECTED_LAST_SUBJECT_SEQUENCE: str(window.sequence)},
                msg_ttl=max(1, math.ceil(window.ends_at - time.time())),
            )
        except APIError as error:
            if error.err_code == _WRONG_LAST_SEQUENCE:
                return None
            raise
        return _Window(stored.seq, window.count, window.ends_at)

    def _remember(self, key: str, window: _Window) -> None:
        self._known.pop(key, None)
        self._known[key] = window
        while len(self._known) > KNOWN_COUNT_MAX:
            del self._known[next(iter(self._known))]

    @asynccontextmanager
    async def _alone(self, key: str) -> AsyncIterator[None]:
        """One hit of a key at a time: the others of this process would only have to try again."""
        lock, users = self._locks.get(key, (asyncio.Lock(), 0))
        self._locks[key] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            _, users = self._locks[key]
            if users == 1:
                del self._locks[key]
            else:
                self._locks[key] = (lock, users - 1)


def _subject(key: str) -> str:
    # Keys hold what clients send: neither its characters nor its length belong into a subject.
    return f"{SUBJECTS}.{hashlib.sha256(key.encode()).hexdigest()[:32]}"
