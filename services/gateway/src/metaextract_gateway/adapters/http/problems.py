"""`ServiceError` -> RFC 9457 problem+json. The only renderer of errors on /v1."""

import math
from collections.abc import Mapping
from typing import Final

from opentelemetry import trace
from starlette.requests import Request
from starlette.responses import JSONResponse

from metaextract_common.errors import Kind, ServiceError

_STATUS: Final[Mapping[Kind, int]] = {
    Kind.INVALID: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.ALREADY_EXISTS: 409,
    Kind.PRECONDITION: 409,
    Kind.ABORTED: 409,
    Kind.EXHAUSTED: 429,
    Kind.UNAVAILABLE: 503,
    Kind.DEADLINE: 504,
    Kind.CANCELLED: 409,
    Kind.INTERNAL: 500,
}
# Where HTTP has a better word than the kind of error suggests.
_STATUS_BY_REASON: Final[Mapping[str, int]] = {
    "INSUFFICIENT_CREDITS": 402,
    "FREE_CHECKS_EXHAUSTED": 402,
    "FREE_CHECKS_UNAVAILABLE": 402,
    "ACCOUNT_OWES": 402,
    "UPLOAD_TOO_LARGE": 413,
    "UNSUPPORTED_FORMAT": 415,
    "MEDIA_TYPE_UNSUPPORTED": 415,
    "UPLOAD_INCOMPLETE": 400,
    "METHOD_NOT_ALLOWED": 405,
    "BODY_TOO_LARGE": 413,
    "URL_TOO_LONG": 414,
    "HOST_UNKNOWN": 421,
    "NOT_ACCEPTABLE": 406,
    "REDACTION_UNSUPPORTED": 415,
    "REDACTION_REFUSED": 422,
    "REDACTION_NOT_VERIFIED": 422,
    "WORKER_LOST": 422,
    "EXTRACTION_TIMED_OUT": 422,
    "TUS_VERSION_UNSUPPORTED": 412,
    "TUS_MEDIA_TYPE_REQUIRED": 415,
    "UPLOAD_LOCKED": 423,
    "UPLOAD_CHECKSUM_MISMATCH": 460,
    "UPLOADS_STORE_FULL": 507,
}


def status_of(error: ServiceError) -> int:
    """Return the HTTP status for an error."""
    return _STATUS_BY_REASON.get(error.reason, _STATUS[error.kind])


def retry_after(error: ServiceError) -> dict[str, str]:
    """Return the Retry-After header (whole seconds) if waiting is known to help."""
    if error.retry_after_seconds is None:
        return {}
    return {"Retry-After": str(max(1, math.ceil(error.retry_after_seconds)))}


async def render(request: Request, error: Exception) -> JSONResponse:
    """Tell the client what happened and what to do, never how we are built."""
    assert isinstance(error, ServiceError)  # noqa: S101 - registered for this type only
    return problem(error, request.url.path)


def document(error: ServiceError, instance: str) -> dict[str, object]:
    """Return an error as a problem document."""
    hidden = error.kind is Kind.INTERNAL
    return {
        "type": f"urn:metaextract:problem:{error.reason.lower()}",
        "title": error.reason.replace("_", " ").capitalize(),
        "status": status_of(error),
        "detail": "Something failed on our side." if hidden else error.message,
        "instance": instance,
        "reason": error.reason,
        "domain": error.domain,
        "metadata": {} if hidden else error.metadata,
        **_trace(),
    }


def problem(error: ServiceError, instance: str) -> JSONResponse:
    """Render an error."""
    body = document(error, instance)
    headers = {**retry_after(error), **_challenge(error)}
    return JSONResponse(body, status_of(error), headers=headers, media_type="application/problem+json")


def _trace() -> dict[str, str]:
    """Return the id under which our logs and traces tell of the request, if it has one."""
    context = trace.get_current_span().get_span_context()
    return {"trace_id": trace.format_trace_id(context.trace_id)} if context.is_valid else {}


def _challenge(error: ServiceError) -> dict[str, str]:
    """Return the header that goes with 401 (RFC 6750, section 3)."""
    if error.kind is not Kind.UNAUTHENTICATED:
        return {}
    missing = error.reason == "SIGN_IN_REQUIRED"
    told = "" if missing else ', error="invalid_token"'
    return {"WWW-Authenticate": f'Bearer realm="metaextract"{told}'}
