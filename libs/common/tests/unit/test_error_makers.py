"""The common reasons of the contract, and the functions that make them, are the same list."""

import inspect

from google.rpc import code_pb2
from hypothesis import given
from hypothesis import strategies as st

from metaextract.rpc.v1.error_reason_pb2 import ErrorReason
from metaextract_common import errors
from metaextract_common.errors import Kind, ServiceError
from metaextract_common.rpc.errors import CODES, from_status, to_status

MAKERS = [
    maker
    for _, maker in inspect.getmembers(errors, inspect.isfunction)
    if maker.__module__ == errors.__name__
]
TEXT = st.text(st.characters(codec="utf-8"))


def made() -> list[ServiceError]:
    return [maker(*("x" for _ in inspect.signature(maker).parameters)) for maker in MAKERS]


def test_every_reason_in_the_contract_is_raised_by_exactly_one_function() -> None:
    declared = [name.removeprefix("ERROR_REASON_") for name in ErrorReason.DESCRIPTOR.values_by_name]
    assert sorted([*(error.reason for error in made()), "UNSPECIFIED"]) == sorted(declared)
    assert {error.domain for error in made()} == {"rpc.metaextract"}


def test_what_a_message_says_of_the_call_stands_in_the_metadata_too() -> None:
    for maker, error in zip(MAKERS, made(), strict=True):
        assert list(error.metadata) == list(inspect.signature(maker).parameters)


def test_every_kind_has_a_code_of_its_own() -> None:
    assert set(CODES) == set(Kind)
    assert len(set(CODES.values())) == len(Kind)


@given(
    kind=st.sampled_from(Kind),
    message=TEXT,
    metadata=st.dictionaries(TEXT, TEXT),
    retry=st.none() | st.integers(0, 10**9).map(lambda ms: ms / 1000),
)
def test_a_status_holds_the_whole_error(kind, message, metadata, retry) -> None:
    error = ServiceError(kind, "some.metaextract", "REASON", message, metadata, retry)
    assert vars(from_status(to_status(error))) == vars(error)


def test_a_status_that_is_not_ours_becomes_internal_without_its_text() -> None:
    status = to_status(errors.cancelled())
    del status.details[:]
    status.message = "something private"
    assert vars(from_status(status)) == vars(errors.internal())
    assert status.code == code_pb2.CANCELLED
