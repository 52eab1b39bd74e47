"""`ServiceError` -> the error bodies of the legacy contract (§0.4): several shapes, each where it was."""

import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse

from metaextract_common.errors import RPC_DOMAIN, Kind, ServiceError
from metaextract_gateway.adapters.http.problems import retry_after

_BASE36: Final = "0123456789abcdefghijklmnopqrstuvwxyz"

ENDPOINTS: Final = (
    "POST /api/images_mvp/extract",
    "POST /api/images_mvp/quote",
    "GET /api/images_mvp/credits/packs",
    "GET /api/images_mvp/credits/balance",
    "POST /api/images_mvp/credits/purchase",
    "GET /api/health",
    "GET /api/auth/me",
)
"""Seven, as in the original, for whoever asks for something that is not there."""

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
_FLAT: Final[Mapping[str, tuple[int, str, str]]] = {
    "UPLOAD_TOO_LARGE": (413, "FILE_TOO_LARGE", "File too large"),
    "QUOTE_FILE_UNUSABLE": (
        400,
        "QUOTE_INVALID",
        "The quote has no unused price for this file. Get a new quote.",
    ),
    "QUOTE_MISMATCH": (400, "QUOTE_MISMATCH", "The file is not what was quoted. Get a new quote."),
}
"""Codes of quotes are those of V2 (§1.14). A quote that is unknown or has expired is ignored instead."""
_KEY_REUSED: Final = ("IDEMPOTENCY_KEY_REUSED", "REQUEST_ID_REUSED")
_KEY_REUSED_WORDS: Final = "The Idempotency-Key was used for another file. Choose a new one."
_NOT_ALLOWED: Final[Mapping[Kind, tuple[int, str, str]]] = {
    Kind.UNAUTHENTICATED: (401, "AUTH_REQUIRED", "Authentication required"),
    Kind.FORBIDDEN: (403, "FORBIDDEN", "Access denied"),
}
"""Flat too; the first is that of the original's claim (§1.7)."""
_FAILED: Final = (500, "INTERNAL_ERROR", "Failed to extract metadata")
_BILLING: Final = "/metaextract.billing."
_UNAVAILABLE: Final = (
    503,
    "SERVICE_UNAVAILABLE",
    "Service temporarily unavailable. Please try again shortly.",
)


def render(error: ServiceError) -> JSONResponse:
    """Render an error of the extract route (§1.4)."""
    if error.reason in UNSUPPORTED:
        return unsupported()
    if error.reason in _KEY_REUSED:
        return _key_reused()
    if flat := _flat(error):
        status, code, message = flat
        return JSONResponse({"error": message, "code": code}, status)
    status, code, message = _structured(error)
    return _structured_response(status, code, message, retry_after(error))


def quote_failed(error: ServiceError) -> JSONResponse:
    """A price could not be made (§1.6): 503 if it can be soon, because something that it takes is away."""
    if error.kind not in (Kind.UNAVAILABLE, Kind.EXHAUSTED, Kind.DEADLINE):
        return JSONResponse({"error": "Failed to create quote"}, 500)
    away = _STRUCTURED["LEDGER_UNAVAILABLE"] if _is_billing_away(error) else _UNAVAILABLE
    return _structured_response(*_STRUCTURED.get(error.reason, away), retry_after(error))


def invalid_request(message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Something that the request must say is missing."""
    return _structured_response(400, "INVALID_REQUEST", message, headers)


def payments_not_configured() -> JSONResponse:
    """Nobody can pay here."""
    return _structured_response(
        503,
        "SERVICE_UNAVAILABLE",
        "Payment system not configured. Please add DODO_PAYMENTS_API_KEY to enable payments",
    )


def payments_module_not_configured() -> JSONResponse:
    """The same, in the words of the payments module (§1.10)."""
    message = "Please add DODO_PAYMENTS_API_KEY to enable payments"
    return JSONResponse({"error": "Payment system not configured", "message": message}, 503)


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


def forbidden() -> JSONResponse:
    """What is asked for belongs to somebody else."""
    status, code, message = _NOT_ALLOWED[Kind.FORBIDDEN]
    return JSONResponse({"error": message, "code": code}, status)


def no_endpoint(request: Request) -> JSONResponse:
    """Nothing answers at this path, or not to this method (§0.2)."""
    sent = request.scope.get("raw_path", request.url.path.encode()).decode("latin-1")
    query = f"?{request.url.query}" if request.url.query else ""
    body = {
        "error": "API endpoint not found",
        "message": f"The endpoint {sent}{query} does not exist",
        "availableEndpoints": list(ENDPOINTS),
    }
    return JSONResponse(body, 404)


def crashed() -> JSONResponse:
    """Something failed that nobody foresaw (§0.2)."""
    return JSONResponse({"message": "Internal Server Error"}, 500)


def unsupported() -> JSONResponse:
    """The file's type is not permitted."""
    body = {
        "error": "Unsupported file type",
        "message": "File type not permitted",
        "code": "UNSUPPORTED_FILE_TYPE",
    }
    return JSONResponse(body, 403)


def as_told(error: ServiceError, *, names_account: bool) -> ServiceError:
    """Speak of credits to clients that name an account, and of free checks to others, as the original did."""
    told = {"credits_available": "0", **error.metadata}
    if names_account and error.reason == "FREE_CHECKS_EXHAUSTED":
        return ServiceError(error.kind, error.domain, "INSUFFICIENT_CREDITS", error.message, told)
    if not names_account and error.reason == "INSUFFICIENT_CREDITS" and told["credits_available"] == "0":
        return ServiceError(error.kind, error.domain, "FREE_CHECKS_EXHAUSTED", error.message, told)
    return error


def message_of(error: ServiceError) -> str:
    """Return the words for the `error` frame of the progress socket."""
    if flat := _flat(error):
        return flat[2]
    if error.reason in UNSUPPORTED:
        return "Unsupported file type"
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
    if _is_billing_away(error):
        return _STRUCTURED["LEDGER_UNAVAILABLE"]
    if error.reason in _STRUCTURED:
        return _STRUCTURED[error.reason]
    return _UNAVAILABLE if error.kind in (Kind.UNAVAILABLE, Kind.EXHAUSTED) else _FAILED


def _is_billing_away(error: ServiceError) -> bool:
    """Not reached, or not done in time: the original, one process, saw no difference to its ledger."""
    away = error.domain == RPC_DOMAIN and error.kind in (Kind.UNAVAILABLE, Kind.DEADLINE)
    return away and error.metadata.get("method", "").startswith(_BILLING)


def _flat(error: ServiceError) -> tuple[int, str, str] | None:
    return _FLAT.get(error.reason) or _NOT_ALLOWED.get(error.kind)


def _key_reused() -> JSONResponse:
    """One key stands for one file; the shape is that of a repeated paid request (§0.4, 5)."""
    error = {"message": _KEY_REUSED_WORDS, "code": "ALREADY_PROCESSED", "requestId": request_id()}
    return JSONResponse({"error": error}, 409)
