"""Event streams made from the contract."""

import asyncio
from collections.abc import AsyncGenerator

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract_common import errors
from metaextract_common.rpc.serving import Draining, until_draining
from metaextract_gateway.adapters.http import transcoding
from metaextract_gateway.adapters.http.event_streams import Watching, frames

WATCH = pb.DESCRIPTOR.services_by_name["ExtractorService"].methods_by_name["WatchExtraction"]


def happened(sequence: int) -> pb.WatchExtractionResponse:
    event = pb.ExtractionEvent(sequence=sequence, state_change={"state": "STATE_QUEUED"})
    return pb.WatchExtractionResponse(event=event)


async def told(*later: pb.WatchExtractionResponse | Exception) -> AsyncGenerator[pb.WatchExtractionResponse]:
    for one in later:
        if isinstance(one, Exception):
            raise one
        yield one


async def silence(closed: asyncio.Event) -> AsyncGenerator[pb.WatchExtractionResponse]:
    try:
        await asyncio.Event().wait()
        yield happened(0)
    finally:
        closed.set()


def watched(rest, draining: Draining, heartbeat_seconds: float = 15) -> AsyncGenerator[bytes]:
    watching = Watching(draining, 60, heartbeat_seconds)
    return frames(happened(1), until_draining(draining, rest), watching, lambda one: one.event)


def ids(sent: list[bytes]) -> list[int]:
    return [int(line[4:]) for frame in sent for line in frame.splitlines() if line.startswith(b"id: ")]


async def test_a_stream_says_how_to_resume_and_then_what_happens_until_the_end() -> None:
    sent = [frame async for frame in watched(told(happened(2), happened(3)), Draining())]

    assert sent[0].startswith(b"retry: 1000\n\nid: 1\nevent: state_change\ndata: {")
    assert ids(sent) == [1, 2, 3]


async def test_a_service_that_goes_away_ends_the_stream_so_that_the_client_resumes() -> None:
    sent = [frame async for frame in watched(told(happened(2), errors.draining()), Draining())]

    assert ids(sent) == [1, 2]


async def test_while_nothing_happens_a_comment_comes_and_a_gateway_that_drains_ends_it() -> None:
    closed, draining = asyncio.Event(), Draining()
    sent = []
    async for frame in watched(silence(closed), draining, heartbeat_seconds=0.001):
        sent.append(frame)
        if len(sent) == 4:
            draining.begin()

    assert sent[1:4] == [b":\n\n"] * 3
    assert ids(sent) == [1]
    assert closed.is_set()


async def test_a_client_that_goes_away_closes_what_was_watched() -> None:
    closed = asyncio.Event()
    stream = watched(silence(closed), Draining(), heartbeat_seconds=0.001)
    assert b"id: 1" in await anext(stream)
    assert await anext(stream) == b":\n\n"

    await stream.aclose()

    assert closed.is_set()


def test_the_path_and_the_query_come_from_the_contract() -> None:
    binding = transcoding.Binding(WATCH)

    assert (binding.verb, binding.path) == ("GET", "/v1/extractions/{name}/events")
    assert set(binding.query) == {"after_sequence", "wait_seconds"}
