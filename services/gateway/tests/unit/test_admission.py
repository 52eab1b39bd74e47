"""Work is refused before memory grows, with the time after which it makes sense to come again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from metaextract_common.errors import ServiceError
from metaextract_gateway.adapters.http.admission import Admission, Room
from metaextract_gateway.adapters.http.app import build_app
from metaextract_gateway.adapters.http.edge import Edge


@dataclass
class Site:
    """A gateway whose uploads take until they are let go."""

    http: httpx.AsyncClient
    begun: asyncio.Semaphore
    let_go: asyncio.Event


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    begun, let_go = asyncio.Semaphore(0), asyncio.Event()

    async def upload(_request: Request) -> Response:
        begun.release()
        await let_go.wait()
        return JSONResponse({})

    async def read(_request: Request) -> Response:
        return JSONResponse({})

    routes = [
        Route("/v1/extractions", upload, methods=["POST"]),
        Route("/api/images_mvp/extract", upload, methods=["POST"]),
        Route("/v1/extractions/{id}", read),
        Route("/v1/extractions/{id}/events", upload),
    ]
    room = Room(uploads_count_max=2, streams_count_max=3, streams_per_client_max=2)
    app = build_app(list(routes), edge=Edge(admission=Admission(room)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as http:
        yield Site(http, begun, let_go)


async def test_what_there_is_no_room_for_is_refused_and_what_is_under_way_goes_on(site: Site) -> None:
    under_way = [asyncio.create_task(site.http.post("/v1/extractions")) for _ in range(2)]
    await site.begun.acquire()
    await site.begun.acquire()

    refused = await site.http.post("/v1/extractions")
    legacy = await site.http.post("/api/images_mvp/extract")
    read = await site.http.get("/v1/extractions/1")
    site.let_go.set()

    assert (refused.status_code, refused.json()["reason"]) == (503, "OVERLOADED")
    assert refused.json()["metadata"] == {"cause": "uploads"}
    assert int(refused.headers["retry-after"]) >= 1
    assert legacy.status_code == 503
    assert legacy.json() == {
        "error": "High demand",
        "message": "The server is busy with other uploads. Please try again shortly.",
        "estimated_wait_seconds": int(legacy.headers["retry-after"]),
        "upgrade_available": True,
    }
    assert read.status_code == 200
    assert [answer.status_code for answer in await asyncio.gather(*under_way)] == [200, 200]
    assert (await site.http.post("/v1/extractions")).status_code == 200


async def test_one_address_has_so_many_streams_and_no_more(site: Site) -> None:
    under_way = [asyncio.create_task(site.http.get("/v1/extractions/1/events")) for _ in range(2)]
    await site.begun.acquire()
    await site.begun.acquire()

    refused = await site.http.get("/v1/extractions/1/events")
    site.let_go.set()

    assert (refused.status_code, refused.json()["reason"]) == (429, "TOO_MANY_STREAMS")
    assert [answer.status_code for answer in await asyncio.gather(*under_way)] == [200, 200]


def test_the_wait_is_what_uploads_have_been_taking_shared_among_those_under_way() -> None:
    now = [0.0]
    admission = Admission(Room(uploads_count_max=4), clock=lambda: now[0])
    for _ in range(50):
        with admission.upload():
            now[0] += 40.0

    with ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(admission.upload())
        with pytest.raises(ServiceError) as caught, admission.upload():
            pass

    assert caught.value.retry_after_seconds == pytest.approx(10.0, rel=0.01)
    assert admission.uploads_count == 0


def test_above_the_limit_of_memory_no_upload_begins() -> None:
    resident = [99]
    admission = Admission(Room(memory_bytes_max=100), resident_bytes=lambda: resident[0])
    with admission.upload():
        resident[0] = 101
        with pytest.raises(ServiceError) as caught, admission.upload():
            pass

    assert caught.value.metadata == {"cause": "memory"}


def test_the_resident_memory_is_that_of_this_process() -> None:
    assert 10_000_000 < Admission(Room()).resident_bytes() < 10_000_000_000


def test_streams_are_counted_by_address_and_altogether() -> None:
    admission = Admission(Room(streams_count_max=3, streams_per_client_max=2))
    with ExitStack() as stack:
        for client in ("a", "a", "b"):
            stack.enter_context(admission.stream(client))
        with pytest.raises(ServiceError) as caught, admission.stream("c"):
            pass

    assert caught.value.metadata == {"cause": "streams"}
    with admission.stream("a"), admission.stream("a"), pytest.raises(ServiceError) as caught:
        admission.stream("a").__enter__()
    assert caught.value.reason == "TOO_MANY_STREAMS"
