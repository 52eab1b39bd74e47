"""The life cycle of an extraction, walked from every state to every other."""

from datetime import UTC, datetime, timedelta

import pytest

from metaextract_common.errors import ServiceError, internal
from metaextract_extractor.domain import errors
from metaextract_extractor.domain.model import Extraction, State

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEEP = timedelta(hours=1)
ALLOWED = {
    (State.RECEIVING, State.QUEUED),
    (State.RECEIVING, State.FAILED),
    (State.RECEIVING, State.CANCELLED),
    (State.QUEUED, State.PARSING),
    (State.QUEUED, State.FAILED),
    (State.QUEUED, State.CANCELLED),
    (State.PARSING, State.SUCCEEDED),
    (State.PARSING, State.FAILED),
    (State.PARSING, State.CANCELLED),
}


def extraction(state: State, request_id: str = "r") -> Extraction:
    return Extraction("extractions/1", "alice", request_id, state, NOW)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("following", State)
def test_a_state_leads_where_the_table_says_and_nowhere_else(state: State, following: State) -> None:
    if (state, following) in ALLOWED:
        assert extraction(state).to(following).state is following
    else:
        with pytest.raises(ServiceError) as caught:
            extraction(state).to(following)
        assert caught.value.reason == "ILLEGAL_STATE_TRANSITION"
        assert caught.value.metadata == {"extraction": "extractions/1", "state": state.value}


@pytest.mark.parametrize("state", State)
def test_a_terminal_state_leads_nowhere(state: State) -> None:
    assert extraction(state).ended == (not any(before is state for before, _ in ALLOWED))


@pytest.mark.parametrize("state", [State.RECEIVING, State.QUEUED, State.PARSING])
def test_an_extraction_that_is_given_up_frees_its_request_id(state: State) -> None:
    failed = extraction(state).given_up(internal(), at=NOW, keep=KEEP, sequence=9)
    assert (failed.state, failed.request_id, failed.last_sequence) == (State.FAILED, "", 9)
    assert (failed.end_time, failed.expire_time) == (NOW, NOW + KEEP)


def test_one_that_its_caller_stopped_is_cancelled_and_not_failed() -> None:
    error = errors.extraction_cancelled("extractions/1")
    ended = extraction(State.PARSING).given_up(error, at=NOW, keep=KEEP, sequence=9)
    assert (ended.state, ended.error) == (State.CANCELLED, error)
