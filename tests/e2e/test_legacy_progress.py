"""The legacy progress socket: what was recorded of the old system, and true progress between."""

import asyncio
import json

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from metaextract_testing.factory import make
from metaextract_testing.fleet import Fleet


async def frames(socket: ClientConnection) -> list[dict]:
    """Read until the server closes the socket."""
    found = []
    try:
        async with asyncio.timeout(60):
            while True:
                found.append(json.loads(await socket.recv()))
    except ConnectionClosed:
        return found


def address(fleet: Fleet, session_id: str) -> str:
    return f"{fleet.url.replace('http', 'ws')}/api/images_mvp/progress/{session_id}"


async def extract(fleet: Fleet, session_id: str) -> httpx.Response:
    image = make("jpeg")
    async with httpx.AsyncClient(base_url=fleet.url, timeout=60) as client:
        return await client.post(
            "/api/images_mvp/extract",
            files={"file": (image.name, image.content, image.media_type)},
            data={"session_id": session_id},
        )


async def test_a_session_sees_its_upload_from_10_to_100_and_is_closed_afterwards(running: Fleet) -> None:
    async with connect(address(running, "socket-1")) as socket:
        assert json.loads(await socket.recv())["type"] == "connected"
        await socket.send(json.dumps({"type": "ping"}))
        await socket.send("no json")
        reading = asyncio.create_task(frames(socket))
        answer = await extract(running, "socket-1")
        seen = await reading

    assert answer.status_code == 200
    pong = next(frame for frame in seen if frame["type"] != "heartbeat")
    assert (pong["type"], pong.keys()) == ("pong", {"type", "timestamp"})
    progress = [frame for frame in seen if frame["type"] == "progress"]
    assert all(
        frame.keys() == {"type", "sessionId", "progress", "percentage", "message", "stage", "timestamp"}
        for frame in progress
    )
    stages = [(frame["progress"], frame["stage"]) for frame in progress]
    assert [stage for stage in stages if stage[1] != "processing"] == [
        (10, "upload_complete"),
        (20, "extraction_start"),
        (90, "extraction_complete"),
        (100, "complete"),
    ]
    assert "processing" in {stage for _, stage in stages}
    assert [percent for percent, _ in stages] == sorted(percent for percent, _ in stages)
    complete = next(frame for frame in seen if frame["type"] == "complete")
    assert complete["metadata"].keys() == {"fields_extracted", "processing_time_ms", "file_size"}
    assert complete["metadata"]["fields_extracted"] == answer.json()["fields_extracted"]
    assert {"heartbeat"} <= {frame["type"] for frame in seen}


async def test_a_socket_that_joins_late_is_told_what_happened(running: Fleet) -> None:
    await extract(running, "socket-2")

    async with connect(address(running, "socket-2")) as socket:
        seen = await frames(socket)

    assert seen[0]["type"] == "connected"
    assert "complete" in {frame["type"] for frame in seen}


async def test_sessions_do_not_see_each_other(running: Fleet) -> None:
    async with connect(address(running, "socket-4")) as other:
        await extract(running, "socket-3")
        assert json.loads(await other.recv())["type"] == "connected"
        assert json.loads(await asyncio.wait_for(other.recv(), 60))["type"] == "heartbeat"


async def test_a_failed_upload_is_an_error_frame(running: Fleet) -> None:
    async with connect(address(running, "socket-5")) as socket:
        async with httpx.AsyncClient(base_url=running.url, timeout=60) as client:
            answer = await client.post(
                "/api/images_mvp/extract",
                files={"file": ("a.jpg", b"not an image at all", "image/jpeg")},
                data={"session_id": "socket-5"},
            )
        seen = await frames(socket)

    assert answer.status_code == 403
    error = next(frame for frame in seen if frame["type"] == "error")
    assert error.keys() == {"type", "sessionId", "error", "timestamp"}
    assert isinstance(error["error"], str)


async def test_a_socket_without_a_session_is_closed_with_1002(running: Fleet) -> None:
    async with connect(address(running, "")) as socket:
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(socket.recv(), 60)

    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1002, "Session ID required")
