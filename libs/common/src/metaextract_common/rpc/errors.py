"""`ServiceError` <-> `google.rpc.Status`. The only module that knows both."""

from collections.abc import Iterable
from typing import Final, TypeVar, cast

import grpc
from google.protobuf import any_pb2, duration_pb2, message
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from metaextract_common import errors
from metaextract_common.errors import Kind, ServiceError

M = TypeVar("M", bound=message.Message)

CODES: Final[dict[Kind, grpc.StatusCode]] = {
    Kind.INVALID: grpc.StatusCode.INVALID_ARGUMENT,
    Kind.UNAUTHENTICATED: grpc.StatusCode.UNAUTHENTICATED,
    Kind.FORBIDDEN: grpc.StatusCode.PERMISSION_DENIED,
    Kind.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    Kind.ALREADY_EXISTS: grpc.StatusCode.ALREADY_EXISTS,
    Kind.PRECONDITION: grpc.StatusCode.FAILED_PRECONDITION,
    Kind.ABORTED: grpc.StatusCode.ABORTED,
    Kind.EXHAUSTED: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Kind.UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
    Kind.DEADLINE: grpc.StatusCode.DEADLINE_EXCEEDED,
    Kind.CANCELLED: grpc.StatusCode.CANCELLED,
    Kind.INTERNAL: grpc.StatusCode.INTERNAL,
}
_KINDS: Final[dict[int, Kind]] = {code.value[0]: kind for kind, code in CODES.items()}


def to_status(error: ServiceError) -> status_pb2.Status:
    """Render an error for the wire: exactly one ErrorInfo, and RetryInfo when waiting helps."""
    status = status_pb2.Status(code=code_pb2.Code.Value(CODES[error.kind].name), message=error.message)
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=error.domain, metadata=error.metadata)
    status.details.add().Pack(info)
    if error.retry_after_seconds is not None:
        delay = duration_pb2.Duration()
        delay.FromMilliseconds(round(error.retry_after_seconds * 1000))
        status.details.add().Pack(error_details_pb2.RetryInfo(retry_delay=delay))
    return status


def from_status(status: status_pb2.Status) -> ServiceError:
    """Rebuild an error from the wire. A status without ErrorInfo becomes INTERNAL."""
    kind = _KINDS.get(status.code, Kind.INTERNAL)
    info = _detail(status.details, error_details_pb2.ErrorInfo())
    if info is None:
        return errors.internal()
    retry = _detail(status.details, error_details_pb2.RetryInfo())
    wait = retry.retry_delay.ToMilliseconds() / 1000 if retry else None
    return ServiceError(kind, info.domain, info.reason, status.message, info.metadata, wait)


def from_call(error: grpc.aio.AioRpcError, method: str) -> ServiceError:
    """Rebuild the error that the callee raised, or an honest stand-in for one that gRPC itself made."""
    status = rpc_status.from_call(cast("grpc.Call", error))  # has the three methods it reads
    if status is not None:
        return from_status(status)
    match error.code():
        case grpc.StatusCode.UNAVAILABLE:
            return errors.service_unreachable(method)
        case grpc.StatusCode.DEADLINE_EXCEEDED:
            return errors.deadline_exceeded(method)
        case grpc.StatusCode.CANCELLED:
            return errors.cancelled()
        case _:
            return errors.internal()


def _detail(details: Iterable[any_pb2.Any], into: M) -> M | None:
    return next((into for detail in details if detail.Unpack(into)), None)
