"""Registering, signing in and out, in the legacy shapes (§1.11)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from metaextract_common.errors import ServiceError
from metaextract_gateway.adapters.http.auth import cookies, csrf, legacy_answers
from metaextract_gateway.adapters.http.auth.callers import caller_of
from metaextract_gateway.adapters.http.auth.csrf import CsrfTokens
from metaextract_gateway.adapters.http.auth.legacy_answers import NO_SUBSCRIPTION, required, shown, told
from metaextract_gateway.adapters.http.auth.renewals import SignedInSessions
from metaextract_gateway.adapters.http.legacy.bodies import BodyError, json_body
from metaextract_gateway.adapters.http.problems import retry_after
from metaextract_gateway.adapters.http.same_site import STRICT
from metaextract_gateway.domain.identity import Session, SignIn, User, Users, signed_in
from metaextract_gateway.domain.ports import Balances

CSRF_COOKIE: Final = "csrf_token"
REGISTERED_BY: Final = ("email", "username", "password")


@dataclass(frozen=True)
class Accounts:
    """What the routes work with."""

    users: Users
    sessions: SignedInSessions
    csrf: CsrfTokens
    balances: Balances

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route("/api/auth/register", self.register, methods=["POST"]),
            Route("/api/auth/login", self.login, methods=["POST"]),
            Route("/api/auth/logout", self.logout, methods=["POST"]),
            Route("/api/auth/refresh", self.refresh, methods=["POST"]),
            Route("/api/auth/me", self.me),
            Route("/api/auth/csrf-token", self.csrf_token),
        ]

    async def register(self, request: Request) -> Response:
        """Make a user, and sign them in. What is no text counts as an empty one, which is refused."""
        wrong: Mapping[str, Sequence[str]] = {}
        try:
            body = await json_body(request)
            wrong = required(body, *REGISTERED_BY)
            texts = ("" if name in wrong else body[name] for name in REGISTERED_BY)
            user = await self.users.register(*texts)
            return await self._signed_in(request, user, {"credits": 0}, 201)
        except BodyError as error:
            return error.response
        except ServiceError as error:
            match error.reason:
                case "REGISTRATION_INVALID":
                    broken = {name: told(name, rules) for name, rules in error.metadata.items()}
                    return legacy_answers.validation_failed({**broken, **wrong})
                case "EMAIL_TAKEN":
                    return _refused(409, "Email already registered", "EMAIL_EXISTS")
                case "USERNAME_TAKEN":
                    return _refused(409, "Username already taken", "USERNAME_EXISTS")
            return legacy_answers.failed(error, "Registration failed")

    async def login(self, request: Request) -> Response:
        """Sign somebody in by their password."""
        try:
            body = await json_body(request)
            wrong = required(body, "email", "password")
            if body.get("password") == "":
                wrong["password"] = ["Password is required"]
            if wrong:
                return legacy_answers.validation_failed(wrong)
            address = request.client.host if request.client else ""
            user = await self.users.with_password(body["email"], body["password"], address)
            more = {"subscriptionStatus": NO_SUBSCRIPTION, "credits": await self._credits(user)}
            return await self._signed_in(request, user, more)
        except BodyError as error:
            return error.response
        except ServiceError as error:
            match error.reason:
                case "CREDENTIALS_INVALID":
                    return _refused(401, "Invalid credentials", "INVALID_CREDENTIALS")
                case "LOGIN_LOCKED":
                    return _locked(error)
            return legacy_answers.failed(error, "Login failed")

    async def logout(self, request: Request) -> Response:
        """End the session, and have the browser forget it in any case."""
        response = JSONResponse({"success": True, "message": "Logged out successfully"})
        try:
            await self.sessions.end(request)
        except ServiceError as error:
            response = legacy_answers.failed(error, "Logout failed")
        cookies.clear(response)
        return response

    async def refresh(self, request: Request) -> Response:
        """Take what the client keeps of its session for something newer."""
        try:
            session = await self.sessions.prolonged(request)
        except ServiceError as error:
            return legacy_answers.failed(error, "Refresh failed")
        if session is None:
            response = _refused(401, "Not authenticated", "NOT_AUTHENTICATED")
            if cookies.NAME in request.cookies:
                cookies.clear(response)
            return response
        user = shown(session.user, subscriptionStatus=NO_SUBSCRIPTION)
        return self._kept(request, session, {"success": True, "user": user})

    async def me(self, request: Request) -> Response:
        """Say who is signed in."""
        caller = caller_of(request)
        try:
            user = await self.users.user(caller.user) if caller.is_signed_in else None
        except ServiceError as error:
            gone = error.reason == "USER_NOT_FOUND"
            user = None if gone else User(caller.user, caller.email, caller.username)  # as the token says
        shown_ = shown(user, subscriptionStatus=NO_SUBSCRIPTION) if user else None
        body = {"authenticated": user is not None, "user": shown_}
        return JSONResponse(body, headers={"Cache-Control": "no-store"})

    async def csrf_token(self, request: Request) -> Response:
        """Give whoever is signed in what a page of another origin needs to act with our cookies."""
        caller = caller_of(request)
        if not caller.is_signed_in:
            return JSONResponse({"error": "Authentication required"}, 401)
        token, expiry = self.csrf.issue(caller), datetime.now(UTC) + csrf.LIFETIME
        body = {"token": token, "expiresAt": int(expiry.timestamp() * 1000)}
        response = JSONResponse(body, headers={"Cache-Control": "no-store"})
        response.set_cookie(
            CSRF_COOKIE,
            token,
            max_age=int(csrf.LIFETIME.total_seconds()),
            expires=expiry,
            path="/",
            secure=request.url.scheme == "https",
            samesite=STRICT,
        )
        return response

    async def _signed_in(
        self, request: Request, user: User, more: Mapping[str, Any], status: int = 200
    ) -> Response:
        session = await self.sessions.begin(user)
        return self._kept(request, session, {"success": True, "user": shown(user, **more)}, status)

    def _kept(
        self, request: Request, session: Session, body: Mapping[str, Any], status: int = 200
    ) -> Response:
        """Let the client keep the session: scripts in the body, browsers in a cookie."""
        token = self.sessions.access_token(session)
        response = JSONResponse({**body, "token": token}, status)
        cookies.leave(request, response, session, token)
        return response

    async def _credits(self, user: User) -> int:
        balance = await self.balances.balance(signed_in(user, SignIn.SESSION).account)
        return balance.credits_available


def _refused(status: int, words: str, code: str) -> JSONResponse:
    return JSONResponse({"error": words, "code": code}, status)


def _locked(error: ServiceError) -> JSONResponse:
    headers = retry_after(error)
    body = {
        "error": "Too many login attempts",
        "message": "Please wait 15 minutes before trying again",
        "retryAfter": int(headers.get("Retry-After", "1")),
    }
    return JSONResponse(body, 429, headers)
