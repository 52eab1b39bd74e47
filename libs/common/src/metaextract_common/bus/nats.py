"""The bus between replicas: one NATS JetStream stream, read without consumers.

Subjects: `metaextract.<bus>.<topic>.m.<key>` for messages, `….p.<key>.<number>` for the parts of long ones.
A topic is a digest. A key is what `replaces` says or unique, and the stream keeps one message for each
subject: JetStream itself removes what was replaced. The stream republishes the headers of each stored message
on `metaextract-notices.<bus>.<topic>`; a follower is a position in the stream and a subscription to these
notices, which say no more than: look again. It costs the server no consumer, survives any restart, and a
notice that is lost costs time and nothing else.
"""

import asyncio
import hashlib
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final, TypeVar

import nats
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import BadSubscriptionError, ConnectionClosedError, MaxPayloadError, NoRespondersError
from nats.errors import Error as NatsError
from nats.js.api import Header, RawStreamMsg, RePublish, StorageType, StreamConfig
from nats.js.errors import BadRequestError, NoStreamResponseError, NotFoundError

from metaextract_common import errors
from metaextract_common.bus.port import Message, checked_key

log = structlog.stdlib.get_logger()
T = TypeVar("T")

ROOT: Final = "metaextract"
NOTICES: Final = "metaextract-notices"
IDENTITY: Final = "Metaextract-Id"
PARTS: Final = "Metaextract-Parts"

CALL_SECONDS: Final = 2.0
CONNECT_SECONDS: Final = 10.0
RETRY_SECONDS: Final = 0.2
LOOK_SECONDS: Final = 20.0
"""How often a follower looks without having been told to: a notice can be lost between servers."""

DUPLICATES_SECONDS: Final = 120.0
"""For how long the server knows a message that is published again because its answer was lost."""

HEADERS_BYTES: Final = 4096
"""Room for headers beside a part within the server's payload limit."""

_LIMITS: Final = ("max_age", "max_bytes", "num_replicas", "duplicate_window")
"""What can be changed about a stream that exists."""

_NO_STREAM: Final = (NoRespondersError, NoStreamResponseError)
_DEFECTS: Final = (ConnectionClosedError, MaxPayloadError, BadRequestError)
"""What waiting does not mend."""


class BusUnreachableError(Exception):
    """The NATS server does not answer at start; the text says what to check."""


@dataclass(frozen=True, slots=True)
class Retention:
    """What the stream keeps: for how long, at most how much, on disk or in memory, on how many servers."""

    keep_seconds: float
    bytes_max: int
    in_memory: bool = False
    replicas_count: int = 1


