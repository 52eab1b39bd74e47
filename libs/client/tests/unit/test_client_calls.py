import json

import pytest

from metaextract_client import (
    AsyncMetaExtract,
    ConnectionBrokenError,
    Extraction,
    ProblemError,
    Progress,
    Relation,
    RevisedField,
    Revision,
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
    async with AsyncMetaExtract(five_events.url) as client:
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
    async with AsyncMetaExtract(five_events.url) as client:
        events = [event async for event in client.events("id-1")]

    assert [event.sequence for event in events] == [1, 2, 3, 4, 5]
    assert five_events.last_event_ids == [None, "2", "2", "3"]


async def test_events_can_start_after_a_sequence(five_events):
    async with AsyncMetaExtract(five_events.url) as client:
        events = [event async for event in client.events("id-1", after=3)]

    assert [event.sequence for event in events] == [4, 5]
    assert five_events.last_event_ids == ["3"]


@pytest.mark.usefixtures("quick")
async def test_an_event_stream_that_never_moves_is_given_up(far):
    far.cut_after = [0] * 20
    async with AsyncMetaExtract(far.url) as client:
        with pytest.raises(ConnectionBrokenError, match="ended the event stream early"):
            [event async for event in client.events("id-1")]

    assert len(far.last_event_ids) == 5


async def test_silence_is_no_failure(five_events, monkeypatch):
    monkeypatch.setattr(event_stream, "_SILENCE_SECONDS_MAX", 0.1)
    five_events.silent_connections = 7
    async with AsyncMetaExtract(five_events.url) as client:
        events = [event async for event in client.events("id-1")]

    assert len(events) == 5
    assert len(five_events.last_event_ids) == 8


async def test_watching_what_does_not_exist_is_a_problem(far):
    far.watchable = False
    async with AsyncMetaExtract(far.url) as client:
        with pytest.raises(ProblemError) as caught:
            [event async for event in client.events("id-1")]

    assert caught.value.reason == "EXTRACTION_NOT_FOUND"
    assert len(far.last_event_ids) == 1


async def test_an_extraction_can_be_asked_for_and_cancelled(far):
    async with AsyncMetaExtract(far.url) as client:
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
    async with AsyncMetaExtract(far.url) as client:
        formats = await client.formats()
        server = await client.server()

    assert [(f.name, f.raw) for f in formats] == [("JPEG", False), ("CR3", True)]
    assert formats[0].extensions == ("jpg", "jpeg")
    assert (server.version, server.workers_count, server.engines[0].name) == ("1.2.3", 2, "exiftool")


async def test_raw_is_the_whole_answer(far):
    async with AsyncMetaExtract(far.url) as client:
        extraction = await client.extract(b"abc")

    assert json.loads(json.dumps(extraction.raw)) == far.extraction(extraction.extraction_id, far.uploads[0])


async def test_operations_are_asked_for_and_their_outcome_is_told(far):
    far.outcomes = [
        {"operation": "ocr", "delivered": True, "ocr": {"lines": [{"text": "13:22"}]}},
        {"operation": "forensics", "reason": "no pixels"},
    ]
    async with AsyncMetaExtract(far.url) as client:
        extraction = await client.extract(b"abc", operations=["ocr", "forensics"])
        await client.extract(b"abc")

    assert [upload["operations"] for upload in far.uploads] == [["ocr", "forensics"], []]
    text, forensics = extraction.operations
    assert (text.delivered, text.ocr["lines"][0]["text"]) == (True, "13:22")
    assert (forensics.delivered, forensics.reason, forensics.forensics) == (False, "no pixels", None)


async def test_quality_agreement_and_fallback_are_typed(far):
    far.quality = {
        "confidence": {"score": 0.99, "fields_count": 9, "witnessed_count": 8, "agreed_count": 7},
        "completeness": {"score": 0.5, "gaps_count": 3, "unknown_tags_count": 0},
        "efficiency": {"memory_peak_bytes": "1048576"},
        "format_support": {"level": "SUPPORT_LEVEL_ADVANCED"},
        "recommended_actions": [{"action": "Check the clock."}],
    }
    far.insights = {"place": {"latitude_degrees": 0}}
    far.fallback = {"engine": "exiftool", "cause": "timeout"}
    agreement = {"witnesses_count": 2, "agreeing_count": 1, "confidence": 0.5}
    far.fields = [{"name": "Make", "agreement": agreement}, {"name": "Model"}]
    async with AsyncMetaExtract(far.url) as client:
        extraction = await client.extract(b"abc")

    assert extraction.quality.confidence.score == 0.99
    assert extraction.quality.confidence.key_fields_confidence is None
    assert extraction.quality.completeness.unknown_tags_count == 0
    assert extraction.quality.efficiency.memory_peak_bytes == 1_048_576
    assert extraction.quality.recommended_actions[0].action == "Check the clock."
    assert extraction.insights["place"] == {"latitude_degrees": 0}
    assert extraction.result.fallback.cause == "timeout"
    make, model = extraction.result.fields
    assert (make.agreement.witnesses_count, make.agreement.agreeing_count) == (2, 1)
    assert model.agreement is None


async def test_a_server_without_quality_says_nothing_of_it(far):
    async with AsyncMetaExtract(far.url) as client:
        extraction = await client.extract(b"abc")

    assert extraction.quality is None
    assert extraction.insights == {}
    assert extraction.result.fallback is None


async def test_extractions_are_compared_in_the_order_of_the_call(far):
    values = [{"printed": "1/250"}, {}]
    far.comparison = {
        "missing_count": 1,
        "fields": [
            {"group": "ExifIFD", "name": "ExposureTime", "relation": "RELATION_MISSING", "values": values}
        ],
    }
    async with AsyncMetaExtract(far.url) as client:
        comparison = await client.compare(["b", "extractions/a"])

    assert far.compared == ["extractions/b", "extractions/a"]
    assert comparison.fields[0].relation is Relation.MISSING
    assert [value.printed for value in comparison.fields[0].values] == ["1/250", None]


async def test_what_was_taken_back_is_an_event(far):
    field = {"group": "ExifIFD", "name": "ISO", "provisional": "100"}
    far.happen("id-1", revision={"fields": [field]})
    far.happen("id-1", ended={"name": "extractions/id-1", "state": "STATE_SUCCEEDED", "result": {}})
    async with AsyncMetaExtract(far.url) as client:
        events = [event async for event in client.events("id-1")]

    expected = RevisedField(group="ExifIFD", name="ISO", provisional="100", final=None)
    assert events[0].change == Revision((expected,))
