"""What every answer carries and what no request may be."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Message
from starlette.websockets import WebSocket

from metaextract_gateway.adapters.http.addresses import trust
from metaextract_gateway.adapters.http.app import build_app
from metaextract_gateway.adapters.http.edge import Edge
from metaextract_gateway.adapters.http.hardening import JSON_BYTES_MAX, Doors

SITE = "https://app.example"


async def page(_request: Request) -> Response:
    return HTMLResponse("", headers={"Content-Security-Policy": "default-src 'self'"})


async def echo(request: Request) -> Response:
    return JSONResponse({"bytes": len(await request.body())}, headers={"Location": "/v1/1"})


async def crash(_request: Request) -> Response:
    raise RuntimeError("on purpose")


async def socket(connection: WebSocket) -> None:
    await connection.accept()
    await connection.send_text("in")
    await connection.close()


def app_of(**doors: object) -> httpx.ASGITransport:
    routes = [
        Route("/page", page),
        Route("/v1/things", echo, methods=["GET", "POST"]),
        Route("/api/things", echo, methods=["POST"]),
        Route("/v1/extractions", echo, methods=["POST"]),
        Route("/crash", crash),
        WebSocketRoute("/socket", socket),
    ]
    edge = Edge(trust=trust("one"), doors=Doors(**doors))  # type: ignore[arg-type]
    return httpx.ASGITransport(build_app(list(routes), edge=edge), raise_app_exceptions=False)


def client(**doors: object) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=app_of(**doors), base_url="http://here")


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with client() as http:
        yield http


@pytest.mark.parametrize("path", ["/v1/things", "/nowhere", "/crash", "/api/nowhere"])
async def test_every_answer_keeps_browsers_from_guessing_and_framing(
    http: httpx.AsyncClient, path: str
) -> None:
    headers = (await http.get(path)).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"].startswith("default-src 'none'; frame-ancestors 'none'")
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in headers


async def test_a_page_brings_its_own_policy(http: httpx.AsyncClient) -> None:
    assert (await http.get("/page")).headers["content-security-policy"] == "default-src 'self'"


async def test_who_came_by_tls_is_told_to_stay_there(http: httpx.AsyncClient) -> None:
    told = {"X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "https"}

    assert "max-age=31536000" in (await http.get("/page", headers=told)).headers["strict-transport-security"]


async def test_pages_of_listed_sites_may_use_the_api_and_read_its_headers() -> None:
    async with client(origins=(SITE,)) as http:
        allowed = await http.get("/v1/things", headers={"Origin": SITE})
        other = await http.get("/v1/things", headers={"Origin": "https://evil.example"})
        preflight = await http.options(
            "/v1/things",
            headers={
                "Origin": SITE,
                "Access-Control-Request-Method": "PATCH",
                "Access-Control-Request-Headers": "idempotency-key,tus-resumable",
            },
        )

    assert allowed.headers["access-control-allow-origin"] == SITE
    assert allowed.headers["access-control-allow-credentials"] == "true"
    assert {"Location", "X-RateLimit-Limit", "Upload-Offset", "traceparent"} <= set(
        allowed.headers["access-control-expose-headers"].split(", ")
    )
    assert "access-control-allow-origin" not in other.headers
    assert preflight.status_code == 200
    assert "PATCH" in preflight.headers["access-control-allow-methods"]
    assert "tus-resumable" in preflight.headers["access-control-allow-headers"]


async def test_without_a_list_no_other_site_reads_anything(http: httpx.AsyncClient) -> None:
    answer = await http.get("/v1/things", headers={"Origin": SITE})

    assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_only_listed_hosts_are_answered() -> None:
    async with client(hosts=("here", "*.example.org")) as http:
        answers = [
            (await http.get("/page", headers={"Host": host})).status_code
            for host in ("here", "HERE:8080", "a.example.org", "example.org", "evil.example", "xexample.org")
        ]

    assert answers == [200, 200, 200, 421, 421, 421]


async def test_a_url_that_is_too_long_is_refused(http: httpx.AsyncClient) -> None:
    answer = await http.get("/v1/things", params={"q": "x" * 9000})

    assert (answer.status_code, answer.json()["reason"]) == (414, "URL_TOO_LONG")


async def test_a_body_that_is_no_file_is_bounded_declared_or_not(http: httpx.AsyncClient) -> None:
    async def undeclared() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * (JSON_BYTES_MAX // 2)

    declared = await http.post("/v1/things", content=b"x" * (JSON_BYTES_MAX + 1))
    streamed = await http.post("/v1/things", content=undeclared())
    legacy = await http.post("/api/things", content=b"x" * (JSON_BYTES_MAX + 1))
    file = await http.post("/v1/extractions", content=b"x" * (JSON_BYTES_MAX + 1))
    call = await http.post("/v1/extractions/1:cancel", content=b"x" * (JSON_BYTES_MAX + 1))

    assert [one.status_code for one in (declared, streamed, legacy, call)] == [413] * 4
    assert declared.json()["reason"] == streamed.json()["reason"] == "BODY_TOO_LARGE"
    assert legacy.json() == {"message": "request entity too large"}
    assert file.json() == {"bytes": JSON_BYTES_MAX + 1}


async def opened(app: ASGIApp, headers: list[tuple[bytes, bytes]]) -> Message:
    """Ask for a socket, and return what is said to that."""
    said: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        said.append(message)

    scope = {
        "type": "websocket",
        "path": "/socket",
        "raw_path": b"/socket",
        "query_string": b"",
        "scheme": "ws",
        "headers": [(b"host", b"here"), *headers],
        "client": ("10.0.0.1", 1),
        "subprotocols": [],
        "extensions": {"websocket.http.response": {}},
    }
    await app(scope, receive, send)
    return said[0]


@pytest.mark.parametrize(
    ("origins", "origin", "admitted"),
    [
        ((), None, True),
        ((), "http://here", True),
        ((), SITE, False),
        ((SITE,), SITE, True),
        ((SITE,), "http://here", True),
        ((SITE,), "https://evil.example", False),
        ((SITE,), "null", False),
    ],
)
async def test_pages_of_other_sites_cannot_open_sockets(
    origins: tuple[str, ...], origin: str | None, *, admitted: bool
) -> None:
    headers = [(b"origin", origin.encode())] if origin else []

    said = await opened(app_of(origins=origins).app, headers)

    if admitted:
        assert said["type"] == "websocket.accept"
    else:
        assert (said["type"], said["status"]) == ("websocket.http.response.start", 403)