class NatsBus:
    """Implements `port.Bus` on a connection; made by `connected`."""

    def __init__(self, client: Client, name: str, retention: Retention) -> None:
        self._client = client
        self._jetstream = client.jetstream(timeout=CALL_SECONDS)
        self._name = name
        self._stream = f"{ROOT}-{name}"
        self._retention = retention
        self._followers: set[asyncio.Event] = set()

    async def publish(self, topic: str, payload: bytes, *, replaces: str = "") -> int:
        """Store it; a long one in parts first, so that whoever sees the message finds them."""
        identity = uuid.uuid4().hex
        key = checked_key(replaces) or identity
        subject = f"{ROOT}.{self._name}.{_token(topic)}"
        part_bytes = self._client.max_payload - HEADERS_BYTES
        headers = {IDENTITY: identity}
        if len(payload) > part_bytes:
            parts = [payload[at : at + part_bytes] for at in range(0, len(payload), part_bytes)]
            for number, part in enumerate(parts):
                await self._store(f"{subject}.p.{key}.{number}", part, headers, f"{identity}.{number}")
            headers, payload = headers | {PARTS: str(len(parts))}, b""
        return await self._store(f"{subject}.m.{key}", payload, headers, identity)

    async def read(self, topic: str, after: int = 0) -> list[Message]:
        """Ask for one after the other."""
        try:
            return [message async for message in self._there(topic, after)]
        except (NatsError, OSError) as error:
            raise errors.service_unreachable("the bus") from error

    async def follow(self, topic: str, after: int = 0) -> AsyncGenerator[Message, None]:
        """Read, wait for a notice, read again; whatever fails is tried again."""
        async with self._notices(topic) as woken:
            while True:
                woken.clear()
                patience_seconds = LOOK_SECONDS
                try:
                    async for message in self._there(topic, after):
                        after = message.sequence
                        yield message
                except ConnectionClosedError:
                    raise
                except (NatsError, OSError) as error:
                    await self._mend(error)
                    patience_seconds = RETRY_SECONDS
                with suppress(TimeoutError):
                    async with asyncio.timeout(patience_seconds):
                        await woken.wait()

    async def forget(self, topic: str) -> None:
        """Purge all subjects of the topic."""
        while True:
            try:
                subjects = f"{ROOT}.{self._name}.{_token(topic)}.>"
                await _answered(self._jetstream.purge_stream(self._stream, subject=subjects))
            except _DEFECTS:
                raise
            except (NatsError, OSError) as error:
                await self._mend(error)
            else:
                return

    async def check(self) -> None:
        """Ask for the state of the stream."""
        await self._jetstream.stream_info(self._stream)

    async def prepare(self) -> None:
        """Make the stream, or bring its limits up to date."""
        try:
            config = (await self._jetstream.stream_info(self._stream)).config
        except NotFoundError:
            with suppress(BadRequestError):  # another replica was quicker
                await self._jetstream.add_stream(self._config())
            return
        wanted = {name: getattr(self._config(), name) for name in _LIMITS}
        if wanted != {name: getattr(config, name) for name in _LIMITS}:
            await self._jetstream.update_stream(config.evolve(**wanted))

    def wake(self) -> None:
        """Let everybody who follows look again: notices were missed."""
        for woken in self._followers:
            woken.set()

    def _config(self) -> StreamConfig:
        kept = self._retention
        return StreamConfig(
            name=self._stream,
            subjects=[f"{ROOT}.{self._name}.>"],
            storage=StorageType.MEMORY if kept.in_memory else StorageType.FILE,
            num_replicas=kept.replicas_count,
            max_age=kept.keep_seconds,
            max_bytes=kept.bytes_max,
            max_msgs_per_subject=1,
            duplicate_window=min(DUPLICATES_SECONDS, kept.keep_seconds),
            allow_direct=True,
            # A stream that is made anew goes on above all positions that followers have.
            first_seq=time.time_ns() // 1000,
            republish=RePublish(
                src=f"{ROOT}.{self._name}.*.m.*",
                dest=f"{NOTICES}.{self._name}.{{{{wildcard(1)}}}}",
                headers_only=True,
            ),
        )

    async def _store(self, subject: str, payload: bytes, headers: dict[str, str], identity: str) -> int:
        headers = headers | {Header.MSG_ID.value: identity}
        while True:
            try:
                stored = await _answered(self._jetstream.publish(subject, payload, headers=headers))
            except _DEFECTS:
                raise
            except (NatsError, OSError) as error:  # perhaps stored: the server knows it by its id
                await self._mend(error)
            else:
                return stored.seq

    async def _there(self, topic: str, after: int) -> AsyncIterator[Message]:
        """Yield what is stored after a position; the store says 404 behind the last one."""
        subjects = f"{ROOT}.{self._name}.{_token(topic)}.m.*"
        while True:
            try:
                found = await _answered(
                    self._jetstream.get_msg(self._stream, after + 1, subjects, direct=True, next=True)
                )
            except NotFoundError:
                return
            assert found.seq is not None  # noqa: S101 - every stored message has one
            after = found.seq
            payload = await self._whole(found)
            if payload is not None:
                yield Message(after, payload)

    async def _whole(self, found: RawStreamMsg) -> bytes | None:
        """Return the payload; None if its parts were replaced while we looked: a later message tells."""
        headers = found.headers or {}
        if PARTS not in headers:
            return found.data or b""
        subject = str(found.subject).replace(".m.", ".p.")
        parts = []
        for number in range(int(headers[PARTS])):
            try:  # not `direct`: the leader has them for certain
                part = await _answered(self._jetstream.get_last_msg(self._stream, f"{subject}.{number}"))
            except NotFoundError:
                return None
            if (part.headers or {}).get(IDENTITY) != headers[IDENTITY]:
                return None
            parts.append(part.data or b"")
        return b"".join(parts)

    @asynccontextmanager
    async def _notices(self, topic: str) -> AsyncIterator[asyncio.Event]:
        woken = asyncio.Event()

        async def noticed(_message: Msg) -> None:
            woken.set()

        subscription = await self._client.subscribe(f"{NOTICES}.{self._name}.{_token(topic)}", cb=noticed)
        self._followers.add(woken)
        try:
            yield woken
        finally:
            self._followers.discard(woken)
            with suppress(ConnectionClosedError, BadSubscriptionError):
                await subscription.unsubscribe()

    async def _mend(self, error: Exception) -> None:
        """Pause, and make the stream anew if a server that kept it in memory has lost it."""
        log.warning("bus.away", bus=self._name, error=type(error).__name__)
        await asyncio.sleep(RETRY_SECONDS)
        if isinstance(error, _NO_STREAM):
            with suppress(NatsError, OSError):
                await self.prepare()


@asynccontextmanager
async def connected(url: str, name: str, retention: Retention) -> AsyncIterator[NatsBus]:
    """Connect to NATS (`url` may hold credentials, and several servers with commas between) and yield a bus.

    Buses of different `name` know nothing of each other. A connection that breaks is made again for ever;
    raises `BusUnreachableError` if there is none at the start.
    """
    buses: list[NatsBus] = []

    async def reconnected() -> None:
        log.info("bus.reconnected", bus=name)
        for bus in buses:
            bus.wake()

    async def failed(error: Exception) -> None:
        log.warning("bus.connection", bus=name, error=type(error).__name__)

    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            client = await nats.connect(
                [one.strip() for one in url.split(",")],
                name=name,
                error_cb=failed,
                reconnected_cb=reconnected,
                max_reconnect_attempts=-1,
                reconnect_time_wait=RETRY_SECONDS,
                connect_timeout=CALL_SECONDS,
                ping_interval=10,
            )
    except (NatsError, OSError) as error:
        raise BusUnreachableError(f"NATS does not answer ({type(error).__name__}): check the URL.") from error
    try:
        bus = NatsBus(client, name, retention)
        buses.append(bus)
        await bus.prepare()
        yield bus
    finally:
        await client.close()


async def _answered(call: Awaitable[T]) -> T:
    """Await a call of the client, which may forget that it was cancelled.

    It waits by `asyncio.wait_for`, and that swallows a cancellation which comes together with the answer
    (until Python 3.12): a follower that was told to go would stay for ever.
    """
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - we are in one
    before = task.cancelling()
    try:
        return await call
    finally:
        if task.cancelling() > before:
            raise asyncio.CancelledError


def _token(topic: str) -> str:
    """Return what stands for a topic in subjects: whoever knows a topic may often read it."""
    return hashlib.sha256(topic.encode()).hexdigest()[:32]
