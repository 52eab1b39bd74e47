"""Requests are counted in the windows of the legacy contract (§1.2) and of /v1, and refused in its shapes."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from metaextract_gateway.adapters.counters.memory import MemoryCounters
from metaextract_gateway.adapters.http.app import build_app
from metaextract_gateway.adapters.http.auth.callers import STATE
from metaextract_gateway.adapters.http.edge import Edge
from metaextract_gateway.adapters.http.legacy.refusals import refused
from metaextract_gateway.adapters.http.rate_limits import Counted, RateLimits, headers_of
from metaextract_gateway.adapters.http.rate_rules import Shape, limited_of
from metaextract_gateway.domain import errors
from metaextract_gateway.domain.identity import Caller, SignIn

ANALYTICS = "/api/images_mvp/analytics/report"
CONFIRM = "/api/payments/confirm"
EXTRACT = "/api/images_mvp/extract"
QUOTE = "/api/images_mvp/quote"
SOMEBODY = Caller("5f0c6c4e-0000-4000-8000-000000000001", sign_in=SignIn.SESSION)


def signed_in(app: ASGIApp, caller: Caller) -> ASGIApp:
    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})[STATE] = caller
        await app(scope, receive, send)

    return run


class Site:
    """A gateway of which only the edge is real."""

    def __init__(self, *, shared: bool = False, caller: Caller | None = None) -> None:
        limits = RateLimits(MemoryCounters(), shared=shared, ipv6_prefix_bits=64)
        app = build_app(self._routes(), edge=Edge(limits=limits))
        self.app = signed_in(app, caller) if caller else app

    def _routes(self) -> list[BaseRoute]:
        async def answer(_request: Request) -> Response:
            return JSONResponse({})

        methods = ["GET", "POST", "PATCH"]
        return [Route("/{path:path}", answer, methods=methods)]

    async def asked(
        self, count: int, path: str, method: str = "POST", address: str = "10.0.0.1", **options: Any
    ) -> list[httpx.Response]:
        transport = httpx.ASGITransport(self.app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as http:
            return [await http.request(method, path, **options) for _ in range(count)]


def statuses(answers: list[httpx.Response]) -> list[int]:
    return [answer.status_code for answer in answers]


@pytest.fixture
async def site() -> Site:
    return Site()


@pytest.mark.parametrize(
    ("method", "path", "requests_max"),
    [
        ("POST", EXTRACT, 10),
        ("POST", QUOTE, 30),
        ("POST", "/api/images_mvp/analytics/track", 120),  # three a day in the original
        ("POST", "/api/images_mvp/credits/purchase", 30),
        ("POST", CONFIRM, 10),
        ("GET", "/images_mvp/credits/success", 10),
        ("POST", "/api/auth/login", 20),
        ("GET", "/api/admin/users", 10),
        ("GET", ANALYTICS, 3),
        ("POST", "/v1/extractions", 10),
        ("POST", "/v1/uploads", 10),
        ("POST", "/v1/credits/orders", 30),
        ("GET", "/v1/extractions/1", 600),
    ],
)
async def test_what_is_one_too_many_is_refused(site: Site, method: str, path: str, requests_max: int) -> None:
    answers = await site.asked(requests_max + 1, path, method)

    assert statuses(answers) == [200] * requests_max + [429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 86_400


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/health"), ("POST", "/api/webhooks/dodo")])
async def test_what_must_not_be_refused_is_not_counted(method: str, path: str) -> None:
    assert statuses(await Site(shared=True).asked(600, path, method)) == [200] * 600


async def test_the_legacy_headers_tell_of_the_window_that_ends_first(site: Site) -> None:
    first, second = await site.asked(2, EXTRACT)

    assert (first.headers["x-ratelimit-limit"], first.headers["x-ratelimit-remaining"]) == ("10", "9")
    assert second.headers["x-ratelimit-remaining"] == "8"
    assert first.headers["x-ratelimit-reset"] == second.headers["x-ratelimit-reset"]
    assert (first.headers["ratelimit-limit"], first.headers["ratelimit-policy"]) == ("10", "10;w=60")


async def test_a_refusal_on_v1_is_a_problem_with_the_standard_headers(site: Site) -> None:
    answers = await site.asked(11, "/v1/extractions")

    last = answers[-1]
    assert last.headers["content-type"] == "application/problem+json"
    assert last.json()["reason"] == "RATE_LIMITED"
    assert answers[0].headers["ratelimit-policy"] == '"extract-900";q=50;w=900, "extract-60";q=10;w=60'
    assert answers[0].headers["ratelimit"].startswith('"extract-900";r=49;t=')
    assert '"extract-60";r=0;t=' in last.headers["ratelimit"]
    assert "x-ratelimit-limit" not in last.headers


async def test_both_ways_of_uploading_share_one_allowance(site: Site) -> None:
    await site.asked(6, EXTRACT)

    assert statuses(await site.asked(5, "/v1/extractions")) == [200] * 4 + [429]


async def test_addresses_are_counted_apart_but_not_those_of_one_ipv6_network(site: Site) -> None:
    await site.asked(10, CONFIRM, address="2001:db8:1:2::1")

    assert statuses(await site.asked(1, CONFIRM, address="2001:db8:1:2:ffff::9")) == [429]
    assert statuses(await site.asked(1, CONFIRM, address="2001:db8:1:3::1")) == [200]
    assert statuses(await site.asked(1, CONFIRM, address="10.0.0.9")) == [200]


async def test_somebody_who_is_signed_in_is_counted_by_account_and_not_by_the_minute() -> None:
    site = Site(caller=SOMEBODY)

    answers = await site.asked(51, EXTRACT)

    assert statuses(answers) == [200] * 50 + [429]
    assert answers[0].headers["x-ratelimit-limit"] == "50"
    assert answers[0].headers["ratelimit-policy"] == "100;w=900"
    assert answers[-1].json() == {
        "error": "Too many requests",
        "message": "Rate limit exceeded. Maximum 50 requests per window.",
        "retry_after_seconds": int(answers[-1].headers["retry-after"]),
    }


async def test_the_tier_of_analytics_and_its_day_are_told(site: Site) -> None:
    answers = await site.asked(4, ANALYTICS, "GET")
    named = (await site.asked(1, ANALYTICS, "GET", params={"tier": "enterprise"}))[0]

    last = answers[-1]
    assert answers[0].headers["x-ratelimit-daily-limit"] == "3"
    assert answers[0].headers["x-ratelimit-daily-remaining"] == "2"
    assert not [one for one in answers if "x-ratelimit-daily-reset" in one.headers]
    assert last.json() == {
        "error": "Too many requests",
        "message": "Rate limit exceeded. Maximum 3 requests per minute for free tier.",
        "tier": "free",
        "retry_after_seconds": int(last.headers["retry-after"]),
        "upgrade_message": "Upgrade to Professional for higher rate limits",
    }
    assert (last.headers["x-ratelimit-limit"], last.headers["x-ratelimit-remaining"]) == ("3", "0")
    assert named.status_code == 429  # naming a tier gives no power


def test_when_the_day_ends_stands_in_the_headers_of_a_refusal_alone() -> None:
    limited = limited_of("GET", ANALYTICS)
    assert limited is not None
    rule = next(one for one in limited.rules if one.shape is Shape.TIER_DAY)
    assert rule.anybody is not None
    last = [Counted(rule, rule.anybody, 0, 1_795_400_000.0)]

    assert headers_of(last) == {"X-RateLimit-Daily-Limit": "3", "X-RateLimit-Daily-Remaining": "0"}
    assert headers_of(last, is_refused=True)["X-RateLimit-Daily-Reset"] == "1795400000"


def test_a_day_that_is_used_up_says_when_it_ends() -> None:
    answer = refused(errors.rate_limited(3, 100, "tier_day", 86_400, "ip", "free"))

    body = json.loads(answer.body)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "100")
    assert body["error"] == "Daily limit exceeded"
    assert 90 < (datetime.fromisoformat(body["reset_at"]) - datetime.now(UTC)).total_seconds() <= 100
    assert body["tier"] == "free"


def test_the_application_limit_makes_suggestions() -> None:
    answer = refused(errors.rate_limited(100, 60, "app", 900, "user", "enterprise"))

    body = json.loads(answer.body)
    assert len(body.pop("suggestions")) == 3
    assert body == {
        "error": "Rate limit exceeded",
        "message": "Maximum 100 uploads in 15 minutes. Please try again later.",
        "limit_type": "user",
        "window_minutes": 15,
        "max_requests": 100,
        "retry_after_seconds": 60,
    }


async def test_with_shared_counters_all_of_api_is_limited_together() -> None:
    site = Site(shared=True)
    paths = ["/api/images_mvp/credits/packs", "/api/images_mvp/credits/balance"] * 15

    answers = [(await site.asked(1, path, "GET"))[0] for path in paths]
    last = (await site.asked(1, "/api/images_mvp/credits/packs", "GET"))[0]

    assert statuses(answers) == [200] * 30
    assert last.status_code == 429
    assert {**last.json(), "resetTime": "", "retryAfter": 0} == {
        "error": "Too Many Requests",
        "message": "Rate limit exceeded. Please try again later.",
        "retryAfter": 0,
        "resetTime": "",
    }


async def test_one_session_over_many_addresses_meets_the_limits_of_the_application(site: Site) -> None:
    named = {"X-Session-Id": "one"}
    answers = [(await site.asked(1, EXTRACT, address=f"10.0.1.{at}", headers=named))[0] for at in range(11)]

    assert statuses(answers) == [200] * 10 + [429]
    assert answers[-1].json() == {
        "error": "Burst rate limit exceeded",
        "message": "Maximum 10 uploads a minute. Please slow down.",
        "limit_type": "burst",
        "window_seconds": 60,
        "max_requests": 10,
        "retry_after_seconds": int(answers[-1].headers["retry-after"]),
    }


async def test_nothing_is_counted_without_limits() -> None:
    async def answer(_request: Request) -> Response:
        return Response()

    app = build_app([Route(CONFIRM, answer, methods=["POST"])])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as http:
        answers = [await http.post(CONFIRM) for _ in range(50)]

    assert statuses(answers) == [200] * 50
    assert not [name for name in answers[0].headers if "ratelimit" in name]


def test_head_counts_as_get_and_a_preflight_never_does() -> None:
    assert limited_of("HEAD", "/v1/formats") is limited_of("GET", "/v1/formats") is not None
    assert limited_of("OPTIONS", "/v1/formats") is None
