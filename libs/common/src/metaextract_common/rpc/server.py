"""The interceptor that every server installs: trace, deadline, validation, log line, typed error."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any, NoReturn, TypeAlias, cast

import grpc
import structlog
from google.protobuf.message import Message
from grpc_status import rpc_status
from opentelemetry import metrics, propagate, trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from metaextract_common import deadline, errors
from metaextract_common.errors import Kind, ServiceError
from metaextract_common.rpc.errors import CODES, to_status
from metaextract_common.rpc.validation import validate

log = structlog.stdlib.get_logger()

# Kept back so that a call which we make can time out, and we can still say which one, before our own
# caller gives up on us.
RETURN_OVERHEAD_SECONDS = 0.02

# Quoted: these are generic for type checkers only.
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
_UNTRACED = ("/grpc.health.", "/grpc.reflection.")


class RequestInterceptor(grpc.aio.ServerInterceptor):
    """Wraps every method of a server. Streaming methods must be async generators.

    `default_seconds` is the deadline of callers that set none, `max_seconds` caps what unary callers ask
    for, `stream_max_seconds` what streaming ones do.
    """

    def __init__(self, *, default_seconds: float, max_seconds: float, stream_max_seconds: float) -> None:
        self._default_seconds = default_seconds
        self._max_seconds = max_seconds
        self._stream_max_seconds = stream_max_seconds
        self._tracer = trace.get_tracer("metaextract.rpc.server")
        self._duration = metrics.get_meter("metaextract.rpc.server").create_histogram(
            "rpc.server.duration", unit="s", description="Time to answer a call, by method and code."
        )

    async def intercept_service(
        self,
        continuation: "Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]]",
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "Handler | None":
        """Replace the handler by one that keeps the promises above."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or method.startswith(_UNTRACED):
            return handler
        make, behaviour = self._wrapped(method, handler)
        return make(
            behaviour,
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )

    def _wrapped(self, method: str, handler: Handler) -> tuple[Callable[..., Handler], Callable[..., Any]]:
        if handler.unary_unary is not None:
            return grpc.unary_unary_rpc_method_handler, self._unary(method, handler.unary_unary)
        if handler.stream_unary is not None:
            return grpc.stream_unary_rpc_method_handler, self._unary(method, handler.stream_unary)
        if handler.unary_stream is not None:
            return grpc.unary_stream_rpc_method_handler, self._stream(method, handler.unary_stream)
        call = cast("Callable[..., Any]", handler.stream_stream)
        return grpc.stream_stream_rpc_method_handler, self._stream(method, call)

    def _unary(self, method: str, call: Callable[..., Any]) -> Callable[..., Any]:
        async def handle(request: object, context: Context) -> object:
            async with self._request(method, context, self._max_seconds):
                if isinstance(request, Message):
                    validate(request)
                return await call(request, context)

        return handle

    def _stream(self, method: str, call: Callable[..., Any]) -> Callable[..., Any]:
        # Not a generator itself: gRPC leaves a cancelled one to the garbage collector, which ends it later,
        # in another task and context.
        async def handle(request: object, context: Context) -> None:
            async with self._request(method, context, self._stream_max_seconds):
                if isinstance(request, Message):
                    validate(request)
                async with aclosing(call(request, context)) as responses:
                    async for response in responses:
                        await _write(context, response)

        return handle

    @asynccontextmanager
    async def _request(self, method: str, context: Context, max_seconds: float) -> AsyncIterator[None]:
        asked = context.time_remaining()
        seconds = min(self._default_seconds if asked is None else asked, max_seconds)
        parent = propagate.extract(_text(context.invocation_metadata()))
        attributes = {"rpc.system": "grpc", "rpc.method": method}
        started = time.perf_counter()
        code = grpc.StatusCode.CANCELLED  # what it stays if nobody catches anything below
        with (
            structlog.contextvars.bound_contextvars(rpc_method=method),
            self._tracer.start_as_current_span(
                method.lstrip("/"), parent, SpanKind.SERVER, attributes, record_exception=False
            ) as span,
        ):
            try:
                async with deadline.scope(max(0.0, seconds - RETURN_OVERHEAD_SECONDS)):
                    yield
                code = grpc.StatusCode.OK
            except grpc.aio.AbortError:
                raise
            except Exception as error:  # noqa: BLE001 - the one place of a process that may
                known = _explain(error, method)
                code = CODES[known.kind]
                span.set_attribute("error.type", known.reason)
                if known.kind in (Kind.INTERNAL, Kind.DEADLINE, Kind.UNAVAILABLE):
                    span.set_status(Status(StatusCode.ERROR, known.reason))
                await _abort(context, known)
            finally:
                elapsed = time.perf_counter() - started
                span.set_attribute("rpc.grpc.status_code", code.value[0])
                self._duration.record(elapsed, {"rpc.method": method, "rpc.grpc.status": code.name})
                log.info("rpc.finished", code=code.name, seconds=round(elapsed, 4))


async def _write(context: Context, response: object) -> None:
    try:
        await context.write(response)
    except grpc.aio.InternalError as gone:  # the caller went away while we were sending
        raise asyncio.CancelledError from gone


def _text(metadata: object) -> dict[str, str]:
    pairs = cast("tuple[tuple[str, str | bytes], ...]", metadata or ())
    return {key: value for key, value in pairs if isinstance(value, str)}


def _explain(error: Exception, method: str) -> ServiceError:
    if isinstance(error, ServiceError):
        log.info("rpc.refused", reason=error.reason, kind=error.kind.value)
        return error
    if isinstance(error, TimeoutError):
        log.warning("rpc.deadline_exceeded")
        return errors.deadline_exceeded(method)
    log.error("rpc.crashed", exc_info=error)
    return errors.internal()


async def _abort(context: Context, error: ServiceError) -> NoReturn:
    wire = rpc_status.to_status(to_status(error))
    await context.abort(wire.code, wire.details or "", wire.trailing_metadata or ())
