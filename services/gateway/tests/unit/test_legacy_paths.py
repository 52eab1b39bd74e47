"""Paths are those of the original's router: letter case and a slash at the end do not matter."""

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from metaextract_gateway.adapters.counters.memory import MemoryCounters
from metaextract_gateway.adapters.http.app import build_app
from metaextract_gateway.adapters.http.edge import Edge
from metaextract_gateway.adapters.http.legacy.paths import canonical
from metaextract_gateway.adapters.http.rate_limits import RateLimits

QUOTE = "/api/images_mvp/quote"


async def answer(request: Request) -> Response:
    return JSONResponse({"path": request.url.path})


APP = build_app(
    [
        Route("/api/health", answer),
        Route(QUOTE, answer, methods=["POST"]),
        Route("/v1/server", answer),
    ],
    edge=Edge(limits=RateLimits(MemoryCounters(), shared=False, ipv6_prefix_bits=64)),
)


async def asked(path: str, method: str = "GET") -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(APP), base_url="http://here") as http:
        return await http.request(method, path)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/health"),
        ("GET", "/api/health/"),
        ("GET", "/API/Health"),
        ("HEAD", "/Api/HEALTH/"),
        ("POST", "/api/Images_MVP/Quote/"),
    ],
)
async def test_every_spelling_of_a_path_is_answered_in_place(method: str, path: str) -> None:
    assert (await asked(path, method)).status_code == 200


async def test_a_limit_holds_for_every_spelling() -> None:
    app = build_app(
        [Route(QUOTE, answer, methods=["POST"])],
        edge=Edge(limits=RateLimits(MemoryCounters(), shared=False, ipv6_prefix_bits=64)),
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as http:
        answers = [await http.post(path) for path in (QUOTE, QUOTE.upper(), f"{QUOTE}/")]

    assert [one.headers["x-ratelimit-remaining"] for one in answers] == ["29", "28", "27"]


@pytest.mark.parametrize("path", ["/api", "/api/", "/API", "/api/Nothing/", "/api/no%20thing?x=1&y=%2F"])
async def test_what_is_not_there_is_named_as_it_was_asked_for(path: str) -> None:
    missing = await asked(path)

    assert missing.status_code == 404
    assert missing.headers["content-type"] == "application/json; charset=utf-8"
    assert missing.json()["message"] == f"The endpoint {path} does not exist"


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/API/images_mvp/Progress/aBc/", "/api/images_mvp/progress/aBc"),
        ("/API/images_mvp/Progress/", "/api/images_mvp/progress"),
        ("/api/images_mvp/progress", "/api/images_mvp/progress"),
    ],
)
def test_a_session_keeps_its_letters(path: str, route: str) -> None:
    assert canonical(path) == route


async def test_other_paths_are_taken_by_the_letter() -> None:
    assert (await asked("/V1/server")).status_code == 404
    assert (await asked("/apiary/")).headers["content-type"] == "application/problem+json"
