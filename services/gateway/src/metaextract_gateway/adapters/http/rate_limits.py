"""Counts requests, refuses those that are too many, and says in headers how many are left."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from limits import RateLimitItem
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from metaextract_common.errors import ServiceError
from metaextract_gateway.adapters.http import addresses, refusals
from metaextract_gateway.adapters.http.auth.callers import caller_of
from metaextract_gateway.adapters.http.rate_rules import (
    TIER_OF_ANYBODY,
    TIER_OF_USERS,
    By,
    Limited,
    Rule,
    Shape,
    limited_of,
)
from metaextract_gateway.domain import errors
from metaextract_gateway.domain.identity import Caller

SESSION_COOKIE: Final = "sessionId"
SESSION_CHARACTERS_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Counted:
    """A request in one window. `resets_at`: seconds since the epoch."""

    rule: Rule
    window: RateLimitItem
    remaining: int
    resets_at: float


class RefusedError(Exception):
    """One request too many: `error` says so, `counted` are all the windows up to the one that is full."""

    def __init__(self, error: ServiceError, counted: Sequence[Counted]) -> None:
        super().__init__(error.message)
        self.error = error
        self.counted = counted


class RateLimits:
    """Counts in `storage`. `shared`: whether all gateways count there."""

    def __init__(self, storage: Storage, *, shared: bool, ipv6_prefix_bits: int) -> None:
        self._limiter = FixedWindowRateLimiter(storage)
        self._shared = shared
        self._ipv6_prefix_bits = ipv6_prefix_bits

    async def count(self, request: Request, limited: Limited) -> list[Counted]:
        """Count a request in each of its windows; raises `RefusedError` at the first that is full.

        What was counted before stays counted. A hit that is refused takes nothing away from anybody: the
        window is full in any case.
        """
        caller = caller_of(request)
        counted: list[Counted] = []
        for rule in limited.rules:
            window = rule.signed_in if caller.is_signed_in else rule.anybody
            if window is None or (rule.shared_only and not self._shared):
                continue
            key = self._key(rule, caller, request)
            admitted = await self._limiter.hit(window, rule.name, key)
            stats = await self._limiter.get_window_stats(window, rule.name, key)
            counted.append(Counted(rule, window, stats.remaining if admitted else 0, stats.reset_time))
            if not admitted:
                raise RefusedError(_refused(counted[-1], is_user=caller.is_signed_in), counted)
        return counted

    def _key(self, rule: Rule, caller: Caller, request: Request) -> str:
        if caller.is_signed_in and rule.by is not By.ADDRESS:
            return f"user:{caller.user}"
        if rule.by is By.SESSION:
            session = request.cookies.get(SESSION_COOKIE) or request.headers.get("x-session-id", "")
            if session:
                return f"session:{session[:SESSION_CHARACTERS_MAX]}"
        return f"ip:{addresses.network_of(addresses.address_of(request), self._ipv6_prefix_bits)}"


def _refused(full: Counted, *, is_user: bool) -> ServiceError:
    wait_seconds = max(1.0, full.resets_at - time.time())
    return errors.rate_limited(
        full.window.amount,
        wait_seconds,
        full.rule.shape.name.lower(),
        full.window.get_expiry(),
        "user" if is_user else "ip",
        TIER_OF_USERS if is_user else TIER_OF_ANYBODY,
    )


def headers_of(counted: Sequence[Counted], *, is_refused: bool = False) -> dict[str, str]:
    """Say how much is left. Of rules whose headers have one name the last counts, as in the original.

    When the day's window ends, only a refusal tells.
    """
    headers: dict[str, str] = {}
    for one in counted:
        limit, remaining = str(one.window.amount), str(one.remaining)
        match one.rule.shape:
            case Shape.WINDOW | Shape.TIER:
                headers["X-RateLimit-Limit"] = limit
                headers["X-RateLimit-Remaining"] = remaining
                headers["X-RateLimit-Reset"] = str(math.ceil(one.resets_at))
            case Shape.TIER_DAY:
                headers["X-RateLimit-Daily-Limit"] = limit
                headers["X-RateLimit-Daily-Remaining"] = remaining
                if is_refused:
                    headers["X-RateLimit-Daily-Reset"] = str(math.ceil(one.resets_at))
            case Shape.APP | Shape.BURST:  # draft-ietf-httpapi-ratelimit-headers-06
                headers["RateLimit-Policy"] = f"{limit};w={one.window.get_expiry()}"
                headers["RateLimit-Limit"] = limit
                headers["RateLimit-Remaining"] = remaining
                headers["RateLimit-Reset"] = str(_seconds_left(one))
            case _:
                pass
    return headers | _standard_headers([one for one in counted if one.rule.shape is Shape.STANDARD])


def _standard_headers(counted: Sequence[Counted]) -> dict[str, str]:
    """Render draft-ietf-httpapi-ratelimit-headers-10: two lists of named policies."""
    if not counted:
        return {}
    names = [f'"{one.rule.name}-{one.window.get_expiry()}"' for one in counted]
    policies = [
        f"{name};q={one.window.amount};w={one.window.get_expiry()}"
        for name, one in zip(names, counted, strict=True)
    ]
    states = [
        f"{name};r={one.remaining};t={_seconds_left(one)}" for name, one in zip(names, counted, strict=True)
    ]
    return {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(states)}


def _seconds_left(counted: Counted) -> int:
    return max(0, math.ceil(counted.resets_at - time.time()))


class RateLimitMiddleware:
    """Counts each request before its route runs, and adds the headers to whatever answers it."""

    def __init__(self, app: ASGIApp, limits: RateLimits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request, or refuse it."""
        limited = limited_of(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if limited is None or not limited.rules:
            await self._app(scope, receive, send)
            return
        try:
            counted = await self._limits.count(Request(scope), limited)
        except RefusedError as refused:
            response = refusals.response(refused.error, scope["path"])
            response.headers.update(headers_of(refused.counted, is_refused=True))
            await response(scope, receive, send)
            return
        headers = headers_of(counted)

        async def told_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(headers)
            await send(message)

        await self._app(scope, receive, told_send)
