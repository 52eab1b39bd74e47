"""Refusals of the edge in the legacy shapes: too many requests (§1.2), too much work (§1.14), too large."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from starlette.responses import JSONResponse

from metaextract_common.errors import ServiceError
from metaextract_gateway.adapters.http.legacy.errors import iso
from metaextract_gateway.adapters.http.problems import retry_after, status_of

_UPGRADE: Final[Mapping[str, str]] = {"free": "Upgrade to Professional for higher rate limits"}
_SUGGESTIONS: Final = (
    "Wait before you upload the next file",
    "Upload fewer files at once",
    "Sign in for higher limits",
)


def refused(error: ServiceError) -> JSONResponse:
    """Render a refusal."""
    if error.reason == "RATE_LIMITED":
        return JSONResponse(_body(error), 429, retry_after(error))
    if error.reason == "OVERLOADED":
        return _high_demand(error)
    if error.reason == "BODY_TOO_LARGE":
        return JSONResponse({"message": "request entity too large"}, 413)
    return JSONResponse({"error": error.message, "code": error.reason}, status_of(error), retry_after(error))


def _body(error: ServiceError) -> dict[str, Any]:
    told = error.metadata
    wait_seconds, requests_max = _wait_seconds(error), int(told["requests_max"])
    match told["limit"]:
        case "tier":
            sentence = f"Maximum {requests_max} requests per minute for {told['tier']} tier."
            return _exceeded(sentence, told["tier"], {"retry_after_seconds": wait_seconds})
        case "tier_day":
            sentence = f"Maximum {requests_max} requests per day for {told['tier']} tier."
            body = _exceeded(sentence, told["tier"], {"reset_at": iso(_reset(error))})
            return body | {"error": "Daily limit exceeded"}
        case "app":
            return {
                "error": "Rate limit exceeded",
                "message": f"Maximum {requests_max} uploads in 15 minutes. Please try again later.",
                "limit_type": told["limited_by"],
                "window_minutes": int(told["window_seconds"]) // 60,
                "max_requests": requests_max,
                "retry_after_seconds": wait_seconds,
                "suggestions": list(_SUGGESTIONS),
            }
        case "burst":
            return {
                "error": "Burst rate limit exceeded",
                "message": f"Maximum {requests_max} uploads a minute. Please slow down.",
                "limit_type": "burst",
                "window_seconds": int(told["window_seconds"]),
                "max_requests": requests_max,
                "retry_after_seconds": wait_seconds,
            }
        case "global":
            return {
                "error": "Too Many Requests",
                "message": "Rate limit exceeded. Please try again later.",
                "retryAfter": wait_seconds,
                "resetTime": iso(_reset(error)),
            }
        case _:
            return {
                "error": "Too many requests",
                "message": f"Rate limit exceeded. Maximum {requests_max} requests per window.",
                "retry_after_seconds": wait_seconds,
            }


def _exceeded(sentence: str, tier: str, when: Mapping[str, object]) -> dict[str, Any]:
    upgrade = {"upgrade_message": _UPGRADE[tier]} if tier in _UPGRADE else {}
    message = f"Rate limit exceeded. {sentence}"
    return {"error": "Too many requests", "message": message, "tier": tier, **when, **upgrade}


def _high_demand(error: ServiceError) -> JSONResponse:
    body = {
        "error": "High demand",
        "message": "The server is busy with other uploads. Please try again shortly.",
        "estimated_wait_seconds": _wait_seconds(error),
        "upgrade_available": True,
    }
    return JSONResponse(body, 503, retry_after(error))


def _wait_seconds(error: ServiceError) -> int:
    return int(retry_after(error).get("Retry-After", "1"))


def _reset(error: ServiceError) -> datetime:
    return datetime.fromtimestamp(time.time() + (error.retry_after_seconds or 0), UTC)
