"""Server-sent events (WHATWG HTML, section 9.2) for the streaming calls of the contract, made at start from
their `google.api.http` annotations.

Such a call takes `after_sequence` and sends messages with a `sequence` and one oneof: `id:` is the sequence,
`event:` the member of the oneof that is set. Whoever reconnects with `Last-Event-ID` misses nothing and gets
nothing twice.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from metaextract_common import errors
from metaextract_common.errors import ServiceError
from metaextract_common.rpc.serving import Draining, until_draining
from metaextract_gateway.adapters.http import negotiation
from metaextract_gateway.adapters.http.transcoding import Binding, bindings, to_json

RETRY_MS: Final = 1000
HEARTBEAT_SECONDS: Final = 15.0
"""Proxies close connections on which nothing is said; the usual limit is a minute."""

_RETRY: Final = b"retry: %d\n\n" % RETRY_MS
_HEARTBEAT: Final = b":\n\n"
_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""The second one keeps nginx from collecting events."""


@dataclass(frozen=True, slots=True)
class Watching:
    """How long an event stream may be, and what ends all of them."""

    draining: Draining
    seconds_max: float
    heartbeat_seconds: float = HEARTBEAT_SECONDS


def routes(service: ServiceDescriptor, channel: grpc.aio.Channel, watching: Watching) -> list[Route]:
    """Return one route for each annotated method of `service` that streams its answer."""
    found = [one for one in bindings(service) if one.is_stream]
    return [Route(one.path, _endpoint(one, channel, watching), methods=[one.verb]) for one in found]


def _endpoint(
    binding: Binding, channel: grpc.aio.Channel, watching: Watching
) -> Callable[[Request], Awaitable[Response]]:
    call = channel.unary_stream(
        binding.rpc_path,
        request_serializer=binding.request_class.SerializeToString,
        response_deserializer=binding.response_class.FromString,
    )

    async def endpoint(request: Request) -> Response:
        negotiation.chosen(request, [negotiation.EVENT_STREAM])
        message = await binding.message_of(request, _resumed(request))
        answers = _iterated(call(message, timeout=watching.seconds_max))
        first = await anext(answers, None)  # what does not exist is a 404, not a stream
        if first is None:  # all was seen: a browser that gets 204 does not come back
            return Response(status_code=204)
        if request.method == "HEAD":
            await answers.aclose()
            return Response(media_type=negotiation.EVENT_STREAM, headers=_HEADERS)
        events = frames(first, until_draining(watching.draining, answers), watching, binding.shown)
        return StreamingResponse(events, media_type=negotiation.EVENT_STREAM, headers=_HEADERS)

    return endpoint


def _resumed(request: Request) -> dict[str, str]:
    last_seen = request.headers.get("last-event-id", "")
    if not last_seen:
        return {}
    if not (last_seen.isascii() and last_seen.isdigit()):
        raise errors.invalid_request("Last-Event-ID", "must be the id of an event")
    return {"after_sequence": last_seen}


async def _iterated(call: Any) -> AsyncGenerator[Message, None]:  # noqa: ANN401 - a call without types
    try:
        async for response in call:
            yield response
    finally:
        call.cancel()  # gRPC holds on to a stream that was merely dropped


async def frames(
    first: Message,
    rest: AsyncGenerator[Message, None],
    watching: Watching,
    shown: Callable[[Message], Any],
) -> AsyncGenerator[bytes, None]:
    """Yield the frames of an event stream, and comments while nothing happens.

    It ends without an end where the service drains or is gone: the client resumes.
    """
    following: asyncio.Future[Message] | None = None
    try:
        yield _RETRY + _frame(shown(first))
        while True:
            following = asyncio.ensure_future(anext(rest))
            while not (await asyncio.wait({following}, timeout=watching.heartbeat_seconds))[0]:
                yield _HEARTBEAT
            yield _frame(shown(following.result()))
    except (StopAsyncIteration, ServiceError):
        return
    finally:
        if following is not None:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
        await rest.aclose()


def _frame(event: Any) -> bytes:  # noqa: ANN401 - any message that has a sequence
    oneof = event.DESCRIPTOR.oneofs[0].name
    kind = event.WhichOneof(oneof) or "message"
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.sequence, kind.encode(), to_json(event))
