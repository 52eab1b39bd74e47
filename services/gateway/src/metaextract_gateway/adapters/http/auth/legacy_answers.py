"""The answers of the legacy contract about accounts that more than one route gives (§1.11)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.responses import JSONResponse

from metaextract_common.errors import Kind, ServiceError
from metaextract_gateway.adapters.http.auth.tokens import TIER
from metaextract_gateway.adapters.http.problems import retry_after
from metaextract_gateway.domain.identity import User

NO_SUBSCRIPTION: Final = "none"
RESET_SENT: Final = "If an account exists with this email, a reset link has been sent."
_RULES: Final[Mapping[str, Mapping[str, str]]] = {
    "email": {"form": "Invalid email address"},
    "username": {
        "too_short": "Username must be at least 3 characters",
        "too_long": "String must contain at most 50 character(s)",
    },
    "password": {
        "too_short": "Password must be at least 8 characters",
        "too_long": "Password must be no more than 72 characters",
        "upper_case": "Password must contain at least one uppercase letter",
        "lower_case": "Password must contain at least one lowercase letter",
        "digit": "Password must contain at least one number",
        "special": "Password must contain at least one special character",
    },
}
"""What fields must be, in the words of the original."""
_FIELDS: Final[Mapping[str, str]] = {"new_password": "password"}
_TYPES: Final[Mapping[type, str]] = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    float: "number",
    list: "array",
    dict: "object",
}


def auth_required() -> JSONResponse:
    """Nobody is signed in."""
    return JSONResponse({"error": "Authentication required", "code": "AUTH_REQUIRED"}, 401)


def cross_site() -> JSONResponse:
    """A page of another origin used our cookies without a CSRF token of theirs."""
    body = {"error": "CSRF token required", "message": "Please include X-CSRF-Token header"}
    return JSONResponse(body, 403)


def validation_failed(details: Mapping[str, Sequence[str]]) -> JSONResponse:
    """Fields of the body are not what they must be."""
    return JSONResponse({"error": "Validation failed", "details": details}, 400)


def required(body: Mapping[str, Any], *names: str) -> dict[str, list[str]]:
    """Return what is wrong with texts that a body must have; nothing if all are there."""
    return {
        name: [f"Expected string, received {_TYPES[type(body[name])]}" if name in body else "Required"]
        for name in names
        if not isinstance(body.get(name), str)
    }


def told(field: str, rules: str) -> list[str]:
    """Return what is wrong with a field that breaks rules, given by their names."""
    words = _RULES.get(field, {})
    return [words.get(rule, f"Invalid {field}") for rule in rules.split(",")]


def failed(error: ServiceError, what: str) -> JSONResponse:
    """Render an error that is the same on all routes about accounts; `what` failed otherwise."""
    match error.reason:
        case "INVALID_REQUEST":
            field = error.metadata.get("field", "")
            name = _FIELDS.get(field, field)
            return validation_failed({name: told(name, "form")})
        case "PASSWORD_WEAK":
            return validation_failed({"password": told("password", error.metadata.get("rules", ""))})
        case "MAIL_NOT_CONFIGURED":
            return JSONResponse({"error": what, "message": "This server does not send mail"}, 503)
    away = error.kind in (Kind.UNAVAILABLE, Kind.DEADLINE)
    message = "Please try again shortly" if away else "Something failed on our side"
    return JSONResponse({"error": what, "message": message}, 503 if away else 500, retry_after(error))


def shown(user: User, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    """Return a user as old clients know them."""
    return {"id": user.id, "email": user.email, "username": user.username, "tier": TIER, **more}
