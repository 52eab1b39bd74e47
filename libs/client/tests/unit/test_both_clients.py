"""The client for programs without an event loop is the other one, and says the same of itself."""

import inspect
import threading

import pytest

from metaextract_client import AsyncMetaExtract, MetaExtract, ProblemError


def public(kind: type) -> dict[str, object]:
    return {name: one for name, one in vars(kind).items() if not name.startswith("_")}


def test_both_have_the_same_methods_with_the_same_arguments_and_words():
    asynchronous, synchronous = public(AsyncMetaExtract), public(MetaExtract)

    assert set(synchronous) == set(asynchronous)
    for name, method in asynchronous.items():
        assert inspect.signature(synchronous[name]) == inspect.signature(method)
        assert synchronous[name].__doc__ == method.__doc__
    assert inspect.signature(MetaExtract.__init__) == inspect.signature(AsyncMetaExtract.__init__)


def test_calls_wait_for_their_outcome_and_streams_give_one_item_after_the_other(far):
    with MetaExtract(far.url) as client:
        extraction = client.extract(b"abc", file_name="a.jpg")
        far.happen(extraction.extraction_id, ended=far.extraction(extraction.extraction_id, far.uploads[0]))
        events = list(client.events(extraction.extraction_id))
        formats = client.formats()

    assert [event.sequence for event in events] == [1, 2, 3, 4]
    assert events[-1].change.name == extraction.name
    assert formats[0].name


def test_errors_are_raised_where_the_call_was_made(far):
    with MetaExtract(far.url) as client, pytest.raises(ProblemError) as caught:
        client.get("none")

    assert caught.value.reason == "EXTRACTION_NOT_FOUND"
    assert caught.value.problem["domain"] == "extractor.metaextract"


def test_several_threads_may_use_one_client(far):
    with MetaExtract(far.url) as client:
        threads = [threading.Thread(target=client.extract, args=(bytes([n]),)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len({upload["sha256"] for upload in far.uploads}) == 8


def test_a_client_that_is_not_open_says_so():
    with pytest.raises(RuntimeError, match="with"):
        MetaExtract().server()


def test_the_server_and_the_key_are_taken_from_the_environment(far, monkeypatch):
    monkeypatch.setenv("METAEXTRACT_URL", far.url)
    monkeypatch.setenv("METAEXTRACT_API_KEY", "mx_secret")
    with MetaExtract() as client:
        client.server()
    with MetaExtract(token="t") as client:
        client.server()

    assert [one.get("x-api-key") for one in far.credentials] == ["mx_secret", None]
    assert [one.get("authorization") for one in far.credentials] == [None, "Bearer t"]


def test_what_is_read_is_asked_for_again_when_the_server_was_busy(far, refusal):
    far.busy = [
        refusal(503, "DRAINING", {"Retry-After": "0"}),
        refusal(429, "RATE_LIMITED", {"Retry-After": "0"}),
    ]
    with MetaExtract(far.url) as client:
        assert client.server().version == "1.2.3"

    assert far.busy == []


def test_a_client_that_was_closed_leaves_nothing_running(far):
    with MetaExtract(far.url) as client:
        extraction = client.extract(b"abc", file_name="a.jpg")
        far.happen(extraction.extraction_id, ended=far.extraction(extraction.extraction_id, far.uploads[0]))
        next(client.events(extraction.extraction_id))
        client.wait(extraction.extraction_id)

    assert "metaextract-client" not in [thread.name for thread in threading.enumerate()]
