"""The one error type that crosses process boundaries.

Domain code raises `ServiceError` and knows nothing of gRPC or HTTP. `metaextract_common.rpc.errors` turns
it into `google.rpc.Status` on the way out of a process and back on the way into the next one, so that
`reason` survives every hop and reaches the HTTP client.
"""

from collections.abc import Mapping
from enum import StrEnum


class Kind(StrEnum):
    """What the caller can do about an error. Neutral to transports on purpose."""

    INVALID = "invalid"  # mend the request
    UNAUTHENTICATED = "unauthenticated"  # say who you are
    FORBIDDEN = "forbidden"  # ask somebody for the right
    NOT_FOUND = "not_found"  # stop asking
    ALREADY_EXISTS = "already_exists"  # choose another id
    PRECONDITION = "precondition"  # change the state of the world first
    ABORTED = "aborted"  # start over
    EXHAUSTED = "exhausted"  # wait, then retry
    UNAVAILABLE = "unavailable"  # retry with backoff
    DEADLINE = "deadline"  # retry only with more time
    CANCELLED = "cancelled"  # you asked for it
    INTERNAL = "internal"  # report a defect


class ServiceError(Exception):
    """An expected failure with a reason that machines can read.

    `reason` is a value of the `ErrorReason` enum of the contract package that `domain` stands for.
    Everything interpolated into `message` also stands in `metadata`, so that no client parses English
    (AIP-193). `retry_after_seconds` is set only when waiting that long is known to help.
    """

    def __init__(
        self,
        kind: Kind,
        domain: str,
        reason: str,
        message: str,
        metadata: Mapping[str, str] | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.domain = domain
        self.reason = reason
        self.message = message
        self.metadata = dict(metadata or {})
        self.retry_after_seconds = retry_after_seconds


RPC_DOMAIN = "rpc.metaextract"


def internal() -> ServiceError:
    """A defect of ours. The text says nothing; the log does."""
    return ServiceError(Kind.INTERNAL, RPC_DOMAIN, "INTERNAL", "Something failed on our side.")


def deadline_exceeded(method: str) -> ServiceError:
    """A call did not finish in time."""
    return ServiceError(
        Kind.DEADLINE, RPC_DOMAIN, "DEADLINE_EXCEEDED", f"{method} ran out of time", {"method": method}
    )


def invalid_request(field: str, rule: str) -> ServiceError:
    """A request breaks a rule of the contract."""
    return ServiceError(
        Kind.INVALID, RPC_DOMAIN, "INVALID_REQUEST", f"{field}: {rule}", {"field": field, "rule": rule}
    )


def service_unreachable(method: str) -> ServiceError:
    """A service that we need does not answer."""
    return ServiceError(
        Kind.UNAVAILABLE,
        RPC_DOMAIN,
        "SERVICE_UNREACHABLE",
        f"{method} cannot be reached",
        {"method": method},
        retry_after_seconds=2,
    )


def draining() -> ServiceError:
    """This process shuts down; another one answers."""
    return ServiceError(
        Kind.UNAVAILABLE, RPC_DOMAIN, "DRAINING", "The server is shutting down; call again.", {}, 1
    )


def cancelled() -> ServiceError:
    """The caller gave the call up."""
    return ServiceError(Kind.CANCELLED, RPC_DOMAIN, "CANCELLED", "The call was cancelled.")
