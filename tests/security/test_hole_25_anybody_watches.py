"""The report on usage, the monitoring and every session's progress were open to anybody."""

import asyncio
import json
import uuid
from contextlib import AsyncExitStack, suppress

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

CLOSED_TO_STRANGERS = [
    "/api/images_mvp/analytics/report",
    "/api/images_mvp/analytics/report-optimized",
    *(
        f"/api/monitoring/{name}"
        for name in ("dashboard", "events", "alerts", "abuse-detection", "metrics", "status", "errors")
    ),
    *(f"/api/admin/security-{name}" for name in ("events", "metrics", "alerts")),
    "/metrics",
    "/traces",
]


@pytest.mark.parametrize("path", CLOSED_TO_STRANGERS)
async def test_what_is_for_operators_is_closed_to_strangers(stranger, path) -> None:
    assert (await stranger.get(path)).status_code in (401, 403, 404)


async def arrived(socket, seconds):
    """Return the kinds of frames that come until the socket is closed, or until none comes for so long."""
    kinds = set()
    with suppress(ConnectionClosed, TimeoutError):
        while True:
            async with asyncio.timeout(seconds):
                kinds.add(json.loads(await socket.recv())["type"])
    return kinds


async def test_only_who_knows_the_session_watches_it(fleet, person, extract) -> None:
    """The session's id is the capability (§0.3): no other id, no part of it and no pattern watches it."""
    owner = await person(credits=4)
    session = str(uuid.uuid4())
    base = f"{fleet.url.replace('http', 'ws')}/api/images_mvp/progress/"
    others = ["", "*", "%2A", session[:-1], session.upper(), str(uuid.uuid4())]
    async with AsyncExitStack() as stack:
        own = await stack.enter_async_context(connect(base + session))
        foreign = [await stack.enter_async_context(connect(base + other)) for other in others]
        answer = await extract(owner.http, session_id=session)
        seen = await arrived(own, 60)  # it is closed when all is told
        leaked = set().union(*[await arrived(socket, 0.1) for socket in foreign])

    assert answer.status_code == 200
    assert {"progress", "complete"} <= seen
    assert leaked <= {"connected", "heartbeat", "error"}
