import json

import pytest

from metaextract_client import (
    Client,
    ConnectionBrokenError,
    Extraction,
    ProblemError,
    Progress,
    State,
    StateChange,
    event_stream,
)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "_WAIT_SECONDS", 0.01)


@pytest.fixture
def five_events(far):
    far.happen("id-1", state_change={"state": "STATE_RECEIVING"})
    far.happen("id-1", progress={"state": "STATE_RECEIVING", "bytes_received": "5"})
    far.happen("id-1", of_a_later_version={"x": 1})
    far.happen("id-1", state_change={"state": "STATE_OF_A_LATER_VERSION"})
    far.happen("id-1", ended={"name": "extractions/id-1", "state": "STATE_SUCCEEDED", "result": {}})
    return far


async def test_events_end_with_the_extraction(five_events):
    async with Client(five_events.url) as client:
        events = [event async for event in client.events("id-1")]

    assert [event.sequence for event in events] == [1, 2, 3, 4, 5]
    assert events[0].change == StateChange(State.RECEIVING)
    assert events[1].change == Progress(State.RECEIVING, bytes_received=5)
    assert events[2].change is None
    assert events[3].change == StateChange(State.UNSPECIFIED)
    assert isinstance(events[4].change, Extraction)
    assert events[4].change.state is State.SUCCEEDED


@pytest.mark.usefixtures("quick")
async def test_a_broken_event_stream_goes_on_where_it_was(five_events):
    five_events.cut_after = [2, 0, 1]
    async with Client(five_events.url) as client:
        events = [event async for event in client.events("id-1")]

    assert [event.sequence for event in events] == [1, 2, 3, 4, 5]
    assert five_events.last_event_ids == [None, "2", "2", "3"]


async def test_events_can_start_after_a_sequence(five_events):
    async with Client(five_events.url) as client:
        events = [event async for event in client.events("id-1", after=3)]

    assert [event.sequence for event in events] == [4, 5]
    assert five_events.last_event_ids == ["3"]


@pytest.mark.usefixtures("quick")
async def test_an_event_stream_that_never_moves_is_given_up(far):
    far.cut_after = [0] * 20
    async with Client(far.url) as client:
        with pytest.raises(ConnectionBrokenError, match="ended the event stream early"):
            [event async for event in client.events("id-1")]

    assert len(far.last_event_ids) == 5


async def test_silence_is_no_failure(five_events, monkeypatch):
    monkeypatch.setattr(event_stream, "_SILENCE_SECONDS_MAX", 0.1)
    five_events.silent_connections = 7
    async with Client(five_events.url) as client:
        events = [event async for event in client.events("id-1")]

    assert len(events) == 5
    assert len(five_events.last_event_ids) == 8


async def test_watching_what_does_not_exist_is_a_problem(far):
    far.watchable = False
    async with Client(far.url) as client:
        with pytest.raises(ProblemError) as caught:
            [event async for event in client.events("id-1")]

    assert caught.value.reason == "EXTRACTION_NOT_FOUND"
    assert len(far.last_event_ids) == 1


async def test_an_extraction_can_be_asked_for_and_cancelled(far):
    async with Client(far.url) as client:
        extraction = await client.extract(b"abc")
        again = await client.get(extraction.extraction_id)
        cancelled = await client.cancel(extraction.extraction_id)
        with pytest.raises(ProblemError) as caught:
            await client.get("unknown")

    assert again == extraction
    assert cancelled.state is State.CANCELLED
    assert far.cancelled == [extraction.extraction_id]
    assert caught.value.status == 404


async def test_the_server_says_what_it_is(far):
    async with Client(far.url) as client:
        formats = await client.formats()
        server = await client.server()

    assert [(f.name, f.raw) for f in formats] == [("JPEG", False), ("CR3", True)]
    assert formats[0].extensions == ("jpg", "jpeg")
    assert (server.version, server.workers_count, server.engines[0].name) == ("1.2.3", 2, "exiftool")


async def test_raw_is_the_whole_answer(far):
    async with Client(far.url) as client:
        extraction = await client.extract(b"abc")

    assert json.loads(json.dumps(extraction.raw)) == far.extraction(extraction.extraction_id, far.uploads[0])
