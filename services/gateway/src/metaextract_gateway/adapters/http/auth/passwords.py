"""One-time tokens that come by mail: a new password, a verified address (§1.11)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from metaextract_common.errors import ServiceError
from metaextract_gateway.adapters.http.auth import legacy_answers
from metaextract_gateway.adapters.http.auth.callers import caller_of
from metaextract_gateway.adapters.http.auth.legacy_answers import required
from metaextract_gateway.adapters.http.legacy.bodies import BodyError, json_body
from metaextract_gateway.domain.identity import Users

_RESENT: Final = "Failed to resend verification email"
_Handler: TypeAlias = Callable[[Request, dict[str, Any]], Awaitable[Response]]


@dataclass(frozen=True)
class Passwords:
    """What the routes work with."""

    users: Users

    def routes(self) -> list[BaseRoute]:
        """Return the routes. Resending is at the path of the original, and at that of its documentation."""
        return [
            _route("/api/auth/password-reset/request", self.request_reset, "Password reset request failed"),
            _route("/api/auth/password-reset/confirm", self.confirm_reset, "Password reset failed"),
            _route("/api/auth/verify-email", self.verify_email, "Email verification failed"),
            _route("/api/auth/resend-verification", self.resend, _RESENT),
            _route("/api/auth/resend", self.resend, _RESENT),
        ]

    async def request_reset(self, _request: Request, body: dict[str, Any]) -> Response:
        """Have a token sent; the answer does not tell whether anybody has the address."""
        if wrong := required(body, "email"):
            return legacy_answers.validation_failed(wrong)
        await self.users.request_password_reset(body["email"])
        return JSONResponse({"message": legacy_answers.RESET_SENT})

    async def confirm_reset(self, _request: Request, body: dict[str, Any]) -> Response:
        """Take the token for a new password."""
        if wrong := required(body, "token", "password"):
            return legacy_answers.validation_failed(wrong)
        try:
            await self.users.reset_password(body["token"], body["password"])
        except ServiceError as error:
            if error.reason != "ONE_TIME_TOKEN_INVALID":
                raise
            return JSONResponse({"error": "Invalid or expired reset token"}, 400)
        return JSONResponse({"success": True})

    async def verify_email(self, _request: Request, body: dict[str, Any]) -> Response:
        """Take the token as proof of the address."""
        token = body.get("token")
        if not isinstance(token, str) or not token:
            return JSONResponse({"error": "Verification token is required"}, 400)
        try:
            user = await self.users.verify_email(token)
        except ServiceError as error:
            if error.reason != "ONE_TIME_TOKEN_INVALID":
                raise
            return JSONResponse({"success": False, "error": "Invalid verification token"}, 400)
        message = "Email verified successfully"
        return JSONResponse({"success": True, "message": message, "userId": user.id})

    async def resend(self, request: Request, _body: dict[str, Any]) -> Response:
        """Have another token sent to whoever is signed in."""
        caller = caller_of(request)
        if not caller.is_signed_in:
            return legacy_answers.auth_required()
        if not await self.users.request_email_verification(caller.user):
            return JSONResponse({"success": False, "error": "Email already verified"}, 400)
        return JSONResponse({"success": True, "message": "Verification email sent"})


def _route(path: str, handler: _Handler, what: str) -> Route:
    async def endpoint(request: Request) -> Response:
        try:
            return await handler(request, await json_body(request))
        except BodyError as error:
            return error.response
        except ServiceError as error:
            return legacy_answers.failed(error, what)

    return Route(path, endpoint, methods=["POST"])
