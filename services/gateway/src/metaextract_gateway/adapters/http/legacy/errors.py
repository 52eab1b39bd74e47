"""`ServiceError` -> the error bodies of the legacy contract (§0.4): several shapes, each where it was."""

import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from starlette.responses import JSONResponse

from metaextract_common.errors import Kind, ServiceError
from metaextract_gateway.adapters.http.problems import retry_after

_BASE36: Final = "0123456789abcdefghijklmnopqrstuvwxyz"

UNSUPPORTED: Final = ("UNSUPPORTED_FORMAT", "MEDIA_TYPE_UNSUPPORTED")
_STRUCTURED: Final[Mapping[str, tuple[int, str, str]]] = {
    "FILE_MISSING": (400, "INVALID_REQUEST", "No file uploaded"),
    "MULTIPART_MALFORMED": (400, "INVALID_REQUEST", "File upload failed"),
    "UPLOAD_INCOMPLETE": (400, "INVALID_REQUEST", "File upload failed"),
    "UPLOAD_CORRUPTED": (400, "INVALID_REQUEST", "File upload failed"),
    "FREE_CHECKS_EXHAUSTED": (
        402,
        "QUOTA_EXCEEDED",
        "Free limit reached on this device. Purchase credits to continue.",
    ),
    "LEDGER_UNAVAILABLE": (
        503,
        "SERVICE_UNAVAILABLE",
        "Billing system temporarily unavailable. Please try again shortly.",
    ),
}
_FAILED: Final = (500, "INTERNAL_ERROR", "Failed to extract metadata")
_UNAVAILABLE: Final = (
    503,
    "SERVICE_UNAVAILABLE",
    "Service temporarily unavailable. Please try again shortly.",
)


def render(error: ServiceError) -> JSONResponse:
    """Render an error of the extract route (§1.4)."""
    if error.reason == "UPLOAD_TOO_LARGE":
        return JSONResponse({"error": "File too large", "code": "FILE_TOO_LARGE"}, 413)
    if error.reason in UNSUPPORTED:
        return unsupported()
    if error.reason == "RATE_LIMITED":
        return _rate_limited(error)
    status, code, message = _structured(error)
    body = {
        "error": {
            "code": code,
            "message": message,
            "status": status,
            "timestamp": iso(datetime.now(UTC)),
            "requestId": request_id(),
        }
    }
    return JSONResponse(body, status, headers=retry_after(error))


def unsupported() -> JSONResponse:
    """The file's type is not permitted."""
    body = {
        "error": "Unsupported file type",
        "message": "File type not permitted",
        "code": "UNSUPPORTED_FILE_TYPE",
    }
    return JSONResponse(body, 403)


def message_of(error: ServiceError) -> str:
    """Return the words for the `error` frame of the progress socket."""
    return _structured(error)[2]


def iso(time_: datetime) -> str:
    """Render a time as JavaScript does: UTC, milliseconds, Z."""
    return time_.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def request_id() -> str:
    """Return a fresh id in the legacy shape `REQ-<ms>-<9 base36 digits>`."""
    return f"REQ-{time.time_ns() // 1_000_000}-{''.join(secrets.choice(_BASE36) for _ in range(9))}"


def _structured(error: ServiceError) -> tuple[int, str, str]:
    if error.reason == "INSUFFICIENT_CREDITS":
        have, need = error.metadata.get("credits_available", "0"), error.metadata.get("credits_required", "")
        return 402, "QUOTA_EXCEEDED", f"Insufficient credits: have {have}, need {need}"
    if error.reason in _STRUCTURED:
        return _STRUCTURED[error.reason]
    return _UNAVAILABLE if error.kind in (Kind.UNAVAILABLE, Kind.EXHAUSTED) else _FAILED


def _rate_limited(error: ServiceError) -> JSONResponse:
    headers = retry_after(error)
    body = {
        "error": "Too many requests",
        "message": f"Rate limit exceeded. Maximum {error.metadata['requests_max']} requests per window.",
        "retry_after_seconds": int(headers.get("Retry-After", "1")),
    }
    return JSONResponse(body, 429, headers)
