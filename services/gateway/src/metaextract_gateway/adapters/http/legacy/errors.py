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
    "FREE_CHECKS_UNAVAILABLE": (
        402,
        "QUOTA_EXCEEDED",
        "No free check can be given now. Purchase credits to continue.",
    ),
    "LEDGER_UNAVAILABLE": (
        503,
        "SERVICE_UNAVAILABLE",
        "Billing system temporarily unavailable. Please try again shortly.",
    ),
}
_QUOTE_REFUSED: Final[Mapping[str, tuple[str, str]]] = {
    "QUOTE_FILE_UNUSABLE": ("QUOTE_INVALID", "The quote has no unused price for this file. Get a new quote."),
    "QUOTE_MISMATCH": ("QUOTE_MISMATCH", "The file is not what was quoted. Get a new quote."),
}
"""Flat bodies with the codes of V2 (§1.14). A quote that is unknown or has expired is ignored instead."""
_KEY_REUSED: Final = ("IDEMPOTENCY_KEY_REUSED", "REQUEST_ID_REUSED")
_KEY_REUSED_WORDS: Final = "The Idempotency-Key was used for another file. Choose a new one."
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
    if error.reason in _QUOTE_REFUSED:
        code, message = _QUOTE_REFUSED[error.reason]
        return JSONResponse({"error": message, "code": code}, 400)
    if error.reason in _KEY_REUSED:
        return _key_reused()
    status, code, message = _structured(error)
    return _structured_response(status, code, message, retry_after(error))


def payments_not_configured() -> JSONResponse:
    """Nobody can pay here."""
    return _structured_response(
        503,
        "SERVICE_UNAVAILABLE",
        "Payment system not configured. Please add DODO_PAYMENTS_API_KEY to enable payments",
    )


def _structured_response(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    body = {
        "error": {
            "code": code,
            "message": message,
            "status": status,
            "timestamp": iso(datetime.now(UTC)),
            "requestId": request_id(),
        }
    }
    return JSONResponse(body, status, headers=headers)


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
    if error.reason in _QUOTE_REFUSED:
        return _QUOTE_REFUSED[error.reason][1]
    return _KEY_REUSED_WORDS if error.reason in _KEY_REUSED else _structured(error)[2]


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
    if error.reason == "ACCOUNT_OWES":
        owed = error.metadata.get("credits_owed", "")
        message = f"A payment was taken back and {owed} credits are owed. Purchase credits to continue."
        return 402, "QUOTA_EXCEEDED", message
    if error.reason in _STRUCTURED:
        return _STRUCTURED[error.reason]
    return _UNAVAILABLE if error.kind in (Kind.UNAVAILABLE, Kind.EXHAUSTED) else _FAILED


def _key_reused() -> JSONResponse:
    """One key stands for one file; the shape is that of a repeated paid request (§0.4, 5)."""
    error = {"message": _KEY_REUSED_WORDS, "code": "ALREADY_PROCESSED", "requestId": request_id()}
    return JSONResponse({"error": error}, 409)


def _rate_limited(error: ServiceError) -> JSONResponse:
    headers = retry_after(error)
    body = {
        "error": "Too many requests",
        "message": f"Rate limit exceeded. Maximum {error.metadata['requests_max']} requests per window.",
        "retry_after_seconds": int(headers.get("Retry-After", "1")),
    }
    return JSONResponse(body, 429, headers)
