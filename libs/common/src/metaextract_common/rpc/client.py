"""Channels. Nobody builds one by hand: these calls cannot hang, lose their trace or their error's reason."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from typing import Any, Final, TypeVar, cast

import grpc
from opentelemetry import propagate, trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from metaextract_common import deadline
from metaextract_common.rpc.channel_options import OPTIONS
from metaextract_common.rpc.errors import from_call

Details = grpc.aio.ClientCallDetails
T = TypeVar("T")

_WRITE_FAILED: Final = "Internal error from Core"
_STATUS_CHECK_SECONDS: Final = 0.01
_STATUS_CHECKS_COUNT_MAX: Final = 50


class _Outcome:
    """Called when a call has ended: ends its span, and keeps the status that arrived.

    grpc.aio replaces that status by INTERNAL if a write that was under way fails, as it does in an upload
    that the callee refuses early (grpc issue 36066).
    """

    def __init__(self, span: Span) -> None:
        self._span = span
        self.error: grpc.aio.AioRpcError | None = None

    def __call__(self, call: Any) -> None:  # noqa: ANN401 - any call
        status = _at_once(_status(call))
        code = status.code()
        if code is not grpc.StatusCode.OK:
            self.error = status
            self._span.set_status(Status(StatusCode.ERROR, code.name))
        self._span.set_attribute("rpc.grpc.status_code", code.value[0])
        self._span.end()


async def _status(call: Any) -> grpc.aio.AioRpcError:  # noqa: ANN401 - any call that has ended
    code, trailing, details = await call.code(), await call.trailing_metadata(), await call.details()
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), trailing, details)


def _at_once(ready: Coroutine[Any, Any, T]) -> T:
    """Return the result of a coroutine that has nothing to wait for."""
    try:
        ready.send(None)
    except StopIteration as returned:
        return cast("T", returned.value)
    raise RuntimeError("the call has not ended")


class _Calls:
    """What all kinds of calls have in common: timeout, CLIENT span, typed error.

    The span ends in a done-callback. Awaiting `call.code()` inside an interceptor instead would block
    calls that write (grpc issue 34530), and misses cancelled ones.
    """

    def __init__(self, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        self._tracer = trace.get_tracer("metaextract.rpc.client")

    def _prepared(self, details: Details) -> tuple[str, Span, Details]:
        raw = details.method
        method = raw.decode() if isinstance(raw, bytes) else raw
        attributes = {"rpc.system": "grpc", "rpc.method": method}
        span = self._tracer.start_span(method.lstrip("/"), kind=SpanKind.CLIENT, attributes=attributes)
        carrier: dict[str, str] = {}
        propagate.inject(carrier, trace.set_span_in_context(span))
        metadata = grpc.aio.Metadata(*(details.metadata or ()), *carrier.items())
        timeout = deadline.remaining(default=details.timeout or self._timeout_seconds)
        changed = Details(details.method, timeout, metadata, details.credentials, details.wait_for_ready)
        return method, span, changed

    async def _started(
        self, continuation: Callable[..., Any], span: Span, *arguments: object
    ) -> tuple[Any, _Outcome]:
        try:
            call = await continuation(*arguments)
        except BaseException:
            span.set_status(Status(StatusCode.ERROR, "not started"))
            span.end()
            raise
        outcome = _Outcome(span)
        call.add_done_callback(outcome)
        return call, outcome


class _Typed:
    """The responses of a streaming call. gRPC keeps what it is given: this, but not the generator made from
    it, which therefore ends, and cancels the call, when its reader closes the one around it.
    """

    def __init__(self, call: Any, outcome: _Outcome, method: str) -> None:  # noqa: ANN401 - any streaming call
        self._call = call
        self._outcome = outcome
        self._method = method

    async def __aiter__(self) -> AsyncIterator[Any]:
        try:
            async for response in self._call:
                yield response
        except grpc.aio.AioRpcError as error:
            raise from_call(await self._sent(error), self._method) from error
        finally:
            self._call.cancel()  # nothing once the call is done

    async def _sent(self, error: grpc.aio.AioRpcError) -> grpc.aio.AioRpcError:
        """Return the status that the callee sent, which may have come before or come after gRPC's own."""
        for seen in (error, self._outcome.error):
            if seen is not None and seen.details() != _WRITE_FAILED:
                return seen
        for _ in range(_STATUS_CHECKS_COUNT_MAX):
            await asyncio.sleep(_STATUS_CHECK_SECONDS)
            late = await _status(self._call)
            if late.details() != _WRITE_FAILED:
                return late
        return error


class _UnaryUnary(_Calls, grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(
        self, continuation: Callable[..., Any], client_call_details: Details, request: object
    ) -> Any:  # noqa: ANN401 - any response message
        method, span, details = self._prepared(client_call_details)
        call, _ = await self._started(continuation, span, details, request)
        try:
            return await call
        except grpc.aio.AioRpcError as error:
            raise from_call(error, method) from error


class _UnaryStream(_Calls, grpc.aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(
        self, continuation: Callable[..., Any], client_call_details: Details, request: object
    ) -> Any:  # noqa: ANN401 - any responses
        method, span, details = self._prepared(client_call_details)
        return _Typed(*await self._started(continuation, span, details, request), method)


class _StreamStream(_Calls, grpc.aio.StreamStreamClientInterceptor):
    async def intercept_stream_stream(
        self, continuation: Callable[..., Any], client_call_details: Details, request_iterator: object
    ) -> Any:  # noqa: ANN401 - any responses
        method, span, details = self._prepared(client_call_details)
        return _Typed(*await self._started(continuation, span, details, request_iterator), method)


def open_channel(target: str, *, timeout_seconds: float, retried: Sequence[str] = ()) -> grpc.aio.Channel:
    """Open a channel to `target` whose calls take `timeout_seconds` unless they say otherwise.

    Failures are raised as `ServiceError`. The methods named in `retried` (`package.Service/Method`, safe
    to repeat because they read or carry a `request_id`) are repeated with jitter while the callee is
    UNAVAILABLE, inside the deadline (AIP-194); nothing else is.

    Whoever leaves a stream before its end says so, by `call.cancel()` or by closing its iterator: gRPC
    holds on to a call that was merely dropped.
    """
    kinds = (_UnaryUnary, _UnaryStream, _StreamStream)
    interceptors = cast("list[grpc.aio.ClientInterceptor]", [kind(timeout_seconds) for kind in kinds])
    options = [*OPTIONS, ("grpc.service_config", json.dumps(_service_config(retried)))]
    return grpc.aio.insecure_channel(target, options=options, interceptors=interceptors)


def _service_config(retried: Sequence[str]) -> dict[str, object]:
    config: dict[str, object] = {"loadBalancingConfig": [{"round_robin": {}}]}
    if retried:
        names = [dict(zip(("service", "method"), name.split("/"), strict=True)) for name in retried]
        policy = {
            "maxAttempts": 4,
            "initialBackoff": "0.1s",
            "maxBackoff": "1s",
            "backoffMultiplier": 2,
            "retryableStatusCodes": ["UNAVAILABLE"],
        }
        config["methodConfig"] = [{"name": names, "retryPolicy": policy}]
    return config
